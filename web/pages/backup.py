"""Backup, restore and factory reset: copies of the store, everything in one file, and everything gone.

Calls go on meanwhile. What is decided here is done when the desk starts anew, which it does without a call.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from appliance.backup import archive, reset
from appliance.backup import restore as restoring
from appliance.backup.box import STAMP, finish
from appliance.backup.box import box as box_at
from appliance.backup.errors import BackupError
from appliance.control import protocol
from appliance.control.protocol import ControlError, Refused
from appliance.store import snapshots
from appliance.store.file import StoreError
from appliance.users import accounts
from web import access, archives, box, figures
from web.forms import Field, Group, SettingsForm, serve
from web.language import N_, translated
from web.language import gettext as _
from web.pages.login import client, slow_down, throttle

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Response as AnyResponse

page = Blueprint("backup", __name__)

Shown = str | tuple[str, int] | tuple[str, int, dict[str, str]]

GROUPS = (
    Group(
        N_("When snapshots are taken"),
        (
            Field("backup.every", N_("Every"), N_("hours")),
            Field("backup.newest", N_("Newest ones that are kept")),
            Field("backup.days", N_("Days whose last one is kept"), N_("days")),
            Field("backup.reserve", N_("Left free on the card"), N_("MB")),
        ),
    ),
)


@page.route("/backup", methods=["GET", "POST"])
def start() -> AnyResponse | Shown:
    """Show what copies there are, and what can be done; save how often snapshots are taken."""
    return serve("backup.html", GROUPS, **_known())


@page.post("/backup/snapshot")
def snapshot() -> AnyResponse:
    """Take a snapshot now."""
    said = box.settings().backup
    try:
        made = snapshots.take(box.store_path(), said.newest, said.days, said.reserve)
    except StoreError as error:
        box.told(str(error), "fault")
    else:
        if made:
            box.audit("backup: snapshot")
            box.told(_("The snapshot was taken."))
        else:
            box.told(_("Nothing has changed since the last snapshot: none is needed."), "note")
    return redirect(url_for("backup.start"), 303)


@page.route("/backup/snapshot/<int:number>", methods=["GET", "POST"])
def revert(number: int) -> AnyResponse | Shown:
    """Put a snapshot in the place of the store, once that is confirmed."""
    this = box_at(box.path())
    one = next((one for one in snapshots.listed(this.store) if one.number == number), None) or abort(404)
    if request.method == "GET":
        return render_template("backup/snapshot.html", number=number, at=one.at)
    try:
        box.audit("backup: snapshot restored", taken=figures.datetime(one.at))
        said = box.settings().backup
        snapshots.take(this.store, said.newest + 1, said.days + 1, said.reserve)  # the way back
        restoring.stage_snapshot(this, one.path)
    except (BackupError, StoreError) as error:
        box.told(translated(str(error)), "fault")
        return redirect(url_for("backup.start"), 303)
    return _carried_out(_("The snapshot is restored when the desk restarts, which it does without a call."))


# --- a backup of everything


@page.post("/backup/create")
def create() -> AnyResponse | Shown:
    """Put everything into one file, to be fetched then."""
    passphrase, again = request.form.get("passphrase", ""), request.form.get("again", "")
    try:
        archive.strong(passphrase)
    except BackupError:
        text = _(
            "Take at least %(count)s characters that are not all alike: best four or five words.",
            count=archive.SHORTEST,
        )
        return _wrong(passphrase=text)
    if passphrase != again:
        return _wrong(again=_("The two are not the same."))
    path = archives.new("made")
    try:
        archives.run("create", path, passphrase)
    except BackupError as error:
        return _wrong(passphrase=translated(str(error)))
    box.audit("backup: made")
    box.told(_("The backup is ready: fetch it now, and keep it elsewhere than on this box."))
    return redirect(url_for("backup.start") + "#made", 303)


@page.post("/backup/fetch/<token>")
def fetch(token: str) -> AnyResponse:
    """Hand a backup over; it is removed from the box then."""
    path = archives.find("made", token) or abort(404)
    box.audit("backup: fetched")
    name = f"deskbell-{time.strftime('%Y-%m-%d', time.localtime(path.stat().st_mtime))}.backup"
    answer = Response(archives.sent(path), mimetype="application/octet-stream")
    answer.content_length = path.stat().st_size
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- restoring one


@page.post("/backup/upload")
def upload() -> tuple[Response, int]:
    """Take a backup from the person's computer: the file itself is the body, as large as there is room."""
    path = archives.new("brought")
    room = max(0, shutil.disk_usage(path.parent).free - box.settings().backup.reserve * 1_000_000)
    request.max_content_length = room
    try:
        archives.receive(request.stream, path, room)
    except BackupError as error:
        return jsonify(ok=False, error=translated(str(error))), 422
    except OSError as error:
        return jsonify(ok=False, error=str(error)), 422
    return jsonify(ok=True, at=url_for("backup.restore", token=archives.token_of(path))), 200


