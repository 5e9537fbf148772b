"""Given a directory, when people are put in, changed and taken out, it holds just that, or says why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.directory import people
from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.directory.lookup import caller
from appliance.directory.person import Number, Person, Picture
from appliance.directory.search import search
from appliance.store.file import writing
from tests.directory import somebody
from tests.directory.somebody import MILAN, forgotten

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

ANNA = Person("Rossi", "Anna", "Acme", numbers=(Number("1001", speed_dial="5"), Number("+39 02 1234567")))


@given(st.lists(somebody.people, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_is_put_in_is_read_again(file: sqlite3.Connection, entered: list[Person]) -> None:
    with forgotten(file):
        ids = people.insert(file, MILAN, entered)
        expected = [replace(person, id=id) for person, id in zip(entered, ids, strict=True)]
        assert list(people.every(file)) == expected
        assert list(people.every(file, reversed(ids))) == expected[::-1]


@given(somebody.people, somebody.people)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_is_changed_is_another_altogether(
    file: sqlite3.Connection, before: Person, after: Person
) -> None:
    with forgotten(file):
        (id,) = people.insert(file, MILAN, [before])
        people.update(file, MILAN, replace(after, id=id))
        found = people.get(file, id)
        assert found
        assert found == replace(after, id=id, changed=found.changed)
        assert found.changed > before.changed


def test_many_are_put_in_as_they_come(file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "BATCH", 3)
    most = 0

    def coming() -> Iterator[Person]:
        nonlocal most
        for at in range(10):
            stored = file.execute("SELECT count(*) FROM person").fetchone()[0]
            most = max(most, at - stored)
            yield Person(last=str(at))

    ids = people.insert(file, MILAN, coming())
    assert most < 3
    assert [person.last for person in people.every(file)] == [str(at) for at in range(10)]
    assert [person.id for person in people.every(file, [999, *reversed(ids)])] == ids[::-1]


def test_who_is_taken_out_leaves_nothing_and_no_one_gets_the_id(file: sqlite3.Connection) -> None:
    shown = replace(ANNA, picture=Picture("image/png", b"x"), categories=("VIP",))
    first, last = people.insert(file, MILAN, [Person(last="Verdi"), shown])
    assert people.delete(file, [last, 999]) == 1
    assert people.get(file, last) is None
    assert caller(file, MILAN, "1001") is None
    assert search(file, MILAN, "rossi").ids == ()
    for table in ("number", "picture", "person_category"):
        assert file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert people.insert(file, MILAN, [Person(last="Bianchi")]) == [last + 1]
    assert people.get(file, first)


def test_an_undo_brings_back_who_was_there(file: sqlite3.Connection) -> None:
    (id,) = people.insert(file, MILAN, [replace(ANNA, changed=7.0)])
    before = people.get(file, id)
    assert before
    people.delete(file, [id])
    assert people.insert(file, MILAN, [before]) == [id]
    assert people.get(file, id) == before


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person(notes="nobody"), "needs a name"),
        (
            replace(ANNA, numbers=(Number("1", default=True), Number("2", default=True))),
            "more than one default",
        ),
        (replace(ANNA, numbers=(Number(" "),)), "an empty number"),
        (replace(ANNA, picture=Picture("image/svg+xml", b"")), "is image/svg"),
        (replace(ANNA, picture=Picture("image/png", bytes(people.PICTURE_MOST + 1))), "more than 512 KiB"),
        (
            replace(ANNA, numbers=(Number("1", speed_dial="9"), Number("2", speed_dial="9"))),
            "speed dial 9 is taken by Anna Rossi",
        ),
    ],
)
def test_who_is_not_whole_is_refused_with_the_reason(
    file: sqlite3.Connection, person: Person, reason: str
) -> None:
    with pytest.raises(DirectoryError, match=reason), writing(file):
        people.insert(file, MILAN, [Person(last="Verdi"), person])
    assert list(people.every(file)) == []


def test_a_speed_dial_is_taken_by_somebody_with_a_name(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [ANNA])
    (other,) = people.insert(file, MILAN, [Person(last="Verdi", numbers=(Number("1002"),))])
    taken = pytest.raises(Refused, match="speed dial 5 is taken by Anna Rossi")
    with taken, writing(file):
        people.insert(file, MILAN, [Person(last="Bianchi", numbers=(Number("1001", speed_dial="5"),))])
    with taken, writing(file):
        people.update(file, MILAN, Person(last="Verdi", numbers=(Number("1002", speed_dial="5"),), id=other))
    with taken, writing(file):
        people.set_speed_dial(file, other, "1002", "5")


def test_speed_dials_are_set_listed_and_cleared(file: sqlite3.Connection) -> None:
    (id,) = people.insert(file, MILAN, [ANNA])
    people.set_speed_dial(file, id, "+39 02 1234567", "6")
    assert people.speed_dials(file) == {
        "5": ("1001", "Anna Rossi", id),
        "6": ("+39 02 1234567", "Anna Rossi", id),
    }
    people.clear_speed_dial(file, "5")
    assert list(people.speed_dials(file)) == ["6"]
    with pytest.raises(Unknown, match="has no number 1009"):
        people.set_speed_dial(file, id, "1009", "7")
    people.mark(file, [id], disabled=True)
    assert people.speed_dials(file) == {}


def test_who_comes_from_a_source_is_read_only_here(file: sqlite3.Connection) -> None:
    (id,) = people.insert(file, MILAN, [replace(ANNA, source="ldap", source_key="cn=anna")])
    anna = people.get(file, id)
    assert anna
    for change in (
        lambda: people.update(file, MILAN, replace(anna, title="Boss")),
        lambda: people.delete(file, [id]),
        lambda: people.update(file, MILAN, replace(anna, title="Boss"), source="carddav"),
    ):
        with pytest.raises(Refused, match="Anna Rossi comes from ldap and is read only here"):
            change()
    people.mark(file, [id], favourite=True)  # no word of the source's
    people.update(file, MILAN, replace(anna, title="Boss"), source="ldap")
    assert people.delete(file, [id], source="ldap") == 1


def test_who_was_entered_here_is_no_source_s(file: sqlite3.Connection) -> None:
    (id,) = people.insert(file, MILAN, [ANNA])
    with pytest.raises(Refused, match="was entered here"):
        people.delete(file, [id], source="ldap")
    with pytest.raises(Refused, match="cannot be made to come from ldap"):
        people.update(file, MILAN, replace(ANNA, id=id, source="ldap"))
    with pytest.raises(Unknown, match="no person 999"):
        people.update(file, MILAN, replace(ANNA, id=999))


def test_one_who_cannot_be_deleted_keeps_all_of_them(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, [Person(last="Verdi"), replace(ANNA, source="ldap")])
    with pytest.raises(Refused), writing(file):
        people.delete(file, ids)
    assert len(list(people.every(file))) == 2


def test_many_are_marked_at_once(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, [Person(last="Verdi"), ANNA, Person(last="Bianchi")])
    people.mark(file, ids[:2], favourite=True)
    people.mark(file, ids[1:], disabled=True)
    found = [(person.favourite, person.disabled) for person in people.every(file)]
    assert found == [(True, False), (True, True), (False, True)]
    people.mark(file, ids, favourite=False, disabled=False)
    assert not any(person.favourite or person.disabled for person in people.every(file))


def test_a_category_that_is_missing_is_made_and_one_in_other_capitals_is_the_same(
    file: sqlite3.Connection,
) -> None:
    first, second = people.insert(
        file, MILAN, [replace(ANNA, categories=("VIP",)), Person(last="Verdi", categories=("vip", "Friends"))]
    )
    found = {person.id: person.categories for person in people.every(file)}
    assert found == {first: ("VIP",), second: ("Friends", "VIP")}
