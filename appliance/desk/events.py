"""Everything that can happen to the desk: on the wire, at a device, by a person, by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.desk.state import NO_CALLS, NOBODY, Return

if TYPE_CHECKING:
    from appliance.desk.config import DeskConfig
    from appliance.desk.keys import Key
    from appliance.desk.state import (
        Call,
        Counters,
        ExtensionState,
        Message,
        Party,
        RegistrationState,
    )

# --- from the exchange


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """The registrar answered, or did not (RFC 3261 section 10); `reason` is in plain words."""

    state: RegistrationState
    code: int = 0
    reason: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Screened:
    """A rule says that a call must not ring; `reason` says which, to a person.

    `divert` is the number it goes to, "" to refuse it; `shown`: it is listed once it is over. `closed`: it is
    not for who calls, but because nobody is here at this time.
    """

    reason: str
    divert: str = ""
    shown: bool = True
    closed: bool = False


@dataclass(frozen=True, slots=True)
class CallArrived:
    """An INVITE came and 180 was sent. `called` is the number that was dialled.

    `diverted_by` is who was called first (Diversion, RFC 5806; History-Info, RFC 7044). `returned` says that
    the exchange brings a caller back, and `origin` from which number or orbit, both as far as it tells;
    `referred_by` is the number that had moved the caller (RFC 3892). `internal`: a colleague calls.
    `screened` is filled in on the way to the desk, where a rule lets the call not ring.
    """

    call: str
    party: Party
    called: str = ""
    line: str = ""
    diverted_by: Party = NOBODY
    returned: Return = Return.NO
    origin: str = ""
    referred_by: str = ""
    internal: bool = False
    screened: Screened | None = None


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The dialog is confirmed: ACK came for an incoming call, 200 for an outgoing one."""

    call: str


@dataclass(frozen=True, slots=True)
class CallReleased:
    """The call is over, for whatever reason; `code` is the SIP status (200 after a BYE).

    `elsewhere` means that somebody else answered it (RFC 3326: Reason: SIP;cause=200).
    """

    call: str
    code: int = 200
    reason: str = ""
    elsewhere: bool = False


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
    """A monitored extension or orbit changed (RFC 4235), or its state became unknown and why.

    `dialog` is its ringing dialog as a Replaces header names it (RFC 3891), where the exchange tells.
    """

    number: str
    state: ExtensionState
    party: Party = NOBODY
    reason: str = ""
    dialog: str = ""


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """The mailbox has so many new and old voice messages (RFC 3842)."""

    new: int
    old: int = 0


class Feature(StrEnum):
    """What the exchange may do with calls to this desk by itself."""

    DND = "dnd"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class FeatureChanged:
    """The exchange says that a feature is on or off; `target`: where calls are forwarded to, if it tells."""

    feature: Feature
    on: bool
    target: str = ""


@dataclass(frozen=True, slots=True)
class CodeDialled:
    """The exchange took a feature code that `actions.DialCode` sent, or refused it with this SIP status."""

    code: str
    status: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TextArrived:
    """A text message came (RFC 3428)."""

    message: str
    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class TextAnswered:
    """The exchange's final answer to a text message of ours: a SIP status, and its reason."""

    message: str
    status: int
    reason: str = ""


# --- from the desk's own store


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the desk knew before it was started, as soon as that is read: it may come late, or never.

    Times are of the desk's clock, and lie before it began. `messages` are the oldest first, `released` the
    newest first; `counters` are those of today.
    """

    messages: tuple[Message, ...] = ()
    released: tuple[Call, ...] = ()
    counters: Counters = NO_CALLS


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """The directory was read: whom it wants to be monitored, and whom its speed dials call.

    `extensions` are (number, name), `speed_dials` (key, number); they come after those of the settings.
    """

    extensions: tuple[tuple[str, str], ...] = ()
    speed_dials: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """The desk is set up in another way from now on; its lines, orbits, buttons and relays are the same."""

    config: DeskConfig


# --- from the devices


@dataclass(frozen=True, slots=True)
class DeviceAttached:
    """A device can be used from now on; `audio` says that it has a microphone and a speaker.

    `rank` is its place in the order of preference, the lowest first.
    """

    device: str
    audio: bool = False
    rank: int = 0


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


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A button with a name of its own went down: what it does, the settings say."""

    button: str


@dataclass(frozen=True, slots=True)
class ButtonReleased:
    """A button with a name of its own came up."""

    button: str


# --- from the clock


