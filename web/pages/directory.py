"""The directory: everybody page by page, searched as one types; and what is done with many at once."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import chain
from threading import BoundedSemaphore
from typing import IO, TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from appliance.directory import categories, monitored, people, tabs
from appliance.directory.errors import DirectoryError
from appliance.directory.search import MOST, Only, count, matching, search, terms, turned
from appliance.store.file import StoreError
from web import access, box, rights
from web.figures import number
from web.language import gettext as _
from web.language import ngettext, translated
from web.pages import categories as categories_page
from web.pages import importing, person, sources
from web.pages import tabs as tabs_page

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from werkzeug.wrappers import Response as AnyResponse

    from appliance.directory.person import Person

page = Blueprint("directory", __name__)
for part in (categories_page, importing, person, sources, tabs_page):
    page.register_blueprint(part.page)

Page = tuple[str, int]

PER_PAGE = 50
MOST_AT_ONCE = 5000
"""How many are deleted, or put somewhere, by one request."""
MOST_MONITORED = 10 * monitored.LIMIT  # by one request; what is beyond the limit only waits
STEP = 500  # people in one transaction
EXPORTS = {
    "csv": ("people.csv", "text/csv", ("--format", "csv")),
    "outlook": ("outlook.csv", "text/csv", ("--format", "outlook")),
    "outlook-it": ("outlook.csv", "text/csv", ("--format", "outlook", "--language", "it")),
    "vcard": ("people.vcf", "text/vcard", ("--format", "vcard")),
    "vcard4": ("people.vcf", "text/vcard", ("--format", "vcard", "--vcard", "4.0")),
}
CHUNK = 65536
_exports = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is to show: what was typed, and the filters."""

    typed: str
    only: Only
    query: dict[str, Any]  # the same, for an address

    @classmethod
    def of_request(cls) -> Asked:
        """Return what is asked for; a filter that means nothing here is left out."""
        said = request.args
        user = access.user()
        seen = {one.id for one in rights.seen_categories()}
        shown = {one.id for one in (*rights.own_tabs(), *tabs.of_others(box.store(), user.name))}
        category, tab = whole(said.get("category")), whole(said.get("tab"))
        only = Only(
            operator=rights.operator(),
            category=category if category in seen else None,
            tab=tab if tab in shown else None,
            source=said.get("source") or None,
            owner=user.name if said.get("own") else None,
            favourite=bool(said.get("favourite")),
        )
        typed = said.get("q", "").strip()
        kept = {
            "q": typed,
            "category": only.category,
            "tab": only.tab,
            "source": only.source,
            "favourite": "1" if only.favourite else None,
            "own": "1" if only.owner is not None else None,
        }
        return cls(typed, only, {name: value for name, value in kept.items() if value})


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of people, how many there are in words, and where one may turn to from here."""

    people: list[Person]
    text: str
    turns: dict[str, dict[str, Any]]


@page.get("/directory")
@access.operator
def start() -> str:
    """Show people, and what they are found by."""
    asked = Asked.of_request()
    return render_template("directory/start.html", asked=asked, shown=_shown(asked), **_filters())


@page.get("/directory/found")
@access.operator
def found() -> str:
    """Return the part of the page that changes while somebody types."""
    asked = Asked.of_request()
    return render_template("directory/found.html", asked=asked, shown=_shown(asked), **_filters())


@page.get("/directory/export")
@access.operator
def export() -> AnyResponse | Page:
    """Send everybody who is found, in one of the formats."""
    asked = Asked.of_request()
    everybody = not asked.query and rights.operator() is None
    ids = None if everybody else matching(box.store(), box.keys(), asked.typed, asked.only)
    return _exported(request.args.get("format", "csv"), ids)


@page.post("/directory/chosen")
@access.operator
def chosen() -> AnyResponse | Page:
    """Do something with the people who are chosen: those that are ticked, or all that are found."""
    asked = Asked.of_request()
    deed = request.form.get("deed", "")
    if request.form.get("all"):
        ids = matching(box.store(), box.keys(), asked.typed, asked.only)
    else:
        ids = _seen(id for text in request.form.getlist("id") if (id := whole(text)))
    if not ids:
        return _back(asked, _("Nobody was chosen. Tick people first."), "note")
    if deed == "export":
        return _exported(request.form.get("format", "csv"), ids)
    if deed not in DEEDS:
        abort(400)
    most = MOST_MONITORED if deed == "monitor" else MOST_AT_ONCE
    if len(ids) > most:
        text = _(
            "These are %(count)s people; at most %(most)s can be taken at once. Search for fewer.",
            count=number(len(ids)),
            most=number(most),
        )
        return _back(asked, text, "fault")
    return DEEDS[deed](asked, ids)


# --- what is done with many


def _delete(asked: Asked, ids: list[int]) -> AnyResponse | Page:
    """Delete them, once that is confirmed; who may not be deleted here stays."""
    gone = {one.id: one.name for one in rights.editable(people.every(box.store(), ids))}
    if request.form.get("confirmed") != str(len(gone)):
        ticked = () if request.form.get("all") else gone
        stay = len(ids) - len(gone)
        return render_template(
            "directory/delete_many.html", asked=asked, gone=gone, stay=stay, ticked=ticked
        ), 200
    some = list(gone)
    while some:
        names = ", ".join(gone[id] or str(id) for id in some[:20])
        with box.changing("people deleted", count=len(some[:STEP]), names=names) as file:
            people.delete(file, some[:STEP])
        some = some[STEP:]
    text = ngettext(
        "%(count)s person was deleted.", "%(count)s people were deleted.", len(gone), count=number(len(gone))
    )
    return _back(asked, text)


def _into_category(asked: Asked, ids: list[int]) -> AnyResponse | Page:
    id = whole(request.form.get("category"))
    wanted = next((one for one in rights.seen_categories() if one.id == id), None)
    if wanted is None:
        return _back(asked, _("Choose a category from the list."), "fault")
    theirs = ids
    if not access.is_admin():
        theirs = [one.id for one in rights.editable(people.every(box.store(), ids))]
    with box.changing("people put into a category", category=wanted.name, count=len(theirs)) as file:
        categories.add(file, wanted.id, theirs)
    text = ngettext(
        "%(count)s person is in %(name)s now.",
        "%(count)s people are in %(name)s now.",
        len(theirs),
        count=number(len(theirs)),
        name=wanted.name,
    )
    return _back(asked, text)


def _into_tab(asked: Asked, ids: list[int]) -> AnyResponse | Page:
    id = whole(request.form.get("tab"))
    tab = next((one for one in rights.own_tabs() if one.id == id), None)
    if tab is None:
        return _back(asked, _("Choose a tab from the list."), "fault")
    with box.changing("people put into a tab", tab=tab.name, count=len(ids)) as file:
        tabs.put(file, tab.operator, tab.id, ids)
    text = ngettext(
        "%(count)s person is in %(name)s now.",
        "%(count)s people are in %(name)s now.",
        len(ids),
        count=number(len(ids)),
        name=tab.name,
    )
    return _back(asked, text)


def _monitor(asked: Asked, ids: list[int]) -> AnyResponse | Page:
    """Ask for their extensions; who has none is left out, and who must wait is told."""
    if not access.is_admin():
        abort(403)
    without = []
    with box.changing("people monitored", count=len(ids)) as file:
        for id in ids:
            try:
                monitored.monitor(file, box.keys(), [id])
            except DirectoryError:
                without.append(id)
    done = len(ids) - len(without)
    text = ngettext(
        "%(count)s person is to be monitored.",
        "%(count)s people are to be monitored.",
        done,
        count=number(done),
    )
    room = monitored.LIMIT - len(box.settings().extensions)
    waiting = {one.person for one in monitored.unwatched(box.store(), room)} & set(ids)
    if waiting:
        text += " " + ngettext(
            "The desk can watch %(limit)s extensions; %(count)s person waits until there is room.",
            "The desk can watch %(limit)s extensions; %(count)s people wait until there is room.",
            len(waiting),
            limit=monitored.LIMIT,
            count=number(len(waiting)),
        )
    if without:
        text += " " + ngettext(
            "%(count)s person has no extension.",
            "%(count)s people have no extension.",
            len(without),
            count=number(len(without)),
        )
    return _back(asked, text, "note" if waiting or without else "done")


DEEDS = {"delete": _delete, "category": _into_category, "tab": _into_tab, "monitor": _monitor}


# --- what is shown


def _shown(asked: Asked) -> Shown:
    return _searched(asked) if terms(box.keys(), asked.typed) else _turned(asked)


def _searched(asked: Asked) -> Shown:
    """Return who is found, the best first."""
    best = search(box.store(), box.keys(), asked.typed, asked.only, MOST)
    skip = whole(request.args.get("skip")) or 0
    ids = best.ids[skip : skip + PER_PAGE]
    turns = {}
    if skip:
        turns["earlier"] = {"skip": max(0, skip - PER_PAGE) or None}
    if skip + PER_PAGE < len(best.ids):
        turns["later"] = {"skip": skip + PER_PAGE}
    if best.more:
        text = _("The best %(count)s. There are more: type more of the name or number.", count=len(best.ids))
    else:
        text = _counted(len(best.ids))
    return Shown(list(people.every(box.store(), ids)), text, turns)


def _turned(asked: Asked) -> Shown:
    """Return a page of the phone book."""
    after, before = whole(request.args.get("after")), whole(request.args.get("before"))
    back = "before" in request.args
    found = turned(box.store(), asked.only, PER_PAGE, (before if back else after) or 0, back=back)
    if after and not found.ids:  # who was last here has gone, with all who followed
        found, after = turned(box.store(), asked.only, PER_PAGE), None
    turns: dict[str, dict[str, Any]] = {}
    if found.ids and (found.more if back else after):
        turns |= {"first": {}, "earlier": {"before": found.ids[0]}}
    if found.ids and (before if back else found.more):
        turns |= {"later": {"after": found.ids[-1]}, "last": {"before": 0}}
    many = count(box.store(), asked.only)
    if many is None:
        text = _("%(count)s people on this page", count=len(found.ids)) if turns else _counted(len(found.ids))
    else:
        text = _counted(many)
    return Shown(list(people.every(box.store(), found.ids)), text, turns)


def _counted(many: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", many, count=number(many)) if many else _("Nobody")


def _filters() -> dict[str, Any]:
    file = box.store()
    return {
        "categories": rights.seen_categories(),
        "own_tabs": rights.own_tabs(),
        "tabs": tabs.of_others(file, access.user().name),
        "sources": [row[0] for row in file.execute("SELECT name FROM source ORDER BY name")],
        "limit": monitored.LIMIT,
        "types": {type: translated(text) for type, text in person.TYPES.items()},
    }


def _back(asked: Asked, text: str, kind: str = "done") -> AnyResponse:
    box.told(text, kind)
    return redirect(url_for(".start", **asked.query), 303)


def _seen(ids: Iterable[int]) -> list[int]:
    """Return those of these people who are there for who is signed in."""
    whose, file = rights.operator(), box.store()
    some = [one.id for one in people.every(file, ids)]
    return [id for id in some if whose is None or categories.is_seen(file, id, whose)]


def whole(text: str | None) -> int | None:
    """Return a number that stands for something in the store; None: it is none."""
    right = text and text.isascii() and text.isdecimal() and int(text[:20]) < 2**63
    return int(text) if text and right else None


# --- sending files


def _exported(format: str, ids: list[int] | None) -> Response:
    """Send people as they are written: by a child process, in the memory of a piece."""
    if format not in EXPORTS:
        abort(400)
    name, type, words = EXPORTS[format]
    listed = [] if ids is None else ["--listed"]
    command = [sys.executable, "-m", "appliance", "directory", "export", "-", *words, *listed]
    pieces = _written([*command, "--settings", str(box.path())], ids or ())
    first = next(pieces, b"")
    answer = Response(chain((first,), pieces), mimetype=type)
    answer.call_on_close(pieces.close)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    box.audit("people exported", format=format, count="all" if ids is None else len(ids))
    return answer


def _written(command: list[str], ids: Iterable[int]) -> Generator[bytes, None, None]:
    """Yield what `deskbell directory export` writes; where it fails later on, the answer breaks off."""
    if not _exports.acquire(blocking=False):
        abort(429, _("Others are exporting just now. Try again in a minute."))
    try:
        with tempfile.TemporaryFile() as wanted:
            wanted.write("\n".join(map(str, ids)).encode())
            wanted.seek(0)
            yield from _output(command, wanted)
    finally:
        _exports.release()


def _output(command: list[str], wanted: IO[bytes]) -> Generator[bytes, None, None]:
    with subprocess.Popen(command, stdin=wanted, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        try:
            while piece := child.stdout.read(CHUNK) if child.stdout else b"":
                yield piece
            if child.wait():
                raise StoreError("the export has failed")
        finally:
            child.kill()
