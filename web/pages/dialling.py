"""How numbers are dialled, speed dial, and the feature codes of the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from web.forms import Field, Group, serve
from web.language import N_

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("dialling", __name__)

GROUPS = (
    Group(
        N_("Numbers"),
        (
            Field("dialling.country", N_("Country")),
            Field(
                "dialling.form",
                N_("The exchange wants"),
                choices={
                    "typed": N_("numbers as they are typed"),
                    "national": N_("national numbers: 030 1234567"),
                    "e164": N_("international numbers: +49 30 1234567"),
                },
                help="",
            ),
            Field("dialling.outside_prefix", N_("Prefix for an outside line")),
            Field("dialling.internal_digits", N_("Digits of internal numbers, at most")),
            Field("dialling.allow", N_("May be called")),
            Field("dialling.deny", N_("May not be called")),
        ),
    ),
    Group(
        N_("Speed dial"),
        (
            Field(
                "speed_dial",
                N_("Keys and numbers"),
                help=N_("A line for each: 1 = 030 1234567. 100 at most."),
            ),
        ),
    ),
    Group(
        N_("Feature codes of the exchange"),
        (
            Field("codes.pickup", N_("Pick up")),
            Field("codes.mailbox", N_("Mailbox")),
            Field("codes.dnd_on", N_("Do not disturb, on")),
            Field("codes.dnd_off", N_("Do not disturb, off")),
            Field("codes.forward_on", N_("Forward all calls")),
            Field("codes.forward_off", N_("Forward no longer")),
            Field("codes.watch_presence", N_("Kept in step by presence")),
            Field("codes.dnd_lamp", N_("Lamp of do not disturb")),
            Field("codes.forward_lamp", N_("Lamp of forwarding")),
        ),
    ),
)


@page.route("/dialling", methods=["GET", "POST"])
def start() -> Response | str | tuple[str, int]:
    """Show and change it."""
    return serve("settings.html", GROUPS, title=N_("Dialling and codes"))
