"""From what the desk shows, one moment after another, to the records of its calls.

A record begins when its call begins, changes with it, and is closed when it is over: a power cut in between
leaves what was known. The recorder only compares snapshots; the functions below it are for the thread that
writes.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from appliance.desk.state import NOBODY, CallState, Outcome
from appliance.history.readings import as_written, readings, sought
from appliance.history.record import Record, day_and_hour

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable
    from datetime import tzinfo

    from appliance.desk.state import Call, Party, Snapshot
    from appliance.history.readings import Key

REMEMBERED = "record-"
"""What the id of a call of an earlier run begins with; the id of its record follows."""

KNOWN = 256  # numbers whose readings are kept: they take a while
_TALKS = (CallState.ANSWERED, CallState.CONFERENCE)
_WAITS = (CallState.HELD, CallState.CAMPED)


@dataclass(frozen=True, slots=True)
class Changes:
    """Records that are new or have changed, and those of missed calls that somebody has looked at."""

    records: tuple[Record, ...] = ()
    seen: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """There is something to write."""
        return bool(self.records or self.seen)


@dataclass(slots=True)
class _Running:
    """What is known of a call that a later snapshot does not tell; times are of the desk's clock."""

    number: int
    began: float
    at_once: int
    waiting: int
    origin: str
    call: Call  # as it was seen last
    at: float  # what it did since then is in none of the sums yet
    party: Party
    answered: bool = False
    device: str = ""
    waited: float = 0.0
    held: float = 0.0
    talked: float = 0.0
    told: Record | None = None

    def spend(self, now: float) -> None:
        """Add the time that has passed to what it was spent with."""
        seconds, self.at = max(0.0, now - self.at), max(now, self.at)
        if not self.answered:
            self.waited += seconds
        elif self.call.state in _WAITS:
            self.held += seconds
        elif self.call.state in _TALKS:
            self.talked += seconds


