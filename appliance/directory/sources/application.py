"""Applies to the store what a reading has found.

Where that is little, as it nearly always is, in one transaction. A first reading of many people is written in
several, with a pause after each: meanwhile the desk writes its own. What a power cut leaves undone, the next
reading does, for where that begins is written with the last.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from appliance.directory import people
from appliance.directory.person import Person
from appliance.directory.sources.base import SourceError
from appliance.directory.sources.choices import with_choices
from appliance.store.file import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from appliance.directory.lookup import Keys
    from appliance.directory.sources.base import Harvest
    from appliance.settings import SourceOptions

MANY = 10  # people; whoever has as many does not lose nine in ten of them at once
PIECE = 1000  # people, of one transaction
PAUSE = 0.12  # seconds; who waits for the store looks every 0.1 s (sqlite3_busy_timeout)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reading has changed; nothing where there is a reason."""

    name: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    reason: str = ""


class Application:
    """Applies what was read of one source."""

    def __init__(
        self, file: sqlite3.Connection, keys: Keys, name: str, options: SourceOptions, old_category: str
    ) -> None:
        """`old_category` is the one that the people of the source were put into until now."""
        self._file, self._keys, self._name, self._options = file, keys, name, options
        self._old_category = old_category
        self._added = self._changed = 0
        found = file.execute("SELECT id, source_key FROM person WHERE source = ?", (name,))
        self._here = {str(row["source_key"]): int(row["id"]) for row in found}

    def apply(self, harvest: Harvest, believe: bool, done: Callable[[], None]) -> Outcome:
        """Apply all of it; `done` is called in the last transaction."""
        gone = harvest.gone & self._here.keys()
        if not believe and len(self._here) >= MANY and len(gone) * 10 > len(self._here) * 9:
            raise SourceError(
                f"it has lost {len(gone)} of {len(self._here)} people at once, which is hardly meant;"
                f" if it is: deskbell directory sync {self._name} --believe"
            )
        there = (person for person in harvest.people() if person.source_key not in harvest.gone)
        work: Iterator[str | Person] = chain(sorted(gone), there)
        piece = list(islice(work, PIECE))
        while True:
            following = list(islice(work, PIECE))
            with writing(self._file):
                self._apply(piece)
                if not following:
                    done()
                    return Outcome(self._name, self._added, self._changed, len(gone))
            piece = following
            time.sleep(PAUSE)

    def _apply(self, piece: Iterable[str | Person]) -> None:
        """Apply the keys of people who have gone, and people who are new or changed; the last word counts."""
        told = {each.source_key: each for each in piece if isinstance(each, Person)}
        gone = [self._here[each] for each in piece if isinstance(each, str)]
        people.delete(self._file, gone, source=self._name)
        new = [self._dressed(each) for key, each in told.items() if key not in self._here]
        for key in told.keys() & self._here.keys():
            self._changed += self._update(self._here[key], told[key])
        for id, person in zip(people.insert(self._file, self._keys, new), new, strict=True):
            self._here[person.source_key] = id
        self._added += len(new)

    def _update(self, id: int, person: Person) -> bool:
        stored = people.get(self._file, id)
        if not stored:
            raise SourceError(f"somebody has removed {person.name} meanwhile")
        stored = replace(stored, categories=tuple(sorted(stored.categories)))
        updated = with_choices(self._dressed(person), stored, self._old_category)
        if updated == stored:
            return False
        people.update(self._file, self._keys, updated, source=self._name)
        return True

    def _dressed(self, person: Person) -> Person:
        """Return a person as the store has them: with the source's name, its category and its prefix."""
        return replace(
            person,
            source=self._name,
            categories=(self._options.category,) if self._options.category else (),
            numbers=tuple(replace(each, number=self._prefixed(each.number)) for each in person.numbers),
        )

    def _prefixed(self, number: str) -> str:
        digits = re.sub(r"\D", "", number)
        external = len(digits) > self._keys.plan.internal_digits and not re.search(r"[+*#]", number)
        return self._options.prefix + number if external else number
