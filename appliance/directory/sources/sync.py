"""Keeps the directory in step with its sources: what one reading found is applied whole, or not at all.

A source that is down, that breaks off, that refuses, that takes too long or that suddenly has hardly
anybody left changes nothing; why is kept in the store and shown.

What a source says of a person is its own: here it is read only. What somebody has chosen here stays:
whether the person is a favourite or disabled, the tabs and the categories they are in, and of each number
whether it is the default, monitored, or behind a speed dial key. These choices follow the number; where
the source has changed it, they go to the new number of the same kind, when there is just one that is new.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from appliance.directory import people
from appliance.directory.errors import DirectoryError
from appliance.directory.sources.base import Harvest, Source, SourceError
from appliance.store.file import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.directory.lookup import Keys
    from appliance.directory.person import Number, Person
    from appliance.settings import SourceOptions

log = logging.getLogger("deskbell.sources")

MANY = 10  # people; whoever has as many does not lose nine in ten of them at once
CHUNK = 500  # people read from the spool at a time


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reading has changed; nothing where there is a reason."""

    name: str
    added: int = 0
    changed: int = 0
    removed: int = 0
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
        log.exception("source %s", name)
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
        with writing(file):
            apply = _Application(file, keys, name, options, before["category"] if before else "")
            outcome = apply(harvest, believe)
            file.execute(
                "INSERT OR REPLACE INTO source (name, tried, good, mark, options, category)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, now, now, mark, read_with, options.category),
            )
    return outcome


def with_choices(person: Person, stored: Person, old_category: str = "") -> Person:
    """Return a person as the source has them now, with what somebody has chosen here.

    `old_category` is the one that the source's people were put into until now.
    """
    chosen = [each for each in stored.categories if each != old_category]
    return replace(
        person,
        id=stored.id,
        changed=stored.changed,
        owner=stored.owner,
        favourite=stored.favourite,
        disabled=stored.disabled,
        categories=tuple(sorted({*chosen, *person.categories})),
        numbers=_numbers_with_choices(person.numbers, stored.numbers),
    )


def _numbers_with_choices(new: tuple[Number, ...], old: tuple[Number, ...]) -> tuple[Number, ...]:
    numbers = list(new)
    known = {_bare(each.number) for each in old}
    for each in old:
        if not (each.speed_dial or each.default or each.monitored):
            continue
        same = [at for at, number in enumerate(new) if _bare(number.number) == _bare(each.number)]
        fresh = [
            at
            for at, number in enumerate(new)
            if number.type == each.type and _bare(number.number) not in known
        ]
        if at := same[:1] or fresh * (len(fresh) == 1):
            if each.default:
                numbers = [replace(number, default=False) for number in numbers]
            numbers[at[0]] = replace(
                numbers[at[0]], speed_dial=each.speed_dial, default=each.default, monitored=each.monitored
            )
    return tuple(numbers)


def _bare(number: str) -> str:
    return re.sub(r"[\s()/.-]", "", number)


def _digest(options: SourceOptions) -> str:
    """Return a digest of what a reading depends on, so of no secret."""
    read_with = {name: value for name, value in asdict(options).items() if name not in ("password", "every")}
    return hashlib.sha256(repr(read_with).encode()).hexdigest()


class _Application:
    """Applies a harvest to the store, inside one transaction."""

    def __init__(
        self, file: sqlite3.Connection, keys: Keys, name: str, options: SourceOptions, old_category: str
    ) -> None:
        self._file, self._keys, self._name, self._options = file, keys, name, options
        self._old_category = old_category
        found = file.execute("SELECT id, source_key, source_version FROM person WHERE source = ?", (name,))
        self._here = {row["source_key"]: (int(row["id"]), str(row["source_version"])) for row in found}

    def __call__(self, harvest: Harvest, believe: bool) -> Outcome:
        gone = harvest.gone & self._here.keys()
        if not believe and len(self._here) >= MANY and len(gone) * 10 > len(self._here) * 9:
            raise SourceError(
                f"it has lost {len(gone)} of {len(self._here)} people at once, which is hardly meant;"
                f" if it is: deskbell directory sync {self._name} --believe"
            )
        people.delete(self._file, [self._here[key][0] for key in gone], source=self._name)
        new: dict[str, Person] = {}
        added = changed = 0
        for person in harvest.people():
            if here := self._here.get(person.source_key):
                changed += self._update(here[0], person)
            else:
                new[person.source_key] = self._dressed(person)
            if len(new) >= CHUNK:
                added += self._insert(new)
        added += self._insert(new)
        return Outcome(self._name, added, changed, len(gone))

    def _insert(self, new: dict[str, Person]) -> int:
        """Insert people; one who comes again in this harvest is known from now on."""
        for id, person in zip(people.insert(self._file, self._keys, new.values()), new.values(), strict=True):
            self._here[person.source_key] = id, person.source_version
        count = len(new)
        new.clear()
        return count

    def _update(self, id: int, person: Person) -> bool:
        stored = people.get(self._file, id)
        assert stored, "it is in this transaction"
        stored = replace(stored, categories=tuple(sorted(stored.categories)))
        updated = with_choices(self._dressed(person), stored, self._old_category)
        if updated == stored:
            return False
        people.update(self._file, self._keys, updated, source=self._name)
        return True

    def _dressed(self, person: Person) -> Person:
        """Return a person as the store has them: with the source's name, its category and its prefix."""
        prefixed = (replace(each, number=self._prefixed(each.number)) for each in person.numbers)
        category = (self._options.category,) if self._options.category else ()
        return replace(
            person,
            source=self._name,
            categories=tuple(sorted({*person.categories, *category})),
            numbers=tuple(prefixed),
        )

    def _prefixed(self, number: str) -> str:
        digits = re.sub(r"\D", "", number)
        external = len(digits) > self._keys.plan.internal_digits and not re.search(r"[+*#]", number)
        return self._options.prefix + number if external else number
