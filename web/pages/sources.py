"""The outside sources of people: how each is doing, what it is read with; read now, signed in, removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from appliance.directory.sources.sync import states
from appliance.settings import SettingsError
from appliance.settings.draft import editing
from web import box
from web.forms import Field, Group, SettingsForm, placed, tell_saved
from web.jobs import Busy, Job
from web.language import N_
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("sources", __name__)

Page = tuple[str, int]

HERE = "sources.name"
GROUPS = (
    Group(
        N_("What it is"),
        (
            Field(
                f"{HERE}.kind",
                N_("Kind"),
                choices={
                    "": N_("Choose"),
                    "ldap": N_("Company directory (LDAP)"),
                    "carddav": N_("Address book (CardDAV)"),
                    "graph": N_("Microsoft 365 or Outlook contacts"),
                    "phonebook": N_("Phone book of the exchange (XML)"),
                },
                help="",
            ),
            Field(f"{HERE}.url", N_("Address")),
            Field(f"{HERE}.user", N_("User")),
            Field(f"{HERE}.password", N_("Password"), help=""),
        ),
    ),
    Group(
        N_("What becomes of its people"),
        (
            Field(f"{HERE}.prefix", N_("Number prefix")),
            Field(f"{HERE}.category", N_("Category")),
            Field(f"{HERE}.pictures", N_("Read pictures")),
            Field(f"{HERE}.every", N_("Read every"), N_("minutes")),
        ),
    ),
    Group(
        N_("LDAP"),
        (
            Field(f"{HERE}.base", N_("Base")),
            Field(f"{HERE}.filter", N_("Filter")),
            Field(f"{HERE}.attributes", N_("Attributes")),
            Field(f"{HERE}.start_tls", N_("Encrypt after connecting (StartTLS)")),
        ),
        folded=True,
    ),
    Group(
        N_("Microsoft 365"),
        (
            Field(f"{HERE}.client_id", N_("Application (client) id")),
            Field(f"{HERE}.tenant", N_("Organisation (tenant)")),
            Field(f"{HERE}.authority", N_("Where people sign in")),
        ),
        folded=True,
    ),
    Group(
        N_("Encryption"),
        (
            Field(f"{HERE}.ca_file", N_("Certificates to trust")),
            Field(f"{HERE}.in_clear", N_("Send the password unencrypted")),
        ),
        folded=True,
    ),
)
NAME = re.compile("[a-z][a-z0-9_]{0,31}")


@page.get("/directory/sources")
def start() -> Page:
    """List the sources."""
    return _listed("", "")


@page.post("/directory/sources")
def add() -> Response | Page:
    """Give a new source its name; the rest is asked on its own page."""
    name = request.form.get("name", "").strip().lower()
    if not NAME.fullmatch(name):
        text = _("Write a short name of small letters, digits and _, such as head_office.")
        return _listed(name, text)
    return redirect(url_for(".show", name=name), 303)


@page.route("/directory/sources/<name>", methods=["GET", "POST"])
def show(name: str) -> Response | Page:
    """Show and change what a source is read with."""
    known = _named(name)
    form = SettingsForm(*placed(GROUPS, HERE, f"sources.{name}"))
    if request.method == "POST" and form.save(request.form):
        tell_saved()
        return redirect(url_for(".show", name=name), 303)
    state = states(box.store(), [name])[0]
    page = render_template("directory/source.html", form=form, known=known, state=state, **_work(name))
    return page, 422 if form.errors or form.fault else 200


@page.post("/directory/sources/<name>/read")
def read(name: str) -> Response:
    """Read a source now."""
    return _work_on(name, "read", "directory", "sync", name)


@page.post("/directory/sources/<name>/sign-in")
def sign_in(name: str) -> Response:
    """Let somebody sign in at Microsoft: a code is shown, which they type there."""
    return _work_on(name, "sign-in", "directory", "sign-in", name)


@page.get("/directory/sources/<name>/state")
def state(name: str) -> str:
    """Return the part of the page that changes while it is read."""
    known = _named(name)
    found = states(box.store(), [name])[0]
    return render_template("directory/source_state.html", known=known, state=found, **_work(name))


@page.route("/directory/sources/<name>/delete", methods=["GET", "POST"])
def delete(name: str) -> Response | Page:
    """Ask whether a source is to be removed, with its people, and do it."""
    _named(name)
    state = states(box.store(), [name])[0]
    if request.method == "GET":
        return render_template("directory/delete_source.html", name=name, state=state, error=""), 200
    try:
        with editing(box.path()) as draft:
            draft.drop(f"sources.{name}")
            draft.save()
    except SettingsError as error:
        page = render_template("directory/delete_source.html", name=name, state=state, error=str(error))
        return page, 422
    box.audit("source removed", name=name, people=state.people)
    tell_saved()
    if state.tried:
        _start(name, "forget", "directory", "forget", name)
    return redirect(url_for(".start"), 303)


def _listed(name: str, error: str) -> Page:
    configured = box.settings().sources
    page = render_template(
        "directory/sources.html",
        states=states(box.store(), configured),
        configured=configured,
        kinds=GROUPS[0].fields[0].choices,
        name=name,
        error=error,
    )
    return page, 422 if error else 200


def _named(name: str) -> bool:
    """Return whether a source is in the settings; 404: nothing may be called so."""
    known = name in box.settings().sources
    if not known and not NAME.fullmatch(name):
        abort(404)
    return known


def _work_on(name: str, what: str, *words: str) -> Response:
    if name not in box.settings().sources:
        abort(404)
    _start(name, what, *words)
    return redirect(url_for(".show", name=name), 303)


def _start(name: str, what: str, *words: str) -> None:
    try:
        Job(f"source-{name}").start("appliance", *words, "--settings", str(box.path()), what=what)
    except Busy:
        box.told(_("This is going on already."), "note")
    else:
        box.audit(f"source {what}", name=name)


def _work(name: str) -> dict[str, Any]:
    """Return what is done with a source just now, and what that has said."""
    job = Job(f"source-{name}")
    options = box.settings().sources.get(name)
    return {
        "name": name,
        "kind": options.kind if options else "",
        "running": job.running,
        "what": job.read("asked").get("what", ""),
        "said": job.said,
    }
