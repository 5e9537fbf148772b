"""Files of people: uploaded, looked at before, imported, undone; each step by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from appliance.directory.formats.text import MAX_BYTES
from appliance.directory.imported import imports
from appliance.users import accounts
from web import access, box, jobs, rights
from web.jobs import Busy, Job
from web.language import N_
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

page = Blueprint("importing", __name__)

Page = tuple[str, int]

FILE, FAULTS = "file", "faults"
"""In the folder of a job: what was uploaded, and what is wrong with it, a JSON object a line."""
PER_PAGE = 100  # faults
LISTED = 50  # imports
FORMATS = {
    "auto": N_("found out"),
    "csv": N_("Deskbell's CSV"),
    "outlook": N_("Outlook's CSV"),
    "vcard": N_("vCard"),
}
ENCODINGS = ("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso8859-15", "mac-roman")
STATES = {
    "running": (N_("going on"), "warn"),
    "done": (N_("done"), "ok"),
    "undoing": (N_("being undone"), "warn"),
    "undone": (N_("undone"), "off"),
    "interrupted": (N_("broken off and taken back"), "bad"),
}
OWNERS_OF_FILE = " as the file says"  # nobody's name begins with a space


@page.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let an upload be as large as a file may be: before anything of it is read."""
    if endpoint and endpoint.endswith(".upload"):
        request.max_content_length = MAX_BYTES + 65536


@page.errorhandler(413)
def _too_large(_error: Exception) -> Page:
    text = _("A file may have %(most)s MB at most. Split it in smaller ones.", most=MAX_BYTES >> 20)
    return render_template("fault.html", title=N_("The file is too large"), text=text), 413


@page.get("/directory/import")
def start() -> Page:
    """Show where a file is chosen, and the imports that were made."""
    return _started("")


@page.post("/directory/import")
def upload() -> AnyResponse | Page:
    """Take a file, and look at what importing it would do."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _started(_("Choose a file first."))
    job = jobs.new()
    sent.save(job.folder / FILE)
    name = PurePath(sent.filename.replace("\\", "/")).name[:200]
    _begin(job, "preview", name, _manner())
    return redirect(url_for(".show", name=job.name), 303)


@page.get("/directory/import/sample")
def sample() -> Response:
    """Send a file that shows how."""
    command = [sys.executable, "-m", "appliance", "directory", "sample", "--settings", str(box.path())]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    headers = {"Content-Disposition": 'attachment; filename="sample.csv"'}
    return Response(made, mimetype="text/csv", headers=headers)


@page.get("/directory/import/<name>")
def show(name: str) -> str:
    """Show how far it is, or what came of it."""
    return render_template("directory/import.html", **_state(_job(name)), **_choices())


@page.get("/directory/import/<name>/state")
def state(name: str) -> str:
    """Return the part of the page that changes while it goes on."""
    return render_template("directory/import_state.html", **_state(_job(name)))


@page.post("/directory/import/<name>")
def go_on(name: str) -> AnyResponse:
    """Look at the file in another manner, import it, or throw it away."""
    job, deed = _job(name), request.form.get("deed")
    if deed not in ("preview", "apply", "discard"):
        abort(400)
    asked = job.read("asked")
    try:
        if deed == "discard":
            job.remove()
            box.told(_("%(name)s was thrown away. Nothing was imported.", name=asked.get("name", "")))
            return redirect(url_for(".start"), 303)
        if not (job.folder / FILE).exists():
            box.told(_("This file was imported already. Upload it again."), "fault")
        elif deed == "preview":
            _begin(job, "preview", asked["name"], _manner())
        else:
            _begin(job, "apply", asked["name"], asked["manner"])
            box.audit("import begun", file=asked["name"], **asked["manner"])
    except Busy:
        box.told(_("This is going on already."), "note")
    return redirect(url_for(".show", name=name), 303)


@page.route("/directory/import/undo/<int:id>", methods=["GET", "POST"])
def undo(id: int) -> AnyResponse | str:
    """Ask whether an import is to be taken back, and do it."""
    made = next((one for one in imports(box.store()) if one.id == id), None)
    if made is None:
        abort(404)
    if request.method == "GET":
        return render_template("directory/undo.html", made=made)
    job = jobs.new()
    _begin(job, "undo", made.name, {}, id)
    box.audit("import undone", id=id, file=made.name)
    return redirect(url_for(".show", name=job.name), 303)


def _job(name: str) -> Job:
    found = jobs.find(name)
    if found is None:
        abort(404, _("This was over long ago, and is not kept."))
    return found


def _begin(job: Job, what: str, name: str, manner: dict[str, Any], id: int = 0) -> None:
    job.start(
        "web.import_job",
        str(job.folder),
        str(box.path()),
        what=what,
        name=name,
        manner=manner,
        author=access.user().name,
        id=id,
        file=FILE,
        faults=FAULTS,
    )


def _manner() -> dict[str, Any]:
    """Return in which manner the file is to be taken; what means nothing is left out."""
    said = request.form
    owner = said.get("owner", OWNERS_OF_FILE)
    encoding = said.get("encoding", "")
    users = [user.name for user in accounts.every(box.store())]
    return {
        "format": said["format"] if said.get("format") in FORMATS else "auto",
        "encoding": encoding if encoding in ENCODINGS else "",
        "owner": owner if owner in ("", *users) else None,
        "category": said.get("category", "").strip()[:255],
    }


def _started(error: str) -> Page:
    made = imports(box.store())
    page = render_template(
        "directory/import_start.html",
        imports=made[:LISTED],
        states=STATES,
        error=error,
        most=MAX_BYTES,
        manner={"format": "auto", "encoding": "", "owner": None, "category": ""},
        formats=FORMATS,
        **_choices(),
    )
    return page, 422 if error else 200


def _choices() -> dict[str, Any]:
    return {
        "encodings": ENCODINGS,
        "users": [user.name for user in accounts.every(box.store())],
        "as_file": OWNERS_OF_FILE,
        "categories": rights.seen_categories(),
    }


def _state(job: Job) -> dict[str, Any]:
    """Return how a job is doing, and what came of it."""
    running = job.running  # first: what has ended has said what came of it
    asked, outcome = job.read("asked"), job.read("outcome")
    skip = request.args.get("skip", "0")
    at = int(skip) if skip.isdecimal() and len(skip) < 9 else 0
    return {
        "job": job,
        "what": asked.get("what", ""),
        "name": asked.get("name", ""),
        "manner": asked.get("manner", {}),
        "running": running,
        "progress": job.read("progress"),
        "outcome": outcome,
        "died": not running and not outcome,
        "waits": (job.folder / FILE).exists(),
        "faults": _faults(job, at),
        "skip": at,
        "per_page": PER_PAGE,
        "formats": FORMATS,
    }


def _faults(job: Job, skip: int) -> list[dict[str, Any]]:
    """Return a page of what is wrong with the file; it may be thousands of lines."""
    try:
        with (job.folder / FAULTS).open() as lines:
            return [json.loads(line) for line in islice(lines, skip, skip + PER_PAGE)]
    except FileNotFoundError:
        return []
