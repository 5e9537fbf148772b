"""Given a desk that is moved to another country, then its callers are still known."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.directory import people
from appliance.directory.errors import DirectoryError
from appliance.directory.lookup import Keys, caller, outdated
from appliance.directory.person import Number, Person
from appliance.directory.rekey import renew
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare, writing

if TYPE_CHECKING:
    from pathlib import Path

GERMANY, ITALY = Keys(DialPlan("DE")), Keys(DialPlan("IT", outside_prefix="0", internal_digits=3))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "desk.db"
    prepare(path)
    return path


def test_numbers_are_compared_by_the_new_plan(store: Path) -> None:
    with closing(connect(store)) as file:
        with writing(file):
            people.insert(file, GERMANY, [Person(last="Rossi", numbers=(Number("02 1234567"),))])
        assert caller(file, ITALY, "+39021234567") is None
        renew(store, ITALY)
        assert not outdated(file, ITALY)
        found = caller(file, ITALY, "+39021234567")
    assert found
    assert found.name == "Rossi"


def test_what_cannot_be_written_is_said_and_nothing_is_changed(store: Path) -> None:
    with closing(connect(store)) as file:
        with writing(file):
            people.insert(file, GERMANY, [Person(last="Rossi", numbers=(Number("02 1234567"),))])
        file.execute(
            "CREATE TRIGGER no BEFORE UPDATE ON number BEGIN SELECT RAISE(ABORT, 'the card is full'); END"
        )
        with pytest.raises(DirectoryError, match=r"dial plan of before: the card is full"):
            renew(store, ITALY)
        assert outdated(file, ITALY)
        assert caller(file, GERMANY, "021234567")
