"""Signing in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for

from appliance.users import accounts
from web import access, box
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("login", __name__)


@page.route("/login", methods=["GET", "POST"])
@access.anyone
def start() -> Response | str | tuple[str, int]:
    """Ask who it is, and lead them to where they wanted to go."""
    target = access.local(request.values.get("next", "/"))
    if access.user_or_none():
        return redirect(target, 303)
    if request.method == "GET":
        return render_template("login.html", target=target)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    who = accounts.verify(box.store(), name, password)
    if who is None:
        wrong = _("This name and password do not belong together.")
        return render_template("login.html", target=target, name=name, wrong=wrong), 422
    return access.sign_in(who, redirect(target, 303), stay="stay" in request.form)


@page.post("/logout")
@access.operator
def leave() -> Response:
    """End the session."""
    return access.sign_out(redirect(url_for("login.start"), 303))
