"""What reading a file yields, and how long things in it may be."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from appliance.directory.errors import DirectoryError
from appliance.directory.person import Person

if TYPE_CHECKING:
    from appliance.directory.person import Number

MAX_ROWS = 200_000
MAX_TEXT = 10_000  # characters of a field
MAX_NOTES = 100_000
MAX_NUMBERS = 100  # of one person
MAX_SHORT = 255  # characters of a number, its type, a category


class FormatError(DirectoryError):
    """The file as a whole cannot be taken; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A person, and the line of the file (from 1) where they begin."""

    line: int
    person: Person


@dataclass(frozen=True, slots=True)
class Fault:
    """What begins at this line is not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The person is taken, but not all that the file says; `line` 1 where it is about the whole file."""

    line: int
    text: str


Item = Row | Fault | Notice

TEXTS = tuple(
    field.name
    for field in fields(Person)
    if field.type == "str" and not field.name.startswith("source")  # a file's people are of no source
)
"""The fields of a person that are plain text."""

_texts_of = attrgetter(*TEXTS)


def tidy(text: str) -> str:
    """Return text as the directory holds it: no spaces around it, its lines end with LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def tidied(person: Person) -> Person:
    """Return a person whose texts are tidy: what is read of them again after they were written."""
    numbers = tuple(_tidied(number) for number in person.numbers if tidy(number.number))
    categories = tuple(dict.fromkeys(name for name in map(tidy, person.categories) if name))
    texts: dict[str, Any] = {name: tidy(getattr(person, name)) for name in TEXTS}
    return replace(person, numbers=numbers, categories=categories, **texts)


def row(line: int, person: Person) -> Row | Fault:
    """Return the person as a row, unless something is wrong with them."""
    reason = _wrong(person)
    return Fault(line, reason) if reason else Row(line, person)


def _tidied(number: Number) -> Number:
    return replace(
        number,
        number=tidy(number.number),
        type=tidy(number.type) or "work",
        speed_dial=tidy(number.speed_dial),
    )


def _wrong(person: Person) -> str:
    if not (person.name or person.numbers or person.email):
        return "it has no name, no company, no number and no e-mail address"
    if len(person.numbers) > MAX_NUMBERS:
        return f"it has {len(person.numbers)} numbers, more than {MAX_NUMBERS}"
    if max(map(len, _texts_of(person))) > MAX_TEXT:
        for name in TEXTS:
            longest = MAX_NOTES if name == "notes" else MAX_TEXT
            if len(getattr(person, name)) > longest:
                return f"its {name} is longer than {longest} characters"
    for number in person.numbers:
        if (
            len(number.number) > MAX_SHORT
            or len(number.type) > MAX_SHORT
            or len(number.speed_dial) > MAX_SHORT
        ):
            return f"a number, its type or speed dial is longer than {MAX_SHORT} characters"
    if any(len(name) > MAX_SHORT for name in person.categories):
        return f"the name of a category is longer than {MAX_SHORT} characters"
    return ""
