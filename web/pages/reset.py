"""A lost admin password: who has touched the box sets another one here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from appliance.store.file import writing
from appliance.users import accounts, audit, codes, reset
from appliance.users.errors import UserError
from web import access, box
from web.language import N_, translated
from web.language import gettext as _
from web.pages.login import client, slow_down, throttle

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Response

    from appliance.users.accounts import User

page = Blueprint("reset", __name__)
Shown = str | tuple[str, int] | tuple[str, int, dict[str, str]]


@page.get("/reset")
@access.anyone
def start() -> Shown:
    """Ask for the code and another password, or tell how to get so far."""
    reset.look(box.state_folder(), *current_app.config.get("RESET_FILES", ()))
    return render_template("reset.html", allowed=bool(_code()))


@page.post("/reset")
@access.anyone
def change() -> Response | Shown:
    """Set the password of an admin, new or old."""
    known = _code()
    if not known:
        return render_template("reset.html", allowed=False), 403
    wait = throttle().begin("", client(), time.monotonic())
    if wait:
        return slow_down(wait, "reset.html", allowed=True)
    if not codes.is_right(known, request.form.get("code", "")):
        return render_template("reset.html", allowed=True, wrong=_("This is not the code.")), 422
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        with writing(box.store()) as file:
            user = _admin(file, name, password)
            audit.write(file, time.time(), "", N_("admin password reset at the box"), {"name": user.name})
    except UserError as error:
        return render_template("reset.html", allowed=True, wrong=translated(error.args[0])), 422
    reset.end(box.state_folder())
    throttle().succeeded("", client())
    box.told(_("The password is set."))
    return access.sign_in(user, redirect(url_for("desk.start"), 303))


def _code() -> str:
    return reset.code(box.state_folder(), time.time())


def _admin(file: sqlite3.Connection, name: str, password: str) -> User:
    """Return the admin of that name, with another password; a new one where there is none."""
    try:
        user = accounts.named(file, name)
    except UserError:
        id = accounts.add(file, name, password, "admin")
    else:
        id = user.id
        accounts.set_password(file, id, password)
        if user.role != "admin":
            raise UserError(_("This user is an operator: take an admin's name, or a new one."))
    return accounts.get(file, id) or user
