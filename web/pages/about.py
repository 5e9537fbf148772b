"""About: the version, the licence, and what others made that is in it."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from appliance.checks.machine import Machine
from appliance.control.document import VERSION
from web import access, components

page = Blueprint("about", __name__)


@page.get("/about")
@access.operator
def start() -> str:
    """Show it."""
    return render_template(
        "about.html",
        version=VERSION,
        ours=components.ours(),
        components=components.components(),
        model=Machine().model(),
    )


@page.get("/about/<key>/<name>")
@access.operator
def licence(key: str, name: str) -> str:
    """Show the text of a licence."""
    text = components.text(key, name)
    if text is None:
        abort(404)
    return render_template("about/licence.html", text=text, name=name, component=key)
