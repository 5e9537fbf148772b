"""Given more extensions than can be monitored, then the first are, and of the others one is told why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.directory import people
from appliance.directory.errors import DirectoryError
from appliance.directory.monitored import LIMIT, monitor, unmonitor, unwatched, wanted, watched
from appliance.directory.person import Number, Person
from tests.directory.somebody import MILAN

if TYPE_CHECKING:
    import sqlite3


def colleagues(count: int) -> list[Person]:
    return [
        Person(f"P{at}", numbers=(Number("+39 02 1234567"), Number(str(1000 + at)))) for at in range(count)
    ]


def test_the_fifty_first_is_not_monitored_and_says_so_until_there_is_room(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, colleagues(LIMIT + 2))
    monitor(file, MILAN, reversed(ids))
    assert len(watched(file)) == LIMIT
    assert watched(file)[0] == ("1051", "P51")
    late = unwatched(file)
    assert [(one.number, one.name, one.person) for one in late] == [
        ("1001", "P1", ids[1]),
        ("1000", "P0", ids[0]),
    ]
    assert {one.reason for one in late} == {"not monitored: 50 others are, and no more can be"}
    unmonitor(file, ids[5:6])
    assert watched(file)[-1] == ("1001", "P1")
    assert [one.number for one in unwatched(file)] == ["1000"]


def test_the_settings_take_room_too(file: sqlite3.Connection) -> None:
    monitor(file, MILAN, people.insert(file, MILAN, colleagues(3)))
    assert [number for number, _ in watched(file, room=2)] == ["1000", "1001"]
    assert [one.number for one in unwatched(file, room=2)] == ["1002"]
    assert watched(file, room=0) == ()


def test_who_is_disabled_takes_no_room(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, colleagues(2))
    monitor(file, MILAN, ids)
    people.mark(file, ids[:1], disabled=True)
    assert watched(file, room=1) == (("1001", "P1"),)
    assert [one.reason for one in wanted(file, room=1)] == ["the entry is disabled", ""]
    people.mark(file, ids[:1], disabled=False)
    assert watched(file, room=1) == (("1000", "P0"),)


def test_an_extension_of_two_people_is_watched_once(file: sqlite3.Connection) -> None:
    two = [Person("Rossi", numbers=(Number("1001"),)), Person("Verdi", numbers=(Number("10-01"),))]
    monitor(file, MILAN, people.insert(file, MILAN, two))
    assert watched(file, room=1) == (("1001", "Rossi"),)
    assert unwatched(file, room=1) == []


def test_the_extension_is_what_is_called_so_or_the_first_internal_number(file: sqlite3.Connection) -> None:
    person = Person("Rossi", numbers=(Number("*21"), Number("1002"), Number("1003", type="extension")))
    monitor(file, MILAN, people.insert(file, MILAN, [person]))
    assert watched(file) == (("1003", "Rossi"),)
    outside = people.insert(file, MILAN, [Person("Verdi", numbers=(Number("02 1234567"), Number("*21")))])
    with pytest.raises(DirectoryError, match="Verdi has no extension that could be monitored"):
        monitor(file, MILAN, outside)


def test_a_change_of_the_person_keeps_the_place_in_the_order(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, colleagues(2))
    monitor(file, MILAN, ids)
    monitor(file, MILAN, ids)  # again: nothing more
    first = people.get(file, ids[0])
    assert first
    people.update(file, MILAN, replace(first, title="Boss", numbers=first.numbers[::-1]))
    assert watched(file) == (("1000", "P0"), ("1001", "P1"))
    people.update(file, MILAN, replace(first, numbers=first.numbers[:1]))
    assert watched(file) == (("1001", "P1"),)


def test_who_is_put_in_as_monitored_follows_on_those_who_were(file: sqlite3.Connection) -> None:
    monitor(file, MILAN, people.insert(file, MILAN, colleagues(1)))
    people.insert(file, MILAN, [Person("New", numbers=(Number("2001", monitored=True),))])
    assert watched(file) == (("1000", "P0"), ("2001", "New"))
