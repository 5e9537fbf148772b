"""The log: its last lines, live, and how much each area writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from appliance.control import protocol
from appliance.control.protocol import ControlError
from appliance.trace import areas
from web import box
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

page = Blueprint("logs", __name__)

SHOWN = 300
"""Lines that the page begins with; the script keeps as many."""

AREAS = {
    "line": N_("Line"),
    "calls": N_("Calls"),
    "devices": N_("Devices"),
    "directory": N_("Directory"),
    "store": N_("Store"),
    "control": N_("Control"),
    areas.OTHER: N_("Other"),
}
LEVELS = {
    "debug": N_("Everything"),
    "info": N_("Events"),
    "warning": N_("Warnings"),
    "error": N_("Errors"),
}
"""What an area writes at least."""

WRITTEN = {
    "debug": N_("Detail"),
    "info": N_("Event"),
    "warning": N_("Warning"),
    "error": N_("Error"),
    "critical": N_("Error"),
}
"""What a line is."""


@page.get("/logs")
def start() -> str:
    """Show the last lines that match, and the levels."""
    asked = {name: request.args.get(name, "") for name in ("area", "level", "text")}
    said, fault = _lines(0)
    shown = [line for line in said.get("lines", []) if _matches(line, asked)][-SHOWN:]
    levels = (box.state() or {}).get("diagnostics", {}).get("levels", {})
    return render_template(
        "logs.html",
        lines=shown,
        last=said.get("last", 0),
        fault=fault,
        asked=asked,
        areas={name: translated(text) for name, text in AREAS.items()},
        written={name: translated(text) for name, text in WRITTEN.items()},
        level_words={name: translated(text) for name, text in LEVELS.items()},
        levels={area: levels.get(area, "") for area in areas.AREAS},
        most=SHOWN,
    )


@page.get("/logs/lines")
def lines() -> Response | tuple[Response, int]:
    """Tell the script what was written after the line that it knows."""
    after = request.args.get("after", "")
    said, fault = _lines(int(after) if after.isdecimal() and len(after) < 16 else 0)
    if fault:
        return jsonify(error=fault), 503
    response = jsonify(said)
    response.headers["Cache-Control"] = "no-store"
    return response


@page.post("/logs/levels")
def levels() -> AnyResponse:
    """Have areas write more or less, until the desk is restarted."""
    now = (box.state() or {}).get("diagnostics", {}).get("levels", {})
    wanted = {area: request.form[area] for area in areas.AREAS if request.form.get(area)}
    changed = {area: level for area, level in wanted.items() if now.get(area) != level}
    try:
        for area, level in changed.items():
            box.ask(protocol.SetTrace(area, level))
    except protocol.Refused as error:
        box.told(str(error), "fault")
    except ControlError:
        box.told(_("The desk does not answer. Nothing was changed."), "fault")
    else:
        if changed:
            box.audit(N_("trace level"), **changed)
        box.told(_("Changed until the desk is restarted."))
    return redirect(url_for("logs.start"), 303)


def _lines(after: int) -> tuple[dict[str, Any], str]:
    """Return the lines after one, and why there are none where the desk does not answer."""
    try:
        return box.ask(protocol.LogLines(after)), ""
    except protocol.Refused as error:
        return {}, str(error)
    except ControlError:
        return {}, _("The desk does not answer.")


def _matches(line: dict[str, Any], asked: dict[str, str]) -> bool:
    """Whether a line is of the area, of the level or a worse one, and has the text in it."""
    worst = areas.LEVELS.index(asked["level"]) if asked["level"] in areas.LEVELS else 0
    written = areas.LEVELS.index(line["level"]) if line["level"] in areas.LEVELS else len(areas.LEVELS)
    return (
        (not asked["area"] or line["area"] == asked["area"])
        and written >= worst
        and asked["text"].casefold() in line["text"].casefold()
    )
