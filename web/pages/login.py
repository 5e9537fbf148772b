"""Signing in and out."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from appliance.store.file import writing
from appliance.users import accounts, audit
from appliance.users.errors import UserError
from web import access, box
from web.flood import client_of
from web.language import N_, ngettext
from web.language import gettext as _
from web.throttle import Throttle

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from appliance.users.accounts import User

page = Blueprint("login", __name__)
LONGEST = 256  # characters of a name that somebody types: it is remembered for a while


@page.get("/login")
@access.anyone
def start() -> AnyResponse | str:
    """Ask who it is."""
    target = access.local(request.args.get("next", "/"))
    if access.user_or_none():
        return redirect(target, 303)
    return render_template("login.html", target=target)


@page.post("/login")
@access.anyone
def enter() -> AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Let them in, and lead them to where they wanted to go."""
    target = access.local(request.form.get("next", "/"))
    name, password = request.form.get("name", "")[:LONGEST], request.form.get("password", "")
    wait = throttle().begin(name.strip().casefold(), client(), time.monotonic())
    if wait:
        return slow_down(wait, "login.html", target=target, name=name)
    who = accounts.verify(box.store(), name, password)
    if who is None:
        _note("", N_("login failed"), name=_known(name))
        wrong = _("This name and password do not belong together.")
        return render_template("login.html", target=target, name=name, wrong=wrong), 422
    throttle().succeeded(name.strip().casefold(), client())
    _note(who.name, N_("login"))
    return access.sign_in(who, redirect(target, 303), stay="stay" in request.form)


@page.post("/logout")
@access.operator
def leave() -> AnyResponse:
    """End the session."""
    box.audit(N_("logout"))
    return access.sign_out(redirect(url_for("login.start"), 303))


@page.get("/signed-in")
@access.operator
def look() -> Response:
    """Tell a page that is refused its events whether this is why: 401 is."""
    return Response(status=204)


def throttle() -> Throttle:
    """Return what slows guessing down."""
    found: Throttle = current_app.extensions.setdefault("throttle", Throttle())
    return found


def client() -> str:
    """Return what stands for the client of this request."""
    return client_of(request.remote_addr or "")


def slow_down(wait: float, template: str, **values: object) -> tuple[str, int, dict[str, str]]:
    """Show a form again with how long to wait, in seconds."""
    seconds = math.ceil(wait)
    wrong = ngettext(
        "Too many tries. Wait %(num)s second, then try again.",
        "Too many tries. Wait %(num)s seconds, then try again.",
        seconds,
    )
    return render_template(template, wrong=wrong, **values), 429, {"Retry-After": str(seconds)}


def _known(name: str) -> str:
    """Return the name of a user; of others nothing: people type passwords where a name belongs."""
    try:
        found: User = accounts.named(box.store(), name)
    except UserError:
        return "?"
    return found.name


def _note(who: str, what: str, **details: str) -> None:
    """Write into the audit log who signs in; before that, `box.audit` knows of nobody."""
    with writing(box.store()) as file:
        audit.write(file, time.time(), who, what, {**details, "address": client()})
