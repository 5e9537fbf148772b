"""The SQLite file: what a desk keeps over a restart: its text messages, and how loud its devices are.

Plain sqlite3, as a few statements need no more. It is written in a thread of its own: a slow SD card delays
no call.
"""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from appliance.desk.state import Direction, Message, MessageState, Party
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future
    from pathlib import Path

KEPT = 200
"""How many messages a desk remembers."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, direction TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
    text TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL, seen INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS levels (device TEXT PRIMARY KEY, speaker REAL, microphone REAL);
"""


class StoreError(OSError):
    """The file cannot be used; the text names it and what is wrong."""


class Store:
    """A store at a path. Times in a `Message` are of the clock `now`; in the file they are UNIX times."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; StoreError when it cannot be read and written."""
        self._path = path
        self._thread = ThreadPoolExecutor(1, "store")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be used: {error}") from error

    def messages(self, now: float) -> tuple[Message, ...]:
        """Return the messages that were kept, oldest first; what was on its way has failed."""
        offset = now - time.time()
        with closing(self._open()) as file:
            rows = file.execute(
                "SELECT id, direction, number, name, text, state, at, reason, seen FROM message"
                " ORDER BY at DESC LIMIT ?",
                (KEPT,),
            ).fetchall()
        return tuple(_message(row, offset) for row in reversed(rows))

    def keep(self, messages: Iterable[Message], now: float) -> Future[None]:
        """Write messages, new or changed; the oldest make room. What goes wrong is the future's exception."""
        offset = time.time() - now
        rows: list[tuple[object, ...]] = [
            (
                m.id,
                m.direction,
                m.party.number,
                m.party.name,
                m.text,
                m.state,
                m.at + offset,
                m.reason,
                m.seen,
            )
            for m in messages
        ]
        return self._thread.submit(self._write, rows)

    def levels(self) -> dict[str, Levels]:
        """Return the levels that were kept, by the id of the device."""
        with closing(self._open()) as file:
            rows = file.execute("SELECT device, speaker, microphone FROM levels").fetchall()
        return {device: Levels(speaker, microphone) for device, speaker, microphone in rows}

    def keep_levels(self, device: str, levels: Levels) -> Future[None]:
        """Write the levels of one device. What goes wrong is the future's exception."""
        return self._thread.submit(self._write_levels, (device, levels.speaker, levels.microphone))

    def close(self) -> None:
        """Finish what is to be written."""
        self._thread.shutdown()

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        with closing(self._open()) as file, file:
            file.executemany("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            file.execute(
                "DELETE FROM message WHERE id NOT IN (SELECT id FROM message ORDER BY at DESC LIMIT ?)",
                (KEPT,),
            )

    def _write_levels(self, row: tuple[str, float | None, float | None]) -> None:
        with closing(self._open()) as file, file:
            file.execute("INSERT OR REPLACE INTO levels VALUES (?, ?, ?)", row)

    def _open(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path)
        file.execute("PRAGMA synchronous = FULL")
        return file


def _message(row: tuple[str, str, str, str, str, str, float, str, int], offset: float) -> Message:
    name, direction, number, display, text, state, at, reason, seen = row
    if state == MessageState.SENDING:
        state, reason = MessageState.FAILED, "the desk was restarted before the exchange answered"
    return Message(
        name,
        Direction(direction),
        Party(number, display),
        text,
        MessageState(state),
        at + offset,
        reason,
        bool(seen),
    )