@page.route("/backup/restore/<token>", methods=["GET", "POST"])
def restore(token: str) -> AnyResponse | Shown:
    """Show what is in a backup, and once that is confirmed, put it in the place of all that is here."""
    path = archives.find("brought", token) or abort(404)
    if request.method == "GET":
        return _asking(path)
    passphrase = request.form.get("passphrase", "")
    wanted = "restore" in request.form
    try:
        manifest = archives.run("restore" if wanted else "verify", path, passphrase)
    except BackupError as error:
        return _asking(path, wrong=translated(str(error))), 422
    if not wanted:
        return _asking(path, manifest)
    path.unlink(missing_ok=True)
    if box_at(box.path()).journal.exists():
        box.audit("backup: restored", made=figures.datetime(manifest["at"]))
    return _carried_out(_("The backup is restored when the desk restarts, which it does without a call."))


@page.post("/backup/restore/<token>/leave")
def leave(token: str) -> AnyResponse:
    """Remove a backup that was brought in."""
    if path := archives.find("brought", token):
        path.unlink(missing_ok=True)
    return redirect(url_for("backup.start"), 303)


# --- everything gone


@page.route("/backup/reset", methods=["GET", "POST"])
def erase() -> AnyResponse | Shown:
    """Erase this box, once the word and the password say so."""
    errors = {}
    if request.method == "POST":
        if request.form.get("word", "").strip() != reset.WORD:
            errors["word"] = _("Type %(word)s, in capitals, to confirm.", word=reset.WORD)
        user = access.user()
        if wait := throttle().begin(user.name.casefold(), client(), time.monotonic()):
            return slow_down(wait, "backup/reset.html", errors=errors, word=reset.WORD)
        if accounts.verify(box.store(), user.name, request.form.get("password", "")) is None:
            errors["password"] = _("This is not your password.")
        else:
            throttle().succeeded(user.name.casefold(), client())
        if not errors:
            box.audit("factory reset")
            reset.decide(box_at(box.path()))
            return _carried_out(
                _("Everything is erased when the desk restarts, which it does without a call.")
            )
    page = render_template("backup/reset.html", errors=errors, word=reset.WORD)
    return (page, 422) if errors else page


# --- what waits for the desk


@page.get("/backup/pending")
@access.by_itself
def pending() -> Response:
    """Tell whether something waits for the desk to restart, and for how many calls."""
    return jsonify(waits=box_at(box.path()).journal.exists(), calls=_calls())


@page.post("/backup/restart")
def restart() -> AnyResponse:
    """Have the desk restart, when no call is there."""
    return _carried_out(_("The desk restarts as soon as no call is there."))


def _carried_out(text: str) -> AnyResponse:
    """Have what was decided done: by the desk when it starts anew, by us where none runs."""
    try:
        box.ask(protocol.Restart())
        box.told(text, "note")
    except Refused as error:
        box.told(str(error), "fault")
    except ControlError:
        finish(box.path())
        box.told(_("No desk runs, so it is done already."))
    return redirect(url_for("backup.start"), 303)


def _calls() -> int:
    state = box.state()
    return len(state["calls"]) if state else 0


def _wrong(**errors: str) -> Shown:
    form = SettingsForm(*GROUPS)
    return render_template("backup.html", form=form, **_known(errors)), 422


def _known(errors: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what there is of copies."""
    this = box_at(box.path())
    stamp = this.state / STAMP
    made = archives.made()
    return {
        "errors": errors or {},
        "snapshots": [(one.number, one.at, one.path.stat().st_size) for one in snapshots.listed(this.store)],
        "last": stamp.stat().st_mtime if stamp.exists() else None,
        "made": made and (archives.token_of(made), made.stat().st_size, made.stat().st_mtime),
        "shortest": archive.SHORTEST,
        "waits": this.journal.exists(),
        "calls": _calls(),
    }


def _asking(path: Path, manifest: dict[str, Any] | None = None, wrong: str = "") -> str:
    """Show a backup that was brought in: what is in it as far as it was opened."""
    with path.open("rb") as file:
        header = archive.Backup(file).header
    sizes = {name: size for name, size, _ in manifest["files"]} if manifest else {}
    return render_template(
        "backup/restore.html",
        token=archives.token_of(path),
        size=path.stat().st_size,
        version=str(header.get("deskbell", ""))[:40],
        manifest=manifest,
        files=len(sizes),
        inside=sum(sizes.values()),
        wrong=wrong,
    )
