"""What the calls of a day or a range of days add up to, computed in SQL. The definitions:

Which calls
    Those that are over. A call belongs to the day and the hour in which it began, by the desk's zone: one
    over midnight to the first day. An hour that there is twice, as summer time ends, is one.

Kinds
    *in*: every incoming call that no rule has screened; also one that was turned away at once because too
    many waited or nobody was to be disturbed, one that somebody else took, and a caller who was brought back
    from a transfer or an orbit (`returned` tells how many of these). *out*: every call that a person dialled,
    also to announce a caller. *service*: callers fetched from an orbit, calls picked up from a colleague, the
    mailbox: they count as talk and for most at once, but neither as in nor as out. *screened*: turned away by
    a rule of who may ring; they count for nothing else.

Counts
    *answered*: the parties have heard each other. *missed*: came in, was not answered, and the caller gave
    up, nobody took it in time, or the desk went down meanwhile; not one that was rejected or diverted, nor
    one that somebody else took. *transferred*: the exchange has moved it to somebody else; the call by which
    it was announced is part of it.

Per hour
    The count, by the hours in which at least one call of any kind but screened began.

Percent
    In, out and transferred: of the calls in and out. Missed: of the calls in.

Times
    *talk*: with the operator's ear, alone or in a conference; of all answered calls. *to answer*: from the
    beginning of a call until it was answered; of the answered ones. *hold*: on hold or camped, after the
    answer; of the calls that were on hold. *duration*: from the beginning to the end; of the answered ones.
    Each has the average, the largest, and its peak: when the call with the largest began, the first of such.

At once
    Looked at whenever a call begins, one that is turned away at once not counted: how many calls there are,
    and how many of them wait to be answered. The largest, and when it first was.

A day that is over is added up once, by `roll_up`, and kept: it holds nobody's name or number, and stays when
its records are deleted. Other days are added up when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.history import sums
from appliance.store.file import writing

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest, and the UNIX time at which it was; 0 and 0 where there was none."""

    largest: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many calls, how many an hour, and how many of a hundred."""

    total: int = 0
    per_hour: float = 0.0
    percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of so many calls."""

    calls: int = 0
    total: float = 0.0
    average: float = 0.0
    peak: Peak = Peak()


@dataclass(frozen=True, slots=True)
class Side:
    """Calls in one direction."""

    calls: Count = Count()
    answered: int = 0
    to_answer: Times = Times()
    hold: Times = Times()
    duration: Times = Times()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the calls of some days add up to; `hours` are those in which a call began."""

    hours: int = 0
    talk: Times = Times()
    incoming: Side = Side()
    outgoing: Side = Side()
    missed: Count = Count()
    transferred: Count = Count()
    returned: int = 0
    screened: int = 0
    at_once: Peak = Peak()
    waiting: Peak = Peak()


@dataclass(frozen=True, slots=True)
class Slice:
    """The calls of one hour of the day, or of one day: a bar of a chart."""

    at: int  # the hour, or the day as 20261122
    incoming: int
    outgoing: int
    missed: int
    transferred: int
    talked: float


# --- what is asked for


def statistics(file: sqlite3.Connection, first: int, last: int) -> Statistics:
    """Return what the calls of these days add up to; days as in records: 20261122. The last one counts."""
    kinds = {row["kind"]: row for row in file.execute(sums.TOTAL, {"first": first, "last": last})}
    counted = [row for kind, row in kinds.items() if kind != "screened"]
    hours = counted[0]["hours"] if counted else 0
    incoming, outgoing = kinds.get("in"), kinds.get("out")
    received, dialled = (row["calls"] if row else 0 for row in (incoming, outgoing))
    both = received + dialled
    return Statistics(
        hours=hours,
        talk=_times(counted, "talked", "answered"),
        incoming=_side(incoming, _count(received, hours, both)),
        outgoing=_side(outgoing, _count(dialled, hours, both)),
        missed=_count(sum(row["missed"] for row in counted), hours, received),
        transferred=_count(sum(row["transferred"] for row in counted), hours, both),
        returned=sum(row["returned"] for row in counted),
        screened=kinds["screened"]["calls"] if "screened" in kinds else 0,
        at_once=_peak(counted, "at_once"),
        waiting=_peak(counted, "waiting"),
    )


def by_hour(file: sqlite3.Connection, first: int, last: int) -> list[Slice]:
    """Return the calls of these days by the hour of the day: 24 slices."""
    found = {piece.at: piece for piece in _slices(file, "hour", first, last)}
    return [found.get(hour) or Slice(hour, 0, 0, 0, 0, 0.0) for hour in range(24)]


def by_day(file: sqlite3.Connection, first: int, last: int) -> list[Slice]:
    """Return the calls of each of these days on which there were any."""
    return _slices(file, "day", first, last)


def roll_up(file: sqlite3.Connection, today: int) -> int:
    """Add up the days before today that are not, and keep the sums; return how many days.

    Each day is a transaction of its own: others write in between.
    """
    row = file.execute(
        "SELECT min(day) AS first, max(day) AS last FROM call WHERE day < ?", (today,)
    ).fetchone()
    if row["first"] is None:
        return 0
    days = file.execute(sums.NEW_DAYS, dict(row)).fetchall()
    for (day,) in days:
        with writing(file):
            file.execute(sums.KEEP, {"first": day, "last": day})
            file.execute("INSERT OR IGNORE INTO call_day VALUES (?)", (day,))
    return len(days)


def _slices(file: sqlite3.Connection, by: str, first: int, last: int) -> list[Slice]:
    found = file.execute(sums.SLICE.format(by=by), {"first": first, "last": last})
    return [
        Slice(at, int(received), int(dialled), int(missed), int(moved), talked)
        for at, received, dialled, missed, moved, talked in found
    ]


def _count(total: float, hours: int, of: float) -> Count:
    return Count(int(total), total / hours if hours else 0.0, 100 * total / of if of else 0.0)


def _times(rows: list[sqlite3.Row], name: str, counted: str) -> Times:
    calls, total = (sum(row[column] for row in rows) for column in (counted, f"{name}_sum"))
    return Times(int(calls), total, total / calls if calls else 0.0, _peak(rows, name))


def _peak(rows: list[sqlite3.Row], name: str) -> Peak:
    """Return the largest, and when it first was, over all kinds of calls."""
    found = [Peak(row[f"{name}_max"], row[f"{name}_at"]) for row in rows if row[f"{name}_max"] > 0]
    return min(found, key=lambda peak: (-peak.largest, peak.at), default=Peak())


def _side(row: sqlite3.Row | None, calls: Count) -> Side:
    if row is None:
        return Side(calls)
    rows = [row]
    return Side(
        calls,
        int(row["answered"]),
        _times(rows, "waited", "answered"),
        _times(rows, "held", "on_hold"),
        _times(rows, "duration", "answered"),
    )
