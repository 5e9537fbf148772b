"""Users: who may sign in, as what, and who is signed in."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from flask import Blueprint, abort, redirect, render_template, request, url_for

from appliance.users import accounts, sessions
from appliance.users.errors import UserError
from web import access, box
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from appliance.users.accounts import Role, User

page = Blueprint("users", __name__)
Shown = str | tuple[str, int]


@page.get("/users")
def start() -> Shown:
    """List the users, and offer to add one."""
    return _listed()


@page.post("/users")
def add() -> Response | Shown:
    """Add a user."""
    said = {name: request.form.get(name, "") for name in ("name", "password", "role", "language")}
    try:
        with box.changing(N_("user added"), name=said["name"].strip(), role=said["role"]) as file:
            role = cast("Role", said["role"])
            accounts.add(file, said["name"], said["password"], role, said["language"])
    except UserError as error:
        return _listed(said, translated(error.args[0])), 422
    box.told(_("%(name)s can sign in now.", name=said["name"].strip()))
    return redirect(url_for("users.start"), 303)


@page.get("/users/<int:id>")
def one(id: int) -> Shown:
    """Show a user."""
    return _shown(_user(id))


@page.post("/users/<int:id>")
def change(id: int) -> Response | Shown:
    """Change a user's role and language."""
    user = _user(id)
    role, language = request.form.get("role", ""), request.form.get("language", "")
    try:
        with box.changing(N_("user changed"), name=user.name, role=role, language=language or "-") as file:
            accounts.change(file, replace(user, role=cast("Role", role), language=language))
    except UserError as error:
        return _shown(user, role=translated(error.args[0]))
    return _back(user, _("Saved."))


@page.post("/users/<int:id>/password")
def password(id: int) -> Response | Shown:
    """Give a user another password."""
    user = _user(id)
    try:
        with box.changing(N_("password reset"), name=user.name) as file:
            accounts.set_password(file, id, request.form.get("password", ""))
    except UserError as error:
        return _shown(user, password=translated(error.args[0]))
    answer = _back(user, _("%(name)s has another password, and signs in with it anew.", name=user.name))
    return access.sign_in(user, answer) if user.id == access.user().id else answer


@page.post("/users/<int:id>/sign-out")
def sign_out(id: int) -> Response:
    """End a user's sessions, except the one that asks for it."""
    user = _user(id)
    with box.changing(N_("user signed out"), name=user.name) as file:
        sessions.end_all(file, id, but=access.token())
    return _back(user, _("%(name)s is signed out.", name=user.name))


@page.post("/users/<int:id>/remove")
def remove(id: int) -> Response | Shown:
    """Remove a user."""
    user = _user(id)
    if user.id == access.user().id:
        return _shown(user, remove=_("You cannot remove yourself: another admin can."))
    try:
        with box.changing(N_("user removed"), name=user.name) as file:
            accounts.remove(file, id)
    except UserError as error:
        return _shown(user, remove=translated(error.args[0]))
    box.told(_("%(name)s is removed.", name=user.name))
    return redirect(url_for("users.start"), 303)


def _user(id: int) -> User:
    return accounts.get(box.store(), id) or abort(404, _("There is no such user any more."))


def _listed(said: dict[str, str] | None = None, wrong: str = "") -> str:
    now = sessions.every(box.store(), time.time())
    seen = {one.user.id: one.seen for one in reversed(now)}
    return render_template(
        "users.html",
        users=accounts.every(box.store()),
        sessions=Counter(one.user.id for one in now),
        seen=seen,
        said=said or {},
        wrong=wrong,
    )


def _shown(user: User, **errors: str) -> Shown:
    now = [one for one in sessions.every(box.store(), time.time()) if one.user.id == user.id]
    shown = render_template("users/one.html", whom=user, sessions=now, errors=errors)
    return (shown, 422) if errors else shown


def _back(user: User, text: str) -> Response:
    box.told(text)
    return redirect(url_for("users.one", id=user.id), 303)
