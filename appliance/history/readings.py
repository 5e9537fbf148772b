"""How a number or a name is compared with one that is written in another way."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Key = Callable[[str], str]

_NO_DIGIT = re.compile(r"[^0-9*#]")


def as_written(number: str) -> str:
    """Return a number as its own key: where no directory is at hand that knows how numbers are dialled."""
    return number


def fold(text: str) -> str:
    """Return text without accents and capitals."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def readings(number: str, key: Key = as_written) -> frozenset[str]:
    """Return the digits that a number may arrive with: as it is, and as its key; 00 or + before it or not."""
    found = set()
    for form in (number, key(number)) if number else ():
        bare = _NO_DIGIT.sub("", form)
        found |= {bare, bare.removeprefix("00")}
    return frozenset(found - {""})


def sought(texts: Iterable[str], numbers: Iterable[str], reads: Callable[[str], frozenset[str]]) -> str:
    """Return what a search for any of these looks at; `reads` gives a number's readings."""
    words = (fold(text) for text in (*texts, *numbers) if text)
    return "\n".join(dict.fromkeys((*words, *sorted(frozenset().union(*map(reads, numbers))))))
