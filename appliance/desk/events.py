"""Everything that can happen to the desk: on the wire, at a device, by a person, by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.desk.state import NOBODY

if TYPE_CHECKING:
    from appliance.desk.keys import Key
    from appliance.desk.state import ExtensionState, Party, RegistrationState

# --- from the exchange


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """The registrar answered, or did not (RFC 3261 section 10); `reason` is in plain words."""

    state: RegistrationState
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallArrived:
    """An INVITE came and 180 was sent. `called` is the number that was dialled."""

    call: str
    party: Party
    called: str = ""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The dialog is confirmed: ACK came for an incoming call, 200 for an outgoing one."""

    call: str


@dataclass(frozen=True, slots=True)
class CallReleased:
    """The call is over, for whatever reason; `code` is the SIP status (200 after a BYE)."""

    call: str
    code: int = 200
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartyChanged:
    """The exchange says who is at the other end now (connected identity, RFC 4916)."""

    call: str
    party: Party


@dataclass(frozen=True, slots=True)
class TransferProgressed:
    """What became of a REFER (RFC 3515 section 2.4.4); `final` is the exchange's last word."""

    call: str
    code: int
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class ExtensionChanged:
    """A monitored extension or orbit changed (RFC 4235), or its state became unknown and why."""

    number: str
    state: ExtensionState
    party: Party = NOBODY
    reason: str = ""


# --- from the devices


@dataclass(frozen=True, slots=True)
class DeviceAttached:
    """A device can be used from now on; `audio` says that it has a microphone and a speaker."""

    device: str
    audio: bool = False


@dataclass(frozen=True, slots=True)
class DeviceDetached:
    """A device is gone: unplugged, out of range, failed."""

    device: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key went down; for the hook switch: was lifted."""

    device: str
    key: Key


@dataclass(frozen=True, slots=True)
class KeyReleased:
    """A key came up; for the hook switch: was replaced."""

    device: str
    key: Key


# --- from the clock


class Clock(StrEnum):
    """What a timer is for."""

    LONG_PRESS = "long_press"  # subject: device and key
    HOLD_ALERT = "hold_alert"  # subject: call
    TRANSFER = "transfer"  # subject: call whose REFER waits for its last word


@dataclass(frozen=True, slots=True)
class Timer:
    """The name of a timer: starting one that runs starts it anew."""

    clock: Clock
    subject: str


@dataclass(frozen=True, slots=True)
class TimerEnded:
    """A timer that was started, and not stopped, has run out."""

    timer: Timer


# --- from a person at a page or the command line. An empty call means the one that is meant by itself:
# --- the oldest that rings, the active one, the longest held or parked. What cannot be is refused in words.


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a call that rings here; the active one goes on hold."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a call that rings here (486)."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a call."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the active call on hold."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """Take a held call back; the active one goes on hold."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Park:
    """Move a call to an orbit; without one, to the first that is free."""

    call: str = ""
    orbit: str = ""


@dataclass(frozen=True, slots=True)
class Retrieve:
    """Fetch the caller from an orbit; without one, who waits longest."""

    orbit: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Place a call; the active one goes on hold."""

    number: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Transfer a call blind to a number."""

    target: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send DTMF digits in the active call (RFC 4733)."""

    digits: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Switch the microphone off or on in the active call."""

    on: bool


Command = Answer | Reject | HangUp | Hold | Resume | Park | Retrieve | Dial | Transfer | SendDigits | Mute
Event = (
    RegistrationChanged
    | CallArrived
    | CallAnswered
    | CallReleased
    | PartyChanged
    | TransferProgressed
    | ExtensionChanged
    | DeviceAttached
    | DeviceDetached
    | KeyPressed
    | KeyReleased
    | TimerEnded
    | Command
)
