"""Which extensions are watched, for whose state the desk asks the exchange.

As many as one likes may be asked for, in an order: the first LIMIT are watched. One more is kept as wanted,
and said to be not monitored, with the reason; it follows as soon as there is room. Who is disabled is not
watched and takes no room. An extension that two people have is watched once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.directory.errors import DirectoryError
from appliance.directory.people import every
from appliance.directory.person import Person
from appliance.numbers import NumberError
from appliance.phrase import phrase

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from appliance.directory.lookup import Keys

LIMIT = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """An extension that is to be watched; `reason`: why it is not, "" where it is."""

    number: str
    name: str
    person: int
    reason: str
    disabled: bool = False


def wanted(file: sqlite3.Connection, room: int = LIMIT) -> list[Wanted]:
    """Return all that were asked for, in that order; `room`: how many the desk can watch."""
    rows = file.execute(
        "SELECT key, first, last, company, person.id, disabled FROM number"
        " JOIN person ON person.id = number.person WHERE monitored AND key != '' ORDER BY monitored"
    )
    found: list[Wanted] = []
    watched: set[str] = set()
    for number, first, last, company, person, disabled in rows:
        reason = ""
        if disabled:
            reason = phrase("the entry is disabled")
        elif number not in watched and len(watched) >= room:
            reason = phrase("not monitored: %(room)s others are, and no more can be", room=room)
        else:
            watched.add(number)
        found.append(Wanted(number, Person(last, first, company).name, person, reason, bool(disabled)))
    return found


def watched(file: sqlite3.Connection, room: int = LIMIT) -> tuple[tuple[str, str], ...]:
    """Return the (number, name) of the extensions that are watched, in order."""
    names: dict[str, str] = {}
    for one in wanted(file, room):
        if not one.reason:
            names.setdefault(one.number, one.name)
    return tuple(names.items())


def unwatched(file: sqlite3.Connection, room: int = LIMIT) -> list[Wanted]:
    """Return the extensions that were asked for and are not watched, with the reason."""
    return [one for one in wanted(file, room) if one.reason]


def monitor(file: sqlite3.Connection, keys: Keys, people: Iterable[int]) -> None:
    """Ask for the extension of each of these people; DirectoryError: one has none."""
    last = file.execute("SELECT ifnull(max(monitored), 0) FROM number WHERE monitored").fetchone()[0]
    for person in every(file, people):
        at = _extension(keys, person)
        last += 1
        file.execute(
            "UPDATE number SET monitored = ? WHERE person = ? AND position = ? AND NOT monitored",
            (last, person.id, at),
        )


def unmonitor(file: sqlite3.Connection, people: Iterable[int]) -> None:
    """Watch these people no longer."""
    file.executemany(
        "UPDATE number SET monitored = 0 WHERE person = ? AND monitored", [(person,) for person in people]
    )


def _extension(keys: Keys, person: Person) -> int:
    """Return the place of the number that is a person's extension: called so, else the first internal one."""
    inside = [at for at, number in enumerate(person.numbers) if _internal(keys, number.number)]
    called = [at for at in inside if person.numbers[at].type == "extension"]
    if not inside:
        raise DirectoryError(phrase("%(name)s has no extension that could be monitored", name=person.name))
    return (called or inside)[0]


def _internal(keys: Keys, number: str) -> bool:
    try:
        return keys.plan.internal(number) and not set(number) & set("*#")
    except NumberError:
        return False
