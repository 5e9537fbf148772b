"""One person: seen, added, changed, deleted; and their picture."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from appliance.directory import categories, monitored, people, tabs
from appliance.directory.errors import DirectoryError
from appliance.directory.formats.items import MAX_NOTES, MAX_NUMBERS, MAX_SHORT, MAX_TEXT, tidy
from appliance.directory.person import Number, Person, Picture
from appliance.users import accounts
from web import access, box, rights
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

page = Blueprint("person", __name__)

Page = tuple[str, int]

MAX_PICTURE = 4 * 1024 * 1024  # bytes, as appliance.directory.pictures has it
MAX_BODY = MAX_PICTURE + 512 * 1024
BLANK = 3  # rows for more numbers
YEAR = 365 * 86400

GROUPS = (
    (N_("Name"), (("first", N_("First name")), ("last", N_("Last name")), ("title", N_("Title")))),
    (
        N_("Company"),
        (("company", N_("Company")), ("department", N_("Department")), ("office", N_("Office"))),
    ),
    (
        N_("Addresses"),
        (
            ("email", N_("E-mail")),
            ("web", N_("Web")),
            ("xmpp", N_("XMPP address")),
            ("calendar", N_("Calendar")),
        ),
    ),
    (N_("More"), (("external_id", N_("Their id elsewhere")), ("notes", N_("Notes")))),
)
LABELS = {name: label for _title, fields in GROUPS for name, label in fields}
TYPES = {
    "work": N_("work"),
    "mobile": N_("mobile"),
    "home": N_("home"),
    "extension": N_("extension"),
    "fax": N_("fax"),
    "other": N_("other"),
}


@dataclass(slots=True)
class Row:
    """One number as it is typed; `at` names its fields."""

    at: int
    number: str = ""
    type: str = "work"
    speed_dial: str = ""
    default: bool = False
    monitored: bool = False
    wrong: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.number or self.speed_dial)


@dataclass(slots=True)
class Form:
    """A person as they stand in the form; `errors` by field, `fault`: what belongs to none."""

    texts: dict[str, str]
    rows: list[Row]
    owner: str
    favourite: bool
    disabled: bool
    categories: tuple[str, ...]
    tabs: frozenset[int]
    new_category: str = ""
    no_picture: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    @classmethod
    def of(cls, person: Person, in_tabs: frozenset[int]) -> Form:
        """Show a person as they are."""
        rows = [
            Row(at, one.number, one.type, one.speed_dial, one.default, one.monitored)
            for at, one in enumerate(person.numbers)
        ]
        texts = {name: getattr(person, name) for name in LABELS}
        return cls(texts, rows, person.owner, person.favourite, person.disabled, person.categories, in_tabs)

    @classmethod
    def typed(cls) -> Form:
        """Read what was typed."""
        said = request.form
        texts = {name: _clean(said.get(name, "")) for name in LABELS}
        places = [int(name[7:]) for name in said if name.startswith("number-") and name[7:].isdecimal()]
        rows = [
            Row(
                at,
                _clean(said.get(f"number-{at}", "")),
                _clean(said.get(f"type-{at}", "")) or "work",
                _clean(said.get(f"dial-{at}", "")),
                said.get("default") == str(at),
                f"monitored-{at}" in said,
            )
            for at in sorted(places)[: MAX_NUMBERS + BLANK]
        ]
        return cls(
            texts,
            [row for row in rows if not row.empty],
            said.get("owner", ""),
            "favourite" in said,
            "disabled" in said,
            tuple(dict.fromkeys(said.getlist("category"))),
            frozenset(int(one) for one in said.getlist("tab") if one.isdecimal()),
            _clean(said.get("new_category", "")),
            "no_picture" in said,
        )

    @property
    def blank(self) -> list[Row]:
        """Rows for numbers that are not there yet."""
        first = max((row.at for row in self.rows), default=-1) + 1
        return [Row(first + more) for more in range(BLANK)]

    @property
    def types(self) -> dict[str, str]:
        """The types a number may have: the usual ones, and those that somebody has used here."""
        return TYPES | {row.type: row.type for row in self.rows if row.type not in TYPES}


@page.url_value_preprocessor
def _allow_pictures(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the form be as large as a picture: before anything of it is read."""
    request.max_content_length = MAX_BODY


