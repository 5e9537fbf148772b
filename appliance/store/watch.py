"""Notice that somebody has written to the file: this process or another.

The kernel tells of every write to the log beside it (inotify), and SQLite whether that was a commit
(`PRAGMA data_version`): nobody asks the tables again and again. The log is written first, and the commit is
seen when the card has it: that takes from a millisecond to seconds.
"""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from inotify_simple import INotify, flags  # type: ignore[import-untyped]

from appliance.store.file import connect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

SETTLE = 50  # ms; a commit is many writes
PATIENCE = 100  # looks for a commit after the last write to the log, one every SETTLE


class Watch:
    """Calls `changed`, in a thread of its own, after every commit to a file."""

    def __init__(self, path: Path, changed: Callable[[], object]) -> None:
        """Watch from now on; StoreError when the file cannot be opened."""
        self._path, self._changed = path, changed
        self._inotify = INotify()
        self._inotify.add_watch(path.parent, flags.MODIFY | flags.CREATE | flags.MOVED_TO)
        self._end, self._ended = os.pipe()
        file = connect(path)
        self._seen = _data_version(file)
        self._thread = threading.Thread(target=self._run, args=(file,), name="store-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        os.close(self._ended)
        self._thread.join()
        os.close(self._end)

    def _run(self, file: sqlite3.Connection) -> None:
        waiting = select.poll()
        waiting.register(self._inotify, select.POLLIN)
        waiting.register(self._end)
        looks = 0
        with self._inotify, closing(file):
            while True:
                ready = waiting.poll(SETTLE if looks else None)
                if any(fd == self._end for fd, _ in ready):
                    return
                if ready and self._written():
                    looks = PATIENCE
                    time.sleep(SETTLE / 1000)
                if looks:
                    looks -= 1
                    if self._committed(file):
                        looks = 0
                        self._changed()

    def _written(self) -> bool:
        names = {self._path.name, f"{self._path.name}-wal"}
        return any(event.name in names for event in self._inotify.read(timeout=0))

    def _committed(self, file: sqlite3.Connection) -> bool:
        before, self._seen = self._seen, _data_version(file)
        return self._seen != before


def _data_version(file: sqlite3.Connection) -> int:
    return int(file.execute("PRAGMA data_version").fetchone()[0])
