"""Whom of the directory the one who is signed in may see and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort

from appliance.directory import categories, people, tabs
from web import access, box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.directory.categories import Category
    from appliance.directory.person import Person
    from appliance.directory.tabs import Tab


def operator() -> str | None:
    """Return the operator with whose eyes the directory is seen; None: an admin sees everybody."""
    return None if access.is_admin() else access.user().name


def person(id: int) -> Person:
    """Return a person; 404 where there is none for who is signed in."""
    whose = operator()
    found = people.get(box.store(), id) if id < 2**63 else None
    if found is None or (whose is not None and not categories.is_seen(box.store(), id, whose)):
        abort(404)
    return found


def editable(some: Iterable[Person]) -> Iterator[Person]:
    """Yield those of whom may be changed here what is said of them, and who may be deleted."""
    user, admin = access.user(), access.is_admin()
    known = {one.name: one for one in categories.every(box.store())}
    for one in some:
        belongs = [known[name] for name in one.categories if name in known]
        if categories.may_edit_person(one, belongs, user.name, admin=admin):
            yield one


def may_edit(one: Person) -> bool:
    """Return whether a person may be changed or deleted by who is signed in."""
    return any(editable([one]))


def seen_categories() -> list[Category]:
    """Return the categories that are seen, by name."""
    user = access.user()
    every = categories.every(box.store())
    return [one for one in every if categories.sees(one, user.name, admin=access.is_admin())]


def own_tabs() -> list[Tab]:
    """Return the tabs of who is signed in."""
    return tabs.of(box.store(), access.user().name)