@page.errorhandler(413)
def _too_large(_error: Exception) -> Page:
    text = _("A picture may have %(most)s MB at most. Choose a smaller one.", most=MAX_PICTURE >> 20)
    return render_template("fault.html", title=N_("The picture is too large"), text=text), 413


@page.get("/directory/new")
@access.operator
def new() -> Page:
    """Show an empty form, or one with the name and number that a page had at hand."""
    name, number = (" ".join(request.args.get(part, "")[:100].split()) for part in ("name", "number"))
    first, _space, last = name.rpartition(" ")
    person = Person(last, first, numbers=(Number(number),) if number else ())
    return _page(person, Form.of(person, frozenset()))


@page.post("/directory/new")
@access.operator
def add() -> AnyResponse | Page:
    """Add a person."""
    form = Form.typed()
    person = _read(form, Person())
    if form.errors or form.fault:
        return _page(person, form, 422)
    try:
        with box.changing("person added", name=person.name) as file:
            (id,) = people.insert(file, box.keys(), [person])
            _keep_tabs(id, form)
    except DirectoryError as error:
        form.fault = translated(error.args[0])
        return _page(person, form, 422)
    box.told(_("%(name)s was added.", name=person.name or _("The entry")))
    _tell_unwatched(id)
    return redirect(url_for(".show", id=id), 303)


@page.get("/directory/<int:id>")
@access.operator
def show(id: int) -> Page:
    """Show a person."""
    person = rights.person(id)
    return _page(person, Form.of(person, _tabs_of(id)))


@page.post("/directory/<int:id>")
@access.operator
def change(id: int) -> AnyResponse | Page:
    """Change a person; of who comes from a source, what is chosen here."""
    before = rights.person(id)
    form = Form.typed()
    if not rights.may_edit(before):
        if not before.source:
            abort(403)
        return _choose(before, form)
    person = _read(form, before)
    _notice_others(before, form)
    if form.errors or form.fault:
        return _page(before, form, 422)
    try:
        with box.changing("person changed", id=id, name=person.name, **_changed(before, person)) as file:
            people.update(file, box.keys(), person)
            _keep_tabs(id, form)
    except DirectoryError as error:
        form.fault = translated(error.args[0])
        return _page(before, form, 422)
    box.told(_("Saved."))
    _tell_unwatched(id)
    return redirect(url_for(".show", id=id), 303)


@page.route("/directory/<int:id>/delete", methods=["GET", "POST"])
@access.operator
def delete(id: int) -> AnyResponse | str:
    """Ask whether a person is to be deleted, and do it."""
    person = rights.person(id)
    if not rights.may_edit(person):
        abort(403)
    if request.method == "GET":
        return render_template("directory/delete.html", person=person)
    with box.changing("person deleted", id=id, name=person.name) as file:
        people.delete(file, [id])
    box.told(_("%(name)s was deleted.", name=person.name or _("The entry")))
    return redirect(url_for("directory.start"), 303)


@page.get("/directory/<int:id>/picture")
@access.operator
def picture(id: int) -> Response:
    """Send a picture: for ever, as another one has another address."""
    found = rights.person(id).picture
    if found is None:
        abort(404)
    answer = Response(found.data, mimetype=found.type)
    answer.add_etag()
    answer.cache_control.private = True
    answer.cache_control.max_age = YEAR
    answer.cache_control.immutable = True
    answer.make_conditional(request)
    return answer


# --- reading the form


