"""Is this box healthy? What was updated must show that it is, or the box returns to the version before.

A system that was good before has nothing to prove: it has come this far. One on trial is good once both
services run, the page and the desk answer, and every line is registered that was so before. If that does not
come, it is given up, and the box restarts into the other one; but never where that has no try left.
"""

from __future__ import annotations

import http.client
import ssl
import subprocess
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from appliance.box import slots, update_note
from appliance.box.troubles import Trouble, tell
from appliance.box.update_return import SOURCE
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.box.update import Place
    from appliance.settings.options import PageOptions

SERVICES = ("deskbell.service", "deskbell-web.service")
PATIENCE = 300.0  # seconds: a slow card, its first start, and an exchange that takes its time
PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How a box is looked at; whoever tests has another service manager and less patience."""

    place: Place
    page: PageOptions
    patience: float = PATIENCE
    pause: float = PAUSE
    is_active: Callable[[str], bool] = field(default=lambda service: _is_active(service))


def run(trial: Trial) -> bool:
    """Mark the system that runs as good, or leave it for the other one; True where it is good. OSError."""
    place = trial.place
    here = slots.running(place.system)
    if not here:
        return True
    state = slots.state(place.system)
    _note_other(place)
    if state.good in ("", here):
        slots.keep(place.system, state.proven(here))
        return True
    note = update_note.read(place.folder)
    what = wait(trial, note.registered if note.state == "trying" else ())
    if not what:
        slots.keep(place.system, state.proven(here))
        if note.state == "trying":
            update_note.write(place.folder, note.over("good", time.time()))
        return True
    _leave(trial, state, here, note, what)
    return False


def wait(trial: Trial, registered: tuple[str, ...]) -> str:
    """Wait until the box is healthy; "" then, else what is still missing after that time."""
    deadline = time.monotonic() + trial.patience
    while (what := missing(trial, registered)) and time.monotonic() < deadline:
        time.sleep(trial.pause)
    return what


def missing(trial: Trial, registered: tuple[str, ...]) -> str:
    """Return what keeps the box from being healthy, "" when nothing does."""
    for service in SERVICES:
        if not trial.is_active(service):
            return phrase("%(service)s does not run", service=service)
    if not answers(trial.page):
        return phrase("the page does not answer")
    from appliance.control.client import Client
    from appliance.control.protocol import ControlError

    try:
        with Client(trial.place.socket) as desk:
            lines = desk.status()["lines"]
    except ControlError as error:
        return phrase("the desk does not answer: %(why)s", why=error)
    for name in registered:
        line = lines.get(name, {})
        if line.get("state") != "registered":
            why = line.get("reason") or line.get("state") or "?"
            return phrase("the line %(line)s is not registered: %(why)s", line=name, why=why)
    return ""


def answers(page: PageOptions) -> bool:
    """Return whether the page answers on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(page.address, page.address)  # noqa: S104 - any address
    connection: http.client.HTTPConnection
    if page.https_port:
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # whether it answers, not who
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, page.https_port, timeout=10, context=unverified)
    else:
        connection = http.client.HTTPConnection(host, page.port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _note_other(place: Place) -> None:
    """Note which version is in the slot that does not run: only root can look."""
    note = update_note.read(place.folder)
    other = next((slot.version for slot in slots.listed(place.system) if not slot.runs), "")
    if other != note.other:
        update_note.write(place.folder, replace(note, other=other))


def _leave(trial: Trial, state: slots.State, here: str, note: update_note.Note, what: str) -> None:
    """Go back to the other system, if it can still be started; else stay, and tell."""
    place = trial.place
    other = next(name for name in slots.NAMES if name != here)
    if not state.tries[other]:
        fix = "look at the log, and install a version that works"
        tell(
            place.system, SOURCE, [Trouble(SOURCE, f"this box is not healthy after its update: {what}", fix)]
        )
        slots.keep(place.system, replace(state, tries={**state.tries, here: slots.TRIES}))
        return
    update_note.write(place.folder, replace(note, what=what))
    slots.keep(place.system, state.given_up(here))
    place.system.run(["systemctl", "reboot"])


def _is_active(service: str) -> bool:
    done = subprocess.run(["systemctl", "is-active", "--quiet", service], check=False, timeout=60)
    return done.returncode == 0
