"""The Flask application: puts the pages together, with what guards them and what they are told by."""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Flask, jsonify, render_template, session
from werkzeug.exceptions import HTTPException

from appliance.control.protocol import ControlError
from appliance.settings import SettingsError
from appliance.store.file import StoreError
from web import access, box, guard, language, versions, view
from web.feed import Feed
from web.menu import menu
from web.pages import PAGES

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Response

log = logging.getLogger("deskbell.web")

MAX_BODY = 262_144  # bytes of a form; a view that takes files says `request.max_content_length` itself


def create_app(settings: Path) -> Flask:
    """Return the application for the box whose settings are at this path."""
    app = Flask("web")
    app.secret_key = secrets.token_bytes(32)  # of what the next page tells; sessions are in the store
    app.config.update(
        SETTINGS=settings,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_NAME="deskbell-told",
        SESSION_COOKIE_SAMESITE="Strict",
        SEND_FILE_MAX_AGE_DEFAULT=None,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(view.FILTERS)
    app.jinja_env.globals.update(menu=menu)
    with app.app_context():
        app.extensions["feed"] = Feed(box.socket_path())
    guard.protect(app, names)
    versions.give(app)
    box.attach(app)
    access.protect(app)
    language.translate(app, _own_language)
    for page in PAGES:
        app.register_blueprint(page)
    app.register_error_handler(HTTPException, _refused)
    for fault in (SettingsError, StoreError, ControlError):
        app.register_error_handler(fault, _out_of_order)
    return app


def names() -> tuple[str, ...]:
    """Return the names that browsers may call this box by, beside its own; in the context of the app."""
    try:
        return box.settings().page.names
    except SettingsError:
        return ()


def _own_language() -> str:
    with suppress(SettingsError, StoreError):  # a page that tells of them has a language too
        who = access.user_or_none()
        return who.language if who else session.get("language", "")  # chosen before there is a user
    return ""


def _refused(error: HTTPException) -> tuple[Response | str, int]:
    code = error.code or 500
    return _say(error.name, error.description or "", code)


def _out_of_order(error: Exception) -> tuple[Response | str, int]:
    log.warning("%s", error)
    return _say("This cannot be shown", str(error), 503)


def _say(title: str, text: str, code: int) -> tuple[Response | str, int]:
    if access.wants_json():
        return jsonify(ok=False, error=text), code
    return render_template("fault.html", title=title, text=text), code
