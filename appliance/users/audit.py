"""The audit log: who changed what, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

KEPT = 10_000  # entries; older ones go
LONGEST = 500  # characters of one detail


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `at` is a UNIX time, `who` the user's name, '' before anybody has signed in."""

    id: int
    at: float
    who: str
    what: str
    details: dict[str, str]


def write(file: sqlite3.Connection, at: float, who: str, what: str, details: Mapping[str, str]) -> None:
    """Add an entry, inside `writing`. Never give it a secret: whoever calls knows what is one."""
    short = {name: text[:LONGEST] for name, text in details.items()}
    file.execute(
        "INSERT INTO audit (at, who, what, details) VALUES (?, ?, ?, ?)",
        (at, who[:LONGEST], what, json.dumps(short)),
    )
    file.execute("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (KEPT,))


def entries(
    file: sqlite3.Connection, limit: int = 100, before: int = 0, *, who: str = "", what: str = ""
) -> list[Entry]:
    """Return the newest entries, older than the one of id `before` where that is given.

    `who` and `what` leave only a user's, and only one kind of deed.
    """
    rows = file.execute(
        "SELECT * FROM audit WHERE (?1 = 0 OR id < ?1) AND (?2 = '' OR who = ?2) AND (?3 = '' OR what = ?3)"
        " ORDER BY id DESC LIMIT ?4",
        (before, who, what, limit),
    )
    return [Entry(row["id"], row["at"], row["who"], row["what"], json.loads(row["details"])) for row in rows]


def kinds(file: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """Return whose entries there are and of what kinds, to choose from."""
    names = [row[0] for row in file.execute("SELECT DISTINCT who FROM audit ORDER BY who")]
    deeds = [row[0] for row in file.execute("SELECT DISTINCT what FROM audit ORDER BY what")]
    return names, deeds
