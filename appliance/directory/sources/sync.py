"""Keeps the directory in step with its sources: what one reading found is applied whole, or not at all.

A source that is down, that breaks off, that refuses, that takes too long or that suddenly has hardly
anybody left changes nothing; why is kept in the store and shown.

What a source says of a person is its own: here it is read only. What somebody has chosen here of them stays
(see `choices`).
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from appliance.directory import people
from appliance.directory.errors import DirectoryError
from appliance.directory.sources.application import Application, Outcome
from appliance.directory.sources.base import Harvest, Source
from appliance.store.file import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.directory.lookup import Keys
    from appliance.settings import SourceOptions

log = logging.getLogger("deskbell.sources")


@dataclass(frozen=True, slots=True)
class State:
    """How a source is doing. Times are UNIX times, 0: never.

    `reason` is why the last reading failed, "" when it did not.
    """

    name: str
    people: int = 0
    tried: float = 0.0
    good: float = 0.0
    reason: str = ""


def opened(name: str, options: SourceOptions, folder: Path) -> Source:
    """Return the source of these options; `folder` is where it keeps what must outlive the process."""
    match options.kind:
        case "ldap":
            from appliance.directory.sources.ldap import Ldap

            return Ldap(options)
        case "carddav":
            from appliance.directory.sources.carddav import CardDav

            return CardDav(options)
        case "graph":
            from appliance.directory.sources.graph import Graph

            return Graph(name, options, folder)
        case _:
            from appliance.directory.sources.phonebook import PhoneBook

            return PhoneBook(options)


def states(file: sqlite3.Connection, names: Iterable[str]) -> list[State]:
    """Return the state of the sources of these names, and of those that only the store still knows."""
    found = {
        row["name"]: State(row["name"], row["people"], row["tried"], row["good"], row["reason"])
        for row in file.execute(
            "SELECT name, tried, good, reason,"
            " (SELECT count(*) FROM person WHERE source = source.name) AS people FROM source"
        )
    }
    return [found.get(name, State(name)) for name in dict.fromkeys((*names, *found))]


def due(file: sqlite3.Connection, sources: dict[str, SourceOptions], now: float) -> list[str]:
    """Return the names of the sources whose time has come, the one that waits longest first."""
    tried = {state.name: state.tried for state in states(file, sources)}
    # A clock that was set back must not stop anything.
    waited = {name: now - tried[name] if tried[name] <= now else float("inf") for name in sources}
    late = [name for name, options in sources.items() if waited[name] >= options.every * 60]
    return sorted(late, key=lambda name: -waited[name])


def synchronise(
    file: sqlite3.Connection,
    keys: Keys,
    name: str,
    options: SourceOptions,
    folder: Path,
    believe: bool = False,
    now: float | None = None,
) -> Outcome:
    """Read a source and apply what has changed, all of it or, with a reason, nothing.

    `believe` it even when hardly anybody is left. The store is not held while the source is read.
    """
    at = time.time() if now is None else now
    try:
        return _synchronised(file, keys, opened(name, options, folder), name, options, folder, believe, at)
    except DirectoryError as error:
        reason = str(error)
    except Exception as error:  # whatever a server makes a library do: the other sources go on
        log.debug("source %s", name, exc_info=True)
        reason = f"it could not be read: {type(error).__name__}: {error}"
    with writing(file):
        file.execute(
            "INSERT INTO source (name, tried, reason) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET tried = excluded.tried, reason = excluded.reason",
            (name, at, reason),
        )
    return Outcome(name, reason=reason)


def forget(file: sqlite3.Connection, name: str) -> int:
    """Remove a source and its people; return how many there were. In the caller's transaction."""
    ids = [row["id"] for row in file.execute("SELECT id FROM person WHERE source = ?", (name,))]
    people.delete(file, ids, source=name)
    file.execute("DELETE FROM source WHERE name = ?", (name,))
    return len(ids)


def _synchronised(
    file: sqlite3.Connection,
    keys: Keys,
    source: Source,
    name: str,
    options: SourceOptions,
    folder: Path,
    believe: bool,
    now: float,
) -> Outcome:
    before = file.execute("SELECT mark, options, category FROM source WHERE name = ?", (name,)).fetchone()
    read_with = _digest(options)
    same = before is not None and before["options"] == read_with
    known = {
        row["source_key"]: row["source_version"] if same else ""
        for row in file.execute("SELECT source_key, source_version FROM person WHERE source = ?", (name,))
    }
    with Harvest(folder, known, before["mark"] if same else "") as harvest:
        mark = source.read(harvest)

        def done() -> None:
            file.execute(
                "INSERT OR REPLACE INTO source (name, tried, good, mark, options, category)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, now, now, mark, read_with, options.category),
            )

        application = Application(file, keys, name, options, before["category"] if before else "")
        return application.apply(harvest, believe, done)


def _digest(options: SourceOptions) -> str:
    """Return a digest of what a reading depends on, so of no secret."""
    read_with = {name: value for name, value in asdict(options).items() if name not in ("password", "every")}
    return hashlib.sha256(repr(read_with).encode()).hexdigest()
