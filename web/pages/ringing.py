"""Ringing and lights: which devices ring, with which tone and how loud; what busy lights show."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for

from appliance.backup.box import box as parts_of
from appliance.desk.lamps import COLOURS
from appliance.settings.checks import sound_file
from appliance.store.sharing import make_folder
from web import access, attached, box
from web.forms import Field, Group, SettingsForm, tell_saved
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage
    from werkzeug.wrappers import Response

page = Blueprint("ringing", __name__)

MOST_BYTES = 20_000_000  # what a tone may have
MOST_REQUEST = MOST_BYTES + 65_536
CARDS = Path("/proc/asound/cards")
_CARD = re.compile(r"^ *\d+ \[(\S+) *\]: (.*)$", re.MULTILINE)

TONES = {"external": N_("Tone for outside calls"), "internal": N_("Tone for calls of colleagues")}
WHERE = (
    Field("ringing.headset", N_("Headset, handset, speakerphone"), help=""),
    Field("ringing.ringer", N_("Ringers, and lights with a sounder"), help=""),
    Field("ringing.light", N_("Lamps and busy lights flash"), help=""),
)
RINGERS = Field("ringing.ringers", N_("Sound cards that ring"), help="")
VOLUME = Field("ringing.volume", N_("Volume"), help="")
HOW = (
    Field("ringing.every", N_("Pause between two rings"), N_("seconds"), help=N_("0: ring once.")),
    Field(
        "ringing.while_talking",
        N_("During another call"),
        choices={
            "ring": N_("ring as ever"),
            "beep": N_("a beep in the ear"),
            "silent": N_("nothing is heard"),
        },
        help="",
    ),
)
WAITING = Field("ringing.waiting_volume", N_("Volume of that beep"), help="")
LIGHTS = tuple(
    Field(f"lights.{state}", text)
    for state, text in {
        "ringing_in_call": N_("A call comes in during another"),
        "ringing": N_("A call comes in"),
        "held_too_long": N_("On hold for too long"),
        "talking": N_("In a call"),
        "held": N_("A caller is on hold"),
        "unregistered": N_("Not registered"),
        "dnd": N_("Do not disturb"),
        "messages": N_("A voice message waits"),
        "away": N_("Away"),
        "available": N_("Available"),
    }.items()
)
GROUPS = (Group("", (*WHERE, RINGERS, VOLUME, *HOW, WAITING)), Group("", LIGHTS))


@page.route("/ringing", methods=["GET", "POST"])
def start() -> Response | str | tuple[str, int]:
    """Show and change it."""
    form = SettingsForm(*GROUPS)
    if request.method == "POST":
        if form.save(_typed()):
            tell_saved()
            return redirect(url_for("ringing.start"), 303)
        return _shown(form), 422
    return _shown(form)


@page.post("/ringing/tone/<any(external, internal):which>")
def upload(which: str) -> Response | tuple[str, int]:
    """Take a sound file for the ringing; it is checked first, and kept beside the settings."""
    request.max_content_length = MOST_REQUEST
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _shown(SettingsForm(*GROUPS), {which: _("Choose a file.")}), 422
    try:
        kept, wrong = _keep(sent)
    except OSError as error:
        kept, wrong = None, str(error)
    if kept is None:
        return _shown(SettingsForm(*GROUPS), {which: translated(wrong)}), 422
    return _set(which, str(kept))


@page.post("/ringing/tone/<any(external, internal):which>/remove")
def remove(which: str) -> Response:
    """Ring with the built-in tone."""
    return _set(which, "")


@page.get("/ringing/tone/<any(external, internal):which>.wav")
@access.operator
def listen(which: str) -> Response:
    """Let the browser play a tone."""
    file = _tone(which)
    if not file or not os.path.isfile(file) or sound_file(file):
        abort(404)
    return send_file(file, mimetype="audio/wav", conditional=True)


def _typed() -> dict[str, str]:
    """Return what was typed: the chosen cards as lines, each light's colour and rhythm in one text."""
    typed = request.form.to_dict()
    typed["ringing.ringers"] = "\n".join(request.form.getlist("ringing.ringers"))
    for one in LIGHTS:
        colour, rhythm = typed.get(one.name, ""), typed.get(f"{one.name}.rhythm", "on")
        colour = typed.get(f"{one.name}.own", "") if colour == "own" else colour
        typed[one.name] = "off" if colour == "off" else f"{colour} {rhythm}" if rhythm != "on" else colour
    return typed


def _shown(form: SettingsForm, wrong_tones: dict[str, str] | None = None) -> str:
    state = box.state()
    devices: dict[str, Any] = state["devices"] if state else {}
    chosen = form.values["ringing.ringers"].splitlines()
    there = sound_cards()
    return render_template(
        "ringing.html",
        form=form,
        where=WHERE,
        how=HOW,
        volume=VOLUME,
        waiting=WAITING,
        lights=[(one, *_light(form.values[one.name])) for one in LIGHTS],
        cards=[(name, there.get(name, ""), name in chosen) for name in dict.fromkeys([*there, *chosen])],
        tones=[
            (which, text, _tone(which), (wrong_tones or {}).get(which, "")) for which, text in TONES.items()
        ],
        ringers=[
            (name, one["name"]) for name, one in devices.items() if one["rings"] and one["state"] == "online"
        ],
        words=attached,
        most=MOST_BYTES // 1_000_000,
    )


def _light(said: str) -> tuple[str, str]:
    """Return the colour and the rhythm of a light that is described in words."""
    colour, _space, rhythm = said.rpartition(" ")
    if rhythm in attached.RHYTHMS and colour:
        return colour, rhythm
    return (said, "on") if said in COLOURS or said == "off" or said.startswith("#") else ("", "on")


def _tone(which: str) -> str:
    found: str = getattr(box.settings().ringing, f"tone_{which}")
    return found


def _folder() -> Path:
    """Return where files lie that settings name; backups take them along."""
    found = parts_of(box.path()).files
    make_folder(found)
    return found


def _keep(sent: FileStorage) -> tuple[Path | None, str]:
    """Write a tone down and return where, or what is wrong with it; its name tells one from another."""
    part = _folder() / f".{secrets.token_hex(8)}.part"
    try:
        sent.save(part)
        if wrong := sound_file(str(part)):
            return None, wrong
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        part.chmod(0o644)
        return part.replace(part.with_name(f"tone-{digest}.wav")), ""
    finally:
        part.unlink(missing_ok=True)


def _set(which: str, path: str) -> Response:
    """Write down where a tone is; the one of before is deleted where nothing names it any more."""
    form, name = SettingsForm(Group("", (Field(f"ringing.tone_{which}", ""),))), f"ringing.tone_{which}"
    before = form.values[name]
    if not form.save({name: path}):
        box.told(form.errors.get(name) or form.fault, "fault")
    else:
        left = Path(before)
        if before and left.parent == _folder() and before not in map(_tone, TONES):
            with suppress(OSError):
                left.unlink()
        tell_saved()
    return redirect(url_for("ringing.start", _anchor="tones"), 303)


def sound_cards() -> dict[str, str]:
    """Return the sound cards of this machine: their names, and what they are."""
    try:
        return dict(_CARD.findall(CARDS.read_text(errors="replace")))
    except OSError:
        return {}
