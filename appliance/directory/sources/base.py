"""What every source offers, and what it may give: so many people, so much text, in so much time."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import time
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Protocol, Self

from appliance.directory.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping
    from pathlib import Path

MOST_PEOPLE = 100_000  # of one source
MOST_NUMBERS = 40  # of one person
MOST_TEXT = 2_000  # characters of a field
MOST_PICTURES = 1 << 30  # bytes, of all people of one reading
SECONDS = 1800.0  # for one reading

_TEXTS = [field.name for field in fields(Person) if field.type == "str"]


class SourceError(OSError):
    """A source cannot be read, or is not to be believed; the text says why, and what to do about it."""


class Source(Protocol):
    """One place that people are read from."""

    def read(self, into: Harvest) -> str:
        """Read what has changed since `into.mark`; return the mark to begin at next time.

        SourceError when anything is missing: what was read until then is thrown away.
        """


class Harvest:
    """What one reading finds. It waits on the disk: the store is written when all of it has come, or not at all."""

    def __init__(
        self,
        folder: Path,
        known: Mapping[str, str],
        mark: str = "",
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`known` are the versions of the people whom the store has, by their keys at the source.

        `mark` is what the last good reading returned. A version of "" is always to be read anew.
        """
        self.known, self.mark = known, mark
        self.gone: set[str] = set()
        self._clock, self._end = clock, clock() + seconds
        self._people = 0
        self._pictures = 0
        self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed on exit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, person: Person) -> None:
        """Take a person, new or changed; without a version of the source's, one is made of what it says."""
        self.left()
        if not person.source_key:
            raise SourceError("it sends a person without a key")
        self._people += 1
        self._pictures += len(person.picture.data) if person.picture else 0
        if self._people > MOST_PEOPLE or self._pictures > MOST_PICTURES:
            raise SourceError(f"it has more than {MOST_PEOPLE} people, or too many pictures: choose fewer")
        tidied = _tidied(person)
        pickle.dump(tidied if tidied.source_version else replace(tidied, source_version=_digest(tidied)), self._spool)

    def gone_but(self, present: Container[str], begin: str = "") -> None:
        """Take it that a whole listing was read: the known people who are not in it have gone.

        `begin`: of those alone whose keys begin so.
        """
        self.gone.update(key for key in self.known if key.startswith(begin) and key not in present)

    def left(self) -> float:
        """Return how many seconds are left; SourceError when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise SourceError("it takes too long")
        return left

    def people(self) -> Iterator[Person]:
        """Return the people, in the order in which they came."""
        self._spool.seek(0)
        for _ in range(self._people):
            yield pickle.load(self._spool)  # noqa: S301 - this process wrote it


def _tidied(person: Person) -> Person:
    """Return a person whose texts are no longer than the store wants, and whose numbers are numbers."""
    numbers = [replace(each, number=each.number.strip()[:64]) for each in person.numbers[:MOST_NUMBERS]]
    long = {name: getattr(person, name).strip()[:MOST_TEXT] for name in _TEXTS if name != "source_key"}
    return replace(person, **long, numbers=tuple(each for each in numbers if each.number))


def _digest(person: Person) -> str:
    return hashlib.sha256(repr(person).encode()).hexdigest()[:32]
