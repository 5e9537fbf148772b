"""Who is calling: from a number, in whatever way it arrives, to the person it belongs to.

Every number has a key, the form in which numbers are compared (`numbers.DialPlan.compared`): +39021234567
however it is written, 1001 for an extension. "": it is no number, and nobody calls from it. Keys depend on
the dial plan; the store knows with which they were made.

Where several people have the number, one is meant, by the first of these rules that tells them apart: who is
not disabled; the asking operator's own entry, then a shared one (another operator's own is never shown);
whose default number it is; a favourite; who was changed last. Of a number that more than 100 people have,
as of a switchboard, 100 are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.directory import index
from appliance.numbers import DialPlan, NumberError

if TYPE_CHECKING:
    import sqlite3

SHARED_BY = 100
BATCH = 1000

_CALLER = f"""
    SELECT person.id, person.first, person.last, person.company, picture.person IS NOT NULL
    FROM (SELECT person, is_default FROM number WHERE key = ? LIMIT {SHARED_BY}) AS found
    JOIN person ON person.id = found.person LEFT JOIN picture ON picture.person = person.id
    WHERE person.owner IN ('', ?)
    ORDER BY person.disabled, person.owner = '', found.is_default DESC, person.favourite DESC,
        person.changed DESC, person.id DESC
    LIMIT 1
"""  # noqa: S608 - of nothing but a constant


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a number belongs to."""

    person: int
    name: str
    company: str
    picture: bool  # there is one: people.picture


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of numbers by a dial plan."""

    plan: DialPlan

    def key(self, number: str) -> str:
        """Return the key of a number; "" when it is none."""
        try:
            return self.plan.compared(number)
        except NumberError:
            return ""

    @property
    def made_with(self) -> str:
        """What of the plan keys depend on."""
        return f"{self.plan.country} {self.plan.outside_prefix} {self.plan.internal_digits}"


def caller(file: sqlite3.Connection, keys: Keys, number: str, operator: str = "") -> Caller | None:
    """Return who calls from a number; `operator` is who would see it, and has entries of his own."""
    try:
        readings = dict.fromkeys(keys.plan.readings(number))
    except NumberError:
        return None
    for key in readings:
        if row := file.execute(_CALLER, (key, operator)).fetchone():
            person, first, last, company, picture = row
            return Caller(person, " ".join(filter(None, (first, last))) or company, company, bool(picture))
    return None


def outdated(file: sqlite3.Connection, keys: Keys) -> bool:
    """Return whether the keys in the store were made with another dial plan."""
    row = file.execute("SELECT plan FROM keyed").fetchone()
    return row is None or row[0] != keys.made_with


def rekey(file: sqlite3.Connection, keys: Keys) -> None:
    """Make every key anew, after the dial plan was changed; inside a transaction, in seconds."""
    last = 0
    while people := _numbers_after(file, last):
        last = max(people)
        changed = []
        texts = []
        for person, numbers in people.items():
            made = [(written, keys.key(written)) for written, _ in numbers]
            if made != numbers:
                changed += [(key, person, at) for at, (_, key) in enumerate(made)]
                texts.append((index.numbers(made), person))
        file.executemany("UPDATE number SET key = ? WHERE person = ? AND position = ?", changed)
        file.executemany("UPDATE search SET numbers = ? WHERE rowid = ?", texts)
    file.execute("DELETE FROM keyed")
    file.execute("INSERT INTO keyed VALUES (?)", (keys.made_with,))


def _numbers_after(file: sqlite3.Connection, last: int) -> dict[int, list[tuple[str, str]]]:
    """Return the numbers of the next people, in their order: (number, key) by person."""
    rows = file.execute(
        "SELECT person, number, key FROM number WHERE person IN"
        " (SELECT DISTINCT person FROM number WHERE person > ? ORDER BY person LIMIT ?)"
        " ORDER BY person, position",
        (last, BATCH),
    )
    people: dict[int, list[tuple[str, str]]] = {}
    for person, written, key in rows:
        people.setdefault(person, []).append((written, key))
    return people