def _read(form: Form, before: Person) -> Person:
    """Return the person that was typed; what is wrong stands in the form."""
    for name, text in form.texts.items():
        most = MAX_NOTES if name == "notes" else MAX_TEXT
        if len(text) > most:
            form.errors[name] = _("This is longer than %(most)s characters.", most=most)
    numbers = _numbers(form, before)
    texts: dict[str, Any] = dict(form.texts)
    if not (texts["first"] or texts["last"] or texts["company"] or numbers or texts["email"]):
        form.errors["last"] = _("Write a name, a company, a number or an e-mail address.")
    person = replace(
        before,
        **texts,
        numbers=numbers,
        owner=_owner(form, before),
        favourite=form.favourite,
        disabled=form.disabled,
        categories=_categories(form, before),
        picture=_picture(form, before),
    )
    if not form.errors and not access.is_admin() and not rights.may_edit(person):
        form.errors["category"] = _("In these categories you may not change people: choose others.")
    return person


def _numbers(form: Form, before: Person) -> tuple[Number, ...]:
    used: set[str] = set()
    if len(form.rows) > MAX_NUMBERS:
        form.errors["numbers"] = _("A person has at most %(most)s numbers.", most=MAX_NUMBERS)
    for row in form.rows:
        if not row.number:
            row.wrong = _("Write the number, too.")
        elif max(map(len, (row.number, row.type, row.speed_dial))) > MAX_SHORT:
            row.wrong = _("This is longer than %(most)s characters.", most=MAX_SHORT)
        elif row.speed_dial in used:
            row.wrong = _("Two numbers cannot be behind the same key.")
        elif row.speed_dial and (holder := people.holder(box.store(), row.speed_dial, before.id)):
            row.wrong = _("Speed dial %(key)s is taken by %(name)s.", key=row.speed_dial, name=holder)
        if row.speed_dial:
            used.add(row.speed_dial)
        if row.wrong:
            form.errors[f"number-{row.at}"] = row.wrong
    return tuple(
        Number(row.number, row.type, row.speed_dial, row.default, row.monitored) for row in form.rows
    )


def _owner(form: Form, before: Person) -> str:
    own = access.user().name
    allowed = {"", own, before.owner}
    if access.is_admin():
        allowed |= {user.name for user in accounts.every(box.store())}
    if form.owner not in allowed:
        form.errors["owner"] = _("Choose who sees the entry from the list.")
    return form.owner


def _categories(form: Form, before: Person) -> tuple[str, ...]:
    """Return the categories that were ticked, with those that who is signed in does not see."""
    seen = {one.name for one in rights.seen_categories()}
    chosen = [name for name in form.categories if name in seen]
    if new := form.new_category:
        if len(new) > MAX_SHORT:
            form.errors["new_category"] = _("This is longer than %(most)s characters.", most=MAX_SHORT)
        elif not access.is_admin() and new not in seen:
            form.errors["new_category"] = _("Only an admin makes new categories.")
        chosen.append(new)
    hidden = [name for name in before.categories if name not in seen]
    return tuple(dict.fromkeys([*chosen, *hidden]))


def _picture(form: Form, before: Person) -> Picture | None:
    """Return the picture that was chosen, made small; else the one there was."""
    sent = request.files.get("picture")
    data = sent.read(MAX_PICTURE + 1) if sent else b""
    if not data:
        return None if form.no_picture else before.picture
    command = [sys.executable, "-m", "appliance.directory.pictures"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["-"])[-1]
        form.errors["picture"] = _("This picture cannot be taken: %(reason)s.", reason=translated(reason))
        return before.picture
    return Picture("image/jpeg", done.stdout)