class Clock(StrEnum):
    """What a timer is for."""

    LONG_PRESS = "long_press"  # subject: device and key
    TYPED = "typed"  # subject: ""; the next digit at a keypad is waited for
    HOLD_ALERT = "hold_alert"  # subject: call
    TRANSFER = "transfer"  # subject: call whose REFER waits for its last word
    CAMP = "camp"  # subject: camped call, which comes back then
    SERVE = "serve"  # subject: extension that may be given its next camped call
    AUTO_ANSWER = "auto_answer"  # subject: call
    AUTO_HOLD = "auto_hold"  # subject: call
    AUTO_DIVERT = "auto_divert"  # subject: call
    AWAY = "away"  # subject: ""
    BUTTON_LONG = "button_long"  # subject: button that is down
    BUTTON_DOUBLE = "button_double"  # subject: button that came up and may be pressed again
    TOGETHER = "together"  # subject: device whose buttons for answering and parking are down together
    TOUCHED = "touched"  # subject: ""; the lamps tell that they were, for long


@dataclass(frozen=True, slots=True)
class Timer:
    """The name of a timer: starting one that runs starts it anew."""

    clock: Clock
    subject: str


@dataclass(frozen=True, slots=True)
class TimerEnded:
    """A timer that was started, and not stopped, has run out."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class DayBegan:
    """It is midnight where the desk stands."""


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
class Divert:
    """Send a call that rings here to another number (302); without one, to where such calls are diverted."""

    number: str = ""
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
    line: str = ""


@dataclass(frozen=True, slots=True)
class Redial:
    """Call the number again that was dialled last."""


@dataclass(frozen=True, slots=True)
class SpeedDial:
    """Call the number behind a speed-dial key."""

    key: str


@dataclass(frozen=True, slots=True)
class Pickup:
    """Take the call that rings at a monitored extension; without one, the one that rings longest."""

    extension: str = ""


@dataclass(frozen=True, slots=True)
class CallMailbox:
    """Call the mailbox of this desk."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Transfer a call blind to a number; to a monitored extension that is busy, camp it on."""

    target: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class Consult:
    """Hold a call and ring a number, to announce the caller."""

    target: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """Connect the caller with whom the operator consults, or with another call; also while that rings."""

    call: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Give up the consultation and talk to the caller again."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Camp:
    """Hold a call until a monitored extension is free, then transfer it there."""

    target: str
    call: str = ""


@dataclass(frozen=True, slots=True)
class Uncamp:
    """Camp a call no longer: it is on hold."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Confer:
    """Take a held call into a conference with the active one; without a call, the one held longest."""

    call: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the conference and let the others talk."""


@dataclass(frozen=True, slots=True)
class MuteParty:
    """Let nobody hear what one party of the conference says, or let them hear it again."""

    call: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SetDnd:
    """Switch do-not-disturb on or off, at the exchange as well."""

    on: bool


@dataclass(frozen=True, slots=True)
class SetForward:
    """Have the exchange forward all calls to a number; without one, no longer."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """The missed calls were looked at; with a number, only those from there."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a text message to a number."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadMessages:
    """The messages were read; with a number, only those from there."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send DTMF digits in the active call."""

    digits: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Switch the microphone off or on in the active call."""

    on: bool


@dataclass(frozen=True, slots=True)
class SwitchRelay:
    """Close a relay for its time, such as a door opener."""

    relay: str


Command = (
    Answer
    | Reject
    | Divert
    | HangUp
    | Hold
    | Resume
    | Park
    | Retrieve
    | Dial
    | Redial
    | SpeedDial
    | Pickup
    | CallMailbox
    | Transfer
    | Consult
    | Complete
    | ComeBack
    | Camp
    | Uncamp
    | Confer
    | Leave
    | MuteParty
    | SendDigits
    | Mute
    | SetDnd
    | SetForward
    | MarkSeen
    | SendMessage
    | ReadMessages
    | SwitchRelay
)
Event = (
    RegistrationChanged
    | CallArrived
    | CallAnswered
    | CallReleased
    | PartyChanged
    | TransferProgressed
    | ExtensionChanged
    | MessagesWaiting
    | FeatureChanged
    | CodeDialled
    | TextArrived
    | TextAnswered
    | Remembered
    | DirectoryChanged
    | Configured
    | DeviceAttached
    | DeviceDetached
    | KeyPressed
    | KeyReleased
    | ButtonPressed
    | ButtonReleased
    | TimerEnded
    | DayBegan
    | Command
)
