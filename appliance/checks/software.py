"""The version that runs, and the newer one that waits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from appliance.checks.finding import Finding
from appliance.control.document import VERSION
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = "update.json"
"""The file beside the store in which the updater tells what waits: {"version": "1.2.0"}."""


def waiting(folder: Path) -> str:
    """Return the version that waits to be installed; "" where none does, or nobody looks for any."""
    try:
        told = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    version = told.get("version") if isinstance(told, dict) else None
    return version[:40] if isinstance(version, str) and version.isprintable() and version != VERSION else ""


def examine(folder: Path) -> Iterator[Finding]:
    """Say whether an update waits."""
    if version := waiting(folder):
        yield Finding(
            "update",
            "update",
            phrase("Deskbell %(version)s waits to be installed", version=version),
            phrase("make a backup, then install it when no call is expected"),
            "warning",
            "backup.start",
        )
