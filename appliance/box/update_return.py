"""What an update left behind when the box starts: whether it was the new system, and a store it can read.

This runs before the desk does. A box that has returned to its old version by itself must come up, also where
the new one has changed the store: then the newest snapshot that the old one can read takes its place, and the
newer store is kept beside it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.box import slots, update_note
from appliance.box.troubles import Trouble, tell
from appliance.phrase import phrase

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.box.system import System

SOURCE = "update"
DATA = "var/lib/deskbell"


def run(system: System) -> None:
    """Settle what is left of an update; a boot without one pays for a look at a file's name."""
    if not (system.root / DATA / update_note.NAME).exists():
        return
    from appliance.backup.box import box
    from appliance.store.file import StoreError

    try:
        settle(system, box(system.settings).store)
    except (OSError, StoreError) as error:
        fix = "restore a backup that was made with this version"
        tell(system, SOURCE, [Trouble(SOURCE, f"the store is of a newer version: {error}", fix)])


def settle(system: System, store: Path) -> None:
    """Note how the update goes on that was under way when the box went down, if there was one."""
    here = slots.running(system)
    note = update_note.read(store.parent)
    if not here or not note.runs:
        return
    now = time.time()
    if note.state in ("checking", "installing") and note.slot != here:
        cut = phrase("the power went while it was written: nothing has changed, install it again")
        update_note.write(store.parent, note.over("refused", now, cut))
        return
    _settle_store(store)
    if note.slot == here:
        update_note.write(store.parent, replace(note, state="trying"))
        return
    what: str = note.what or phrase("the new version did not start")
    update_note.write(store.parent, note.over("returned", now, what))


def _settle_store(store: Path) -> None:
    """Put a snapshot in the place of a store that a newer version has changed, where there is one."""
    from appliance.box.update_bundle import store_version
    from appliance.store import health, snapshots
    from appliance.store.file import VERSION

    if store_version(store) > VERSION and snapshots.newest_good(store):
        health.recover(store, "it is of a newer Deskbell, which does not run any more")
