"""Buttons, lamps and relays at the GPIO header: what is wired where, and what a button asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, render_template, request, url_for

from appliance.phrase import phrase
from appliance.settings import SettingsError
from appliance.settings.agreement import pins_in_use
from appliance.settings.draft import editing
from web import attached, box, header
from web.forms import Field, Group, SettingsForm, serve, tell_saved
from web.language import N_
from web.language import gettext as _
from web.pages.devices import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from appliance.settings import Settings

__all__ = ["page"]  # with the devices': these views are among theirs

Shown = str | tuple[str, int]

NOWHERE = "-1"
NEW = "new"
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
SECONDS = N_("seconds")
PULLS = {
    "auto": N_("against the button"),
    "up": N_("up, to 3.3 V"),
    "down": N_("down, to ground"),
    "none": N_("none: the wiring has one"),
}
FOLLOWS = {
    "": N_("only when it is asked for"),
    "ringing": N_("while it rings"),
    "talking": N_("while the operator talks"),
}
STANDARD = {
    "answer": N_("Answer button"),
    "hold": N_("Hold button"),
    "park": N_("Park button"),
    "answer_lamp": N_("Lamp of the Answer button"),
    "hold_lamp": N_("Lamp of the Hold button"),
    "park_lamp": N_("Lamp of the Park button"),
}
PRESSES = {"press": N_("A press"), "long": N_("A long press"), "double": N_("Pressed twice")}
ASKS = {
    "": N_("nothing"),
    "dnd": N_("do not disturb, on and off in turn"),
    "mute": N_("mute, on and off in turn"),
    "speed-dial": N_("call the speed dial …"),
    "dial": N_("call the number …"),
    "transfer": N_("transfer to …"),
    "consult": N_("ask back at …"),
    "complete": N_("complete the transfer"),
    "back": N_("come back to the caller"),
    "answer": N_("answer"),
    "hangup": N_("hang up"),
    "reject": N_("reject"),
    "divert": N_("divert to …"),
    "hold": N_("hold"),
    "resume": N_("resume"),
    "park": N_("park, at orbit …"),
    "retrieve": N_("retrieve from orbit …"),
    "pickup": N_("pick up the call of …"),
    "redial": N_("redial"),
    "mailbox": N_("call the mailbox"),
    "relay": N_("switch the relay …"),
    "forward": N_("forward all calls to …"),
    "digits": N_("send the digits …"),
    "confer": N_("begin a conference"),
    "leave": N_("leave the conference"),
    "camp": N_("let the caller wait for …"),
    "uncamp": N_("take the waiting caller back"),
    "seen": N_("take note of missed calls"),
    "read": N_("take note of messages"),
    "message": N_("write a message to …"),
}
KIND_TITLES = {
    "keys": (N_("New button"), N_("Button %(name)s")),
    "relays": (N_("New relay"), N_("Relay %(name)s")),
}


@page.route("/devices/pins", methods=["GET", "POST"])
def pins() -> Response | Shown:
    """Show the header and what is wired to it; change the Answer, Hold and Park buttons."""
    settings = box.settings()
    fields = tuple(_pin(settings, f"buttons.{option}", label) for option, label in STANDARD.items())
    groups = (
        Group(N_("Answer, Hold and Park"), fields),
        Group(
            N_("How they are wired"),
            (
                Field("buttons.active_low", N_("A pressed button connects to ground"), help=""),
                Field("buttons.lamps_active_high", N_("A lamp burns at 3.3 V"), help=""),
                Field("buttons.pull", N_("Resistor of the board"), choices=PULLS, help=""),
                Field("buttons.bounce", N_("A contact must rest for"), SECONDS, help=""),
                Field("buttons.long_press", N_("A press is long after"), SECONDS, help=""),
                Field("buttons.double_press", N_("Pressed twice within"), SECONDS, help=""),
            ),
            folded=True,
        ),
    )
    return serve(
        "devices/pins.html",
        groups,
        rows=header.ROWS,
        used=_uses(settings),
        keys=settings.keys,
        relays=settings.relays,
        told=_told,
        presses=PRESSES,
    )


@page.route("/devices/pins/<any(keys, relays):kind>/<name>", methods=["GET", "POST"])
def wired(kind: str, name: str) -> Response | Shown:
    """Show and change a button or relay with a name of its own; one called "new" is added."""
    settings = box.settings()
    known: dict[str, Any] = settings.keys if kind == "keys" else settings.relays
    if name != NEW and name not in known:
        abort(404)
    wanted = request.form.get("name", "").strip() if name == NEW else name
    form = SettingsForm(*_groups(settings, f"{kind}.{name}"))
    if request.method == "GET":
        return _form_of(kind, name, form)
    wrong = _wrong_name(wanted, known) if name == NEW else ""
    section = f"{kind}.{name if wrong else wanted}"
    form = SettingsForm(*_groups(settings, section))
    typed = _typed(request.form, section, request.form.get("as", f"{kind}.{name}"))
    if typed.get(f"{section}.pin", NOWHERE) == NOWHERE:
        form.errors[f"{section}.pin"] = _("Choose a pin.")
    if wrong:
        form.errors["name"] = wrong
    if not form.save(typed):
        return _form_of(kind, name, form, wanted), 422
    tell_saved()
    return _back()


@page.post("/devices/pins/<any(keys, relays):kind>/<name>/remove")
def remove(kind: str, name: str) -> Response:
    """Wire it no more."""
    if name not in getattr(box.settings(), kind):
        abort(404)
    with editing(box.path()) as draft:
        draft.drop(f"{kind}.{name}")
        try:
            draft.save()
        except SettingsError as error:
            box.told("; ".join(str(one.fix) for one in error.problems) or str(error), "fault")
            return _back()
    box.audit("settings", removed=f"{kind}.{name}")
    tell_saved()
    return _back()


def _form_of(kind: str, name: str, form: SettingsForm, wanted: str = "") -> str:
    new, one = KIND_TITLES[kind]
    title = _(new) if name == NEW else _(one, name=name)
    return render_template(
        "devices/wired.html",
        form=form,
        kind=kind,
        name=name,
        new=name == NEW,
        wanted=wanted,
        title=title,
        asks=ASKS,
    )


def _groups(settings: Settings, section: str) -> tuple[Group, ...]:
    pin = _pin(settings, f"{section}.pin", N_("Pin"))
    if section.startswith("relays."):
        return (
            Group(
                "",
                (
                    pin,
                    Field(f"{section}.active_high", N_("Closed at 3.3 V"), help=""),
                    Field(f"{section}.seconds", N_("Closed for"), SECONDS),
                    Field(f"{section}.longest", N_("Closed at most for"), SECONDS),
                    Field(f"{section}.follows", N_("Closed by itself"), choices=FOLLOWS, help=""),
                ),
            ),
        )
    asks = tuple(Field(f"{section}.{option}", label, help="") for option, label in PRESSES.items())
    wiring = (
        Field(f"{section}.active_low", N_("A pressed button connects to ground"), help=""),
        Field(f"{section}.pull", N_("Resistor of the board"), choices=PULLS, help=""),
        Field(f"{section}.bounce", N_("A contact must rest for"), SECONDS, help=""),
    )
    return Group("", (pin, *asks)), Group(N_("How it is wired"), wiring, folded=True)


def _pin(settings: Settings, name: str, label: str) -> Field:
    """Return the field of a pin: a choice of all, each with who uses it."""
    section, _dot, option = name.rpartition(".")
    used = _uses(settings, besides=(section, option))
    choices: dict[str, str] = {NOWHERE: N_("none")}
    for gpio, place in sorted(header.BY_GPIO.items()):
        values = {"gpio": gpio, "place": place.number, "what": used.get(gpio, "")}
        free = gpio not in used
        text = N_("GPIO%(gpio)s, pin %(place)s") if free else N_("GPIO%(gpio)s, pin %(place)s: %(what)s")
        choices[str(gpio)] = phrase(text, **values)
    written = _written(settings, section, option)
    if written not in choices:  # by another name, such as J8:11
        here = next((gpio for gpio, user in pins_in_use(settings).items() if user == (section, option)), -1)
        choices[written] = choices.pop(str(here), written)
    return Field(name, label, choices=choices, help="")


def _written(settings: Settings, section: str, option: str) -> str:
    """Return a pin as the settings write it, which may be by a name such as J8:11."""
    if section == "buttons":
        return str(getattr(settings.buttons, option))
    kind, _dot, name = section.partition(".")
    known = getattr(settings, kind).get(name)
    return str(known.pin) if known else NOWHERE


def _uses(settings: Settings, besides: tuple[str, str] = ("", "")) -> dict[int, str]:
    """Return what is wired to each pin, in words or by its own name; one of them left out."""
    found = {}
    for gpio, (section, option) in pins_in_use(settings).items():
        if (section, option) == besides:
            continue
        found[gpio] = _(STANDARD[option]) if section == "buttons" else section.partition(".")[2]
    return found


def _told(text: str) -> str:
    """Return in words what a button asks for."""
    word, _space, rest = text.partition(" ")
    said = _(ASKS[word]) if word in ASKS else word
    return said.replace("…", rest) if "…" in said else f"{said} {rest}".strip()


def _typed(form: Mapping[str, str], section: str, sent: str) -> dict[str, str]:
    """Return what was typed under the names of the section that it is for; what a button asks for in one."""
    typed = {
        f"{section}.{name.removeprefix(f'{sent}.')}": value
        for name, value in form.items()
        if name.startswith(f"{sent}.")
    }
    for option in PRESSES if section.startswith("keys.") else ():
        word, rest = form.get(f"{sent}.{option}", ""), form.get(f"{sent}.{option}.with", "").strip()
        typed[f"{section}.{option}"] = f"{word} {rest}".strip() if word else ""
    return typed | {"was": form.get("was", "{}")}


def _wrong_name(name: str, known: Mapping[str, Any]) -> str:
    if not NAME.fullmatch(name) or name == NEW:
        return _("Write a name of letters, digits, - and _, 32 at most.")
    if name in attached.NAMES:
        return _("The desk knows a key of that name; write another one.")
    return _("There is one of that name already.") if name in known else ""


def _back() -> Response:
    return redirect(url_for("devices.pins"), 303)
