"""The blacklist: numbers and patterns that may not ring, each with a note, its author and its time.

What was removed stays in the store until it cannot be brought back any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.phrase import phrase
from appliance.screening import pattern
from appliance.screening.errors import ScreeningError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from appliance.numbers import DialPlan

UNDONE = 100
"""How many changes can be undone."""
LONGEST_NOTE = 200  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """One number or pattern on the list; see `appliance.screening.pattern`. `added` is a UNIX time."""

    id: int
    pattern: str
    key: str
    note: str
    author: str
    added: float


class Blacklist:
    """The entries, to be looked up: what thousands of them cost is what one costs."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """Sort the entries by what a number must look like to match them."""
        self.entries = tuple(entries)
        self._whole: dict[str, Entry] = {}
        found: dict[_Shape, dict[str, Entry]] = {}
        for entry in self.entries:
            if "X" in entry.key or entry.key.endswith("*"):
                shape = _Shape.of(entry.key)
                found.setdefault(shape, {})[entry.key.removesuffix("*")] = entry
            else:
                self._whole[entry.key] = entry
        self._shapes = sorted(found.items(), key=lambda item: -item[0].digits)

    def number(self, forms: Iterable[str]) -> Entry | None:
        """Return the entry that names a number itself, given all forms in which it may be written."""
        return next((entry for form in forms if (entry := self._whole.get(form))), None)

    def match(self, forms: tuple[str, ...]) -> Entry | None:
        """Return the entry that names a number or matches it: the one that tells most of its digits."""
        if entry := self.number(forms):
            return entry
        return next(
            (
                entry
                for shape, entries in self._shapes
                for form in forms
                if (entry := entries.get(shape.cut(form)))
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What patterns look like that differ in their digits only."""

    length: int
    wild: tuple[int, ...]  # where there is any digit
    open_end: bool  # anything may follow

    @classmethod
    def of(cls, key: str) -> _Shape:
        start = key.removesuffix("*")
        return cls(len(start), tuple(at for at, digit in enumerate(start) if digit == "X"), start != key)

    @property
    def digits(self) -> int:
        """How many digits it tells."""
        return self.length - len(self.wild)

    def cut(self, form: str) -> str:
        """Return a number as a pattern of this shape has it, "" where none matches it."""
        if len(form) < self.length or (len(form) > self.length and not self.open_end):
            return ""
        start = form[: self.length]
        if not self.wild:
            return start
        if not all(start[at].isdigit() for at in self.wild):
            return ""
        return "".join("X" if at in self.wild else digit for at, digit in enumerate(start))


# --- in the store


def entries(file: sqlite3.Connection) -> list[Entry]:
    """Return what is on the list, the oldest first."""
    return [_entry(row) for row in file.execute("SELECT * FROM blacklist WHERE listed ORDER BY id")]


def add(
    file: sqlite3.Connection,
    plan: DialPlan,
    written: str,
    note: str,
    author: str,
    at: float,
    own: Iterable[str] = (),
) -> Entry:
    """Put a number or pattern on the list at a UNIX time; ScreeningError when it cannot or must not be.

    `own` are the desk's own numbers and its extensions', which must not be refused.
    """
    written, note = " ".join(written.split()), " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise ScreeningError(
            phrase("the note is too long: write %(most)s characters at most", most=LONGEST_NOTE)
        )
    key = pattern.key(written, plan, own)
    if known := _listed(file, key):
        if known.author:
            raise ScreeningError(
                phrase(
                    "%(pattern)s is on the blacklist already, added by %(author)s",
                    pattern=known.pattern,
                    author=known.author,
                )
            )
        raise ScreeningError(phrase("%(pattern)s is on the blacklist already", pattern=known.pattern))
    row = file.execute(
        "INSERT INTO blacklist (pattern, key, note, author, added) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (written, key, note, author, at),
    ).fetchone()
    _changed(file, row[0], "added", author, at)
    return Entry(row[0], written, key, note, author, at)


def remove(file: sqlite3.Connection, plan: DialPlan, written: str, author: str, at: float) -> Entry:
    """Take a number or pattern off the list; ScreeningError when it is not on it."""
    try:
        entry = _listed(file, pattern.key(written, plan))
    except ScreeningError:
        entry = None
    if entry is None:
        raise ScreeningError(phrase("%(written)s is not on the blacklist", written=written))
    file.execute("UPDATE blacklist SET listed = 0 WHERE id = ?", (entry.id,))
    _changed(file, entry.id, "removed", author, at)
    return entry


def last_change(file: sqlite3.Connection) -> tuple[str, Entry] | None:
    """Return what `undo` would take back: "added" or "removed", and which entry."""
    row = file.execute(
        "SELECT deed, blacklist.* FROM blacklist_change AS change JOIN blacklist ON blacklist.id = entry"
        " ORDER BY change.id DESC LIMIT 1"
    ).fetchone()
    return (row["deed"], _entry(row)) if row else None


def undo(file: sqlite3.Connection) -> tuple[str, Entry]:
    """Take the last change back, and next time the one before; return what it was: "added" or "removed"."""
    change = file.execute("SELECT id, entry, deed FROM blacklist_change ORDER BY id DESC LIMIT 1").fetchone()
    if change is None:
        raise ScreeningError(phrase("there is no change of the blacklist to undo"))
    number, entry, deed = change
    row = file.execute("SELECT * FROM blacklist WHERE id = ?", (entry,)).fetchone()
    file.execute("DELETE FROM blacklist_change WHERE id = ?", (number,))
    if deed == "added":
        file.execute("DELETE FROM blacklist WHERE id = ?", (entry,))
    else:
        file.execute("UPDATE blacklist SET listed = 1 WHERE id = ?", (entry,))
    return deed, _entry(row)


def _listed(file: sqlite3.Connection, key: str) -> Entry | None:
    row = file.execute("SELECT * FROM blacklist WHERE listed AND key = ?", (key,)).fetchone()
    return _entry(row) if row else None


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(row["id"], row["pattern"], row["key"], row["note"], row["author"], row["added"])


def _changed(file: sqlite3.Connection, entry: int, deed: str, author: str, at: float) -> None:
    """Note a change; forget those that are too old to be undone, and what they had removed."""
    file.execute(
        "INSERT INTO blacklist_change (entry, deed, author, at) VALUES (?, ?, ?, ?)",
        (entry, deed, author, at),
    )
    file.execute(
        "DELETE FROM blacklist_change WHERE id <= (SELECT max(id) FROM blacklist_change) - ?", (UNDONE,)
    )
    file.execute("DELETE FROM blacklist WHERE NOT listed AND id NOT IN (SELECT entry FROM blacklist_change)")
