"""Diagnostics: the way to the exchange now and over time, SIP messages call by call, a bundle for support."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from appliance.control import protocol
from appliance.control.protocol import ControlError
from appliance.store import link
from web import box, figures, link_chart
from web.language import N_
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

page = Blueprint("diagnostics", __name__)

DAY = 86400
PERIODS = {1: (3600, N_("24 hours")), 7: (6 * 3600, N_("7 days"))}
"""Days that can be looked at: seconds of a row of the table, and how it is called."""

KEPT = {
    "off": N_("Nothing"),
    "calls": N_("Messages of calls"),
    "all": N_("All messages, those of registration and monitoring as well"),
}

BUNDLE_SECONDS = 60.0

_one_at_a_time = threading.Lock()  # a bundle takes a process of 60 MB

IN_THE_BUNDLE = (
    ("about.json", N_("The versions of Deskbell, of Python and of every package")),
    ("system.json", N_("Kernel, model, memory, disk, temperature and power supply")),
    ("settings.json", N_("The settings, without passwords")),
    ("findings.json", N_("What the checks of this box have found")),
    ("state.json", N_("What the desk does: registration, calls, extensions; not what was typed or written")),
    ("devices.json", N_("Each device as it describes itself")),
    ("log.txt", N_("The last lines of the log")),
    ("link.csv", N_("The way to the exchange in the last week")),
    ("sip/", N_("The SIP messages that are kept, without digests, keys, digits and texts")),
)


@page.get("/diagnostics")
def start() -> str:
    """Show all of it."""
    days = 7 if request.args.get("days") == "7" else 1
    now = time.time()
    spans = link.spans(box.store(), now - days * DAY)
    step, _title = PERIODS[days]
    calls, fault = _calls()
    known = (box.state() or {}).get("diagnostics", {})
    return render_template(
        "diagnostics.html",
        days=days,
        periods=PERIODS,
        link=known.get("link", {}),
        keeps=known.get("sip", ""),
        chart=link_chart.chart(spans, now - days * DAY, now, _marks(now, days)),
        rows=link_chart.rows(spans, step),
        calls=calls,
        fault=fault,
        kept=KEPT,
        contents=IN_THE_BUNDLE,
    )


@page.get("/diagnostics/call")
def call() -> str:
    """Show the messages of one call, as a ladder."""
    wanted = request.args.get("call", "")
    calls, fault = _calls()
    messages: list[dict[str, Any]] = []
    if wanted and not fault:
        messages = box.ask(protocol.SipMessages(wanted)).get("messages", [])
    found = next((one for one in calls if one["call"] == wanted), None)
    began = messages[0]["at"] if messages else 0.0
    return render_template("diagnostics/call.html", call=found, messages=messages, began=began, fault=fault)


@page.post("/diagnostics/keep")
def keep() -> AnyResponse:
    """Have more or less of SIP kept, until the desk is restarted."""
    what = request.form.get("what", "")
    try:
        box.ask(protocol.KeepSip(what))
    except protocol.Refused as error:
        box.told(str(error), "fault")
    except ControlError:
        box.told(_("The desk does not answer. Nothing was changed."), "fault")
    else:
        box.audit(N_("SIP messages kept"), kept=what)
        box.told(_("Changed until the desk is restarted."))
    return redirect(url_for("diagnostics.start", _anchor="sip"), 303)


@page.post("/diagnostics/bundle")
def bundle() -> AnyResponse:
    """Make a bundle in a child process, whose memory ends with it, and give it to the browser."""
    words = [sys.executable, "-m", "appliance", "--socket", str(box.socket_path()), "bundle", "-"]
    words += ["--settings", str(box.path())]
    if without := "without_numbers" in request.form:
        words.append("--without-numbers")
    try:
        with _one_at_a_time:
            done = subprocess.run(
                ["nice", "-n", "10", *words], capture_output=True, timeout=BUNDLE_SECONDS, check=True
            )
    except (subprocess.SubprocessError, OSError):
        box.told(_("The bundle could not be made. Try again in a minute."), "fault")
        return redirect(url_for("diagnostics.start", _anchor="bundle"), 303)
    box.audit(N_("support bundle"), numbers="no" if without else "yes")
    name = time.strftime("deskbell-support-%Y%m%d-%H%M.zip")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(done.stdout, mimetype="application/zip", headers=headers)


def _marks(now: float, days: int) -> list[float]:
    """Return every fourth hour of a day, or every midnight, on the box's clock."""
    midnight = datetime.fromtimestamp(now, figures.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    if days == 1:
        return [(midnight + timedelta(hours=hour)).timestamp() for hour in range(-24, 24, 4)]
    return [(midnight - timedelta(days=day)).timestamp() for day in range(days)]


def _calls() -> tuple[list[dict[str, Any]], str]:
    """Return the calls whose messages are kept, and why there are none where the desk does not answer."""
    try:
        calls: list[dict[str, Any]] = box.ask(protocol.SipCalls()).get("calls", [])
    except protocol.Refused as error:
        return [], str(error)
    except ControlError:
        return [], _("The desk does not answer.")
    return calls, ""
