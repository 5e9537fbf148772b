"""The version that runs, the one that waits, and the one that did not stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.box import update_bundle, update_note
from appliance.box.system import System
from appliance.checks.finding import Finding
from appliance.control.document import VERSION
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "updates.start"


def waiting(folder: Path) -> str:
    """Return the version that waits to be installed; "" where none does, or nobody looks for any."""
    note = update_note.read(folder)
    return note.version if note.state in ("waiting", "restarting") and note.version != VERSION else ""


def examine(folder: Path) -> Iterator[Finding]:
    """Say whether an update waits, did not stay, or may come from anybody who develops."""
    note = update_note.read(folder)
    if version := waiting(folder):
        yield Finding(
            "update",
            "update",
            phrase("Deskbell %(version)s waits to be installed", version=version),
            phrase("make a backup, then install it when no call is expected"),
            "warning",
            PAGE,
        )
    if note.state == "returned":
        yield Finding(
            "update-returned",
            "update",
            phrase("Deskbell %(version)s did not stay: %(why)s", version=note.version, why=note.what),
            phrase("install a version that works, or this one again"),
            "warning",
            PAGE,
        )
    if (System().root / update_bundle.DEVELOPMENT).exists():
        yield Finding(
            "update-development",
            "update",
            phrase("this box takes updates that were signed for development"),
            phrase("before it goes into service, write a release's image on its card"),
            "warning",
            PAGE,
        )
