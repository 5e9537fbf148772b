"""What the desk knows, as frozen values: the snapshot that every lamp, page and client is made from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Who placed a call."""

    IN = "in"
    OUT = "out"


class CallState(StrEnum):
    """The one state that a call has, the same wherever it is shown."""

    RINGING = "ringing"  # incoming: waits to be answered; outgoing: the far end rings
    ANSWERED = "answered"  # the operator and the other party hear each other
    HELD = "held"
    PARKING = "parking"  # asked the exchange to move it to an orbit; ours until it says it has
    TRANSFERRING = "transferring"  # the same, towards a number


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a call: number and display name, each "" where the exchange does not tell."""

    number: str = ""
    name: str = ""


NOBODY = Party()


@dataclass(frozen=True, slots=True)
class Call:
    """One call at this desk. Times are seconds of the clock that `Desk.handle` is given."""

    id: str
    direction: Direction
    party: Party
    called: str  # the number that was dialled
    state: CallState
    arrived: float
    since: float  # when it came into its state
    target: str = ""  # the orbit or number it moves to, while parking or transferring
    retrieves: str = ""  # the orbit that an outgoing call fetches a caller from
    alert: bool = False  # held for too long
    note: str = ""  # why it came back, when a park or transfer failed

    @property
    def waiting(self) -> bool:
        """True while the call waits to be answered here."""
        return self.state is CallState.RINGING and self.direction is Direction.IN

    @property
    def dialling(self) -> bool:
        """True while the far end of an outgoing call has not answered."""
        return self.state is CallState.RINGING and self.direction is Direction.OUT

    @property
    def active(self) -> bool:
        """True while the call has the operator's ear: talking, or hearing the far end ring."""
        return self.dialling or self.state is CallState.ANSWERED

    @property
    def moving(self) -> bool:
        """True while the exchange was asked to take the call over and has not said its last word."""
        return self.state in (CallState.PARKING, CallState.TRANSFERRING)


class OrbitState(StrEnum):
    """Whether a park orbit holds a caller."""

    FREE = "free"
    TAKEN = "taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Orbit:
    """One park orbit of the exchange; `party` is known where this desk parked the caller."""

    number: str
    state: OrbitState = OrbitState.UNKNOWN
    party: Party = NOBODY
    since: float = 0.0
    reason: str = ""


class ExtensionState(StrEnum):
    """What a monitored extension does."""

    AVAILABLE = "available"
    RINGING = "ringing"
    BUSY = "busy"
    HELD = "held"
    UNKNOWN = "unknown"  # it cannot be known; the reason says why. Never shown as available


@dataclass(frozen=True, slots=True)
class Extension:
    """One monitored extension; `party` is whom it speaks with, where the exchange tells."""

    number: str
    name: str = ""
    state: ExtensionState = ExtensionState.UNKNOWN
    party: Party = NOBODY
    since: float = 0.0
    reason: str = "not asked yet"


class RegistrationState(StrEnum):
    """Whether the exchange would send us a call."""

    REGISTERED = "registered"
    REGISTERING = "registering"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Registration:
    """The state of the line, with the last SIP status code (0: none) and its reason in plain words."""

    state: RegistrationState = RegistrationState.REGISTERING
    code: int = 0
    reason: str = ""


NOT_REGISTERED = Registration()


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is attached to the desk, as far as calls are concerned."""

    id: str
    audio: bool = False  # it has a microphone and a speaker
    lifted: bool = False  # its hook switch, as last reported
    # Our Off-Hook lamp comes back as a hook report. Until these times one is an echo, not a person.
    lift_echo_until: float = 0.0
    replace_echo_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is to be seen of the desk at one moment."""

    registration: Registration = NOT_REGISTERED
    calls: tuple[Call, ...] = ()  # in order of arrival
    orbits: tuple[Orbit, ...] = ()
    extensions: tuple[Extension, ...] = ()
    devices: tuple[Device, ...] = ()  # in order of preference
    audio: str = ""  # the device that the operator speaks through; "" while there is none
    muted: bool = False
    notice: str = ""  # the last thing the operator should read: a refusal, a transfer that failed

    @property
    def active(self) -> Call | None:
        """The call that has the operator's ear."""
        return next((call for call in self.calls if call.active), None)

    @property
    def waiting(self) -> tuple[Call, ...]:
        """Calls to be answered, oldest first."""
        return tuple(call for call in self.calls if call.waiting)

    @property
    def held(self) -> tuple[Call, ...]:
        """Held calls, the longest held first."""
        return tuple(sorted((c for c in self.calls if c.state is CallState.HELD), key=lambda c: c.since))

    def call(self, call_id: str) -> Call | None:
        """Return the call of that id, if it is still here."""
        return next((call for call in self.calls if call.id == call_id), None)
