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
    CONFERENCE = "conference"  # as answered, and the other members hear it too
    PARKING = "parking"  # asked the exchange to move it to an orbit; ours until it says it has
    TRANSFERRING = "transferring"  # the same, towards a number or another call
    CAMPED = "camped"  # held until the extension it is for becomes free
    RELEASED = "released"  # over; how it went is its outcome


class Return(StrEnum):
    """What a call that the exchange brings back to this desk comes from; the empty one is no such call."""

    NO = ""
    TRANSFER = "transfer"  # nobody answered where it was transferred to
    PARK = "park"  # it was parked for too long
    CAMP = "camp"  # it was camped on at the exchange for too long


class Outcome(StrEnum):
    """How a call went, once it is over."""

    ANSWERED = "answered"
    MISSED = "missed"  # the caller gave up, or nobody answered in time
    REJECTED = "rejected"
    DIVERTED = "diverted"
    ELSEWHERE = "elsewhere"  # somebody else answered it: not missed
    UNANSWERED = "unanswered"  # an outgoing call that nobody took
    TRANSFERRED = "transferred"
    PARKED = "parked"
    INTERRUPTED = "interrupted"  # the desk itself went down during it
    SCREENED = "screened"  # turned away by a rule of who may ring and when; the note says by which


class Purpose(StrEnum):
    """What an outgoing call was placed for; the empty one is to talk to whom was dialled."""

    TALK = ""
    CONSULT = "consult"  # to announce a caller
    RETRIEVE = "retrieve"  # to fetch a caller from an orbit
    PICKUP = "pickup"  # to take a call that rings at a colleague's
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a call: number and display name, each "" where the exchange does not tell.

    `withheld` means anonymous: the exchange may know, but the caller asked it not to tell (RFC 3323, 3325).
    `person` is the id of its entry in the directory, 0 where it has none.
    """

    number: str = ""
    name: str = ""
    withheld: bool = False
    person: int = 0


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
    line: str = ""  # the account it came by or was placed from; "" is the first
    answered: float = 0.0  # when the parties first heard each other; 0 while they have not
    diverted_by: Party = NOBODY  # who was called first, where the exchange tells (RFC 5806, 7044)
    returned: Return = Return.NO
    origin: str = ""  # the orbit or number that it comes back from
    internal: bool = False  # a colleague at the same exchange
    consults: str = ""  # the held call that this one was placed for, to announce it
    member: bool = False  # of the conference, also while that is on hold
    muted: bool = False  # what this party says, nobody hears
    rings: float = 0.0  # since when the exchange says that the target of a transfer rings; 0: it does not
    outcome: Outcome | None = None  # None until it is released
    code: int = 0  # the SIP status that ended it
    seen: bool = True  # False: a missed call that nobody has looked at
    shown: bool = True  # False: no screen lists it, and the desk forgets it with the next call that is over
    camped: float = 0.0  # since when it is camped, also while it is being sent there; 0: it is not
    joins: str = ""  # the call that the exchange was asked to connect this one with; it then ends this one
    purpose: Purpose = Purpose.TALK

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
        return self.dialling or self.state in (CallState.ANSWERED, CallState.CONFERENCE)

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
    """One park orbit of the exchange; `party` and `by` are known where this desk parked the caller."""

    number: str
    state: OrbitState = OrbitState.UNKNOWN
    party: Party = NOBODY
    since: float = 0.0
    reason: str = ""
    by: str = ""  # who parked the caller: name or number, "" where nobody tells


class ExtensionState(StrEnum):
    """What a monitored extension does."""

    AVAILABLE = "available"
    RINGING = "ringing"
    BUSY = "busy"
    HELD = "held"
    CONFERENCE = "conference"
    DND = "dnd"  # does not want to be disturbed
    AWAY = "away"
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
    dialog: str = ""  # the ringing dialog, as a Replaces header names it (RFC 3891), where the exchange tells


class RegistrationState(StrEnum):
    """Whether the exchange would send us a call."""

    REGISTERED = "registered"
    REGISTERING = "registering"
    FAILED = "failed"
    UNSET = "unset"
    """There is no account to register with."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The state of the line, with the last SIP status code (0: none) and its reason in plain words."""

    state: RegistrationState = RegistrationState.REGISTERING
    code: int = 0
    reason: str = ""


