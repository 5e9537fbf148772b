"""Copies of the store as it was, beside it: what takes its place when it is damaged.

They are numbered: a box without a clock that survives a power cut may go back in time.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.store.durable import PART, alone, settle
from appliance.store.file import VERSION, Damaged, StoreError, connect, is_damage
from appliance.store.sharing import create, make_folder

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "snapshots"
PAGES = 256  # copied at a time, 1 MB; then others may use the card
PAUSE = 0.01  # seconds
RESERVE = 500
"""MB that snapshots leave free."""

_NAME = re.compile(r"(\d{6,})-(\d{8}T\d{6})Z\.db")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One copy; `at` is the UNIX time of its beginning."""

    path: Path
    number: int
    at: float


def folder(path: Path) -> Path:
    """Return where the snapshots of a store lie."""
    return path.parent / FOLDER


def listed(path: Path) -> list[Snapshot]:
    """Return the snapshots of a store, the newest first."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for entry in folder(path).iterdir():
            if said := _NAME.fullmatch(entry.name):
                at = datetime.strptime(said[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
                found.append(Snapshot(entry, int(said[1]), at))
    return sorted(found, key=lambda one: one.number, reverse=True)


def take(path: Path, newest: int = 6, days: int = 7, reserve: int = RESERVE) -> Snapshot | None:
    """Copy the store, unless nothing has changed since the last time; then None.

    Of the snapshots, the `newest` are kept, and the newest of each of the last `days`. `reserve` MB stay
    free: the oldest make room, but for the newest. Damaged: the store is; StoreError: it cannot be copied.
    """
    try:
        make_folder(folder(path))
        with alone(folder(path)):
            return _take(path, newest, days, reserve)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"no snapshot of {path} can be taken: {error}") from error


def forget_past(path: Path) -> None:
    """Keep one snapshot, of now: what was erased from the store is in none of them. Damaged, StoreError."""
    take(path, newest=1, days=0, reserve=0)


def copy_to(path: Path, target: Path, changed: int = 0) -> None:
    """Copy the store while others write to it, and look whether the copy is sound: whole, or not at all.

    Reads inside one transaction: the copy is of one moment, and no write of others makes it begin again.
    """
    part = target.with_name(target.name + PART)
    part.unlink(missing_ok=True)
    descriptor = create(part)
    try:
        with closing(connect(path)) as source, closing(sqlite3.connect(part, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()

            def paced(*_: int) -> None:
                os.fdatasync(descriptor)  # now and then: a long one at the end would hold up the others
                time.sleep(PAUSE)

            source.backup(copy, pages=PAGES, progress=paced)
        if what := faults(part):
            raise Damaged(f"{path} is damaged: {what}")
        if changed:
            os.utime(part, ns=(changed, changed))
        os.fsync(descriptor)
        part.replace(target)
        settle(target.parent)
    except sqlite3.DatabaseError as error:
        raise (Damaged if is_damage(error) else StoreError)(f"{path} cannot be copied: {error}") from error
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)


def is_changed(path: Path) -> bool:
    """Return whether somebody has written to the store since the newest snapshot, or there is none."""
    had = listed(path)
    return not had or had[0].path.stat().st_mtime_ns != _changed(path)


def newest_good(path: Path) -> Snapshot | None:
    """Return the newest snapshot that is sound, and not of a newer Deskbell."""
    return next((one for one in listed(path) if not faults(one.path)), None)


def faults(copy: Path) -> str:
    """Look through a copy that nobody uses; return what is wrong with it, or ""."""
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?immutable=1", uri=True)) as file:
            (version,) = file.execute("PRAGMA user_version").fetchone()
            if not 0 < version <= VERSION:
                return f"it is of version {version}"
            return unsound(file)
    except sqlite3.Error as error:
        return str(error)


def unsound(file: sqlite3.Connection) -> str:
    """Look through all of a file; return the first thing that is wrong, or "". sqlite3.Error says so too."""
    (first,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if first == "ok" else str(first).splitlines()[-1]


def _take(path: Path, newest: int, days: int, reserve: int) -> Snapshot | None:
    for part in folder(path).glob(f"*{PART}"):  # of one who was killed
        part.unlink()
    made = None
    if is_changed(path):
        had, changed, at = listed(path), _changed(path), time.time()
        _make_room(path, had, reserve)
        number = had[0].number + 1 if had else 1
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S")
        made = Snapshot(folder(path) / f"{number:06}-{stamp}Z.db", number, at)
        copy_to(path, made.path, changed)
    for old in _superfluous(listed(path), newest, days):
        old.path.unlink(missing_ok=True)
    return made


def _changed(path: Path) -> int:
    """Return when the store was last written to, in ns; of a log that is empty the time says nothing."""
    log = path.with_name(path.name + "-wal")
    changed = path.stat().st_mtime_ns
    with contextlib.suppress(FileNotFoundError):
        found = log.stat()
        changed = max(changed, found.st_mtime_ns) if found.st_size else changed
    return changed


def _make_room(path: Path, had: list[Snapshot], reserve: int) -> None:
    log = path.with_name(path.name + "-wal")
    needed = sum(file.stat().st_size for file in (path, log) if file.exists())
    oldest_first = had[:0:-1]
    while (free := shutil.disk_usage(path.parent).free) < needed + reserve * 1_000_000:
        if not oldest_first:
            raise StoreError(
                f"no snapshot of {path} can be taken: {free // 1_000_000} MB are free, and it needs"
                f" {needed // 1_000_000} beside the {reserve} that backup.reserve keeps free"
            )
        oldest_first.pop(0).path.unlink(missing_ok=True)


def _superfluous(taken: list[Snapshot], newest: int, days: int) -> list[Snapshot]:
    """Return the ones to remove, of all of them, the newest first."""
    by_day: dict[int, Snapshot] = {}
    for one in taken:
        by_day.setdefault(int(one.at // 86400), one)
    kept = [*taken[: max(newest, 1)], *list(by_day.values())[:days]]
    return [one for one in taken if one not in kept]
