"""Given an operator's own directories, then they are as he left them, and no one else changes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.directory import people, tabs
from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.directory.person import Person
from appliance.directory.search import Only, search
from tests.directory.somebody import MILAN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


def names(file: sqlite3.Connection, operator: str) -> list[str]:
    return [tab.name for tab in tabs.of(file, operator)]


def test_tabs_stand_in_the_order_that_their_operator_chose(file: sqlite3.Connection) -> None:
    first, second, third = (tabs.create(file, "anna", name) for name in ("A", "B", "C"))
    tabs.create(file, "bert", "A")
    assert names(file, "anna") == ["A", "B", "C"]
    tabs.order(file, "anna", [third, first])
    assert names(file, "anna") == ["C", "A", "B"]
    tabs.create(file, "anna", "D")
    assert names(file, "anna") == ["C", "A", "B", "D"]
    tabs.delete(file, "anna", second)
    assert names(file, "anna") == ["C", "A", "D"]


def test_a_tab_is_renamed_looks_another_way_and_is_hidden(file: sqlite3.Connection) -> None:
    tabs.create(file, "anna", "Suppliers", "tree")
    (tab,) = tabs.of_others(file, "bert")
    assert (tab.operator, tab.name, tab.view, tab.private) == ("anna", "Suppliers", "tree", False)
    tabs.change(file, replace(tab, name="Friends", view="table", private=True))
    assert tabs.of_others(file, "bert") == []
    assert tabs.of(file, "anna") == [replace(tab, name="Friends", view="table", private=True)]
    assert tabs.of_others(file, "anna") == []


def test_no_other_operator_changes_it(file: sqlite3.Connection) -> None:
    tab = tabs.create(file, "anna", "Friends")
    changes: list[Callable[[], object]] = [
        lambda: tabs.delete(file, "bert", tab),
        lambda: tabs.put(file, "bert", tab, []),
        lambda: tabs.take_out(file, "bert", tab, []),
        lambda: tabs.order(file, "bert", [tab]),
        lambda: tabs.change(file, tabs.Tab(tab, "bert", "Mine", "list", private=False)),
    ]
    for change in changes:
        with pytest.raises(Refused, match=f"bert has no tab {tab}"):
            change()


def test_what_no_tab_can_be_is_refused(file: sqlite3.Connection) -> None:
    tabs.create(file, "anna", "Friends")
    other = tabs.create(file, "anna", "Others")
    with pytest.raises(Refused, match="anna has a tab 'friends' already"):
        tabs.create(file, "anna", "friends")
    with pytest.raises(Refused, match="anna has a tab 'Friends' already"):
        tabs.change(file, tabs.Tab(other, "anna", "Friends", "list", private=False))
    with pytest.raises(DirectoryError, match="needs a name"):
        tabs.create(file, "anna", "")
    with pytest.raises(DirectoryError, match="tree, list, table; 'cloud' is none"):
        tabs.create(file, "anna", "Clouds", "cloud")
    with pytest.raises(Unknown, match="anna has no tab 'Foes'; there are: Friends, Others"):
        tabs.named(file, "anna", "Foes")


def test_people_are_put_in_found_there_and_taken_out(file: sqlite3.Connection) -> None:
    ids = people.insert(file, MILAN, [Person("Rossi"), Person("Bianchi"), Person("Verdi")])
    tab = tabs.create(file, "anna", "Friends")
    tabs.put(file, "anna", tab, ids[:2])
    tabs.put(file, "anna", tab, ids[:1])  # again: nothing more
    assert search(file, MILAN, "", Only(tab=tab)).ids == (ids[1], ids[0])
    tabs.take_out(file, "anna", tab, ids[:1])
    assert search(file, MILAN, "", Only(tab=tab)).ids == (ids[1],)
    people.delete(file, [ids[1]])
    assert search(file, MILAN, "", Only(tab=tab)).ids == ()
    with pytest.raises(Unknown, match="one of these people is not there"):
        tabs.put(file, "anna", tab, [999])
    tabs.delete(file, "anna", tab)
    assert people.get(file, ids[0])
