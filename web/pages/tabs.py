"""The own tabs of who is signed in: made, renamed, put in order, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request, url_for

from appliance.directory import tabs
from appliance.directory.errors import DirectoryError
from appliance.directory.formats.items import MAX_SHORT, tidy
from web import access, box, rights
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from appliance.directory.tabs import Tab

page = Blueprint("tabs", __name__)

Page = tuple[str, int]

VIEWS = {"list": N_("List"), "tree": N_("Tree"), "table": N_("Table")}


@page.get("/directory/tabs")
@access.operator
def start() -> Page:
    """List the tabs."""
    return _listed({}, {})


@page.post("/directory/tabs")
@access.operator
def add() -> Response | Page:
    """Make a tab behind the others."""
    name, view = tidy(request.form.get("name", "")), request.form.get("view", "list")
    try:
        _check(name)
        with box.changing("tab added", name=name) as file:
            tabs.create(file, access.user().name, name, view, private="private" in request.form)
    except DirectoryError as error:
        return _listed({"new": translated(error.args[0])}, {"new": name})
    box.told(_("%(name)s was added.", name=name))
    return redirect(url_for(".start"), 303)


@page.post("/directory/tabs/<int:id>")
@access.operator
def change(id: int) -> Response | Page:
    """Rename a tab, choose its view, move it up or down, or delete it: what the pressed button says."""
    own = rights.own_tabs()
    tab = next((one for one in own if one.id == id), None)
    if tab is None:
        abort(404)
    deed = request.form.get("deed", "save")
    if deed == "delete":
        return _delete(tab)
    try:
        if deed in ("up", "down"):
            with box.changing("tab moved", name=tab.name) as file:
                tabs.order(file, tab.operator, _moved([one.id for one in own], id, deed == "up"))
        else:
            _save(tab)
    except DirectoryError as error:
        name = request.form.get("name", "")
        return _listed({str(id): translated(error.args[0])}, {str(id): name})
    box.told(_("Saved."))
    return redirect(url_for(".start"), 303)


def _delete(tab: Tab) -> Response | Page:
    """Delete a tab, once that is confirmed; who is in it stays."""
    if "confirmed" not in request.form:
        rows = box.store().execute("SELECT count(*) FROM tab_person WHERE tab = ?", (tab.id,))
        return render_template("directory/delete_tab.html", tab=tab, people=rows.fetchone()[0]), 200
    with box.changing("tab deleted", name=tab.name) as file:
        tabs.delete(file, tab.operator, tab.id)
    box.told(_("%(name)s was deleted; who was in it is still there.", name=tab.name))
    return redirect(url_for(".start"), 303)


def _save(tab: Tab) -> None:
    name = tidy(request.form.get("name", ""))
    _check(name)
    view = request.form.get("view", tab.view)
    wanted = replace(tab, name=name, view=view, private="private" in request.form)
    with box.changing("tab changed", name=tab.name, to=name) as file:
        tabs.change(file, wanted)


def _check(name: str) -> None:
    if len(name) > MAX_SHORT:
        raise DirectoryError(_("This is longer than %(most)s characters.", most=MAX_SHORT))


def _moved(ids: list[int], id: int, up: bool) -> list[int]:
    at = ids.index(id)
    to = max(0, at - 1) if up else at + 1
    ids.insert(to, ids.pop(at))
    return ids


def _listed(errors: dict[str, str], typed: dict[str, str]) -> Page:
    file = box.store()
    rows = file.execute("SELECT tab, count(*) FROM tab_person GROUP BY tab")
    page = render_template(
        "directory/tabs.html",
        tabs=rights.own_tabs(),
        others=tabs.of_others(file, access.user().name),
        people=dict(map(tuple, rows)),
        views=VIEWS,
        errors=errors,
        typed=typed,
    )
    return page, 422 if errors else 200
