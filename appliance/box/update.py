"""Installs an update: looks at it, keeps a way back, writes it to the other slot, restarts without a call.

What the page or Ansible wants installed lies in a folder that its user may write; root, which carries it out,
trusts only the signature.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.box import slots, update_bundle, update_note
from appliance.box.update_bundle import UpdateError
from appliance.box.update_note import Note
from appliance.phrase import phrase
from appliance.store import durable, snapshots
from appliance.store.file import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.box.system import System
    from appliance.box.update_bundle import Bundle
    from appliance.control.client import Client

FOLDER = "updates"
"""The folder beside the store where bundles lie that are to be installed."""

REQUEST = "install"
"""The file in it that says which: {"file": "deskbell-1.2.0.raucb", "allow_older": false}."""


@dataclass(frozen=True, slots=True)
class Place:
    """The box that is updated: its system, its store, and where its desk listens."""

    system: System
    store: Path
    socket: Path

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self.store.parent


def requested(place: Place) -> tuple[Path, bool]:
    """Take the request away, and return which bundle is wanted, and whether an older one. UpdateError."""
    request = place.folder / FOLDER / REQUEST
    try:
        descriptor = os.open(request, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            said = json.loads(file.read(4096))
        name, allow_older = said["file"], said.get("allow_older") is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UpdateError(phrase("%(file)s cannot be read: %(why)s", file=REQUEST, why=error)) from error
    finally:
        request.unlink(missing_ok=True)
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(update_bundle.ENDS):
        raise UpdateError(phrase("%(file)s names no update", file=REQUEST))
    return request.with_name(name), allow_older


def request(folder: Path, file: str, allow_older: bool) -> None:
    """Ask root to install a bundle that lies in the folder of updates; `folder` is that of the store."""
    said = json.dumps({"file": file, "allow_older": allow_older}).encode()
    durable.write(folder / FOLDER / REQUEST, said)


def carry_out(place: Place) -> None:
    """Install what the page or Ansible has asked for. UpdateError, which is noted too: why not."""
    try:
        file, allow_older = requested(place)
    except UpdateError as error:
        refuse(place, update_note.read(place.folder), error)
        raise
    say(run(place, file, allow_older))


def run(place: Place, file: Path, allow_older: bool = False) -> Iterator[Note]:
    """Install an update, and restart the box without a call; yield how it goes. UpdateError: why not."""
    last = update_note.read(place.folder)
    note = Note("checking", at=time.time(), past=last.past, other=last.other)
    yield _noted(place, note)
    try:
        bundle = update_bundle.examine(place.system, file, place.store, allow_older)
        note = _prepared(place, note, bundle)
        yield _noted(place, note)
        for percent in update_bundle.install(file):
            note = replace(note, percent=percent)
            yield _noted(place, note)
    except UpdateError as error:
        refuse(place, note, error)
        raise
    note = replace(note, state="waiting", percent=100)
    yield _noted(place, note)
    _forget(place, file)
    wait_for_calls(place.socket)
    note = replace(note, state="restarting")
    yield _noted(place, note)
    os.sync()
    place.system.run(["systemctl", "reboot"])


def refuse(place: Place, note: Note, error: UpdateError) -> None:
    """Note that an update was refused."""
    update_note.write(place.folder, note.over("refused", time.time(), error.args[0]))


def wait_for_calls(socket: Path) -> None:
    """Wait until the desk has no call; one that does not answer has none."""
    from appliance.control.client import Client
    from appliance.control.protocol import ControlError

    with suppress(ControlError), Client(socket) as desk:
        _wait(desk)


def registered(socket: Path) -> tuple[str, ...]:
    """Return the lines that are registered now; those of a desk that does not answer are none."""
    from appliance.control.client import Client
    from appliance.control.protocol import ControlError

    try:
        with Client(socket) as desk:
            lines = desk.status()["lines"]
    except (ControlError, KeyError):
        return ()
    return tuple(name for name, line in lines.items() if line.get("state") == "registered")


def _wait(desk: Client) -> None:
    for state in desk.states():
        if not state["calls"]:
            return


def _prepared(place: Place, note: Note, bundle: Bundle) -> Note:
    """Keep the way back: a snapshot of the store, and the copy of the state that the bootloader may need."""
    try:
        if place.store.exists():
            snapshots.take(place.store, reserve=0)
    except StoreError as error:
        raise UpdateError(phrase("there is no way back without a snapshot: %(why)s", why=error)) from error
    try:
        here = slots.running(place.system)
        slots.keep(place.system, slots.state(place.system).proven(here))
    except OSError as error:
        raise UpdateError(phrase("the card cannot be written: %(why)s", why=error)) from error
    return replace(
        note,
        state="installing",
        version=bundle.version,
        before=slots.version_in(place.system.read(slots.RELEASE)),
        slot=next(name for name in slots.NAMES if name != here),
        registered=registered(place.socket),
        other="",  # it is overwritten
    )


def _noted(place: Place, note: Note) -> Note:
    update_note.write(place.folder, note)
    return note


def _forget(place: Place, file: Path) -> None:
    """Remove a bundle that was brought here to be installed, now that it is."""
    if file.parent == place.folder / FOLDER:
        file.unlink(missing_ok=True)


def say(notes: Iterator[Note]) -> None:
    """Carry an update out, and tell on standard error how it goes."""
    told = ""
    for note in notes:
        text = f"{note.state} {note.version} {note.percent or ''}".rstrip()
        if note.state == "waiting":
            text = f"{note.version} is installed; the box restarts as soon as no call is there"
        if text != told:
            print(f"deskbell: {text}", file=sys.stderr)
        told = text
