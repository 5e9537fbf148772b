"""Monitored extensions: what each does now, who is watched and who is not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from appliance.directory import monitored, people
from appliance.directory.errors import DirectoryError
from appliance.directory.monitored import LIMIT
from appliance.directory.search import search
from appliance.settings import SettingsError
from appliance.settings.draft import editing
from web import box
from web.forms import tell_saved
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from appliance.directory.person import Person

page = Blueprint("monitored", __name__)

LONGEST = 100  # characters
FOUND = 20  # people who are offered
NOT_TOLD = {"state": "unknown", "reason": "", "party_number": "", "party_name": "", "since": 0.0}

FIXES = (
    ("404", N_("The exchange knows no such extension: check the number, and that others may watch it.")),
    ("403", N_("The exchange does not let this desk watch it: allow that for the desk's account.")),
    (
        "(489",
        N_(
            "The exchange tells nothing in this way: choose another under Account and lines, "
            "What the exchange tells."
        ),
    ),
    ("not allowed", N_("Somebody has to allow it at the exchange.")),
    ("answer", N_("Look whether the exchange runs, and the network between.")),
    ("reached", N_("Look whether the exchange runs, and the network between.")),
    ("not asked", N_("The exchange is asked as soon as the desk is registered.")),
    ("", N_("The log tells more: it shows what the exchange answers.")),
)
"""What to do about an extension whose state cannot be known, by what the reason has in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """An extension that is to be monitored. `person` is 0 where it stands in the settings."""

    number: str
    name: str
    person: int = 0
    disabled: bool = False
    watched: bool = True


Shown = tuple[str, int]


@page.get("/monitored")
def start() -> Shown:
    """Show all of them."""
    return _shown({})


@page.post("/monitored/add")
def add() -> Response | Shown:
    """Monitor an extension by its number."""
    number = "".join(request.form.get("number", "").split())
    name = " ".join(request.form.get("name", "").split())
    if not number:
        return _shown({"number": _("Write the number of an extension.")})
    if len(name) > LONGEST:
        return _shown({"name": _("Write %(most)s characters at most.", most=LONGEST)})
    try:
        with editing(box.path()) as draft:
            if number in box.settings().extensions:
                return _shown({"number": _("%(number)s is monitored already.", number=number)})
            draft.put("extensions", number, name)
            draft.save()
    except SettingsError as error:
        return _shown({"number": _what_is_wrong(error)})
    box.audit("extension monitored", number=number, name=name)
    tell_saved()
    return _back()


@page.post("/monitored/remove")
def remove() -> Response:
    """Monitor an extension of the settings no longer."""
    number = request.form.get("number", "")
    try:
        with editing(box.path()) as draft:
            if draft.get("extensions", number) is None:
                box.told(_("%(number)s is not monitored any more.", number=number), "note")
                return _back()
            draft.drop("extensions", number)
            draft.save()
    except SettingsError as error:
        box.told(_what_is_wrong(error), "fault")
        return _back()
    box.audit("extension no longer monitored", number=number)
    tell_saved()
    return _back()


@page.post("/monitored/choose")
def choose() -> Response:
    """Monitor a person of the directory."""
    person = _person()
    try:
        with box.changing("person monitored", name=person.name) as file:
            monitored.monitor(file, box.keys(), [person.id])
    except DirectoryError as error:
        box.told(translated(error.args[0]), "fault")
        return _back()
    if late := next((one for one in _wanted() if one.person == person.id and one.reason), None):
        text = _("%(name)s is on the list, but not monitored: there is no room.", name=late.name)
        box.told(text, "note")
    else:
        box.told(_("Monitored."))
    return _back()


@page.post("/monitored/leave")
def leave() -> Response:
    """Monitor a person of the directory no longer."""
    person = _person()
    with box.changing("person no longer monitored", name=person.name) as file:
        monitored.unmonitor(file, [person.id])
    box.told(_("No longer monitored."))
    return _back()


@page.post("/monitored/disable")
def disable() -> Response:
    """Disable the entry of a person, or let it be used again."""
    person, disabled = _person(), request.form.get("disabled") == "yes"
    with box.changing("entry disabled" if disabled else "entry enabled", name=person.name) as file:
        people.mark(file, [person.id], disabled=disabled)
    box.told(_("The entry is disabled.") if disabled else _("The entry is used again."))
    return _back()


def _person() -> Person:
    id = request.form.get("person", 0, int)
    found = people.get(box.store(), id) if 0 < id < 2**63 else None
    if found is None:
        abort(404)
    return found


def _back() -> Response:
    return redirect(url_for("monitored.start"), 303)


def _wanted() -> list[monitored.Wanted]:
    return monitored.wanted(box.store(), _room())


def _room() -> int:
    """Return how many people of the directory can be monitored besides those of the settings."""
    return max(0, LIMIT - len(box.settings().extensions))


def _rows() -> list[Row]:
    settings = box.settings().extensions
    named = [Row(number, name) for number, name in settings.items()]
    return [
        *named,
        *(Row(one.number, one.name, one.person, one.disabled, not one.reason) for one in _wanted()),
    ]


def _what_is_wrong(error: SettingsError) -> str:
    """Return what is wrong with the number; the whole of it, where something else in the settings is."""
    mine = [one for one in error.problems if one.section == "extensions"]
    return translated(mine[0].fix) if mine else str(error)


def _shown(errors: dict[str, str]) -> Shown:
    rows, find = _rows(), request.args.get("find", "").strip()[:LONGEST]
    state = box.state()
    told: Mapping[str, Any] = state["extensions"] if state else {}
    return render_template(
        "monitored.html",
        rows=rows,
        errors=errors,
        told=told,
        not_told=NOT_TOLD,
        now=box.feed().current()[1],
        used=len({row.number for row in rows if row.watched}),
        limit=LIMIT,
        fixes=FIXES,
        fix=fix_of,
        desk_runs=state is not None,
        find=find,
        found=_found(find) if find else [],
        chosen={row.person for row in rows},
    ), 422 if errors else 200


def fix_of(reason: str) -> str:
    """Return what to do about an extension whose state cannot be known."""
    return translated(next(text for part, text in FIXES if part in reason))


def _found(find: str) -> list[Person]:
    file = box.store()
    ids = search(file, box.keys(), find, limit=FOUND).ids
    known = {person.id: person for person in people.every(file, ids)}
    return [known[id] for id in ids if id in known]