def _notice_others(before: Person, form: Form) -> None:
    """Complain where somebody else has changed the person since the form was shown."""
    if request.form.get("version") == people.version(before):
        return
    form.fault = _(
        "Somebody else has changed this entry meanwhile. What you typed is still here, and what it says now"
        " stands beside it: save again to overwrite that."
    )
    for name in LABELS:
        now = getattr(before, name)
        if now != form.texts[name]:
            form.errors.setdefault(name, _("It says now: “%(value)s”", value=now[:200]))
    now = ", ".join(one.number for one in before.numbers)
    if now != ", ".join(row.number for row in form.rows):
        form.errors.setdefault("numbers", _("The numbers are now: %(numbers)s", numbers=now or _("none")))


def _changed(before: Person, after: Person) -> dict[str, str]:
    """Return which parts of a person have changed, for the audit log."""
    parts = (*LABELS, "numbers", "owner", "favourite", "disabled", "categories", "picture")
    return {"changed": ", ".join(name for name in parts if getattr(before, name) != getattr(after, name))}


# --- what is chosen here of people who come from elsewhere


def _choose(before: Person, form: Form) -> AnyResponse | Page:
    """Keep what is chosen here of a person of a source: all else is read only."""
    chosen = _categories(form, before) if access.is_admin() else before.categories
    dials = {one.number: _clean(request.form.get(f"dial-{at}", "")) for at, one in enumerate(before.numbers)}
    taken = {key: people.holder(box.store(), key, before.id) for key in dials.values() if key}
    form = replace(
        Form.of(before, form.tabs), favourite=form.favourite, disabled=form.disabled, categories=chosen
    )
    for row in form.rows:
        row.speed_dial = dials[row.number]
        if holder := taken.get(row.speed_dial, ""):
            row.wrong = _("Speed dial %(key)s is taken by %(name)s.", key=row.speed_dial, name=holder)
        elif row.speed_dial and list(dials.values()).count(row.speed_dial) > 1:
            row.wrong = _("Two numbers cannot be behind the same key.")
        if row.wrong:
            form.errors[f"number-{row.at}"] = row.wrong
    if form.errors:
        return _page(before, form, 422)
    with box.changing("person marked", id=before.id, name=before.name) as file:
        people.mark(file, [before.id], favourite=form.favourite, disabled=form.disabled)
        for one in rights.seen_categories():
            if (one.name in chosen) != (one.name in before.categories):
                (categories.add if one.name in chosen else categories.take_out)(file, one.id, [before.id])
        for number in dials:
            people.set_speed_dial(file, before.id, number, "")
        for number, key in dials.items():
            if key:
                people.set_speed_dial(file, before.id, number, key)
        _keep_tabs(before.id, form)
    box.told(_("Saved."))
    return redirect(url_for(".show", id=before.id), 303)


def _keep_tabs(id: int, form: Form) -> None:
    file = box.store()
    for tab in rights.own_tabs():
        (tabs.put if tab.id in form.tabs else tabs.take_out)(file, tab.operator, tab.id, [id])


def _tabs_of(id: int) -> frozenset[int]:
    rows = box.store().execute("SELECT tab FROM tab_person WHERE person = ?", (id,))
    return frozenset(row[0] for row in rows)


# --- showing


def _page(person: Person, form: Form, code: int = 200) -> Page:
    editable = not person.id or rights.may_edit(person)
    shown = render_template(
        "directory/person.html",
        person=person,
        form=form,
        editable=editable,
        version=people.version(person),
        groups=GROUPS,
        categories=rights.seen_categories(),
        own_tabs=rights.own_tabs(),
        users=[user.name for user in accounts.every(box.store())] if access.is_admin() else [],
        most=MAX_PICTURE,
    )
    return shown, code


def _tell_unwatched(id: int) -> None:
    """Say why an extension that is to be watched is not."""
    room = monitored.LIMIT - len(box.settings().extensions)
    for one in monitored.unwatched(box.store(), room):
        if one.person == id:
            box.told(
                _(
                    "%(number)s is not watched yet: %(reason)s",
                    number=one.number,
                    reason=translated(one.reason),
                ),
                "note",
            )


def _clean(text: str) -> str:
    return tidy(text.replace("\0", ""))
