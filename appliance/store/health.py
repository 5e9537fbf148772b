"""Finds a damaged store, sets it aside and puts the newest good snapshot in its place.

A disk that is full, or that cannot be written, is no damage: that is told, and nothing is touched.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.store import durable, snapshots
from appliance.store.durable import Move, Remove
from appliance.store.file import VERSION, Damaged, StoreError, connect, is_damage, prepare, writing
from appliance.store.sharing import is_shared

KEPT = 3
"""How many damaged files are kept."""

LOW = 50
"""MB free, below which the disk counts as full."""

_ASIDE = ".damaged-"
_NOTE = ".json"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person should know of; `since` is a UNIX time."""

    id: str
    what: str
    fix: str
    since: float


class Unusable(StoreError):
    """The store cannot be used, and it is not damaged: `trouble` tells why, and the fix."""

    def __init__(self, trouble: Trouble) -> None:
        """Say it with its fix."""
        super().__init__(f"{trouble.what}; {trouble.fix}")
        self.trouble = trouble


def make_ready(path: Path) -> tuple[Trouble, ...]:
    """Have a store that can be opened, the newest snapshot if need be; return what a person should know.

    Blocks: for a moment, or for as long as a snapshot takes to be copied. Unusable when there is no way.
    """
    try:
        if not durable.finish(_journal(path)):
            _look(path)
        _keep_older(path)
        prepare(path)
    except Damaged as error:
        recover(path, str(error))
    except (StoreError, sqlite3.Error) as error:
        if not (path.is_file() and (what := damage(path))):
            raise Unusable(unusable(path, error)) from error
        recover(path, what)
    _shut(path)
    return standing(path)


def damage(path: Path) -> str:
    """Look through all of the file, reading only; return what is damaged, "" where nothing is.

    A million calls take seconds, on a card many: `examine` does this in a process of its own.
    """
    try:
        with closing(connect(path)) as file:
            return snapshots.unsound(file)
    except StoreError as error:
        return str(error) if isinstance(error, Damaged) else ""
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else ""


