"""An operator's own directories: tabs with people, in an order, each with its view.

A tab belongs to the operator who made it, and only he changes it. A private one no other operator sees.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VIEWS = ("tree", "list", "table")


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab."""

    id: int
    operator: str
    name: str
    view: str
    private: bool


def of(file: sqlite3.Connection, operator: str) -> list[Tab]:
    """Return an operator's tabs in their order."""
    return _tabs(file, "operator = ? ORDER BY position, id", operator)


def of_others(file: sqlite3.Connection, operator: str) -> list[Tab]:
    """Return the tabs of other operators that are not private."""
    return _tabs(file, "operator != ? AND NOT private ORDER BY operator, position, id", operator)


def named(file: sqlite3.Connection, operator: str, name: str) -> Tab:
    """Return an operator's tab by its name; Unknown names those there are."""
    tabs = of(file, operator)
    for tab in tabs:
        if tab.name.casefold() == name.casefold():
            return tab
    known = ", ".join(tab.name for tab in tabs) or "none yet"
    raise Unknown(f"{operator} has no tab {name!r}; there are: {known}")


def create(
    file: sqlite3.Connection, operator: str, name: str, view: str = "list", *, private: bool = False
) -> int:
    """Make a tab behind the others; return its id. Refused: there is one of that name."""
    _check(name, view)
    try:
        made = file.execute(
            "INSERT INTO tab (operator, name, position, view, private) VALUES"
            " (?, ?, (SELECT ifnull(max(position), 0) + 1 FROM tab WHERE operator = ?), ?, ?)",
            (operator, name, operator, view, private),
        )
    except sqlite3.IntegrityError as error:
        raise Refused(_taken(operator, name)) from error
    return made.lastrowid or 0


def change(file: sqlite3.Connection, tab: Tab) -> None:
    """Rename a tab, choose its view, make it private or not, as its operator. Refused: no such tab of his."""
    _check(tab.name, tab.view)
    _own(file, tab.operator, tab.id)
    try:
        file.execute(
            "UPDATE tab SET name = ?, view = ?, private = ? WHERE id = ?",
            (tab.name, tab.view, tab.private, tab.id),
        )
    except sqlite3.IntegrityError as error:
        raise Refused(_taken(tab.operator, tab.name)) from error


def delete(file: sqlite3.Connection, operator: str, id: int) -> None:
    """Delete a tab; who was in it stays in the directory."""
    _own(file, operator, id)
    file.execute("DELETE FROM tab WHERE id = ?", (id,))


def order(file: sqlite3.Connection, operator: str, ids: Sequence[int]) -> None:
    """Put an operator's tabs into this order; those not named follow in the order they have."""
    first = [_own(file, operator, id) for id in dict.fromkeys(ids)]
    rest = [tab.id for tab in of(file, operator) if tab.id not in first]
    file.executemany(
        "UPDATE tab SET position = ? WHERE id = ?", [(at, id) for at, id in enumerate([*first, *rest])]
    )


def put(file: sqlite3.Connection, operator: str, id: int, people: Iterable[int]) -> None:
    """Put people into a tab."""
    _own(file, operator, id)
    try:
        file.executemany("INSERT OR IGNORE INTO tab_person VALUES (?, ?)", [(id, one) for one in people])
    except sqlite3.IntegrityError as error:
        raise Unknown("one of these people is not there") from error


def take_out(file: sqlite3.Connection, operator: str, id: int, people: Iterable[int]) -> None:
    """Take people out of a tab."""
    _own(file, operator, id)
    file.executemany("DELETE FROM tab_person WHERE tab = ? AND person = ?", [(id, one) for one in people])


def _tabs(file: sqlite3.Connection, which: str, operator: str) -> list[Tab]:
    rows = file.execute(f"SELECT id, operator, name, view, private FROM tab WHERE {which}", (operator,))  # noqa: S608
    return [Tab(id, whose, name, view, bool(private)) for id, whose, name, view, private in rows]


def _own(file: sqlite3.Connection, operator: str, id: int) -> int:
    """Return the id of a tab that is the operator's; Refused: it is not."""
    if not file.execute("SELECT 1 FROM tab WHERE id = ? AND operator = ?", (id, operator)).fetchone():
        raise Refused(f"{operator} has no tab {id}")
    return id


def _check(name: str, view: str) -> None:
    if not name.strip():
        raise DirectoryError(phrase("a tab needs a name"))
    if view not in VIEWS:
        views = ", ".join(VIEWS)
        raise DirectoryError(
            phrase("a tab is shown as %(views)s; '%(view)s' is none of these", views=views, view=view)
        )


def _taken(operator: str, name: str) -> str:
    return phrase("%(operator)s has a tab '%(name)s' already", operator=operator, name=name)
