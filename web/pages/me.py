"""My account: language, theme and password of who is signed in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from appliance.users import accounts, sessions
from appliance.users.errors import UserError
from web import access, box
from web.language import N_, ngettext, translated
from web.language import gettext as _
from web.pages.login import client, slow_down, throttle

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("me", __name__)
Shown = str | tuple[str, int] | tuple[str, int, dict[str, str]]


@page.get("/me")
@access.operator
def start() -> Shown:
    """Show the account."""
    return render_template("me.html", **_account())


@page.post("/me")
@access.operator
def choose() -> Response | Shown:
    """Change language and theme."""
    wanted = replace(
        access.user(), language=request.form.get("language", ""), theme=request.form.get("theme", "")
    )
    try:
        with box.changing(
            N_("own settings"), language=wanted.language or "-", theme=wanted.theme or "-"
        ) as file:
            accounts.change(file, wanted)
    except UserError as error:
        return render_template("me.html", **_account(), fault=translated(error.args[0])), 422
    return _back(_("Saved."))


@page.post("/me/password")
@access.operator
def password() -> Response | Shown:
    """Change the password; whoever is signed in elsewhere with the old one is no more."""
    user = access.user()
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    wait = throttle().begin(user.name.casefold(), client(), time.monotonic())
    if wait:
        return slow_down(wait, "me.html", **_account())
    if accounts.verify(box.store(), user.name, old) is None:
        return _wrong(old=_("This is not your password."))
    throttle().succeeded(user.name.casefold(), client())
    if new != again:
        return _wrong(again=_("The two are not the same."))
    try:
        with box.changing(N_("own password")) as file:
            accounts.set_password(file, user.id, new)
    except UserError as error:
        return _wrong(new=translated(error.args[0]))
    return access.sign_in(user, _back(_("Your password is changed. Elsewhere you are signed out.")))


@page.post("/me/elsewhere")
@access.operator
def elsewhere() -> Response:
    """End the other sessions."""
    with box.changing(N_("signed out elsewhere")) as file:
        sessions.end_all(file, access.user().id, but=access.token())
    return _back(_("You are signed out everywhere else."))


def _account() -> dict[str, object]:
    own = [one for one in sessions.every(box.store(), time.time()) if one.user.id == access.user().id]
    others = len(own) - 1
    told = ngettext(
        "You are signed in on %(num)s other browser.", "You are signed in on %(num)s other browsers.", others
    )
    return {"me": access.user(), "others": others, "elsewhere": told}


def _wrong(**errors: str) -> Shown:
    return render_template("me.html", **_account(), errors=errors), 422


def _back(text: str) -> Response:
    box.told(text)
    return redirect(url_for("me.start"), 303)
