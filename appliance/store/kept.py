"""What the desk itself keeps over a restart: its text messages, and how loud its devices are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from appliance.desk.state import Direction, Message, MessageState, Party
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

KEPT = 200
"""How many messages a desk remembers."""


def messages(file: sqlite3.Connection, now: float) -> tuple[Message, ...]:
    """Return the messages that were kept, oldest first; what was on its way has failed.

    Their times are of the clock `now`; in the file they are UNIX times.
    """
    offset = now - time.time()
    rows = file.execute(
        "SELECT id, direction, number, name, text, state, at, reason, seen FROM message"
        " ORDER BY at DESC LIMIT ?",
        (KEPT,),
    ).fetchall()
    return tuple(_message(tuple(row), offset) for row in reversed(rows))


def keep(file: sqlite3.Connection, changed: Iterable[Message], now: float) -> None:
    """Write messages, new or changed; the oldest make room."""
    offset = time.time() - now
    rows = [
        (m.id, m.direction, m.party.number, m.party.name, m.text, m.state, m.at + offset, m.reason, m.seen)
        for m in changed
    ]
    file.executemany("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    file.execute(
        "DELETE FROM message WHERE id NOT IN (SELECT id FROM message ORDER BY at DESC LIMIT ?)", (KEPT,)
    )


def levels(file: sqlite3.Connection) -> dict[str, Levels]:
    """Return the levels that were kept, by the id of the device."""
    rows = file.execute("SELECT device, speaker, microphone FROM levels").fetchall()
    return {device: Levels(speaker, microphone) for device, speaker, microphone in rows}


def keep_levels(file: sqlite3.Connection, device: str, kept: Levels) -> None:
    """Write the levels of one device."""
    file.execute("INSERT OR REPLACE INTO levels VALUES (?, ?, ?)", (device, kept.speaker, kept.microphone))


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
