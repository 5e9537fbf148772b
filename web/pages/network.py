"""Network: how this box is connected, and where its pages listen.

Its own addresses are shown, not set: the system has them from the router (DHCP) or from its own files, which
only root may write, and a wrong one would lock out whoever typed it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint

from appliance.checks import machine
from appliance.checks.network import Network, host_name
from web import box
from web.forms import Field, Group, serve
from web.language import N_

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("network", __name__)

GROUPS = (
    Group(
        N_("Where the pages are"),
        (
            Field("page.address", N_("Listens at the address")),
            Field("page.port", N_("Port")),
            Field("page.https_port", N_("Port for HTTPS")),
            Field("page.names", N_("Further names of this box")),
        ),
        text=N_(
            "A change of address or port takes effect when the pages' own service restarts: calls go on."
        ),
    ),
)


@page.route("/network", methods=["GET", "POST"])
def start() -> Response | str | tuple[str, int]:
    """Show how the box is connected; save where the pages listen."""
    return serve("network.html", GROUPS, **_known())


def _known() -> dict[str, Any]:
    """Return what the system tells."""
    network = Network()
    line = box.settings().line
    return {
        "interfaces": network.interfaces(),
        "gateways": network.gateways(),
        "name_servers": network.name_servers(),
        "host": host_name(),
        "local_name": network.local_name(),
        "line": line,
        "towards": network.address_towards(line.server),
        "time_server": network.time_server(),
        "synchronised": machine.synchronised(),
        "now": time.time(),
    }
