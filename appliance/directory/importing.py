"""Importing files of people: shown before, done in steps, merged by rule, undone once.

A person of the file is somebody who is in the directory, by the first rule that finds one: the same external
id; the same e-mail address and name; the same name, company and one number. Names and addresses are compared
without regard to case and spaces, numbers by their keys; an operator's own people only with his own; who
comes from a source is read only here and never meant. Merging fills what is empty and adds numbers and
categories; nothing that is there is changed or lost, and what the file says otherwise is told as a notice.
The same rules hold for people who are in the file twice.

The store is written in short steps, each whole, so that the desk writes its calls meanwhile. An import that
fails takes back its steps; one whose process died is taken back by the next one, or by `settle`.
"""

from __future__ import annotations

import fcntl
import io
import json
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from phonenumbers import country_code_for_region

from appliance.directory import people
from appliance.directory.errors import Refused, Unknown
from appliance.directory.formats.detect import FORMATS, detect
from appliance.directory.formats.items import TEXTS, Fault, FormatError, Notice, Row
from appliance.directory.formats.text import encoding_of
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.store import sharing
from appliance.store.file import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from appliance.directory.formats.items import Item

    Progress = Callable[[int, float], object]
    """Is told how many rows were read, and which share of the file."""

STEP = 2000
STEP_BYTES = 4 * 1024 * 1024
"""How many rows, and how much of the file, are taken in one transaction."""
LOG_PAGES = 8000
"""Of the store's log, before they go into the file: rarely, as most pages soon change again."""

CACHE = 16 * 1024  # KiB, of what rules compare
MAX_TOLD = 1000
"""How many faults and notices are told, unless one asks for more; all are counted."""

SHOWN = 10  # people in a preview


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is to be taken: "" lets its encoding be found out, None leaves the owner that it says."""

    format: str = "auto"
    encoding: str = ""
    owner: str | None = None
    category: str = ""  # that everybody is put in, besides their own
    told: int = MAX_TOLD  # faults, and notices


@dataclass(slots=True)
class Outcome:
    """What importing a file did, or would do; `faults` and `notices` are the first of them."""

    format: str
    encoding: str
    id: int = 0  # of the import; 0: nothing was written
    added: int = 0
    merged: int = 0
    unchanged: int = 0
    faulty: int = 0
    noticed: int = 0
    faults: list[Fault] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    first: list[Person] = field(default_factory=list)  # as they are, or would be, then


@dataclass(slots=True)
class Undone:
    """What undoing an import did; `kept` are the names of those who were edited since, and left alone."""

    removed: int = 0
    restored: int = 0
    kept: list[str] = field(default_factory=list)


def preview(
    file: sqlite3.Connection,
    keys: Keys,
    stream: BinaryIO,
    manner: Manner | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Return what importing a seekable file would do; writes nothing. FormatError: it cannot be taken."""
    outcome, items = _opened(stream, manner or Manner(), keys)
    _go_through(_Taking(file, keys, outcome, manner or Manner()), items, stream, progress)
    return outcome


def apply(
    file: sqlite3.Connection,
    keys: Keys,
    stream: BinaryIO,
    manner: Manner | None = None,
    *,
    author: str = "",
    name: str = "",
    progress: Progress | None = None,
) -> Outcome:
    """Import a seekable file, outside of any transaction; `name` is what the list of imports calls it.

    FormatError: it cannot be taken; Refused: another import is going on. Then nothing has changed.
    """
    with _alone(file):
        file.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        _settle(file, keys)
        outcome, items = _opened(stream, manner or Manner(), keys)
        with writing(file):
            outcome.id = (
                file.execute(
                    "INSERT INTO import (at, author, name, format, state) VALUES (?, ?, ?, ?, 'running')",
                    (time.time(), author, name, outcome.format),
                ).lastrowid
                or 0
            )
        try:
            _go_through(_Taking(file, keys, outcome, manner or Manner()), items, stream, progress)
        except BaseException:
            _take_back(file, keys, outcome.id)
            with writing(file):
                file.execute("DELETE FROM import WHERE id = ?", (outcome.id,))
            raise
        with writing(file):
            counts = (outcome.added, outcome.merged, outcome.unchanged, outcome.faulty)
            file.execute(
                "UPDATE import SET state = 'done', added = ?, merged = ?, unchanged = ?, faulty = ?"
                " WHERE id = ?",
                (*counts, outcome.id),
            )
    return outcome


