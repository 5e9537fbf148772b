"""What happens to calls by itself, and where they are parked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from web.forms import Field, Group, serve
from web.language import N_

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("calls", __name__)

SECONDS = N_("seconds")
GROUPS = (
    Group(
        N_("Calls that wait"),
        (
            Field("calls.max_incoming", N_("Calls that may wait")),
            Field("calls.overflow", N_("More of them go to")),
            Field("calls.auto_answer", N_("Answered by itself after"), SECONDS),
            Field("calls.auto_hold", N_("On hold by itself after"), SECONDS),
            Field("calls.divert_after", N_("Diverted after"), SECONDS),
            Field("calls.divert_to", N_("Diverted to")),
            Field("calls.dnd_divert_to", N_("While not to be disturbed, diverted to")),
        ),
    ),
    Group(
        N_("On hold, transferred, in conference"),
        (
            Field("desk.hold_alert", N_("Alert when on hold for"), SECONDS),
            Field("calls.camp_on", N_("Wait for busy colleagues (camp on)")),
            Field("calls.camp_limit", N_("Come back after"), SECONDS),
            Field("calls.conference_size", N_("Parties in a conference")),
            Field("calls.conference_room", N_("Meeting room at the exchange")),
        ),
    ),
    Group(
        N_("Park orbits"),
        (
            Field(
                "park.dialect",
                N_("How the exchange parks"),
                choices={
                    "orbit": N_("Transfer to the orbit's number"),
                    "code": N_("Transfer to a prefix and the orbit's number"),
                    "announced": N_("Transfer to a park extension, which chooses"),
                },
                help="",
            ),
            Field("park.orbits", N_("Orbits")),
            Field("park.prefix", N_("Prefix")),
            Field("park.extension", N_("Park extension")),
        ),
    ),
    Group(
        N_("The operator"),
        (
            Field("desk.name", N_("Name of the desk")),
            Field("desk.away_after", N_("Away after"), SECONDS),
        ),
    ),
)


@page.route("/calls", methods=["GET", "POST"])
def start() -> Response | str | tuple[str, int]:
    """Show and change it."""
    return serve("settings.html", GROUPS, title=N_("Calls"))