def mend_indexes(path: Path) -> list[str]:
    """Make anew the full-text indexes that do not fit together any more; return their names.

    Others cannot write meanwhile: for a second with 100,000 people, and for many where one is made anew.
    """
    made = []
    with closing(connect(path)) as file:
        rows = file.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
        )
        for (name,) in rows.fetchall():
            try:
                with writing(file):
                    file.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                with writing(file):
                    file.execute(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")  # noqa: S608
                made.append(name)
    return made


def examine(path: Path) -> None:
    """Look through all of the file while others use it, in a process that lets them go first.

    Raises Damaged: then close every connection, `recover`, and open it again.
    """
    done = subprocess.run(
        [sys.executable, "-m", "appliance.store.health", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 1:
        raise Damaged(f"{path} is damaged: {done.stdout.strip()}")


def recover(path: Path, why: str) -> None:
    """Set a damaged file aside, and put the newest good snapshot in its place, or a new store.

    Unusable: it cannot be done, and nothing was touched.
    """
    good = snapshots.newest_good(path)
    now = time.time()
    aside = path.with_name(path.name + _ASIDE + time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)))
    ready = path.with_name(path.name + ".restored")
    note = {"since": now, "why": why.removeprefix(f"{path} "), "snapshot": good and good.at}
    try:
        ready.unlink(missing_ok=True)
        if good:
            durable.copy(good.path, ready)
        durable.write(_beside(path, ".note"), json.dumps(note).encode())
        durable.begin(
            _journal(path),
            [
                Move(_beside(path, "-wal"), _beside(aside, "-wal")),
                Remove(_beside(path, "-shm")),
                Move(path, aside),
                Move(ready, path),
                Move(_beside(path, ".note"), _note(aside)),
            ],
        )
        durable.finish(_journal(path))
        for old in _aside(path)[KEPT:]:
            _forget(old)
        prepare(path)
    except (OSError, sqlite3.Error) as error:
        raise Unusable(unusable(path, error)) from error


def standing(path: Path) -> tuple[Trouble, ...]:
    """Return what a person should know of the store now: looks at names and at the free space only."""
    return (*(_told(aside) for aside in _aside(path)), *_space(path))


def forget(path: Path) -> list[Path]:
    """Remove the damaged files that were kept, and the troubles with them."""
    found = _aside(path)
    for aside in found:
        _forget(aside)
    return found


def unusable(path: Path, error: Exception) -> Trouble:
    """Say why the store cannot be used or written, and what to do about it."""
    what = str(error) if str(path) in str(error) else f"{path} cannot be used: {error}"
    folder = path.parent
    if _free(folder) == 0 or _number(error) == errno.ENOSPC:
        fix = f"the disk is full: remove what is not needed, to begin with in {snapshots.folder(path)}"
    elif _number(error) == errno.EROFS or (folder.is_dir() and os.statvfs(folder).f_flag & os.ST_RDONLY):
        fix = "the disk cannot be written, which a failing card does by itself: back it up and change it"
    elif not all(os.access(one, os.R_OK | os.W_OK) for one in (folder, path) if one.exists()):
        fix = f"let the desk's user write it: chown it to the user that runs the desk ({folder} too)"
    elif "newer Deskbell" in what:
        fix = "nothing is kept until then"
    elif is_damage(error):
        fix = "start the desk anew: it puts the newest snapshot in the place of a damaged store"
    elif getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        fix = "another process has written to it for long: try again when that is done"
    else:
        fix = "let desk.store name a file that can be written"
    return Trouble("store-unusable", what, fix, time.time())


def date(at: float) -> str:
    """Return a UNIX time as people read it here."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def _look(path: Path) -> None:
    """Damaged, when that shows at once: the header, the size, the schema; or when the store is gone."""
    if not path.exists() or path.stat().st_size == 0:
        if snapshots.listed(path):
            raise Damaged(f"{path} is {'empty' if path.exists() else 'gone'}")
        return
    try:
        with closing(connect(path)) as file:
            file.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise Damaged(f"{path} is damaged: {error}") from error
        raise


def _keep_older(path: Path) -> None:
    """Take a snapshot of a store that an older Deskbell wrote, and soon cannot read any more."""
    if not path.exists():
        return
    with closing(connect(path)) as file:
        (version,) = file.execute("PRAGMA user_version").fetchone()
    if 0 < version < VERSION:
        with contextlib.suppress(StoreError):  # no room: it has to do without
            snapshots.take(path)


def _shut(path: Path) -> None:
    """Let others than the desk's user and group not read whom people call; the log takes its mode after.

    Services that share the folder write it, too: one that was brought here may not let them yet.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    wanted = mode & ~0o007 | (0o660 if is_shared(path.parent) else 0)
    if mode != wanted:
        with contextlib.suppress(PermissionError):  # of another user: the doctor tells
            path.chmod(wanted)


def _told(aside: Path) -> Trouble:
    try:
        note = json.loads(_note(aside).read_bytes())
        since, why, snapshot = float(note["since"]), str(note["why"]), note["snapshot"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        since, why, snapshot = _note(aside).stat().st_mtime, f"the note of it cannot be read: {error}", None
    what = f"the store was damaged on {date(since)} ({why})"
    if snapshot:
        what += f": the snapshot of {date(float(snapshot))} was restored, what was written later is missing"
    else:
        what += ": there was no snapshot, so a new one was begun"
    if aside.exists():
        what += f"; the damaged file is kept as {aside}"
    return Trouble(aside.name, what, "look whether anything is missed, then: deskbell backup forget", since)


def _space(path: Path) -> list[Trouble]:
    free = _free(path.parent) // 1_000_000
    if free >= LOW:
        return []
    what = f"{free} MB are free where {path} lies"
    fix = f"remove what is not needed, to begin with in {snapshots.folder(path)}: new records wait"
    return [Trouble("store-space", what, fix + " when the disk is full", time.time())]


def _aside(path: Path) -> list[Path]:
    """Return the damaged files that there were, the newest first."""
    notes = path.parent.glob(f"{path.name}{_ASIDE}*{_NOTE}") if path.parent.is_dir() else ()
    return sorted((note.with_name(note.name.removesuffix(_NOTE)) for note in notes), reverse=True)


def _forget(aside: Path) -> None:
    for one in (_beside(aside, "-wal"), aside, _note(aside)):
        Remove(one).do()


def _journal(path: Path) -> Path:
    return path.with_name(path.name + ".mending")


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _note(aside: Path) -> Path:
    return _beside(aside, _NOTE)


def _free(folder: Path) -> int:
    """Return how many bytes are free; where there is no such folder yet, as many as one may wish."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free
    return sys.maxsize


def _number(error: BaseException | None) -> int | None:
    """Return the system's number of what is behind an error."""
    while error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            return errno.ENOSPC
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__cause__
    return None


if __name__ == "__main__":
    os.nice(19)
    if found := damage(Path(sys.argv[1])):
        print(found)
        sys.exit(1)
