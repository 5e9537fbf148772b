"""The devices: what is attached, tried with a person; which is preferred, which are left alone."""

from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from appliance.control import protocol
from appliance.control.client import Client
from appliance.control.protocol import ControlError, Refused
from web import access, attached, box
from web.forms import Field, Group, SettingsForm, serve, tell_saved
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.wrappers import Response as AnyResponse

Answer = Response | tuple[Response, int]

page = Blueprint("devices", __name__)

ANY = {
    "headset": N_("Any headset"),
    "handset": N_("Any handset"),
    "speakerphone": N_("Any speakerphone"),
}
LISTENERS = 4  # pages that see levels at once; each holds a thread
BEAT = 5.0  # seconds after which a page that has gone is noticed
_listening = threading.BoundedSemaphore(LISTENERS)

ORDER = (Group("", (Field("devices.prefer", N_("Order")),)),)
IGNORED = (Group("", (Field("devices.ignore", N_("Left alone")),)),)
SOUND = (
    Group(
        N_("Sound"),
        (
            Field("devices.sound", N_("Play and record sound"), help=""),
            Field(
                "devices.echo_canceller",
                N_("Echo canceller"),
                choices={
                    "speakerphones": N_("for speakerphones"),
                    "always": N_("for every device"),
                    "never": N_("never"),
                },
            ),
        ),
    ),
    Group(
        N_("What is used"),
        (
            Field("devices.usb", N_("Devices on USB"), help=""),
            Field("devices.simulated", N_("Simulated devices")),
            Field("devices.ignore", N_("Left alone")),
        ),
    ),
)


@page.get("/devices")
@access.operator
def start() -> str:
    """Show each device, to be looked at and tried."""
    return render_template("devices/attached.html", **_context())


@page.get("/devices/list")
@access.operator
def cards() -> str:
    """Show the devices alone, for the script: one has come, gone or changed."""
    return render_template("devices/cards.html", **_context())


@page.post("/devices/volume")
@access.operator
def volume() -> Answer:
    """Make a device louder or softer."""
    try:
        said = {name: _share(request.form.get(name, "-1")) for name in ("speaker", "microphone")}
    except ValueError:
        return _refused(_("A volume is a number from 0 to 1."), 422)
    return _asked(protocol.SetLevels(request.form.get("device", ""), **said))


@page.post("/devices/try")
def trying() -> Answer:
    """Light a lamp, ring, or try the sound of a device."""
    device, what = request.form.get("device", ""), request.form.get("what", "")
    asks: dict[str, protocol.Ask] = {
        "lamp": protocol.TestLamp(device, request.form.get("lamp", ""), request.form.get("colour", "")),
        "ring": protocol.TestRing(device, internal="internal" in request.form),
        "level": protocol.TestSound(device),
        "echo": protocol.TestSound(device, echo=True),
        "end": protocol.EndSoundTest(),
    }
    if what not in asks:
        return _refused(_("That cannot be tried."), 400)
    return _asked(asks[what])


@page.get("/devices/levels")
@access.operator
def levels() -> Answer:
    """Tell how loud it is, as server-sent events, while a call or a test goes on."""
    if not _listening.acquire(blocking=False):
        text = _("%(num)s pages show levels already; close one of them.", num=LISTENERS)
        return _refused(text, 503)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    answer = Response(_levels(box.socket_path()), mimetype="text/event-stream", headers=headers)
    answer.call_on_close(_listening.release)
    return answer


@page.post("/devices/ignore")
def ignore() -> Answer:
    """Leave a device alone, or use it again."""
    device, form = request.form.get("device", "").strip(), SettingsForm(*IGNORED)
    left = [name for name in form.values["devices.ignore"].splitlines() if name != device]
    if "again" not in request.form and device:
        left.append(device)
    if not form.save({"devices.ignore": "\n".join(left)}):
        box.told(form.fault or "; ".join(form.errors.values()), "fault")
    else:
        tell_saved()
    return _back("devices.start")


@page.route("/devices/settings", methods=["GET", "POST"])
def settings() -> AnyResponse | str | tuple[str, int]:
    """Show and change which is preferred, and what is used at all."""
    order = SettingsForm(*ORDER)
    return serve("devices/settings.html", SOUND, order=order, ranked=_ranked(order))


@page.post("/devices/order")
def order() -> Answer:
    """Take a new order of preference: as it was, with one moved, or whole from the script."""
    form, names = SettingsForm(*ORDER), request.form.getlist("order")
    move, _colon, name = request.form.get("move", "").partition(":")
    if name in names:
        at = names.index(name)
        to = min(max(at + (-1 if move == "up" else 1), 0), len(names) - 1)
        names.insert(to, names.pop(at))
    saved = form.save({"devices.prefer": "\n".join(names), "was": request.form.get("was", "{}")})
    wrong = form.fault or "; ".join(form.errors.values())
    if access.wants_json():
        if not saved:
            return _refused(wrong, 409)
        try:
            box.reload()
        except Refused as error:
            return _refused(str(error), 409)
        return jsonify(ok=True, was=SettingsForm(*ORDER).was)
    if saved:
        tell_saved()
    else:
        box.told(wrong, "fault")
    return _back("devices.settings")


def _context() -> dict[str, Any]:
    state = box.state()
    devices: dict[str, Any] = state["devices"] if state else {}
    return {
        "away": state is None,
        "devices": [(name, one, attached.trouble(one)) for name, one in devices.items()],
        "speaking": state["audio"] if state else "",
        "calls": bool(state and state["calls"]),
        "ignored": box.settings().devices.ignore,
        "words": attached,
    }


def _ranked(form: SettingsForm) -> list[tuple[str, str]]:
    """Return what can be spoken through, the preferred first: each name with what it is."""
    state = box.state()
    devices: dict[str, Any] = state["devices"] if state else {}
    speaking = {name: one for name, one in devices.items() if one["audio"]}
    named = form.values["devices.prefer"].splitlines()
    every = dict.fromkeys([*named, *speaking])
    return [(name, _title(name, speaking)) for name in every]


def _title(name: str, devices: dict[str, Any]) -> str:
    if name in devices:
        return str(devices[name]["name"])
    return translated(ANY.get(name, N_("Not attached now")))


def _levels(socket: Path) -> Iterator[bytes]:
    yield b": listening\n\n"  # the browser learns that the stream is open
    try:
        with Client(socket) as desk:
            for said in desk.levels(beat=BEAT):
                yield f"event: {'levels' if said else 'beat'}\ndata: {json.dumps(said)}\n\n".encode()
    except ControlError:
        yield b"event: away\ndata: {}\n\n"


def _share(said: str) -> float:
    value = float(said)
    if not math.isfinite(value) or value > 1:
        raise ValueError
    return value


def _asked(ask: protocol.Ask) -> Answer:
    try:
        box.ask(ask)
    except Refused as error:
        return _refused(str(error), 409)
    return jsonify(ok=True) if access.wants_json() else _back("devices.start")


def _refused(text: str, code: int) -> Answer:
    if access.wants_json():
        return jsonify(ok=False, error=text), code
    box.told(text, "fault")
    return _back("devices.start")


def _back(endpoint: str) -> Response:
    found: Response = redirect(url_for(endpoint), 303, Response)  # type: ignore[assignment]
    return found
