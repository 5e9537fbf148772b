"""The first run: whoever has the code of a new box names it, becomes its admin, and connects it.

Each step has a page of its own and can be left and come back to. Before there is an admin, the code opens a
short while in one browser; from the admin's password on it is their session like any other.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for

from appliance.settings import SettingsError
from appliance.settings.draft import editing
from appliance.store.file import writing
from appliance.users import accounts, codes
from appliance.users.codes import FIRST_RUN
from appliance.users.errors import UserError
from web import access, box
from web import codes as tries
from web.forms import Field, Group, SettingsForm, tell_saved
from web.language import N_, language, names, ngettext, translated
from web.language import gettext as _
from web.pages import account

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Response

    from web.account_trial import Verdict

page = Blueprint("first_run", __name__, url_prefix="/welcome")

OPEN = 1800.0  # seconds for which the code lets a browser in
MOST = 50  # extensions


class Step(NamedTuple):
    """A step: its endpoint, and what it is called."""

    name: str
    title: str


STEPS = (
    Step("desk", N_("Name and language")),
    Step("admin", N_("Admin")),
    Step("line", N_("Account")),
    Step("attached", N_("Devices")),
    Step("extensions", N_("Extensions")),
    Step("done", N_("Done")),
)
BEFORE_ADMIN = ("first_run.desk", "first_run.admin")
ACCOUNT = (
    Group(
        N_("Account"),
        (account.SERVER, account.USER, account.PASSWORD, account.TRANSPORT, account.PORT),
    ),
    Group(N_("Certificate"), (account.PIN,), folded=True),
)
DESK = (Group("", (Field("desk.name", N_("Name of the desk"), help=N_("What its page is headed with.")),)),)


@page.before_request
def guard() -> Response | None:
    """Let in who has typed the code, until there is an admin; then admins."""
    if accounts.any_admin(box.store()):
        if access.user_or_none() is None:
            return redirect(url_for("login.start", next=request.path), 303)
        return None if access.is_admin() else abort(403)
    known = time.time() < session.get(FIRST_RUN, 0)
    if request.endpoint == "first_run.start" or (known and request.endpoint in BEFORE_ADMIN):
        return None
    return redirect(url_for("first_run.start"), 303)


@page.route("/", methods=["GET", "POST"], strict_slashes=False)
def start() -> Response | tuple[str, int] | str:
    """Ask for the code; go on where it was left."""
    if access.is_admin() or time.time() < session.get(FIRST_RUN, 0):
        return redirect(url_for(f"first_run.{_next()}"), 303)
    if request.method == "GET":
        return _show("code", wrong="")
    if wait := tries.wait(FIRST_RUN):
        text = ngettext(
            "That was wrong too often. Try again in %(num)s second.",
            "That was wrong too often. Try again in %(num)s seconds.",
            max(1, round(wait)),
        )
        return _show("code", wrong=text), 429
    if not codes.is_right(tries.of_first_run(), request.form.get("code", "")):
        return _show("code", wrong=_("This is not the code that the box shows.")), 422
    tries.succeeded(FIRST_RUN)
    session[FIRST_RUN] = time.time() + OPEN
    return redirect(url_for(f"first_run.{_next()}"), 303)


@page.route("/desk", methods=["GET", "POST"])
def desk() -> Response | tuple[str, int] | str:
    """Name and language."""
    form = SettingsForm(*DESK)
    if request.method == "POST":
        wanted = request.form.get("language", "")
        if wanted in names():
            session["language"] = wanted
        if form.save(request.form):
            box.reload()  # that it does not run matters to nobody here
            return _go_on("desk")
        return _show("desk", form=form, languages=names(), spoken=wanted), 422
    return _show("desk", form=form, languages=names(), spoken=language())


@page.route("/admin", methods=["GET", "POST"])
def admin() -> Response | tuple[str, int] | str:
    """Make the first admin, and sign them in."""
    if access.is_admin():
        return _go_on("admin")
    name, password = request.form.get("name", "admin"), request.form.get("password", "")
    if request.method == "GET":
        return _show("admin", name=name, wrong="")
    if password != request.form.get("again", ""):
        return _show("admin", name=name, wrong=_("The two passwords differ.")), 422
    try:
        with writing(box.store()) as file:
            if accounts.any_admin(file):  # another browser was faster
                return redirect(url_for("login.start"), 303)
            made = accounts.add(file, name, password, "admin", session.get("language", ""))
    except UserError as error:
        return _show("admin", name=name, wrong=translated(error.args[0])), 422
    codes.drop(box.state_folder(), FIRST_RUN)
    session.pop(FIRST_RUN, None)
    box.audit("first admin", name=name)
    who = accounts.get(box.store(), made)
    return access.sign_in(who, _go_on("admin")) if who else redirect(url_for("login.start"), 303)


@page.route("/account", methods=["GET", "POST"])
def line() -> Response | tuple[str, int] | str:
    """The account at the exchange, tried out before it is kept."""
    form, verdict = SettingsForm(*ACCOUNT), None
    deed = request.form.get("deed", "")
    if deed == "skip":
        return _go_on("line")
    if request.method == "POST":
        if deed == "test":
            verdict, errors = account.tried(ACCOUNT, "line", request.form)
            if not verdict.well:
                form.values |= {
                    one.name: request.form.get(one.name, "") for one in form.fields if one.kind != "secret"
                }
                form.errors = errors
                return _line(form, verdict), 422
        if form.save(request.form):
            tell_saved()
            return _go_on("line")
        return _line(form, verdict), 422
    return _line(form, verdict)


@page.route("/devices", methods=["GET", "POST"])
def attached() -> Response | str:
    """What is plugged in, to be pressed and seen."""
    if request.method == "POST":
        return _go_on("attached")
    cards = current_app.view_functions.get("devices.cards")
    return _show("attached", cards=cards() if cards else "")


@page.route("/extensions", methods=["GET", "POST"])
def extensions() -> Response | tuple[str, int] | str:
    """Whom to watch, typed or pasted."""
    shown = "\n".join(f"{number} {name}" for number, name in box.settings().extensions.items())
    typed = request.form.get("extensions", shown)
    wrong = ""
    if request.method == "POST" and request.form.get("deed") != "skip":
        wrong = _watch(_read(typed))
        if not wrong:
            tell_saved()
    if request.method == "POST" and not wrong:
        return _go_on("extensions")
    shown_page = _show("extensions", typed=typed, wrong=wrong, most=MOST)
    return (shown_page, 422) if wrong else shown_page


@page.route("/done", methods=["GET", "POST"])
def done() -> Response | str:
    """What works now, and what is left."""
    if request.method == "POST":
        _place().unlink(missing_ok=True)
        return redirect(url_for("desk.start"), 303)
    found = box.state()
    shown = {"state": found, "settings": box.settings(), **account.context(account.MAIN)}
    return _show("done", **shown)


@page.app_context_processor
def unfinished() -> dict[str, bool]:
    """Let the administration say that a first run was begun and not ended."""
    return {"first_run_open": _place().exists()}


def _line(form: SettingsForm, verdict: Verdict | None) -> str:
    return _show("line", form=form, verdict=verdict, test=url_for("account.test", name=account.MAIN))


def _show(step: str, **context: object) -> str:
    here = next((at for at, one in enumerate(STEPS) if one.name == step), -1)
    return render_template(f"first_run/{step}.html", steps=STEPS, here=here, past=_past(), **context)


def _go_on(step: str) -> Response:
    """Note that a step is done, and lead to the next one."""
    past = _past() | {step}
    _place().write_text(json.dumps(sorted(past)))
    at = [one.name for one in STEPS].index(step)
    return redirect(url_for(f"first_run.{STEPS[at + 1].name}"), 303)


def _next() -> str:
    """Return the first step that is not done."""
    past = _past()
    return next((one.name for one in STEPS if one.name not in past), STEPS[-1].name)


def _past() -> set[str]:
    """Return the steps that are done: noted as such, or by what is set."""
    try:
        noted = set(json.loads(_place().read_text()))
    except (OSError, ValueError, TypeError):
        noted = set()
    past = noted & {one.name for one in STEPS}
    if accounts.any_admin(box.store()):
        past |= {"desk", "admin"}
    else:
        past -= {"admin"}
    return past | ({"line"} if box.settings().line.server else set())


def _place() -> Path:
    return box.state_folder() / "first-run"


def _read(typed: str) -> dict[str, str]:
    """Return the name of each number: one a line, the number first."""
    found = {}
    for text in filter(None, map(str.strip, typed.splitlines())):
        number, _rest, name = re.sub(r"[\s,;]+", " ", text).partition(" ")
        found[number] = name or number
    return found


def _watch(wanted: dict[str, str]) -> str:
    """Write whom to watch; return what is wrong with it."""
    with editing(box.path()) as draft:
        for number in box.settings().extensions.keys() - wanted.keys():
            draft.drop("extensions", number)
        for number, name in wanted.items():
            draft.put("extensions", number, name)
        try:
            draft.save()
        except SettingsError as error:
            ours = [
                f"{one.what}: {translated(one.fix)}" for one in error.problems if one.section == "extensions"
            ]
            return "; ".join(ours) or str(error)
    box.audit("extensions", numbers=" ".join(wanted))
    return ""
