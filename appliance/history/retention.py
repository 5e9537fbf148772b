"""What is not kept: records that are too old, and who asks to be forgotten."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from appliance.history.readings import as_written, fold, readings, sought
from appliance.history.record import day_number
from appliance.history.statistics import roll_up
from appliance.store.file import BUSY, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from appliance.history.readings import Key

AT_A_TIME = 1000
"""How many records are deleted or changed before others may write."""

READERS = 2.0
"""Seconds in which those who read the log are waited for."""

TAIL = 6  # digits by which candidates are found
IN_NOTES = 7  # last digits by which a number is known in a note, without its country and area
_NO_DIGIT = re.compile(r"[^0-9]")
_KNOWN = 10_000  # numbers whose readings are kept

# Where a record has somebody's number, and what goes with it.
_PLACES = {
    "number": ("number", "name"),
    "called": ("called",),
    "target": ("target", "target_name"),
    "diverted_number": ("diverted_number", "diverted_name"),
    "origin": ("origin",),
}


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many days were added up, and how many records were too old."""

    days: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Erased:
    """In how many records and text messages a number was; how many calls with it last and were left.

    `gone` is false while another process reads: then the file's log still has what it had before.
    """

    records: int
    messages: int
    lasting: int
    gone: bool


def tidy(file: sqlite3.Connection, now: float, keep_days: int, zone: datetime.tzinfo | None = None) -> Tidied:
    """Add up the days that are over, and delete the records older than `keep_days` days; 0: none.

    `now` is the UNIX time. The statistics of those days stay. Others write in between.
    """
    today = datetime.datetime.fromtimestamp(now, zone).date()
    days, deleted = roll_up(file, day_number(today)), 0
    while keep_days:
        with writing(file):
            batch = file.execute(
                "DELETE FROM call WHERE id IN"
                " (SELECT id FROM call WHERE day < ? AND outcome != '' ORDER BY day LIMIT ?)",
                (day_number(today - datetime.timedelta(keep_days)), AT_A_TIME),
            ).rowcount
        deleted += batch
        if batch < AT_A_TIME:
            break
    if deleted:
        _empty_log(file)
    return Tidied(days, deleted)


def erase(file: sqlite3.Connection, number: str, key: Key = as_written) -> Erased:
    """Take somebody out of all records and text messages, by the number and however it is written there.

    The number, the name and notes are gone, also from the bytes of the file; the statistics stay. Snapshots
    and backups made before have them still. `key` is the form in which the desk compares numbers.
    """
    reads = lru_cache(_KNOWN)(lambda one: readings(one, key) or frozenset({fold(one)} - {""}))
    asked = reads(number)
    over, lasting = [], 0
    for row in _candidates(file, asked):
        if places := _theirs(row, asked, reads):
            lasting += not row["outcome"]
            over += [(row["id"], places)] if row["outcome"] else []
    for start in range(0, len(over), AT_A_TIME):
        with writing(file):
            for record, places in over[start : start + AT_A_TIME]:
                _blank(file, record, places, reads)
    texts = [(id,) for id, who in file.execute("SELECT id, number FROM message") if reads(who) & asked]
    with writing(file):
        file.executemany("DELETE FROM message WHERE id = ?", texts)
    return Erased(len(over), len(texts), lasting, _empty_log(file))


def _candidates(file: sqlite3.Connection, asked: frozenset[str]) -> Iterable[sqlite3.Row]:
    """Return the records that may have one of these numbers, and all with notes."""
    tails = sorted({reading[-TAIL:] for reading in asked})
    if not tails:
        return ()
    within = " OR ".join(["instr(sought || ' ' || lower(called) || ' ' || lower(origin), ?)"] * len(tails))
    return file.execute(
        f"SELECT id, outcome, note, {', '.join(_PLACES)} FROM call WHERE note != '' OR {within}",  # noqa: S608
        tails,
    )


def _theirs(row: sqlite3.Row, asked: frozenset[str], reads: Callable[[str], frozenset[str]]) -> set[str]:
    """Return the columns that tell of whom is asked for."""
    places = {column for place in _PLACES if reads(row[place]) & asked for column in _PLACES[place]}
    written = _NO_DIGIT.sub("", row["note"])
    named = any(len(reading) >= IN_NOTES and reading[-IN_NOTES:] in written for reading in asked)
    return places | {"note", "reason"} if places or named else set()


def _blank(
    file: sqlite3.Connection, record: int, places: set[str], reads: Callable[[str], frozenset[str]]
) -> None:
    row = file.execute("SELECT * FROM call WHERE id = ?", (record,)).fetchone()
    if row is None:
        return  # it was too old meanwhile
    left = {name: "" if name in places else row[name] for name in row.keys()}  # noqa: SIM118
    left["sought"] = sought(
        (left["name"], left["target_name"], left["diverted_name"]),
        (left["number"], left["target"], left["diverted_number"]),
        reads,
    )
    changes = ", ".join(f"{column} = :{column}" for column in sorted({*places, "sought"}))
    file.execute(f"UPDATE call SET {changes} WHERE id = :id", left)  # noqa: S608


def _empty_log(file: sqlite3.Connection) -> bool:
    """Move what was committed from the log to the file, and empty the log; return whether that could be.

    Who wants to write waits as long as this waits for those who read.
    """
    file.execute(f"PRAGMA busy_timeout = {READERS * 1000:.0f}")
    done = not file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    file.execute(f"PRAGMA busy_timeout = {BUSY * 1000:.0f}")
    return done
