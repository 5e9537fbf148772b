"""People in the store: put in, changed, taken out, read.

Every function takes a connection, and writes inside the transaction that the caller has begun
(`store.file.writing`): all of it or nothing. The index that is searched changes with the people. Where the
store's keys were made with another dial plan, writing makes them all anew first.

A person who comes from a source is read only here: only who names that source may change or delete them.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any

from appliance.directory import index
from appliance.directory.errors import DirectoryError, Refused, Unknown
from appliance.directory.lookup import outdated, rekey
from appliance.directory.person import Number, Person, Picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.directory.lookup import Keys

BATCH = 500
"""How many people are in memory at once."""
PICTURE_MOST = 512 * 1024
"""Bytes of a picture at most."""
PICTURE_TYPES = ("image/jpeg", "image/png")

_ELSEWHERE = ("id", "categories", "numbers", "picture")
_COLUMNS = tuple(field.name for field in fields(Person) if field.name not in _ELSEWHERE)
_FLAGS = ("favourite", "disabled")
_SELECT = f"SELECT id, {', '.join(_COLUMNS)} FROM person"  # noqa: S608 - names of our own fields
_INSERT = (
    f"INSERT INTO person (id, sort, {', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES (?, ?, {', '.join('?' * len(_COLUMNS))})"
)
_UPDATE = f"UPDATE person SET sort = ?, {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"  # noqa: S608


def insert(file: sqlite3.Connection, keys: Keys, people: Iterable[Person]) -> list[int]:
    """Put people in, as many as there are; return their ids.

    An id other than 0 is kept, and so is a time of change: an undo brings back who was there. Categories
    that are missing are made, public ones. DirectoryError: a person is not whole, or a speed dial is taken.
    """
    _agree(file, keys)
    free = _first_free_id(file)
    ids: list[int] = []
    rest = iter(people)
    while batch := list(islice(rest, BATCH)):
        new: list[tuple[int, Person]] = []
        for person in batch:
            check(person)
            new.append((person.id or free, person))
            free = max(free, new[-1][0] + 1)
        try:
            _insert(file, keys, new)
        except sqlite3.IntegrityError as error:
            raise _in_the_way(file, error, new) from error
        ids += [id for id, _ in new]
    return ids


def update(file: sqlite3.Connection, keys: Keys, person: Person, source: str = "") -> None:
    """Replace all of a person by what is given; `source`: the one that says so, "" for people here.

    The time of change is now.
    """
    check(person)
    _agree(file, keys)
    _changeable(file, [person.id], source)
    if person.source != source:
        raise Refused(f"{person.name} cannot be made to come from {person.source or 'here'}")
    wanted = dict(
        file.execute(
            "SELECT key, monitored FROM number WHERE person = ? AND monitored", (person.id,)
        ).fetchall()
    )
    for table in ("number", "picture", "person_category"):
        file.execute(f"DELETE FROM {table} WHERE person = ?", (person.id,))  # noqa: S608
    made = [keys.key(number.number) for number in person.numbers]
    text = index.text(person, made)
    file.execute(_UPDATE, (text.name, *_row(person, time.time()), person.id))
    file.execute("UPDATE search SET name = ?, other = ?, numbers = ? WHERE rowid = ?", (*text.row, person.id))
    try:
        _insert_parts(file, [(person.id, person, made)], wanted)
    except sqlite3.IntegrityError as error:
        raise _in_the_way(file, error, [(person.id, person)]) from error


def delete(file: sqlite3.Connection, ids: Iterable[int], source: str = "") -> int:
    """Take people out, with all that is theirs; return how many there were."""
    gone = list(ids)
    _changeable(file, gone, source, missing=True)
    return sum(file.execute("DELETE FROM person WHERE id = ?", (id,)).rowcount for id in gone)


def get(file: sqlite3.Connection, id: int) -> Person | None:
    """Return a person; None where there is none."""
    return next(every(file, (id,)), None)


def every(file: sqlite3.Connection, ids: Iterable[int] | None = None) -> Iterator[Person]:
    """Yield everybody by id, or those asked for in that order, but who is not there; few are in memory."""
    if ids is not None:
        rest = iter(ids)
        while batch := list(islice(rest, BATCH)):
            found = {person.id: person for person in _people(file, batch)}
            yield from (found[id] for id in batch if id in found)
        return
    last = 0
    while batch := [
        row[0]
        for row in file.execute("SELECT id FROM person WHERE id > ? ORDER BY id LIMIT ?", (last, BATCH))
    ]:
        yield from _people(file, batch)
        last = batch[-1]


def picture(file: sqlite3.Connection, id: int) -> Picture | None:
    """Return the picture of a person; None where there is none."""
    row = file.execute("SELECT type, data FROM picture WHERE person = ?", (id,)).fetchone()
    return Picture(*row) if row else None


def mark(
    file: sqlite3.Connection,
    ids: Iterable[int],
    *,
    favourite: bool | None = None,
    disabled: bool | None = None,
) -> None:
    """Make people favourites, or disabled, or no longer so; people of a source too: it is no word of theirs.

    Who is disabled is still listed and named when calling, but not monitored, and no speed dial calls them.
    """
    for id in ids:
        file.execute(
            "UPDATE person SET favourite = ifnull(?, favourite), disabled = ifnull(?, disabled) WHERE id = ?",
            (favourite, disabled, id),
        )


def speed_dials(file: sqlite3.Connection) -> dict[str, tuple[str, str, int]]:
    """Return who is behind each key: (number, name, person), but for who is disabled."""
    rows = file.execute(
        "SELECT speed_dial, number, first, last, company, person.id FROM number"
        " JOIN person ON person.id = number.person WHERE speed_dial != '' AND NOT disabled"
        " ORDER BY speed_dial"
    )
    return {
        key: (number, Person(last, first, company).name, id) for key, number, first, last, company, id in rows
    }


def set_speed_dial(file: sqlite3.Connection, id: int, number: str, key: str) -> None:
    """Put a number of a person behind a key; "": behind none. Unknown: it is not theirs; Refused: taken."""
    try:
        done = file.execute(
            "UPDATE number SET speed_dial = ?1 WHERE person = ?2 AND position ="
            " (SELECT min(position) FROM number WHERE person = ?2 AND ?3 IN (number, key))",
            (key, id, number),
        )
    except sqlite3.IntegrityError as error:
        raise Refused(f"speed dial {key} is taken by {_holder(file, key, id, -1)}") from error
    if not done.rowcount:
        raise Unknown(f"person {id} has no number {number}")


def clear_speed_dial(file: sqlite3.Connection, key: str) -> None:
    """Let nothing be behind a key."""
    file.execute("UPDATE number SET speed_dial = '' WHERE speed_dial = ?", (key,))


def holder(file: sqlite3.Connection, speed_dial: str, but: int = 0) -> str:
    """Return the name of who has a speed dial key, but for one person; "": nobody."""
    return _holder(file, speed_dial, but, None)


def version(person: Person) -> str:
    """Return what is another as soon as anything of a person is: so two who edit at once are told."""
    return hashlib.sha256(repr(person).encode()).hexdigest()[:16]


def check(person: Person) -> None:
    """Raise DirectoryError, with the reason, for a person who cannot be in the directory."""
    if not (person.name or person.numbers or person.email):
        raise DirectoryError("a person needs a name, a company, a number or an e-mail address")
    called = person.name or person.email or person.numbers[0].number
    if sum(number.default for number in person.numbers) > 1:
        raise DirectoryError(f"{called} has more than one default number")
    if any(not number.number.strip() for number in person.numbers):
        raise DirectoryError(f"{called} has an empty number")
    if shown := person.picture:
        if shown.type not in PICTURE_TYPES:
            raise DirectoryError(f"the picture of {called} is {shown.type}, not {' or '.join(PICTURE_TYPES)}")
        if len(shown.data) > PICTURE_MOST:
            raise DirectoryError(f"the picture of {called} has more than {PICTURE_MOST // 1024} KiB")


# --- writing


def _agree(file: sqlite3.Connection, keys: Keys) -> None:
    if outdated(file, keys):
        rekey(file, keys)


def _first_free_id(file: sqlite3.Connection) -> int:
    row = file.execute("SELECT seq FROM sqlite_sequence WHERE name = 'person'").fetchone()
    return (row[0] if row else 0) + 1


def _insert(file: sqlite3.Connection, keys: Keys, new: Sequence[tuple[int, Person]]) -> None:
    now = time.time()
    whole = [(id, person, [keys.key(number.number) for number in person.numbers]) for id, person in new]
    texts = [index.text(person, made) for _, person, made in whole]
    file.executemany(
        _INSERT,
        [
            (id, text.name, *_row(person, person.changed or now))
            for (id, person), text in zip(new, texts, strict=True)
        ],
    )
    file.executemany(
        "INSERT INTO search (rowid, name, other, numbers) VALUES (?, ?, ?, ?)",
        [(id, *text.row) for (id, _), text in zip(new, texts, strict=True)],
    )
    _insert_parts(file, whole, {})


def _row(person: Person, changed: float) -> list[Any]:
    return [changed if name == "changed" else getattr(person, name) for name in _COLUMNS]


def _insert_parts(
    file: sqlite3.Connection, whole: Sequence[tuple[int, Person, list[str]]], wanted: dict[str, int]
) -> None:
    """Insert numbers, pictures and categories; `wanted`: the places of keys that were monitored before."""
    last = file.execute("SELECT max(monitored) FROM number WHERE monitored").fetchone()[0] or 0
    last = max(last, *wanted.values(), 0)
    numbers = []
    for id, person, made in whole:
        for at, (number, key) in enumerate(zip(person.numbers, made, strict=True)):
            monitored = 0
            if number.monitored:
                last += key not in wanted
                monitored = wanted.get(key, last)
            numbers.append(
                (id, at, number.type, number.number, key, number.speed_dial, number.default, monitored)
            )
    file.executemany(
        "INSERT INTO number (person, position, type, number, key, speed_dial, is_default, monitored)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        numbers,
    )
    file.executemany(
        "INSERT INTO picture VALUES (?, ?, ?)",
        [(id, one.picture.type, one.picture.data) for id, one, _ in whole if one.picture],
    )
    categories = _categories(file, {name for _, person, _ in whole for name in person.categories})
    file.executemany(
        "INSERT OR IGNORE INTO person_category VALUES (?, ?)",
        [(categories[name], id) for id, person, _ in whole for name in person.categories],
    )


def _categories(file: sqlite3.Connection, names: set[str]) -> dict[str, int]:
    """Return the ids of categories, made where they are missing."""
    file.executemany("INSERT OR IGNORE INTO category (name) VALUES (?)", [(name,) for name in sorted(names)])
    select = "SELECT id FROM category WHERE name = ?"
    return {name: file.execute(select, (name,)).fetchone()[0] for name in names}


def _changeable(file: sqlite3.Connection, ids: Iterable[int], source: str, *, missing: bool = False) -> None:
    """Raise Refused where one of these is of another source, and Unknown where one is not there."""
    for id in ids:
        row = file.execute("SELECT source, first, last, company FROM person WHERE id = ?", (id,)).fetchone()
        if row is None:
            if not missing:
                raise Unknown(f"there is no person {id}")
        elif row[0] != source:
            name = Person(first=row[1], last=row[2], company=row[3]).name
            if row[0]:
                raise Refused(f"{name} comes from {row[0]} and is read only here: change the entry there")
            raise Refused(f"{name} was entered here and is not of {source}")


def _in_the_way(
    file: sqlite3.Connection, error: sqlite3.IntegrityError, people: Iterable[tuple[int, Person]]
) -> Exception:
    """Return the error that names who has a speed dial already; another error is a bug."""
    for id, person in people:
        for at, number in enumerate(person.numbers):
            if number.speed_dial and (holder := _holder(file, number.speed_dial, id, at)):
                return Refused(f"speed dial {number.speed_dial} is taken by {holder}")
    return error


def _holder(file: sqlite3.Connection, speed_dial: str, id: int, at: int | None) -> str:
    """Return who has a speed dial, but for a person's number at this place (None: at any); "": nobody."""
    row = file.execute(
        "SELECT last, first, company FROM number JOIN person ON person.id = number.person"
        " WHERE speed_dial = ? AND speed_dial != '' AND (person.id != ? OR position != ?)",
        (speed_dial, id, at),
    ).fetchone()
    return Person(*row).name if row else ""


