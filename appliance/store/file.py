"""How the file is opened and written.

Many processes share it: each opens connections of its own, and writes in short transactions. What was
committed survives a power cut (WAL with `synchronous=FULL`). Whoever has a connection open never opens the
file in another way: closing that would drop SQLite's locks (fcntl's rule), and another process take the log
away.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from appliance.store import sharing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 8
"""How many migrations `schema` has: what `PRAGMA user_version` of a file says that has seen them all."""

BUSY = 10.0  # seconds to wait for another process that writes
CACHE = 1024  # KiB a connection: the kernel's cache does the rest


class StoreError(OSError):
    """The file cannot be used; the text names it and what is wrong."""


class Damaged(StoreError):
    """The file is no sound database: a snapshot has to take its place."""


def prepare(path: Path) -> None:
    """Make the file, or bring it to this version; StoreError leaves it as it was.

    A child process migrates: it imports sqlite-utils, which the desk daemon has no memory for.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
        found = _version(path)
    except sqlite3.DatabaseError as error:
        raise _fault(path, error) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error}") from error
    if found > VERSION:
        raise StoreError(
            f"{path} was made by a newer Deskbell: update this one, or restore a backup made with it"
        )
    if found < VERSION:
        child = [sys.executable, "-m", "appliance.store.migrate", str(path)]
        done = subprocess.run(child, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["the migration died"])[-1]
            raise StoreError(f"{path} cannot be used: {reason}")


def connect(path: Path) -> sqlite3.Connection:
    """Open a file that `prepare` has seen. Rows are `sqlite3.Row`; write inside `writing`."""
    try:
        file = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        file.row_factory = sqlite3.Row
        file.execute("PRAGMA synchronous = FULL")
        file.execute("PRAGMA foreign_keys = ON")
        file.execute("PRAGMA secure_delete = ON")  # who is to be forgotten leaves no bytes behind
        file.execute(f"PRAGMA cache_size = -{CACHE}")
    except sqlite3.Error as error:
        raise _fault(path, error) from error
    return file


@contextmanager
def writing(file: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all of it, or, where an exception leaves the block, nothing. Begins at once: no deadlocks."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield file
    except BaseException:
        file.rollback()
        raise
    file.commit()


def is_damage(error: BaseException) -> bool:
    """Return whether an error says that the file is no sound database."""
    code = getattr(error, "sqlite_errorcode", 0)  # an extended one: its low byte is the kind
    return isinstance(error, Damaged) or code & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _make(path: Path) -> None:
    """Make the file where services share it: SQLite gives the log the same mode, but does not know ours."""
    if sharing.is_shared(path.parent):
        with suppress(FileExistsError):
            os.close(sharing.create(path))


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=BUSY)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


def _fault(path: Path, error: sqlite3.Error) -> StoreError:
    return (Damaged if is_damage(error) else StoreError)(f"{path} cannot be used: {error}")
