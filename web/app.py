"""The Flask application: the desk's page, its live events, and what a person asks of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, render_template, request

from appliance.control.client import Client
from appliance.control.protocol import ControlError, ProtocolError, Refused, decode_request, encode
from web import guard, language, view
from web.feed import Feed

if TYPE_CHECKING:
    from pathlib import Path

MAX_BODY = 16_384  # bytes; what a person asks is far shorter
STREAMS = ("status", "watch")  # the page has /events instead


def create_app(socket_path: Path, hosts: tuple[str, ...] = ()) -> Flask:
    """Return the application for the daemon at `socket_path`; `hosts` are names it may be reached by."""
    app = Flask("web")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(view.FILTERS)
    guard.protect(app, hosts)
    language.translate(app)
    feed = Feed(socket_path)
    app.extensions["feed"] = feed

    @app.get("/")
    def desk() -> Response:
        state, now = feed.current()
        page = render_template("desk.html", now=now, **view.arrange(state))
        return Response(page, headers={"Cache-Control": "no-store"})

    @app.get("/events")
    def events() -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(feed.stream(), mimetype="text/event-stream", headers=headers)

    @app.post("/ask/<name>")
    def ask(name: str) -> tuple[Response, int]:
        return _ask(socket_path, name, request.get_json(silent=True))

    return app


def _ask(socket_path: Path, name: str, members: object) -> tuple[Response, int]:
    """Pass a request on to the daemon and return what it says, with the HTTP status for it."""
    try:
        if not isinstance(members, dict) or name in STREAMS:
            raise ProtocolError("not something that a page may ask")
        wanted = decode_request(encode({**members, "id": 1, "ask": name})).ask
        with Client(socket_path) as client:
            client.ask(wanted)
    except ProtocolError as error:
        return jsonify(ok=False, error=str(error)), 400
    except Refused as error:
        return jsonify(ok=False, error=str(error)), 409
    except ControlError as error:
        return jsonify(ok=False, error=str(error)), 503
    return jsonify(ok=True), 200
