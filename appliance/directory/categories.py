"""Categories of people, and who may do what with them.

A public category is seen by every operator; another one, and who is in no public one beside it, by its
members only. An operator's own entry is seen and edited by him alone.

Who may edit a shared entry: in no category, every operator; else a member, with that right, of one of its
categories. A category itself is edited by members with that right. Admins may all of it. Nobody edits here
who comes from a source.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.directory.person import Person

VISIBLE = """(
    SELECT CASE owner WHEN ? THEN true WHEN '' THEN ifnull((
        SELECT max(category IN (
            SELECT id FROM category WHERE public
            UNION ALL SELECT category FROM category_member WHERE operator = ?
        )) FROM person_category WHERE person_category.person = whom.id
    ), true) END FROM person AS whom WHERE whom.id = {id}
)"""
"""SQL: whether an operator sees a person; {id} is the person's, each ? is the operator."""


@dataclass(frozen=True, slots=True)
class Member:
    """An operator who belongs to a category, and his rights there."""

    operator: str
    edits_people: bool = False
    edits_category: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """A category; `id` is 0 while the store does not have it."""

    name: str
    public: bool = True
    members: tuple[Member, ...] = ()
    id: int = 0


def sees(category: Category, operator: str, *, admin: bool = False) -> bool:
    """Return whether an operator sees a category."""
    return admin or category.public or any(member.operator == operator for member in category.members)


def may_edit_category(category: Category, operator: str, *, admin: bool = False) -> bool:
    """Return whether an operator may rename a category, open it, remove it, and choose its members."""
    return admin or any(member.operator == operator and member.edits_category for member in category.members)


def may_edit_person(
    person: Person, categories: Iterable[Category], operator: str, *, admin: bool = False
) -> bool:
    """Return whether an operator may change or delete a person; `categories` are those they are in."""
    if person.source:
        return False
    if admin:
        return True
    if person.owner:
        return person.owner == operator
    rights = [
        any(member.operator == operator and member.edits_people for member in category.members)
        for category in categories
    ]
    return any(rights) or not rights


def every(file: sqlite3.Connection) -> list[Category]:
    """Return all categories by name."""
    members: dict[int, list[Member]] = {}
    for category, operator, people, itself in file.execute(
        "SELECT category, operator, edits_people, edits_category FROM category_member ORDER BY operator"
    ):
        members.setdefault(category, []).append(Member(operator, bool(people), bool(itself)))
    return [
        Category(name, bool(public), tuple(members.get(id, ())), id)
        for id, name, public in file.execute("SELECT id, name, public FROM category ORDER BY name")
    ]


def named(file: sqlite3.Connection, name: str) -> Category:
    """Return a category by its name, in capitals or not; Unknown names those there are."""
    found = every(file)
    for category in found:
        if category.name.casefold() == name.casefold():
            return category
    known = ", ".join(category.name for category in found) or "none yet"
    raise Unknown(f"there is no category {name!r}; there are: {known}")


def of(file: sqlite3.Connection, person: Person) -> list[Category]:
    """Return the categories that a person is in."""
    return [category for category in every(file) if category.name in person.categories]


def keep(file: sqlite3.Connection, category: Category) -> int:
    """Make a category, or change the one of that id, with its members; return its id.

    Refused: another has the name.
    """
    if not category.name.strip():
        raise DirectoryError(phrase("a category needs a name"))
    try:
        if category.id:
            changed = file.execute(
                "UPDATE category SET name = ?, public = ? WHERE id = ?",
                (category.name, category.public, category.id),
            )
            if not changed.rowcount:
                raise Unknown(f"there is no category {category.id}")
            id = category.id
        else:
            made = file.execute(
                "INSERT INTO category (name, public) VALUES (?, ?)", (category.name, category.public)
            )
            id = made.lastrowid or 0
    except sqlite3.IntegrityError as error:
        taken = phrase("there is a category '%(name)s' already", name=category.name)
        raise Refused(taken) from error
    file.execute("DELETE FROM category_member WHERE category = ?", (id,))
    file.executemany(
        "INSERT OR REPLACE INTO category_member VALUES (?, ?, ?, ?)",
        [(id, member.operator, member.edits_people, member.edits_category) for member in category.members],
    )
    return id


def remove(file: sqlite3.Connection, id: int) -> None:
    """Remove a category; who was in it stays."""
    file.execute("DELETE FROM category WHERE id = ?", (id,))


def add(file: sqlite3.Connection, id: int, people: Iterable[int]) -> None:
    """Put people into a category."""
    try:
        file.executemany(
            "INSERT OR IGNORE INTO person_category VALUES (?, ?)", [(id, person) for person in people]
        )
    except sqlite3.IntegrityError as error:
        raise Unknown(f"there is no category {id}, or one of these people is not there") from error


def take_out(file: sqlite3.Connection, id: int, people: Iterable[int]) -> None:
    """Take people out of a category."""
    file.executemany(
        "DELETE FROM person_category WHERE category = ? AND person = ?", [(id, person) for person in people]
    )


def is_seen(file: sqlite3.Connection, person: int, operator: str) -> bool:
    """Return whether an operator sees a person."""
    row = file.execute(f"SELECT {VISIBLE.format(id=int(person))}", (operator,) * VISIBLE.count("?"))
    return bool(row.fetchone()[0])
