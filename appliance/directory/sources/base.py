"""What every source offers, and what it may give: so many people, so much text, in so much time."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Self

from appliance.directory.errors import DirectoryError
from appliance.directory.formats.items import TEXTS, tidied
from appliance.directory.person import Number, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping
    from pathlib import Path

    from appliance.directory.person import Picture

MOST_PEOPLE = 100_000  # of one source
MOST_NUMBERS = 40  # of one person
MOST_NUMBER = 64  # characters of a number
MOST_TEXT = 2_000  # characters of a field
MOST_PICTURES = 256 << 20  # bytes, of all people of one reading
SECONDS = 1800.0  # for one reading


class SourceError(DirectoryError, OSError):
    """A source cannot be read, or is not to be believed; the text says why, and what to do about it."""


class Source(Protocol):
    """One place that people are read from."""

    def read(self, into: Harvest) -> str:
        """Read what has changed since `into.mark`; return the mark to begin at next time.

        SourceError when anything is missing: what was read until then is thrown away.
        """


class Harvest:
    """What one reading finds. It waits on the disk, until all of it has come: then the store is written."""

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
        """Be thrown away at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk back."""
        self._spool.close()

    def add(self, person: Person) -> None:
        """Take a person, new or changed; without a version of the source's, one is made of what it says."""
        self.left()
        if not person.source_key:
            raise SourceError("it sends a person without a key")
        said = _described(person)
        if not (said.name or said.numbers or said.email):  # nothing that anybody could look for
            self.gone.add(said.source_key)
            return
        said = said if said.source_version else replace(said, source_version=_digest(said))
        if self.known.get(said.source_key) == said.source_version:
            return
        self._people += 1
        self._pictures += len(said.picture.data) if said.picture else 0
        if self._people > MOST_PEOPLE or self._pictures > MOST_PICTURES:
            raise SourceError(f"it has more than {MOST_PEOPLE} people, or too many pictures: choose fewer")
        pickle.dump(said, self._spool)

    def gone_but(self, present: Container[str]) -> None:
        """Take it that a whole listing was read: the known people who are not in it have gone."""
        self.gone.update(key for key in self.known if key not in present)

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


def portrait(data: bytes) -> Picture | None:
    """Return a picture made small; None where it is none: nobody is left out because of it."""
    from appliance.directory.pictures import PictureError, small

    try:
        return small(data) if data else None
    except PictureError:
        return None


def _described(person: Person) -> Person:
    """Return of a person what a source may say: no rights, no speed dials, no more text than the store wants.

    The number that is the default there comes first: so it is here, unless somebody chooses another.
    """
    ordered = sorted(person.numbers, key=lambda number: not number.default)[:MOST_NUMBERS]
    texts = {name: getattr(person, name)[:MOST_TEXT] for name in TEXTS}
    return tidied(
        Person(
            **texts | {"owner": ""},
            numbers=tuple(Number(each.number[:MOST_NUMBER], each.type[:MOST_NUMBER]) for each in ordered),
            picture=person.picture,
            source_key=person.source_key,
            source_version=person.source_version,
        )
    )


def _digest(person: Person) -> str:
    return hashlib.sha256(repr(person).encode()).hexdigest()[:32]