# --- reading


def _people(file: sqlite3.Connection, ids: Sequence[int]) -> Iterator[Person]:
    asked = ", ".join(str(int(id)) for id in ids)
    numbers: dict[int, list[Number]] = {}
    for id, *number in file.execute(
        "SELECT person, number, type, speed_dial, is_default, monitored FROM number"  # noqa: S608 - of ints
        f" WHERE person IN ({asked}) ORDER BY person, position"
    ):
        written, type, speed_dial, default, monitored = number
        numbers.setdefault(id, []).append(Number(written, type, speed_dial, bool(default), bool(monitored)))
    categories: dict[int, list[str]] = {}
    for id, name in file.execute(
        "SELECT person, name FROM person_category JOIN category ON category.id = category"  # noqa: S608
        f" WHERE person IN ({asked}) ORDER BY name"
    ):
        categories.setdefault(id, []).append(name)
    pictures = {
        id: Picture(type, data)
        for id, type, data in file.execute(f"SELECT * FROM picture WHERE person IN ({asked})")  # noqa: S608
    }
    for id, *values in file.execute(f"{_SELECT} WHERE id IN ({asked}) ORDER BY id"):
        known: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
        known |= {name: bool(known[name]) for name in _FLAGS}
        yield Person(
            **known,
            id=id,
            numbers=tuple(numbers.get(id, ())),
            categories=tuple(categories.get(id, ())),
            picture=pictures.get(id),
        )
