"""What an update is: a bundle that RAUC reads, and whether this box may take it."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.box import slots
from appliance.phrase import phrase
from appliance.store import snapshots
from appliance.store.file import StoreError, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.box.system import System

COMPATIBLE = "deskbell-rpi"
ENDS = ".raucb"
SETTINGS = "usr/lib/rauc/system.conf"
DEVELOPMENT = "usr/lib/rauc/development"
"""A file that is there on a box which takes updates that were signed for development."""

PATIENCE = 120.0  # seconds to look at a bundle: a slow card, with many calls


class UpdateError(ValueError):
    """An update is not installed; the text says why, and nothing has changed."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature is good. `store` is the newest store that its program reads, 0: not said."""

    version: str
    compatible: str
    store: int = 0


def read(system: System, file: Path) -> Bundle:
    """Look whether a file is a bundle, signed by whom this box trusts, and what it says. UpdateError."""
    words = ["rauc", "info", f"--conf={system.root / SETTINGS}", "--output-format=json-2", str(file)]
    try:
        with file.open("rb") as opened:
            opened.read(1)
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError as error:
        if error.filename == "rauc":
            raise UpdateError(phrase("this box is not updated by files: it has no RAUC")) from error
        raise UpdateError(phrase("there is no %(file)s", file=file.name)) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UpdateError(phrase("%(file)s cannot be read: %(why)s", file=file.name, why=error)) from error
    if done.returncode:
        raise UpdateError(_complaint(done.stderr, file))
    return _bundle(done.stdout, file)


def examine(system: System, file: Path, store: Path, allow_older: bool = False) -> Bundle:
    """Return what a bundle says that this box may take now. UpdateError says why it may not."""
    here = slots.running(system)
    try:
        state, found = slots.state(system), slots.listed(system)
    except OSError as error:
        raise UpdateError(phrase("the card cannot be read: %(why)s", why=error)) from error
    if not here:
        raise UpdateError(phrase("this box was not set up by its image: it is updated as its system is"))
    if len(found) < len(slots.NAMES):
        raise UpdateError(phrase("the card has no room for a second system: take a larger one"))
    if state.good not in ("", here):
        raise UpdateError(phrase("the version that runs has yet to prove itself: try again in some minutes"))
    bundle = read(system, file)
    if bundle.compatible != COMPATIBLE:
        raise UpdateError(
            phrase(
                "it is for another machine (%(this)s, not %(ours)s)", this=bundle.compatible, ours=COMPATIBLE
            )
        )
    runs = next(slot.version for slot in found if slot.runs)
    if is_older(bundle.version, runs) and not allow_older:
        values = {"version": bundle.version, "runs": runs}
        raise UpdateError(phrase("%(version)s is older than %(runs)s, which runs", **values))
    if not _reads(bundle, store):
        template = "%(version)s cannot read this box's people and calls, nor any snapshot of them"
        raise UpdateError(phrase(template, version=bundle.version))
    return bundle


def install(file: Path) -> Iterator[int]:
    """Write it to the slot that does not run, to be started next; yield how far it is, in percent.

    UpdateError: it was not written whole, and is not started.
    """
    words = ["rauc", "install", str(file)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = last = ""
    assert child.stdout
    with child:
        for line in child.stdout:
            if told := re.match(r"\s*(\d+)%", line):
                yield int(told[1])
            last = line.strip() or last
            said = line.partition("LastError: ")[2].strip() or said
    if child.returncode:
        raise UpdateError(phrase("it could not be written: %(why)s", why=(said or last)[:300]))


def is_older(version: str, other: str) -> bool:
    """Return whether a version came before another: 1.2 before 1.10, 1.2.0rc1 before 1.2.0."""
    return bool(other) and _order(version) < _order(other)


def store_version(store: Path) -> int:
    """Return of which version a store is, 0 where there is none that can be opened."""
    if not store.exists():
        return 0
    try:
        with closing(connect(store)) as opened:
            return int(opened.execute("PRAGMA user_version").fetchone()[0])
    except (StoreError, sqlite3.Error):
        return 0


def _order(version: str) -> tuple[tuple[int, ...], bool, str]:
    said = re.match(r"v?(\d+(?:\.\d+)*)(.*)", version)
    if not said:
        return (), False, version
    numbers = tuple(int(part) for part in said[1].split("."))
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    early = re.match(r"[-.~]?(a|alpha|b|beta|rc|dev|pre)", said[2]) is not None
    return numbers, not early, said[2]


def _reads(bundle: Bundle, store: Path) -> bool:
    """Return whether a bundle's program reads the store, or else a snapshot of it."""
    if not bundle.store or store_version(store) <= bundle.store:
        return True
    return any(0 < store_version(one.path) <= bundle.store for one in snapshots.listed(store))


def _bundle(told: str, file: Path) -> Bundle:
    try:
        said: dict[str, Any] = json.loads(told)
        update, meta = said["update"], said.get("meta", {}).get("deskbell", {})
        return Bundle(str(update["version"])[:40], str(update["compatible"])[:40], int(meta.get("store", 0)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UpdateError(_damaged(file)) from error


def _complaint(said: str, file: Path) -> str:
    if "signature verification failed" in said or "Failed to verify" in said:
        return phrase("it is not signed by anybody from whom this box takes updates")
    if "Invalid bundle" in said or "invalid" in said.lower() or "Failed to" in said:
        return _damaged(file)
    last = (said.strip().splitlines() or [""])[-1]
    return phrase("%(file)s cannot be read: %(why)s", file=file.name, why=last[:300])


def _damaged(file: Path) -> str:
    return phrase("%(file)s is damaged, cut short, or no update of Deskbell: fetch it anew", file=file.name)
