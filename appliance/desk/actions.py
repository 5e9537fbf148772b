"""Everything that the desk can ask of the world: of the exchange, the audio, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.desk.events import Timer


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Send 200 OK and connect the operator's audio."""

    call: str


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse an incoming call with this SIP status code."""

    call: str
    code: int = 486


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
    """Send an INVITE; the call has this id from now on."""

    call: str
    number: str


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Disconnect the operator's audio and send a REFER (RFC 3515); the dialog stays until HangUpCall."""

    call: str
    target: str


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """Send digits as RFC 4733 events."""

    call: str
    digits: str


@dataclass(frozen=True, slots=True)
class MuteMicrophone:
    """Cut or restore what the operator says, for every call."""

    on: bool


@dataclass(frozen=True, slots=True)
class RouteAudio:
    """Let the operator hear and speak through this device; "" while there is none: calls go on in silence."""

    device: str


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


SipAction = (
    AnswerCall
    | RejectCall
    | HangUpCall
    | HoldCall
    | ResumeCall
    | PlaceCall
    | TransferCall
    | SendDtmf
    | MuteMicrophone
)
Action = SipAction | RouteAudio | StartTimer | StopTimer | Refuse
