"""Given categories with members, then each operator sees and edits what is theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.directory import categories, people
from appliance.directory.categories import Category, Member, may_edit_category, may_edit_person, sees
from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.directory.person import Person
from tests.directory.somebody import MILAN

if TYPE_CHECKING:
    import sqlite3

READER = Category("Staff", members=(Member("anna"),))
EDITOR = Category("Customers", members=(Member("anna", edits_people=True), Member("bert")))
OWNER = Category("Board", public=False, members=(Member("anna", edits_category=True),))
ROSSI = Person("Rossi")


@pytest.mark.parametrize(
    ("person", "of", "operator", "may"),
    [
        (ROSSI, [], "anna", True),  # in no category: everybody's
        (ROSSI, [READER], "anna", False),
        (ROSSI, [READER, EDITOR], "anna", True),  # one of them is enough
        (ROSSI, [OWNER], "anna", False),  # the category is not the people in it
        (ROSSI, [EDITOR], "bert", False),
        (ROSSI, [EDITOR], "carla", False),  # public is to be seen, not to be edited
        (replace(ROSSI, owner="anna"), [], "anna", True),
        (replace(ROSSI, owner="anna"), [READER], "anna", True),
        (replace(ROSSI, owner="anna"), [], "bert", False),
        (replace(ROSSI, owner="bert"), [EDITOR], "anna", False),
        (replace(ROSSI, source="ldap"), [], "anna", False),
        (replace(ROSSI, source="ldap"), [EDITOR], "anna", False),
    ],
)
def test_who_may_edit_a_person(person: Person, of: list[Category], operator: str, may: bool) -> None:
    assert may_edit_person(person, of, operator) is may
    assert may_edit_person(person, of, operator, admin=True) is not bool(person.source)


def test_who_may_edit_and_see_a_category() -> None:
    assert may_edit_category(OWNER, "anna")
    assert not may_edit_category(EDITOR, "anna")
    assert not may_edit_category(OWNER, "bert")
    assert may_edit_category(OWNER, "bert", admin=True)
    assert sees(READER, "carla")
    assert sees(OWNER, "anna")
    assert not sees(OWNER, "carla")
    assert sees(OWNER, "carla", admin=True)


def test_categories_are_kept_with_their_members(file: sqlite3.Connection) -> None:
    ids = [categories.keep(file, category) for category in (READER, EDITOR, OWNER)]
    found = categories.every(file)
    expected = [replace(one, id=id) for one, id in zip((READER, EDITOR, OWNER), ids, strict=True)]
    assert sorted(found, key=lambda one: one.id) == expected
    categories.keep(
        file, replace(expected[0], name="Team", public=False, members=(Member("bert", True, True),))
    )
    team = categories.named(file, "TEAM")
    assert team == Category("Team", public=False, members=(Member("bert", True, True),), id=ids[0])


def test_two_categories_of_one_name_cannot_be(file: sqlite3.Connection) -> None:
    categories.keep(file, READER)
    id = categories.keep(file, EDITOR)
    with pytest.raises(Refused, match="there is a category 'staff' already"):
        categories.keep(file, Category("staff"))
    with pytest.raises(Refused, match="there is a category 'Staff' already"):
        categories.keep(file, replace(EDITOR, name="Staff", id=id))
    with pytest.raises(DirectoryError, match="needs a name"):
        categories.keep(file, Category(" "))


def test_one_that_is_not_there_is_named_with_those_that_are(file: sqlite3.Connection) -> None:
    with pytest.raises(Unknown, match="no category 'Staf'; there are: none yet"):
        categories.named(file, "Staf")
    categories.keep(file, READER)
    with pytest.raises(Unknown, match="no category 'Staf'; there are: Staff"):
        categories.named(file, "Staf")
    with pytest.raises(Unknown, match="no category 99"):
        categories.keep(file, replace(READER, id=99))


def test_people_go_into_categories_and_out_and_stay_when_one_is_removed(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, [Person("Rossi"), Person("Verdi")])
    staff, board = categories.keep(file, READER), categories.keep(file, OWNER)
    categories.add(file, staff, ids)
    categories.add(file, staff, ids)  # again: nothing more
    categories.add(file, board, ids[:1])
    rossi, verdi = people.every(file)
    assert (rossi.categories, verdi.categories) == (("Board", "Staff"), ("Staff",))
    assert {category.name for category in categories.of(file, rossi)} == {"Board", "Staff"}
    categories.take_out(file, staff, ids[:1])
    categories.remove(file, board)
    rossi, verdi = people.every(file)
    assert (rossi.categories, verdi.categories) == ((), ("Staff",))
    with pytest.raises(Unknown):
        categories.add(file, board, ids)
