"""Everything that the desk can ask of the world: of the exchange, the audio, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.desk.events import Timer


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Send 200 OK and connect the operator's audio; `held`: put the caller on hold at once instead."""

    call: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse an incoming call with this SIP status code."""

    call: str
    code: int = 486


@dataclass(frozen=True, slots=True)
class DivertCall:
    """Send the caller of a ringing call to another number (302 Moved Temporarily)."""

    call: str
    number: str


@dataclass(frozen=True, slots=True)
class HangUpCall:
    """End a call: BYE, or CANCEL while it still rings at the far end."""

    call: str


@dataclass(frozen=True, slots=True)
class HoldCall:
    """Disconnect the operator's audio at once and offer the call as held (RFC 3264 section 8.4)."""

    call: str


@dataclass(frozen=True, slots=True)
class ResumeCall:
    """Connect the operator's audio, and un-hold the call where it is held on the wire."""

    call: str


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Send an INVITE; the call has this id from now on.

    `line` is the account, "" the first. `replaces` is a dialog to take over, as a Replaces header names it.
    """

    call: str
    number: str
    line: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Disconnect the operator's audio and send a REFER (RFC 3515); the dialog stays until HangUpCall."""

    call: str
    target: str


@dataclass(frozen=True, slots=True)
class JoinCalls:
    """Disconnect the operator's audio from both calls and send a REFER with Replaces on `call` (RFC 5589).

    The exchange then connects the two parties and ends `other`; the dialog of `call` stays until HangUpCall.
    """

    call: str
    other: str


@dataclass(frozen=True, slots=True)
class MixCalls:
    """Let the parties of these calls hear each other, and no other calls; none: nobody hears another."""

    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MuteCall:
    """Cut or restore what the party of a call says."""

    call: str
    on: bool


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """Send digits, in the way the line is set to: RFC 4733 events, SIP INFO or tones."""

    call: str
    digits: str


@dataclass(frozen=True, slots=True)
class DialCode:
    """Dial a feature code without the operator hearing it; CodeDialled tells what came of it."""

    code: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text message (RFC 3428); TextAnswered tells what came of it."""

    message: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class WatchExtensions:
    """Monitor these extensions, and others no longer but for those that the line was opened with."""

    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MuteMicrophone:
    """Cut or restore what the operator says, for every call."""

    on: bool


@dataclass(frozen=True, slots=True)
class RouteAudio:
    """Let the operator hear and speak through this device; "" while there is none: calls go on in silence."""

    device: str


@dataclass(frozen=True, slots=True)
class SwitchRelay:
    """Close a relay for so many seconds; 0: open it."""

    relay: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Send TimerEnded after so many seconds; a running timer of that name starts anew."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell whoever asked why it cannot be done."""

    reason: str


@dataclass(frozen=True, slots=True)
class AllowReset:
    """Let a lost admin password be set anew, by whoever knows the code that is shown then."""


SipAction = (
    AnswerCall
    | RejectCall
    | DivertCall
    | HangUpCall
    | HoldCall
    | ResumeCall
    | PlaceCall
    | TransferCall
    | JoinCalls
    | MixCalls
    | MuteCall
    | SendDtmf
    | DialCode
    | SendText
    | WatchExtensions
    | MuteMicrophone
)
Action = SipAction | RouteAudio | SwitchRelay | StartTimer | StopTimer | Refuse | AllowReset
