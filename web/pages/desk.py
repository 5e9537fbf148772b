"""The desk: what a receptionist looks at all day, its live events, and what they ask of the desk."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from appliance.control.protocol import ControlError, ProtocolError, Refused, decode_request, encode
from web import access, box, view

MAX_ASK = 16_384  # bytes; what a person asks is far shorter
STREAMS = ("status", "watch", "meter", "log")  # the page has /events instead
ADMINS_ONLY = (
    *("reload", "restart", "set_trace", "keep_sip", "log_lines", "sip_calls", "sip_messages"),
    *("test_lamp", "test_ring", "test_sound", "end_sound_test"),
)

page = Blueprint("desk", __name__)


@page.get("/")
@access.operator
def start() -> Response:
    """Show the desk."""
    state, now = box.feed().current()
    shown = render_template("desk.html", now=now, **view.arrange(state))
    return Response(shown, headers={"Cache-Control": "no-store"})


@page.get("/events")
@access.operator
def events() -> Response:
    """Tell what happens, as server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = access.while_signed_in(box.feed().stream())
    return Response(stream, mimetype="text/event-stream", headers=headers)


@page.post("/ask/<name>")
@access.operator
def ask(name: str) -> tuple[Response, int]:
    """Pass a request on to the daemon and return what it says, with the HTTP status for it."""
    request.max_content_length = MAX_ASK
    members = request.get_json(silent=True)
    try:
        if not isinstance(members, dict) or name in STREAMS:
            raise ProtocolError("not something that a page may ask")
        if name in ADMINS_ONLY and not access.is_admin():
            raise Refused("only an admin may do this")
        wanted = decode_request(encode({**members, "id": 1, "ask": name})).ask
        box.ask(wanted)
    except ProtocolError as error:
        return jsonify(ok=False, error=str(error)), 400
    except Refused as error:
        return jsonify(ok=False, error=str(error)), 409
    except ControlError as error:
        return jsonify(ok=False, error=str(error)), 503
    return jsonify(ok=True), 200