class Recorder:
    """Numbers the calls of one run of the desk, and keeps account of each."""

    def __init__(
        self,
        first: int | None = None,
        *,
        queues: Collection[str] = (),
        key: Key = as_written,
        zone: tzinfo | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`first` is the id of the first record (`next_id`); without, nothing comes out before `start`.

        `queues` are the numbers of queues, `key` gives the form in which numbers are compared, `zone` is the
        desk's (None: the system's), `clock` returns the UNIX time.
        """
        self._first = first
        self._queues, self._zone, self._clock = frozenset(queues), zone, clock
        self._readings = lru_cache(KNOWN)(lambda number: readings(number, key))
        self._numbers: dict[str, int] = {}  # by call; also of those that are over, while the desk shows them
        self._running: dict[str, _Running] = {}
        self._count = 0
        self._early: dict[int, Record] = {}

    def record(self, call: str) -> int:
        """Return the id of a call's record, 0 while there is none."""
        if call.startswith(REMEMBERED):
            return int(call.removeprefix(REMEMBERED))
        number = self._numbers.get(call)
        return 0 if number is None or self._first is None else self._first + number

    def start(self, first: int) -> Changes:
        """Say from which id on the records are; return what came before that was known."""
        self._first, early, self._early = first, self._early, {}
        return Changes(self._numbered(early.values()))

    def changes(self, before: Snapshot, desk: Snapshot, now: float) -> Changes:
        """Return what is to be written, now that the desk is so and no longer as before.

        `now` is the time that the desk was given with what happened.
        """
        if desk.calls is before.calls and desk.released is before.released:
            return Changes()
        known = {call.id for call in before.released}
        over = [c for c in reversed(desk.released) if c.id not in known and not c.id.startswith(REMEMBERED)]
        followed = [self._follow(call, desk, now) for call in (*over, *desk.calls)]
        changes = self._told([record for record in followed if record], _looked_at(before, desk))
        if over:
            here = {call.id for call in (*desk.calls, *desk.released)}
            self._numbers = {call: number for call, number in self._numbers.items() if call in here}
        return changes

    def running(self, now: float) -> Changes:
        """Return the records of all calls as they are now: written now and then, a power cut loses less."""
        records = []
        for running in self._running.values():
            running.spend(now)
            if running.told:
                records.append(self._timed(running.told, running, now, now))
        return self._told(records, [])

    def _told(self, records: list[Record], seen: list[str]) -> Changes:
        if self._first is not None:
            return Changes(self._numbered(records), tuple(filter(None, map(self.record, seen))))
        self._early |= {record.id: record for record in records}
        for number in (self._numbers[call] for call in seen if call in self._numbers):
            self._early[number] = replace(self._early[number], seen=True)
        return Changes()

    def _numbered(self, records: Iterable[Record]) -> tuple[Record, ...]:
        return tuple(replace(record, id=(self._first or 0) + record.id) for record in records)

    def _follow(self, call: Call, desk: Snapshot, now: float) -> Record | None:
        """Keep account of a call; return its record if that has changed."""
        running = self._running.get(call.id) or self._begin(call, desk)
        end = max(call.since, running.at) if call.outcome else now
        running.spend(end)
        if running.told and running.call is call:
            return None
        running.call = call
        if call.answered and not running.answered:
            running.answered, running.device = True, desk.owner
        if call.party != NOBODY:
            running.party = call.party  # once known, it is not forgotten
        record = self._described(call, running, desk)
        if record == running.told:
            return None
        running.told = record
        if call.outcome:
            del self._running[call.id]
        return self._timed(record, running, end, now)

    def _begin(self, call: Call, desk: Snapshot) -> _Running:
        number, self._count = self._count, self._count + 1
        self._numbers[call.id] = number
        running = _Running(
            number,
            call.arrived,
            len(desk.calls),
            len(desk.waiting),
            call.origin or call.retrieves,
            call,
            call.arrived,
            call.party,
        )
        self._running[call.id] = running
        return running

    def _described(self, call: Call, running: _Running, desk: Snapshot) -> Record:
        """Return the record without its times."""
        party, by = running.party, call.diverted_by
        names = {extension.number: extension.name for extension in desk.extensions} if call.target else {}
        colleague = names.get(call.target, "")
        numbers = (party.number, call.target, by.number)
        return Record(
            id=running.number,
            direction=str(call.direction),
            purpose=str(call.purpose),
            number=party.number,
            name=party.name,
            withheld=party.withheld,
            internal=call.internal,
            called=call.called,
            line=call.line,
            queue=next((n for n in (call.called, by.number) if n in self._queues), ""),
            diverted_number=by.number,
            diverted_name=by.name,
            returned=str(call.returned),
            origin=running.origin,
            began=0.0,
            day=0,
            hour=0,
            state=str(call.state),
            outcome=str(call.outcome or ""),
            code=call.code,
            target=call.target,
            target_name=colleague,
            reason=call.note,
            device=running.device,
            at_once=running.at_once,
            waiting=running.waiting,
            seen=call.seen,
            shown=call.shown,
            sought=sought((party.name, colleague, by.name), numbers, self._readings),
        )

    def _timed(self, record: Record, running: _Running, end: float, now: float) -> Record:
        """Return the record with its times, by the UNIX time as it is now: clocks are set meanwhile."""
        began = self._clock() - (now - running.began)
        day, hour = day_and_hour(began, self._zone)
        duration = end - running.began
        return replace(
            record,
            began=began,
            answered=began + running.waited if running.answered else 0.0,
            ended=began + duration if record.outcome else 0.0,
            day=day,
            hour=hour,
            duration=duration,
            waited=running.waited,
            held=running.held,
            talked=running.talked,
        )


def _looked_at(before: Snapshot, desk: Snapshot) -> list[str]:
    """Return the missed calls that somebody has looked at meanwhile."""
    if desk.released is before.released:
        return []
    unseen = {call.id for call in before.missed}
    return [call.id for call in desk.released if call.seen and call.id in unseen]


# --- the file

# A note is a person's: no change of the call touches it. A record that is closed stays as it is, so that one
# that is written late, after a fault, does not open it again.
_COLUMNS = [field.name for field in fields(Record) if field.name != "note"]
_WRITE = (
    f"INSERT INTO call ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in _COLUMNS if n != 'id')}"
    " WHERE call.outcome = ''"
)


def next_id(file: sqlite3.Connection) -> int:
    """Return the first id that no record has had, also none that is deleted."""
    row = file.execute("SELECT seq FROM sqlite_sequence WHERE name = 'call'").fetchone()
    return int(row[0]) + 1 if row else 1


def interrupted(file: sqlite3.Connection) -> int:
    """Close the records that an earlier run has left open, with what was known; return how many."""
    return file.execute(
        "UPDATE call SET outcome = ?, ended = began + duration, seen = direction = 'out' OR answered > 0"
        " WHERE outcome = ''",
        (Outcome.INTERRUPTED,),
    ).rowcount


def write(file: sqlite3.Connection, changes: Changes) -> None:
    """Write records, new or changed, and who has been looked at."""
    file.executemany(_WRITE, [asdict(record) for record in changes.records])
    file.executemany("UPDATE call SET seen = 1 WHERE id = ?", [(record,) for record in changes.seen])
