"""The blacklist: what is on it, since when and why; added to, taken from, undone, and tried out."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from appliance.desk.events import CallArrived
from appliance.desk.state import Party
from appliance.history.readings import fold
from appliance.screening import blacklist
from appliance.screening.errors import ScreeningError
from appliance.screening.rules import load
from appliance.screening.verdict import verdict
from appliance.store.file import writing
from web import access, box, figures
from web.language import gettext as _
from web.language import ngettext, translated

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Response

    from appliance.numbers import DialPlan
    from appliance.screening.blacklist import Entry

page = Blueprint("blacklist", __name__)

PAGE = 100  # entries
MOST_LINES = 1000
Shown = tuple[str, int]


@page.get("/blacklist")
@access.operator
def start() -> Shown:
    """Show the list, and what would become of a call."""
    return _shown({})


@page.post("/blacklist/add")
@access.operator
def add() -> Response | Shown:
    """Put a number or pattern on the list."""
    number, note = request.form.get("number", ""), request.form.get("note", "")
    if wrong := _note_too_long(note):
        return _shown({"note": wrong})
    try:
        with box.changing("blacklist: added", number=number.strip(), note=note.strip()) as file:
            entry = _add(file, number, note)
    except ScreeningError as error:
        return _shown({"number": translated(error.args[0])})
    box.told(_("%(pattern)s may not ring any more.", pattern=entry.pattern))
    return _back()


@page.post("/blacklist/lines")
@access.operator
def lines() -> Response | Shown:
    """Put many on the list: a line each, with a note behind a semicolon or a tab; all of them, or none."""
    written = request.form.get("lines", "")
    if len(written.splitlines()) > MOST_LINES:
        wrong = _("Write %(most)s lines at most, and the others after them.", most=figures.number(MOST_LINES))
        return _shown({"lines": wrong})
    faults: list[tuple[int, str]] = []
    added: list[Entry] = []
    try:
        with box.changing("blacklist: lines added", lines=len(written.splitlines())) as file:
            for line, number, note in _read(written):
                try:
                    added.append(_add(file, number, note))
                except ScreeningError as error:
                    faults.append((line, translated(error.args[0])))
            if not added or (faults and "skip" not in request.form):
                raise ScreeningError(_("Write a number or a pattern in each line."))
    except ScreeningError as error:
        return _shown({} if faults else {"lines": str(error)}, faults=faults, good=len(added))
    box.told(ngettext("%(num)s entry was added.", "%(num)s entries were added.", len(added)))
    if faults:
        text = ngettext("%(num)s line was left out.", "%(num)s lines were left out.", len(faults))
        box.told(text, "note")
    return _back()


@page.post("/blacklist/remove")
def remove() -> Response:
    """Take an entry off the list."""
    written = request.form.get("pattern", "")
    try:
        with box.changing("blacklist: removed", number=written) as file:
            entry = blacklist.remove(file, _plan(), written, access.user().name, time.time())
    except ScreeningError as error:  # somebody else was faster
        box.told(translated(error.args[0]), "fault")
        return _back()
    box.told(_("%(pattern)s is off the list.", pattern=entry.pattern))
    return _back()


@page.post("/blacklist/undo")
@access.operator
def undo() -> Response:
    """Take the last change back; an operator only what was their own."""
    try:
        with writing(box.store()) as file:
            if request.form.get("change") != _name(_undoable(file)):
                raise ScreeningError(_("Somebody has changed the list meanwhile. Nothing was undone."))
            deed, entry = blacklist.undo(file)
            box.audit("blacklist: undone", deed=deed, number=entry.pattern)
    except ScreeningError as error:
        box.told(translated(error.args[0]), "fault")
        return _back()
    box.told(_("The last change was undone."))
    return _back()


def _back() -> Response:
    return redirect(url_for("blacklist.start"), 303)


def _shown(errors: dict[str, str], *, faults: list[tuple[int, str]] | tuple[()] = (), good: int = 0) -> Shown:
    file, find = box.store(), request.args.get("find", "")
    entries = [entry for entry in reversed(blacklist.entries(file)) if _has(entry, find)]
    pages = max(1, -(-len(entries) // PAGE))
    at = min(max(1, request.args.get("page", 1, int)), pages)
    change = _undoable(file)
    return render_template(
        "blacklist.html",
        entries=entries[(at - 1) * PAGE : at * PAGE],
        count=len(entries),
        at=at,
        pages=pages,
        find=find,
        change=change,
        change_name=_name(change),
        tried=_tried(file),
        errors=errors,
        faults=faults,
        good=good,
        rules=load(file, _plan()),
    ), 422 if errors or faults else 200


def _plan() -> DialPlan:
    return box.settings().dialling.plan


def _add(file: sqlite3.Connection, number: str, note: str) -> Entry:
    loaded = box.settings()
    own = (loaded.line.user, *(line.user for line in loaded.lines.values()), *loaded.extensions)
    who = access.user().name
    return blacklist.add(file, loaded.dialling.plan, number, note, who, time.time(), filter(None, own))


def _read(written: str) -> list[tuple[int, str, str]]:
    """Return each line that is not empty: its number in the text, what may not ring, and the note."""
    found = []
    for at, line in enumerate(written.splitlines(), 1):
        number, _tab, note = line.replace("\t", ";").partition(";")
        if line.strip():
            found.append((at, number, note))
    return found


def _note_too_long(note: str) -> str:
    most = blacklist.LONGEST_NOTE
    return _("Write %(most)s characters at most.", most=most) if len(" ".join(note.split())) > most else ""


def _has(entry: Entry, find: str) -> bool:
    """Return whether an entry has what is looked for, in its number however it is written, or in words."""
    words = fold(find.strip())
    digits = "".join(sign for sign in words if sign.isalnum())
    plain = f"{entry.key} {''.join(sign for sign in entry.pattern if sign.isalnum())}".lower()
    return any(words in fold(text) for text in (entry.pattern, entry.note, entry.author)) or (
        bool(digits) and digits in plain
    )


def _undoable(file: sqlite3.Connection) -> tuple[str, Entry] | None:
    """Return the last change, if who is signed in may take it back."""
    change = blacklist.last_change(file)
    own = change and change[0] == "added" and change[1].author == access.user().name
    return change if access.is_admin() or own else None


def _name(change: tuple[str, Entry] | None) -> str:
    return f"{change[0]} {change[1].id}" if change else ""


def _tried(file: sqlite3.Connection) -> dict[str, object] | None:
    """Return what would become of the call that was asked about."""
    who, number = request.args.get("who", ""), request.args.get("try", "").strip()[:100]
    parties = {"withheld": Party(withheld=True), "unknown": Party()}
    if who not in parties and not number:
        return None
    rules, at = load(file, _plan()), datetime.now(figures.zone())
    party = parties.get(who) or Party(number)
    call = CallArrived("", party, internal=number in box.settings().extensions)
    found = verdict(call, rules, at)
    screened = rules.colleagues or not call.internal
    look = rules.listed.match if screened else rules.listed.number
    entry = look(rules.plan.written(party.number)) if found.rule == "blacklist" else None
    return {"verdict": found, "entry": entry, "number": party.number, "who": who}
