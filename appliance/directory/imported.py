"""The imports that were made: a list, for who does not import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Import:
    """An import that was made. `state` is running, done, undoing, undone or interrupted (and taken back)."""

    id: int
    at: float  # UNIX time
    author: str
    name: str
    format: str
    state: str
    added: int
    merged: int
    unchanged: int
    faulty: int


def imports(file: sqlite3.Connection) -> list[Import]:
    """Return the imports that were made, the newest first."""
    rows = file.execute(
        "SELECT id, at, author, name, format, state, added, merged, unchanged, faulty FROM import"
        " ORDER BY id DESC"
    )
    return [Import(*row) for row in rows]