def undo(file: sqlite3.Connection, keys: Keys, id: int) -> Undone:
    """Take back an import, outside of any transaction. Unknown: there is none; Refused: it was taken back."""
    with _alone(file):
        row = file.execute("SELECT state FROM import WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise Unknown(f"there is no import {id}")
        if row[0] in ("undone", "interrupted"):
            raise Refused(f"import {id} was taken back already")
        _set_state(file, id, "undoing")
        undone = _take_back(file, keys, id)
        _set_state(file, id, "undone")
    return undone


def settle(file: sqlite3.Connection, keys: Keys) -> int:
    """Take back what imports have left whose process died; return how many. Refused: one is going on."""
    with _alone(file):
        return _settle(file, keys)


def merged(there: Person, new: Person, keys: Keys) -> Person:
    """Return who is there with what they lack of a person of a file; the very same when that is nothing."""
    lacking: dict[str, Any] = {
        name: getattr(new, name) for name in TEXTS if getattr(new, name) and not getattr(there, name)
    }
    if there.first or there.last:  # the name is one; half of another does not go into it
        lacking = {name: text for name, text in lacking.items() if name not in ("first", "last")}
    if more := _more_numbers(there, new, keys):
        lacking["numbers"] = (*there.numbers, *more)
    known = {name.casefold() for name in there.categories}
    if categories := [name for name in new.categories if name.casefold() not in known]:
        lacking["categories"] = (*there.categories, *categories)
    if new.picture and not there.picture:
        lacking["picture"] = new.picture
    if new.favourite and not there.favourite:
        lacking["favourite"] = True
    return replace(there, **lacking) if lacking else there


def _more_numbers(there: Person, new: Person, keys: Keys) -> list[Number]:
    known = {_key(keys, number) for number in there.numbers}
    has_default = any(number.default for number in there.numbers)
    more = []
    for number in new.numbers:
        if (key := _key(keys, number)) not in known:
            known.add(key)
            more.append(replace(number, default=number.default and not has_default))
    return more


def _key(keys: Keys, number: Number) -> str:
    return keys.key(number.number) or number.number


# --- going through a file


def _opened(stream: BinaryIO, manner: Manner, keys: Keys) -> tuple[Outcome, Iterator[Item]]:
    encoding = encoding_of(stream, manner.encoding)
    format = detect(stream, encoding) if manner.format == "auto" else manner.format
    if format not in FORMATS:
        raise FormatError(f"there is no format {format!r}, but {', '.join(FORMATS)}")
    country_code = country_code_for_region(keys.plan.country) if keys.plan.country else 0
    items = FORMATS[format].read(stream, encoding, str(country_code or ""))
    return Outcome(format, encoding), items


def _go_through(taking: _Taking, items: Iterator[Item], stream: BinaryIO, progress: Progress | None) -> None:
    size = max(stream.seek(0, io.SEEK_END), 1)
    stream.seek(0)
    read = 0
    with taking:
        while step := list(_step(items, stream)):
            taking.take(step)
            read += sum(not isinstance(item, Notice) for item in step)
            if progress:
                progress(read, stream.tell() / size)


def _step(items: Iterator[Item], stream: BinaryIO) -> Iterator[Item]:
    """Yield what is taken at once."""
    end = stream.tell() + STEP_BYTES
    for item in islice(items, STEP):
        yield item
        if stream.tell() > end:
            return


@dataclass(frozen=True)
class _KeysAtHand(Keys):
    """Keys that are made once in a step: for looking who is meant, and for writing them."""

    made: dict[str, str] = field(default_factory=dict)

    def key(self, number: str) -> str:
        """Return the key of a number; "" when it is none."""
        found = self.made.get(number)
        if found is None:
            found = self.made[number] = super().key(number)
        return found


class _Taking:
    """Takes the rows of a file, step by step; a context that remembers who there is.

    What rules compare is remembered as hashes in a temporary table, which SQLite keeps on disk. Who was new
    in an earlier step of a preview has the id 0 there; who is new in this step, one below 0.
    """

    def __init__(self, file: sqlite3.Connection, keys: Keys, outcome: Outcome, manner: Manner) -> None:
        self._file, self._outcome, self._manner = file, outcome, manner
        self._keys = _KeysAtHand(keys.plan)
        self._last = file.execute("SELECT ifnull(max(id), 0) FROM person").fetchone()[0]
        self._speed_dials = {
            row[0] for row in file.execute("SELECT speed_dial FROM number WHERE speed_dial != ''")
        }

    def __enter__(self) -> None:
        self._file.execute("DROP TABLE IF EXISTS temp.known")
        self._file.execute(f"PRAGMA temp.cache_size = -{CACHE}")
        self._file.execute("CREATE TEMP TABLE known (mark INTEGER PRIMARY KEY, person INTEGER NOT NULL)")
        everybody = self._file.execute(
            "SELECT id, owner, first, last, company, external_id, email,"
            " (SELECT json_group_array(key) FROM number WHERE person = person.id)"
            " FROM person WHERE source = ''"
        )
        self._remember(
            (mark, id)
            for id, owner, first, last, company, external_id, email, found in everybody
            for mark in _marks(owner, f"{first} {last}", company, external_id, email, json.loads(found))
        )

    def __exit__(self, *_: object) -> None:
        self._file.execute("DROP TABLE IF EXISTS temp.known")

    def take(self, step: list[Item]) -> None:
        """Take what was read: people into the store, if this is an import; faults and notices to be told."""
        rows = []
        for item in step:
            if isinstance(item, Row):
                rows.append(Row(item.line, self._wanted(item.person)))
            elif isinstance(item, Fault):
                self._outcome.faulty += 1
                if len(self._outcome.faults) < self._manner.told:
                    self._outcome.faults.append(item)
            else:
                self._tell(item)
        if self._outcome.id:
            with writing(self._file):
                self._take(rows)
        else:
            self._take(rows)

    def _take(self, rows: Sequence[Row]) -> None:
        marks = [self._marks_of(row.person) for row in rows]
        found = self._recall(sorted(mark for some in marks for mark in some))
        before = {
            person.id: person
            for person in people.every(self._file, sorted({id for id in found.values() if id > 0}))
        }
        now, new = dict(before), list[Person]()
        shown: list[int] = []
        for row, some in zip(rows, marks, strict=True):
            id = next(
                (found[mark] for mark in some if mark in found and self._is(found[mark], mark, now)), None
            )
            if id is None:
                numbers = self._with_free_dials(row, row.person.numbers)
                same = numbers is row.person.numbers
                new.append(row.person if same else replace(row.person, numbers=numbers))
                id = -len(new)
                self._outcome.added += 1
            elif id < 0:
                new[-id - 1] = self._merged(new[-id - 1], row)
                self._outcome.merged += 1
            elif id == 0:
                self._outcome.merged += 1
            else:
                there = now[id]
                now[id] = self._merged(there, row)
                if now[id] is there and id <= self._last:
                    self._outcome.unchanged += 1
                else:  # who is in the file twice is merged, even where that changes nothing
                    self._outcome.merged += 1
            for mark in some:
                found.setdefault(mark, id)
            shown.append(id)
        self._show(shown, now, new)
        changed = [person for id, person in now.items() if person is not before[id]]
        ids = self._write(new, changed, before) if self._outcome.id else [0] * len(new)
        self._remember(sorted((mark, id if id >= 0 else ids[-id - 1]) for mark, id in found.items()))
        self._keys.made.clear()

    def _is(self, id: int, mark: int, now: dict[int, Person]) -> bool:
        """Return whether a person still is who a mark says: others write meanwhile."""
        return id <= 0 or (id in now and mark in self._marks_of(now[id]))

    def _merged(self, there: Person, row: Row) -> Person:
        done = merged(there, row.person, self._keys)
        if done is not there:
            more = self._with_free_dials(row, done.numbers[len(there.numbers) :])
            done = replace(done, numbers=(*there.numbers, *more))
        other = [
            name
            for name in TEXTS
            if (said := getattr(row.person, name)) and said.casefold() != getattr(done, name).casefold()
        ]
        if other:
            self._tell(Notice(row.line, f"merged with {there.name}, whose {', '.join(other)} is kept"))
        return done

    def _with_free_dials(self, row: Row, numbers: tuple[Number, ...]) -> tuple[Number, ...]:
        """Return numbers without speed dials that somebody has; where none has one, the very same."""
        if not any(number.speed_dial for number in numbers):
            return numbers
        freed = []
        for number in numbers:
            if number.speed_dial in self._speed_dials:
                self._tell(Notice(row.line, f"the speed dial {number.speed_dial} is taken and left out"))
                number = replace(number, speed_dial="")
            if number.speed_dial:
                self._speed_dials.add(number.speed_dial)
            freed.append(number)
        return tuple(freed)

    def _write(self, new: list[Person], changed: list[Person], before: dict[int, Person]) -> list[int]:
        """Write people, and what is needed to take that back; return the ids of the new ones."""
        ids = people.insert(self._file, self._keys, new)
        note = "INSERT INTO import_change SELECT ?, id, ?, changed FROM person WHERE id BETWEEN ? AND ?"
        if ids:  # in one transaction ids follow on each other
            self._file.execute(note, (self._outcome.id, None, ids[0], ids[-1]))
        for person in changed:
            people.update(self._file, self._keys, person)
            self._file.execute(
                f"{note} ON CONFLICT (import, person) DO UPDATE SET changed = excluded.changed",
                (self._outcome.id, _as_json(before[person.id]), person.id, person.id),
            )
        return ids

    def _wanted(self, person: Person) -> Person:
        if self._manner.owner is not None:
            person = replace(person, owner=self._manner.owner)
        category = self._manner.category
        if category and category.casefold() not in {name.casefold() for name in person.categories}:
            person = replace(person, categories=(*person.categories, category))
        return person

    def _marks_of(self, person: Person) -> list[int]:
        found = [self._keys.key(number.number) for number in person.numbers]
        return _marks(
            person.owner,
            f"{person.first} {person.last}",
            person.company,
            person.external_id,
            person.email,
            found,
        )

    def _remember(self, marks: Iterable[tuple[int, int]]) -> None:
        """Remember who is known by which marks; who is so already stays."""
        self._file.executemany("INSERT OR IGNORE INTO temp.known VALUES (?, ?)", marks)

    def _recall(self, marks: Iterable[int]) -> dict[int, int]:
        asked = ", ".join(map(str, marks))
        return dict(
            self._file.execute(f"SELECT mark, person FROM temp.known WHERE mark IN ({asked})").fetchall()  # noqa: S608 - of ints
        )

    def _tell(self, notice: Notice) -> None:
        self._outcome.noticed += 1
        if len(self._outcome.notices) < self._manner.told:
            self._outcome.notices.append(notice)

    def _show(self, ids: Iterable[int], now: dict[int, Person], new: Sequence[Person]) -> None:
        for id in dict.fromkeys(ids):
            if len(self._outcome.first) < SHOWN and id:
                self._outcome.first.append(new[-id - 1] if id < 0 else now[id])


def _marks(
    owner: str, name: str, company: str, external_id: str, email: str, found: Iterable[str]
) -> list[int]:
    """Return what a person is known by, rule by rule, as numbers that SQLite takes; `found` are keys."""
    company = _compared(company)
    name = _compared(name) or company
    marks = [hash((1, owner, external_id))] if external_id else []
    if name and email:
        marks.append(hash((2, owner, _compared(email), name)))
    if name:
        marks += [hash((3, owner, name, company, key)) for key in found if key]
    return marks


def _compared(text: str) -> str:
    return " ".join(text.casefold().split())


# --- taking back


def _take_back(file: sqlite3.Connection, keys: Keys, id: int) -> Undone:
    undone = Undone()
    while True:
        with writing(file):
            rows = file.execute(
                "SELECT person, before, changed FROM import_change WHERE import = ? LIMIT ?", (id, STEP)
            ).fetchall()
            if not rows:
                return undone
            for person, before, left in rows:
                changed = _changed(file, person)
                if changed is None:
                    continue
                if changed != left:
                    kept = people.get(file, person)
                    undone.kept.append(kept.name if kept else "")
                elif before is None:
                    undone.removed += people.delete(file, [person])
                else:
                    _restore(file, keys, person, json.loads(before))
                    undone.restored += 1
            file.executemany(
                "DELETE FROM import_change WHERE import = ? AND person = ?", [(id, row[0]) for row in rows]
            )


def _restore(file: sqlite3.Connection, keys: Keys, id: int, before: dict[str, Any]) -> None:
    """Make a person what they were; a picture that they had is the one they have: no import changes it."""
    picture = people.picture(file, id) if before.pop("picture") else None
    numbers = tuple(Number(**number) for number in before.pop("numbers"))
    person = Person(**before | {"categories": tuple(before["categories"])}, numbers=numbers, picture=picture)
    people.update(file, keys, person)
    file.execute("UPDATE person SET changed = ? WHERE id = ?", (person.changed, id))


def _as_json(person: Person) -> str:
    return json.dumps(asdict(replace(person, picture=None)) | {"picture": person.picture is not None})


def _changed(file: sqlite3.Connection, id: int) -> float | None:
    row = file.execute("SELECT changed FROM person WHERE id = ?", (id,)).fetchone()
    return row[0] if row else None


def _settle(file: sqlite3.Connection, keys: Keys) -> int:
    left = file.execute("SELECT id, state FROM import WHERE state IN ('running', 'undoing')").fetchall()
    for id, state in left:
        _take_back(file, keys, id)
        _set_state(file, id, "interrupted" if state == "running" else "undone")
    return len(left)


def _set_state(file: sqlite3.Connection, id: int, state: str) -> None:
    with writing(file):
        file.execute("UPDATE import SET state = ? WHERE id = ?", (state, id))


@contextmanager
def _alone(file: sqlite3.Connection) -> Iterator[None]:
    """Be the only one who imports; Refused when another process does. The kernel lets go for who dies."""
    path = next(row[2] for row in file.execute("PRAGMA database_list") if row[1] == "main")
    with open(sharing.lock(Path(f"{path}-import")), "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("another import is going on: wait until it is done") from None
        yield
