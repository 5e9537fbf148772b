"""The desk while it handles one event: its state, the time, what is to be done, and the smallest steps.

The features' modules are functions of a board and an event; each names its own in HANDLERS and TIMERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from appliance.desk import actions
from appliance.desk.events import DirectoryChanged
from appliance.desk.state import (
    NOBODY,
    Call,
    CallState,
    Direction,
    Extension,
    Line,
    Orbit,
    OrbitState,
    Outcome,
    Party,
    Return,
    Snapshot,
)

if TYPE_CHECKING:
    from appliance.desk.actions import Action
    from appliance.desk.config import DeskConfig
    from appliance.desk.events import Clock, Command, Timer
    from appliance.desk.keys import Cell

RELEASED_KEPT = 50
MISSED_KEPT = 200  # of those, missed calls that nobody has looked at
TRAILS_KEPT = 50
_TALKS = (CallState.ANSWERED, CallState.CONFERENCE)


class RefusedError(ValueError):
    """It cannot be done; the text says why."""


@dataclass(frozen=True, slots=True)
class Press:
    """A key that is down and has not acted yet: what it means, and since when."""

    cell: Cell
    at: float


@dataclass(frozen=True, slots=True)
class Push:
    """A button with a name of its own that has not acted yet: whether it is down, and since when."""

    down: bool
    at: float


@dataclass(frozen=True, slots=True)
class Trail:
    """A caller whom this desk has moved away, and whom the exchange may bring back from `place`.

    The place is "" while it is not known in which orbit the exchange has put the caller.
    """

    party: Party
    place: str
    how: Return
    at: float
    by: str = ""  # this desk's number on the line that the caller came by


@dataclass(frozen=True, slots=True)
class Span:
    """How long a timer runs: from a moment on, for so many seconds."""

    since: float
    seconds: float


class Board:
    """One desk's state, and the steps that change it. The time is that of the event."""

    def __init__(self, config: DeskConfig) -> None:
        """Start with no calls, no devices, and nothing known of the exchange."""
        self.config = config
        self.desk = Snapshot(
            lines=tuple(Line(*line) for line in config.lines),
            orbits=tuple(Orbit(number, reason="not asked yet") for number in config.orbits),
            extensions=tuple(Extension(number, name) for number, name in config.extensions),
            speed_dials=config.speed_dials,
        )
        self.now = 0.0
        self.actions: list[Action] = []
        self.commands: list[Command] = []
        # What no screen shows and later events need:
        self.placed = 0  # calls
        self.redial = ""
        self.directory = DirectoryChanged()  # as it was read the last time
        self.trails: tuple[Trail, ...] = ()  # oldest first
        self.served: dict[str, float] = {}  # extensions that were just sent a camped call, and when
        self.asked: dict[str, dict[str, Any]] = {}  # codes dialled: what the snapshot was before
        self.pressed: dict[Timer, Press] = {}
        self.pushed: dict[str, Push] = {}
        self.down: set[tuple[str, str]] = set()  # (device, key): those of the box itself that are down
        self.together: dict[str, float] = {}  # devices where they are down together, and since when
        self.touched_at = 0.0  # they were, for long
        self.idle_since = 0.0  # nobody has touched anything, and there is no call
        self.timers: dict[Timer, Span] = {}
        self.ended: set[Timer] = set()  # those of them that have run out

    # --- the snapshot

    def set(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Snapshot, of many types
        """Change fields of the snapshot."""
        self.desk = replace(self.desk, **changes)

    def act(self, action: Action) -> None:
        """Have this done once the event is handled."""
        self.actions.append(action)

    def command(self, command: Command) -> None:
        """Have this handled next, as if a person had asked for it."""
        self.commands.append(command)

    def refuse(self, reason: str) -> NoReturn:
        """End the event: what was asked for cannot be, for this reason."""
        raise RefusedError(reason)

    def add(self, call: Call) -> None:
        """Take a new call in."""
        self.set(calls=(*self.desk.calls, call))

    def put(self, call: Call) -> Call:
        """Put a changed call in its place."""
        self.set(calls=tuple(call if old.id == call.id else old for old in self.desk.calls))
        return call

    def enter(self, call: Call, state: CallState, **changes: Any) -> Call:  # noqa: ANN401 - fields of Call
        """Bring a call into a state; what belonged to the old one is over, but for the changes named."""
        fresh = {
            "alert": False,
            "note": "",
            "target": "",
            "retrieves": "",
            "camped": 0.0,
            "joins": "",
            "rings": 0.0,
        }
        fields: dict[str, Any] = {**fresh, "since": self.now, "member": False, **changes}
        if call.muted and not fields["member"]:
            self.act(actions.MuteCall(call.id, on=False))
            fields["muted"] = False
        if state in _TALKS and not call.answered:
            fields["answered"] = self.now
            self._took(call)
        return self.put(replace(call, state=state, **fields))

    def remove(self, call: Call, outcome: Outcome, code: int = 0, target: str = "") -> None:
        """Let go of a call that is over, and keep how it went."""
        over = replace(
            call,
            state=CallState.RELEASED,
            since=self.now,
            alert=False,
            target=target or call.target,
            member=False,
            muted=False,
            outcome=outcome,
            code=code,
            seen=outcome is not Outcome.MISSED,
        )
        shown = [one for one in (over, *self.desk.released) if one.shown][:MISSED_KEPT]
        kept = [old for i, old in enumerate(shown) if i < RELEASED_KEPT or not old.seen]
        self.set(
            calls=tuple(old for old in self.desk.calls if old.id != call.id),
            released=(*kept,) if over.shown else (over, *kept),
        )
        if outcome is Outcome.MISSED:
            self.count(missed=1)

    def count(self, missed: int = 0, incoming: int = 0, outgoing: int = 0) -> None:
        """Add to the calls of today."""
        old = self.desk.counters
        new = replace(
            old,
            missed=old.missed + missed,
            incoming=old.incoming + incoming,
            outgoing=old.outgoing + outgoing,
        )
        self.set(counters=new)

    def see(self, *numbers: str) -> None:
        """Mark the missed calls from these numbers as looked at."""
        self.set(
            released=tuple(
                replace(call, seen=True) if call.party.number in numbers else call
                for call in self.desk.released
            )
        )

    def _took(self, call: Call) -> None:
        """Note that the operator talks to this party: what was missed from there is dealt with."""
        if call.direction is Direction.IN and not call.returned:
            self.count(incoming=1)
        if call.party.number:
            self.see(call.party.number)

    # --- what is meant

    @property
    def active(self) -> tuple[Call, ...]:
        """The calls that have the operator's ear: one, or all members of the conference."""
        return tuple(call for call in self.desk.calls if call.active)

    def pick(self, call_id: str, default: tuple[Call, ...], none: str) -> Call:
        """Return the call of that id, or the first that is meant by itself."""
        call = self.desk.call(call_id) if call_id else next(iter(default), None)
        if call is None:
            self.refuse("that call is over" if call_id else none)
        return call

    def movable(self, call_id: str, how: str) -> Call:
        """Return a call that the exchange can be asked to take over, from the conference only by its id."""
        call = self.pick(call_id, self.active, "no call is active")
        if call.state is CallState.CONFERENCE and not call_id:
            self.refuse(f"a conference cannot be {how}, only one of its parties")
        if call.state not in (CallState.ANSWERED, CallState.HELD, CallState.CONFERENCE):
            self.refuse(f"only an answered or held call can be {how}")
        return call

    def number(self, typed: str) -> str:
        """Return what the exchange dials for a number that a person entered."""
        try:
            return self.config.dial(typed)
        except ValueError as error:
            self.refuse(str(error))

    def extension(self, number: str) -> Extension | None:
        """Return the monitored extension of that number."""
        return next((known for known in self.desk.extensions if known.number == number), None)

    def known(self, party: Party) -> Party:
        """Return the party with its name in the directory; else the exchange's, else its extension's."""
        if party.withheld or not party.number:
            return party
        party = self.config.name(party)
        if party.name or not (extension := self.extension(party.number)):
            return party
        return replace(party, name=extension.name)

    def own_number(self, line: str) -> str:
        """Return this desk's number on a line, "" where it is not known."""
        numbers = [known.number for known in self.desk.lines if known.id == line and known.number]
        return next(iter([*numbers, *self.config.numbers]), "")

    # --- orbits and trails

    def set_orbit(
        self, number: str, state: OrbitState, party: Party = NOBODY, by: str = "", reason: str = ""
    ) -> None:
        """Note what an orbit holds: who it is, is told only once, by whoever parked them."""
        taken = state is OrbitState.TAKEN
        self.set(
            orbits=tuple(
                replace(
                    old,
                    state=state,
                    party=(party if party != NOBODY else old.party) if taken else NOBODY,
                    by=(by or old.by) if taken else "",
                    since=old.since if state is old.state else self.now,
                    reason=reason,
                )
                if old.number == number
                else old
                for old in self.desk.orbits
            )
        )

    def leave_trail(self, call: Call, place: str, how: Return) -> None:
        """Remember a caller whom the exchange may bring back."""
        trail = Trail(call.party, place, how, self.now, self.own_number(call.line))
        self.trails = (*self.trails, trail)[-TRAILS_KEPT:]


Handlers = Mapping[type, Callable[[Board, Any], None]]
Timers = Mapping["Clock", Callable[[Board, str], None]]
