"""The records of calls: found, read, written on, and what of them the desk begins a day with."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from appliance.desk.board import MISSED_KEPT, RELEASED_KEPT
from appliance.desk.events import Remembered
from appliance.desk.state import Call, CallState, Counters, Direction, Outcome, Party, Purpose, Return
from appliance.history.readings import as_written, fold, readings
from appliance.history.record import Record, day_and_hour
from appliance.history.recorder import REMEMBERED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from appliance.history.readings import Key

RECENT = 100
Which = Literal["all", "received", "missed", "outgoing"]

_WHICH = {
    "all": "",
    "received": "kind = 'in' AND answered > 0",
    "missed": "missed",
    "outgoing": "direction = 'out'",
}
_BOOLEANS = {field.name for field in fields(Record) if field.type == "bool"}
_COLUMNS = ", ".join(field.name for field in fields(Record))


class NoSuchRecordError(LookupError):
    """There is no such call; the text says so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls. Days are as in a record (20261122), 0: any; the last one counts.

    `number` is found however it is written, also a part of it; `name` without regard to accents and capitals,
    also as the name of a colleague who took the call over; `text` is either of them. `hide_queues` leaves out
    calls that came by a queue, and `screened` brings in screened calls that are not to be shown.
    """

    which: Which = "all"
    first: int = 0
    last: int = 0
    number: str = ""
    name: str = ""
    text: str = ""
    hide_queues: bool = False
    screened: bool = False


EVERYTHING = Wanted()


def find(
    file: sqlite3.Connection,
    wanted: Wanted = EVERYTHING,
    limit: int = RECENT,
    after: Record | None = None,
    key: Key = as_written,
) -> list[Record]:
    """Return the newest of the calls that are wanted; of a next page, those that come after a record.

    `key` is the form in which the desk compares numbers.
    """
    return list(_found(file, wanted, limit, after, key))


def count(file: sqlite3.Connection, wanted: Wanted = EVERYTHING, key: Key = as_written) -> int:
    """Return how many there are."""
    terms, values = _terms(wanted, key)
    return int(file.execute(f"SELECT count(*) FROM call WHERE {terms}", values).fetchone()[0])  # noqa: S608


def every(file: sqlite3.Connection, wanted: Wanted, key: Key = as_written) -> Iterator[Record]:
    """Yield all that are wanted, the newest first."""
    yield from _found(file, wanted, -1, None, key)


def get(file: sqlite3.Connection, record: int) -> Record:
    """Return one record; NoSuchRecordError."""
    row = file.execute(f"SELECT {_COLUMNS} FROM call WHERE id = ?", (record,)).fetchone()  # noqa: S608
    if row is None:
        raise NoSuchRecordError(f"there is no call {record}")
    return _record(row)


def write_note(file: sqlite3.Connection, record: int, text: str) -> None:
    """Write down what a person has to say of a call, also of one that lasts; "" takes it away."""
    if not file.execute("UPDATE call SET note = ? WHERE id = ?", (text, record)).rowcount:
        raise NoSuchRecordError(f"there is no call {record}")


# --- what the desk begins with


def remembered(file: sqlite3.Connection, now: float) -> Remembered:
    """Return the last calls, the missed ones that nobody has looked at, and the count of today.

    Their times are of the clock `now`.
    """
    at = time.time()
    rows = file.execute(
        f"SELECT {_COLUMNS} FROM call WHERE NOT seen OR id IN"  # noqa: S608
        " (SELECT id FROM call WHERE outcome != '' AND shown ORDER BY began DESC LIMIT ?)"
        " ORDER BY ended DESC LIMIT ?",
        (RELEASED_KEPT, MISSED_KEPT),
    ).fetchall()
    return Remembered(
        released=tuple(_call(_record(row), at - now) for row in rows),
        counters=counters(file, day_and_hour(at)[0]),
    )


def counters(file: sqlite3.Connection, day: int) -> Counters:
    """Return how many calls there were on a day, as the desk counts them."""
    row = file.execute(
        "SELECT count(*) FILTER (WHERE missed),"
        " count(*) FILTER (WHERE kind = 'in' AND answered > 0 AND returned = ''),"
        " count(*) FILTER (WHERE kind = 'out') FROM call WHERE day = ?",
        (day,),
    ).fetchone()
    return Counters(*row)


def _call(record: Record, offset: float) -> Call:
    """Return a call that is over as the desk shows it; UNIX time is ahead of its clock by `offset`."""
    return Call(
        f"{REMEMBERED}{record.id}",
        Direction(record.direction),
        Party(record.number, record.name, record.withheld),
        record.called,
        CallState.RELEASED,
        arrived=record.began - offset,
        since=record.ended - offset,
        target=record.target,
        note=record.reason,
        line=record.line,
        answered=record.answered - offset if record.answered else 0.0,
        diverted_by=Party(record.diverted_number, record.diverted_name),
        returned=Return(record.returned),
        origin=record.origin,
        internal=record.internal,
        outcome=Outcome(record.outcome),
        code=record.code,
        seen=record.seen,
        purpose=Purpose(record.purpose),
    )


# --- the query


def _found(
    file: sqlite3.Connection, wanted: Wanted, limit: int, after: Record | None, key: Key
) -> Iterator[Record]:
    terms, values = _terms(wanted, key)
    if wanted.first or wanted.last:  # by the index that has them in order: no month is read to show its end
        terms = terms.replace("day BETWEEN", "began BETWEEN :since AND :until AND +day BETWEEN")
        values |= {"since": _began(wanted.first or 19700102, -1), "until": _began(wanted.last or 29991231, 2)}
    if after:
        terms += " AND (began, id) < (:began, :id)"
        values |= {"began": after.began, "id": after.id}
    rows = file.execute(
        f"SELECT {_COLUMNS} FROM call WHERE {terms} ORDER BY began DESC, id DESC LIMIT :limit",  # noqa: S608
        {**values, "limit": limit},
    )
    yield from map(_record, rows)


def _terms(wanted: Wanted, key: Key) -> tuple[str, dict[str, str | float]]:
    """Return the condition, and the values in it."""
    values: dict[str, str | float] = {"first": wanted.first, "last": wanted.last or 99999999}
    terms = [_WHICH[wanted.which]]
    if wanted.first or wanted.last:
        terms.append("day BETWEEN :first AND :last")
    if wanted.hide_queues:
        terms.append("queue = ''")
    if not wanted.screened:
        terms.append("shown")
    names = [fold(text) for text in (wanted.name, wanted.text)]
    for name, text, number in zip("nt", names, ("", wanted.text), strict=True):
        if text:
            terms.append(_contain(values, name, [text, *readings(number, key)]))
    if wanted.number:
        terms.append(_contain(values, "d", [*readings(wanted.number, key)] or [fold(wanted.number)]))
    return " AND ".join(filter(None, terms)) or "TRUE", values


def _began(day: int, days: int) -> float:
    """Return the UNIX time of so many days after midnight of a day, whatever the zone: a bound, no more."""
    date = datetime.date(day // 10_000, day // 100 % 100, day % 100)
    return datetime.datetime.combine(date, datetime.time(), datetime.UTC).timestamp() + days * 86_400


def _contain(values: dict[str, str | float], name: str, texts: list[str]) -> str:
    """Return the condition that one of the texts is in what is sought."""
    for position, text in enumerate(texts):
        values[f"{name}{position}"] = text
    return f"({' OR '.join(f'instr(sought, :{name}{position})' for position in range(len(texts)))})"


def _record(row: sqlite3.Row) -> Record:
    said: dict[str, Any] = {
        name: bool(row[name]) if name in _BOOLEANS else row[name]
        for name in row.keys()  # noqa: SIM118
    }
    return Record(**said)
