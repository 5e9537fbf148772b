"""Categories: made, renamed, opened, removed; and who has which rights there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request, url_for

from appliance.directory import categories
from appliance.directory.categories import Category, Member
from appliance.directory.errors import DirectoryError
from appliance.directory.formats.items import MAX_SHORT, tidy
from appliance.users import accounts
from web import access, box, rights
from web.language import gettext as _
from web.language import translated

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("categories", __name__)

Page = tuple[str, int]


@page.get("/directory/categories")
@access.operator
def start() -> Page:
    """List the categories, and how many people are in each."""
    return _listed("", "")


@page.post("/directory/categories")
def add() -> Response | Page:
    """Make a category that everybody sees."""
    name = tidy(request.form.get("name", ""))
    if wrong := _wrong(name):
        return _listed(name, wrong)
    try:
        with box.changing("category added", name=name) as file:
            id = categories.keep(file, Category(name))
    except DirectoryError as error:
        return _listed(name, translated(error.args[0]))
    return redirect(url_for(".show", id=id), 303)


@page.get("/directory/categories/<int:id>")
@access.operator
def show(id: int) -> Page:
    """Show a category, and who has which rights there."""
    return _shown(_editable(id), {})


@page.post("/directory/categories/<int:id>")
@access.operator
def change(id: int) -> Response | Page:
    """Rename a category, open it or not, and say who its members are."""
    before = _editable(id)
    said = request.form
    wanted = replace(
        before,
        name=tidy(said.get("name", "")),
        public="public" in said,
        members=tuple(
            Member(name, f"people-{name}" in said, f"itself-{name}" in said)
            for name in dict.fromkeys((*_operators(), *(one.operator for one in before.members)))
            if f"member-{name}" in said
        ),
    )
    if wrong := _wrong(wanted.name):
        return _shown(wanted, {"name": wrong})
    if said.get("version") != repr(before):
        text = _("Somebody else has changed this category meanwhile. Look again what is to be saved.")
        return _shown(wanted, {"all": text}, before)
    if not categories.may_edit_category(wanted, access.user().name, admin=access.is_admin()):
        text = _("You would shut yourself out: keep your own right to edit the category.")
        return _shown(wanted, {"all": text})
    try:
        with box.changing("category changed", name=before.name, to=_described(wanted)) as file:
            categories.keep(file, wanted)
    except DirectoryError as error:
        return _shown(wanted, {"name": translated(error.args[0])})
    box.told(_("Saved."))
    return redirect(url_for(".show", id=id), 303)


@page.route("/directory/categories/<int:id>/delete", methods=["GET", "POST"])
@access.operator
def delete(id: int) -> Response | str:
    """Ask whether a category is to be deleted, and do it; who is in it stays."""
    found = _editable(id)
    if request.method == "GET":
        return render_template("directory/delete_category.html", category=found)
    with box.changing("category deleted", name=found.name) as file:
        categories.remove(file, id)
    box.told(_("%(name)s was deleted; who was in it is still there.", name=found.name))
    return redirect(url_for(".start"), 303)


def _editable(id: int) -> Category:
    """Return a category that who is signed in may edit."""
    found = next((one for one in rights.seen_categories() if one.id == id), None)
    if found is None:
        abort(404)
    if not categories.may_edit_category(found, access.user().name, admin=access.is_admin()):
        abort(403)
    return found


def _wrong(name: str) -> str:
    if not name:
        return _("A category needs a name.")
    return _("This is longer than %(most)s characters.", most=MAX_SHORT) if len(name) > MAX_SHORT else ""


def _listed(name: str, error: str) -> Page:
    file, user = box.store(), access.user()
    rows = file.execute("SELECT category, count(*) FROM person_category GROUP BY category")
    may = {
        one.id
        for one in rights.seen_categories()
        if categories.may_edit_category(one, user.name, admin=access.is_admin())
    }
    page = render_template(
        "directory/categories.html",
        categories=rights.seen_categories(),
        people=dict(map(tuple, rows)),
        editable=may,
        name=name,
        error=error,
    )
    return page, 422 if error else 200


def _shown(category: Category, errors: dict[str, str], before: Category | None = None) -> Page:
    known = {one.operator: one for one in category.members}
    page = render_template(
        "directory/category.html",
        category=category,
        version=request.form.get("version", repr(category)) if before is None else repr(before),
        members=known,
        operators=list(dict.fromkeys((*_operators(), *known))),
        errors=errors,
    )
    return page, 422 if errors else 200


def _operators() -> list[str]:
    return [user.name for user in accounts.every(box.store())]


def _described(category: Category) -> str:
    members = ", ".join(one.operator for one in category.members) or "nobody"
    return f"{category.name} ({'public' if category.public else 'not public'}; members: {members})"
