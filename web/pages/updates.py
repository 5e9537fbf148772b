"""Updates: which versions are on the box, and how another one is brought, installed and tried.

Root installs, and trusts the signature alone; this page lays the file where root finds it, and asks.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from appliance.box import update, update_bundle, update_note
from appliance.box.system import System
from appliance.box.update_bundle import UpdateError
from appliance.control.document import VERSION
from appliance.store import durable, sharing
from web import access, box
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from werkzeug.wrappers import Response as AnyResponse

    from appliance.box.update_note import Note

page = Blueprint("updates", __name__)

BROUGHT = f"brought{update_bundle.ENDS}"
BEGINS = b"hsqs"
"""What every bundle begins with: it is a squashfs."""

RESERVE = 100_000_000
"""Bytes that are left free: the snapshot before an update needs some."""

PIECE = 1 << 18
ASKED_FOR = 60.0
"""Seconds after which root should have taken a request away."""

RESULTS = {
    "good": N_("works"),
    "returned": N_("did not stay"),
    "refused": N_("was not installed"),
}


@page.get("/updates")
def start() -> str:
    """Show what is on the box, what was brought to it, how the update goes and how others went."""
    note = update_note.read(box.state_folder())
    can = (System().root / update_bundle.SETTINGS).exists()
    return render_template(
        "updates.html",
        version=VERSION,
        can=can,
        note=note,
        progress=_progress(note),
        brought=_examined(_brought()) if can else None,
        development=(System().root / update_bundle.DEVELOPMENT).exists(),
        results=RESULTS,
    )


@page.get("/updates/state")
@access.by_itself
def state() -> Response:
    """Tell how the update goes."""
    return jsonify(_progress(update_note.read(box.state_folder())) or {"runs": False})


@page.post("/updates/upload")
def upload() -> tuple[Response, int]:
    """Take an update from the person's computer: the file itself is the body."""
    sharing.make_folder(_brought().parent)
    room = max(0, shutil.disk_usage(_brought().parent).free - RESERVE)
    request.max_content_length = room
    try:
        if _progress(update_note.read(box.state_folder())):
            raise UpdateError(_("An update is under way: wait until it is done."))
        if (request.content_length or 0) > room:
            raise UpdateError(_("There is too little space on the box for this file."))
        _receive(request.stream, _brought())
        bundle = update_bundle.read(System(), _brought())
    except (UpdateError, OSError) as error:
        _brought().unlink(missing_ok=True)
        return jsonify(ok=False, error=translated(_why(error))), 422
    box.audit("update: brought", version=bundle.version)
    return jsonify(ok=True, at=url_for("updates.start") + "#brought"), 200


@page.post("/updates/install")
def install() -> AnyResponse:
    """Ask root to install what was brought."""
    if not _brought().exists():
        abort(404)
    try:
        bundle = update_bundle.read(System(), _brought())
        older = update_bundle.is_older(bundle.version, VERSION)
        if older and "older" not in request.form:
            raise UpdateError(_("It is older than the version that runs: confirm that this is wanted."))
        box.audit("update: asked for", version=bundle.version)
        update.request(box.state_folder(), BROUGHT, older)
    except (UpdateError, OSError) as error:
        box.told(translated(_why(error)), "fault")
    return redirect(url_for("updates.start"), 303)


@page.post("/updates/leave")
def leave() -> AnyResponse:
    """Remove what was brought."""
    _brought().unlink(missing_ok=True)
    return redirect(url_for("updates.start"), 303)


def _progress(note: Note) -> dict[str, Any] | None:
    """Return how the update goes that is under way, None where none is."""
    asked = _brought().with_name(update.REQUEST)
    if asked.exists():
        late = time.time() - asked.stat().st_mtime > ASKED_FOR
        text = _("Nobody on the box takes it: restart the box.") if late else _("It begins in a moment.")
        return {"runs": True, "text": text, "percent": 0}
    if not note.runs:
        return None
    return {"runs": True, "text": _stage(note), "percent": note.percent}


def _stage(note: Note) -> str:
    if note.state == "waiting":
        state = box.state()
        if calls := len(state["calls"]) if state else 0:
            return _("Installed. The box restarts when no call is there; calls now: %(count)s.", count=calls)
        return _("Installed. The box restarts in a moment.")
    return {
        "checking": _("Its signature is checked."),
        "installing": _("It is written beside the version that runs, which goes on meanwhile."),
        "restarting": _("The box restarts. This takes a minute or two."),
        "trying": _("The new version runs and is tried: services, page, desk and lines."),
    }[note.state]


def _brought() -> Path:
    return box.state_folder() / update.FOLDER / BROUGHT


def _examined(path: Path) -> dict[str, Any] | None:
    """Return what is known of the file that was brought, None where there is none."""
    if not path.exists():
        return None
    try:
        bundle = update_bundle.read(System(), path)
    except UpdateError as error:
        return {"wrong": _why(error), "size": path.stat().st_size}
    older = update_bundle.is_older(bundle.version, VERSION)
    return {"version": bundle.version, "size": path.stat().st_size, "older": older}


def _receive(stream: IO[bytes], path: Path) -> None:
    """Write what comes in into a file, piece by piece: whole, or not at all."""
    part = path.with_name(path.name + durable.PART)
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(sharing.create(part), "wb") as file:
            while piece := stream.read(PIECE):
                if not file.tell() and not piece.startswith(BEGINS):
                    raise UpdateError(_("This file is no update of Deskbell."))
                file.write(piece)
            if not file.tell():
                raise UpdateError(_("This file is no update of Deskbell."))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else error.args[0]
