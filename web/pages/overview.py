"""The overview: is all well, and if not, what is to be done? And the box and its desk in figures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, render_template

from appliance import settings
from appliance.backup.box import STAMP
from appliance.backup.box import box as box_at
from appliance.checks import rounds, software
from appliance.checks.finding import worst_first
from appliance.checks.machine import Machine
from appliance.checks.network import Network, addresses, host_name
from appliance.control.document import VERSION
from appliance.directory.monitored import LIMIT
from appliance.store import snapshots
from web import access, box
from web.language import N_, translated
from web.view import EMPTY

if TYPE_CHECKING:
    from flask import Response

    from appliance.checks.finding import Finding

page = Blueprint("overview", __name__)

AREAS = {
    "desk": N_("Desk"),
    "line": N_("Line"),
    "device": N_("Device"),
    "extension": N_("Extensions"),
    "settings": N_("Settings"),
    "ringing": N_("Ringing"),
    "store": N_("Store"),
    "snapshot": N_("Snapshots"),
    "backup": N_("Backup"),
    "disk": N_("Disk"),
    "clock": N_("Clock"),
    "temperature": N_("Temperature"),
    "power": N_("Power supply"),
    "memory": N_("Memory"),
    "update": N_("Update"),
    "box": N_("Box"),
    "network": N_("Network"),
}
"""What a check has looked at, in words."""


@page.get("/overview")
def start() -> str:
    """Show all of it."""
    return render_template("overview.html", **_known())


@page.get("/overview/now")
def now() -> str:
    """Show what changes by itself, for the page that is open."""
    return render_template("overview/now.html", **_known())


@page.get("/overview/health")
@access.by_itself
def health() -> Response:
    """Tell how well all is, for the sign beside the list of pages."""
    found = troubles()
    return jsonify(worst=found[0].severity if found else "ok", count=len(found))


def troubles() -> list[Finding]:
    """Return what is not well, the worst first."""
    return [one for one in worst_first(rounds.examine(box.path(), box.state())) if not one.well]


def _known() -> dict[str, Any]:
    """Return all that the page shows."""
    state = box.state()
    return {
        "troubles": troubles(),
        "areas": {name: translated(text) for name, text in AREAS.items()},
        "runs": state is not None,
        "state": EMPTY | (state or {}),
        "limit": LIMIT,
        "box": _box(),
        "copies": _copies(),
        "exchange": _exchange(),
    }


def _box() -> dict[str, Any]:
    """Return the box in figures; what it does not tell is None."""
    machine, network = Machine(), Network()
    this = box_at(box.path())
    uptime = machine.uptime()
    return {
        "name": host_name(),
        "model": machine.model(),
        "addresses": addresses(network.interfaces()),
        "version": VERSION,
        "waiting": software.waiting(this.state),
        "disk": machine.disk(this.state),
        "memory": machine.memory(),
        "temperature": machine.temperature(),
        "load": machine.load(),
        "since": None if uptime is None else time.time() - uptime,
        "clock": time.time(),
    }


def _copies() -> dict[str, Any]:
    """Return how large the store is, and when it was copied."""
    this = box_at(box.path())
    taken = snapshots.listed(this.store)
    made = this.state / STAMP
    return {
        "size": this.store.stat().st_size if this.store.exists() else None,
        "count": len(taken),
        "newest": taken[0].at if taken else None,
        "backup": made.stat().st_mtime if made.exists() else None,
    }


def _exchange() -> str:
    try:
        return box.settings().line.server
    except settings.SettingsError:
        return ""
