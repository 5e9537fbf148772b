"""Bring a file to this version: all migrations that it lacks in one transaction, or none.

python -m appliance.store.migrate FILE
"""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from appliance.store.file import BUSY, writing
from appliance.store.schema import SETS


def migrate(path: Path) -> None:
    """Apply what is missing; sqlite3.Error leaves the file as it was."""
    with closing(sqlite3.connect(path, timeout=BUSY, isolation_level=None)) as file:
        _log_ahead(file)
        file.execute("PRAGMA synchronous = FULL")
        with writing(file):
            database = Database(file)
            for migrations in SETS:
                migrations.apply(database)
            file.execute(f"PRAGMA user_version = {sum(len(one.applied(database)) for one in SETS)}")


def _log_ahead(file: sqlite3.Connection) -> None:
    """Have the file written ahead; SQLite does not wait here for another process that does the same."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            file.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


if __name__ == "__main__":
    try:
        migrate(Path(sys.argv[1]))
    except sqlite3.Error as failure:
        sys.exit(f"it cannot be brought to this version: {failure}")
