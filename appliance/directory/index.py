"""What of a person is searched, and where they stand in the alphabet.

The index knows words, folded: small, without accents, so that "muller" finds Müller, "strauss" Strauß. Each
word of the name has a MARK before it, so that names alone are found as fast as all of it. A number is there
as every run of RUN digits in it, and the shorter ones at its end: as a phrase they find digits from the
middle. So that no word is taken for such a run, those that begin with a digit have the mark too. Words come
with a space between any two, and SQLite's `ascii` tokenizer splits there and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.directory.person import Person

_ACCENTS = re.compile("[\u0300-\u036f]")  # Unicode's block of combining diacritical marks
_WHOLE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"\u0131": "i"}  # the Turkish i without a dot
)
"""Letters that Unicode takes for whole, but who has them on no key types as others."""
_WORD = re.compile(r"[^\W_]+")
_DIGIT_FIRST = re.compile(r"(?<![^ ])(?=[0-9])")
_NO_DIGIT = re.compile(r"[^0-9]+")


RUN = 4
MARK = "\u00b7"
"""A sign that no word has."""


class Text(NamedTuple):
    """What is searched of a person; by their `name`, last name first, people are in order."""

    name: str
    other: str
    numbers: str

    @property
    def row(self) -> tuple[str, str, str]:
        """What the index holds of it: name, other, numbers."""
        name = " ".join([MARK + word for word in self.name.split()])
        return name, _DIGIT_FIRST.sub(MARK, self.other), self.numbers

    @classmethod
    def of_row(cls, name: str, other: str, numbers: str) -> Text:
        """Return what is searched, from the index."""
        return cls(name.replace(MARK, ""), other.replace(MARK, ""), numbers)


def fold(text: str) -> str:
    """Return a text as it is compared: small, without accents."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.casefold()).lower()
    return _ACCENTS.sub("", split).translate(_WHOLE)


def words(text: str) -> list[str]:
    """Return the folded words of a text: runs of letters and digits of any script."""
    return _WORD.findall(fold(text))


def digits(number: str) -> str:
    """Return the digits of a number."""
    return _NO_DIGIT.sub("", number)


def runs(of: str) -> list[str]:
    """Return the runs of digits that find these from the middle: of "123456" 1234 2345 3456 456 56 6."""
    return [of[at : at + RUN] for at in range(len(of))]


def text(person: Person, keys: Iterable[str]) -> Text:
    """Return what the index holds of a person; `keys` are those of the numbers, in their order."""
    other = (
        person.department,
        person.office,
        person.title,
        person.notes,
        person.external_id,
        person.email,
        person.web,
        person.xmpp,
        person.calendar,
    )
    return Text(
        " ".join(words(f"{person.last} {person.first} {person.company}")),
        " ".join(words(" ".join(filter(None, other)))),
        numbers(zip([number.number for number in person.numbers], keys, strict=True)),
    )


def numbers(written_and_keys: Iterable[tuple[str, str]]) -> str:
    """Return what the index holds of numbers: of the key, and of what was written where that is not in it."""
    found: dict[str, None] = {}
    for written, key in written_and_keys:
        compared, as_written = digits(key), digits(written)
        found[compared] = None
        if as_written not in compared:
            found[as_written] = None
    return " ".join([run for one in found for run in runs(one)])