NOT_REGISTERED = Registration()


@dataclass(frozen=True, slots=True)
class Line:
    """One account at an exchange; the first one's `id` is ""."""

    id: str = ""
    number: str = ""
    registration: Registration = NOT_REGISTERED


@dataclass(frozen=True, slots=True)
class Voicemail:
    """How many messages wait in the mailbox of this desk (RFC 3842)."""

    new: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True)
class Counters:
    """How many calls there were today."""

    missed: int = 0
    incoming: int = 0  # answered ones
    outgoing: int = 0


NO_CALLS = Counters()


class MessageState(StrEnum):
    """What became of a text message."""

    RECEIVED = "received"
    SENDING = "sending"
    DELIVERED = "delivered"  # the exchange has taken it (2xx): what more it knows, it does not tell
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One text message (RFC 3428) to or from this desk."""

    id: str
    direction: Direction
    party: Party
    text: str
    state: MessageState
    at: float
    reason: str = ""  # why it failed
    seen: bool = True  # False: came in, and nobody has read it


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is attached to the desk, as far as calls are concerned."""

    id: str
    audio: bool = False  # it has a microphone and a speaker
    lifted: bool = False  # its hook switch, as last reported
    # Our Off-Hook lamp comes back as a hook report. Until these times one is an echo, not a person.
    lift_echo_until: float = 0.0
    replace_echo_until: float = 0.0
    mute_reply_until: float = 0.0  # until then its Mute key is its answer to our Mute lamp
    rank: int = 0  # its place in the order of preference, the lowest first


@dataclass(frozen=True, slots=True)
class Typed:
    """A number that is being typed at the keypad of a device, and is not dialled yet; "": none."""

    number: str = ""
    device: str = ""
    at: float = 0.0  # when the last digit came
    lifted: bool = False  # the device's hook switch was, then: the number is dialled after a pause


NOTHING_TYPED = Typed()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is to be seen of the desk at one moment."""

    lines: tuple[Line, ...] = (Line(),)
    calls: tuple[Call, ...] = ()  # in order of arrival
    released: tuple[Call, ...] = ()  # the last calls that are over, newest first
    orbits: tuple[Orbit, ...] = ()
    extensions: tuple[Extension, ...] = ()
    speed_dials: tuple[tuple[str, str], ...] = ()  # (key, number)
    devices: tuple[Device, ...] = ()  # in order of preference
    audio: str = ""  # the device that the operator speaks through; "" while there is none
    owner: str = ""  # the device that the calls were taken with: the audio comes back there; "" without calls
    typed: Typed = NOTHING_TYPED
    muted: bool = False
    notice: str = ""  # the last thing the operator should read: a refusal, a transfer that failed
    dnd: bool = False  # do not disturb: nobody rings but who comes back
    forward: str = ""  # where the exchange sends all calls instead of here; "": nowhere
    away: bool = False  # nobody has touched anything for a while
    touched: bool = False  # somebody has just held two buttons for long: a lost password may be set anew
    voicemail: Voicemail = Voicemail()
    counters: Counters = NO_CALLS
    messages: tuple[Message, ...] = ()  # oldest first

    @property
    def registration(self) -> Registration:
        """The registration to worry about: the first that is not as it should be, else the first line's."""
        registrations = [line.registration for line in self.lines]
        bad = (r for r in registrations if r.state is not RegistrationState.REGISTERED)
        return next(bad, registrations[0])

    @property
    def missed(self) -> tuple[Call, ...]:
        """Missed calls that nobody has looked at, newest first."""
        return tuple(call for call in self.released if not call.seen)

    @property
    def active(self) -> Call | None:
        """The call that has the operator's ear."""
        return next((call for call in self.calls if call.active), None)

    @property
    def engaged(self) -> bool:
        """True while there is a call that does more than wait to be answered: one that a person has begun."""
        return any(not call.waiting for call in self.calls)

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
