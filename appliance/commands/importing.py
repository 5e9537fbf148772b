"""`deskbell directory import`, `preview`, `undo`, `imports`, `export` and `sample`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.commands.directory_store import add_word, an_id, count, must_be_there, reading, table
from appliance.commands.grammar import DONE, REFUSED, Commands, author, print_json, say

if TYPE_CHECKING:
    import argparse
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from appliance.directory.importing import Manner, Outcome
    from appliance.directory.person import Person

    Write = Callable[[BinaryIO], object]

FORMATS = ("csv", "outlook", "vcard")
VCARD = (".vcf", ".vcard")
TOLD = 20
"""How many faults and how many notices are printed for people; programs get all that are told."""


def add_words(group: Commands) -> None:
    """Add the words to `deskbell directory`."""
    text = "Show what importing a file of people would do."
    _add_manner(add_word(group, "preview", text, _preview))
    text = "Import people from our CSV, Outlook's CSV or vCard."
    _add_manner(add_word(group, "import", text, _import))
    undo = add_word(group, "undo", "Take back an import.", _undo)
    undo.add_argument("id", type=an_id, help="as imports lists it")
    add_word(group, "imports", "List the imports.", _imports)
    add_word(group, "settle", "Take back what imports have left that were killed.", _settle)
    export = add_word(group, "export", "Write people to a file.", _export)
    export.add_argument("file", metavar="FILE", help="-: standard output")
    export.add_argument("--format", choices=FORMATS, help="(default: what the file's name says, else csv)")
    export.add_argument("--language", choices=("en", "it"), default="en", help="of Outlook's columns")
    text = "(default: %(default)s, which most programs read)"
    export.add_argument("--vcard", choices=("2.1", "3.0", "4.0"), default="3.0", help=text)
    export.add_argument("--people", type=an_id, nargs="+", metavar="ID", help="(default: everybody)")
    text = "whose ids, a line each, stand in standard input"
    export.add_argument("--listed", action="store_true", help=text)
    sample = add_word(group, "sample", "Write a CSV that shows how people are imported.", _sample)
    sample.add_argument("file", metavar="FILE", nargs="?", default="-", help="(default: standard output)")


def _add_manner(word: argparse.ArgumentParser) -> None:
    word.add_argument("file", type=Path, metavar="FILE")
    word.add_argument("--format", choices=("auto", *FORMATS), default="auto", help="(default: found out)")
    word.add_argument("--encoding", default="", metavar="NAME", help="utf-8, cp1252 ... (default: found out)")
    text = "whose own people they are; '': shared (default: what the file says)"
    word.add_argument("--owner", metavar="OPERATOR", help=text)
    word.add_argument("--category", default="", metavar="NAME", help="to put all of them in")


# --- importing


def _preview(options: argparse.Namespace) -> int:
    from appliance.directory import importing

    with reading(options) as (file, keys), _opened(options.file, file) as stream, _Progress() as progress:
        found = importing.preview(file, keys, stream, _manner(options), progress)
    return _told(options, found, "would be ")


def _import(options: argparse.Namespace) -> int:
    from appliance.directory import importing

    with reading(options) as (file, keys), _opened(options.file, file) as stream, _Progress() as progress:
        name = options.file.name
        done = importing.apply(
            file, keys, stream, _manner(options), author=author(), name=name, progress=progress
        )
    return _told(options, done, "")


def _undo(options: argparse.Namespace) -> int:
    from appliance.directory import importing

    with reading(options) as (file, keys):
        undone = importing.undo(file, keys, options.id)
    if options.json:
        print_json(asdict(undone))
        return DONE
    print(f"{count(undone.removed)} removed, {undone.restored} put back as they were")
    if undone.kept:
        print(f"{count(len(undone.kept))} edited since and kept: {', '.join(undone.kept[:TOLD])}")
    return DONE


def _settle(options: argparse.Namespace) -> int:
    from appliance.directory import importing
    from appliance.directory.errors import Refused

    with reading(options) as (file, keys):
        try:
            settled = importing.settle(file, keys)
        except Refused:  # an import is going on, and settles them itself
            settled = 0
    if options.json:
        print_json({"taken_back": settled})
    elif settled:
        print(f"{settled} taken back")
    return DONE


def _imports(options: argparse.Namespace) -> int:
    from appliance.directory.imported import imports

    with reading(options) as (file, _):
        made = imports(file)
    if options.json:
        print_json([asdict(one) for one in made])
    elif made:
        head = ("id", "when", "who", "file", "format", "new", "merged", "unchanged", "faulty", "state")
        rows = [
            (
                *(str(one.id), time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at))),
                *(one.author, one.name, one.format),
                *map(str, (one.added, one.merged, one.unchanged, one.faulty)),
                one.state,
            )
            for one in made
        ]
        print(table([head, *rows]))
    else:
        print("no imports")
    return DONE


def _manner(options: argparse.Namespace) -> Manner:
    from appliance.directory.importing import Manner

    return Manner(options.format, options.encoding, options.owner, options.category)


def _told(options: argparse.Namespace, outcome: Outcome, would: str) -> int:
    if options.json:
        said = asdict(replace(outcome, first=[])) | {"first": [_as_json(one) for one in outcome.first]}
        print_json(said)
        return DONE
    print(f"{options.file.name}: {outcome.format}, {outcome.encoding}")
    print(
        f"{outcome.added} {would}new, {outcome.merged} {would}merged, {outcome.unchanged} unchanged,"
        f" {outcome.faulty} faulty"
    )
    _print_some([f"line {one.line}: {one.reason}" for one in outcome.faults], outcome.faulty)
    _print_some([f"line {one.line}: {one.text}" for one in outcome.notices], outcome.noticed)
    if outcome.id:
        print(f"take it back with: deskbell directory undo {outcome.id}")
    else:
        print("the first of them, as they would be:")
        print("\n".join(f"  {_shown(person)}" for person in outcome.first))
    return DONE


def _print_some(lines: list[str], all_of_them: int) -> None:
    for line in lines[:TOLD]:
        print(line)
    if all_of_them > TOLD:
        print(f"... and {all_of_them - TOLD} more")


def _shown(person: Person) -> str:
    numbers = ", ".join(f"{number.type} {number.number}" for number in person.numbers)
    about = (person.name, person.company if person.company != person.name else "", person.email, numbers)
    return "; ".join(" ".join(text.split()) for text in about if text)


def _as_json(person: Person) -> dict[str, Any]:
    return asdict(replace(person, picture=None)) | {"picture": person.picture is not None}


@contextmanager
def _opened(path: Path, file: sqlite3.Connection) -> Iterator[BinaryIO]:
    """Open a file to be imported. The store itself it must not be: closing that drops SQLite's locks."""
    from appliance.directory.errors import DirectoryError

    store = next(row[2] for row in file.execute("PRAGMA database_list") if row[1] == "main")
    if str(path.resolve()).startswith(str(Path(store).resolve())):
        raise DirectoryError(f"{path} is the store itself")
    try:
        if not path.is_file():
            raise DirectoryError(f"{path} is no file")
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise DirectoryError(f"{path} cannot be read: {error.strerror}") from error


class _Progress:
    """Says on a terminal how far it is; a context that leaves the line empty again."""

    def __enter__(self) -> _Progress:
        self._terminal = sys.stderr.isatty()
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def __call__(self, rows: int, share: float) -> None:
        if self._terminal:
            print(f"\r{share:4.0%}, {rows} rows", end="", file=sys.stderr, flush=True)


# --- exporting


def _export(options: argparse.Namespace) -> int:
    from appliance.directory.formats import outlook, own, vcard

    format = options.format or ("vcard" if Path(options.file).suffix.lower() in VCARD else "csv")
    ids = _listed() if options.listed else options.people
    with reading(options) as (file, _):
        must_be_there(file, options.people or ())
        everybody = _People(file, ids)
        writers: dict[str, Write] = {
            "csv": lambda stream: own.write(everybody, stream),
            "outlook": lambda stream: outlook.write(everybody, stream, options.language),
            "vcard": lambda stream: vcard.write(everybody, stream, options.vcard),
        }
        file.execute("BEGIN")  # they are read twice: the same both times
        code = _written(options.file, writers[format])
    if code == DONE and options.json and options.file != "-":
        print_json({"file": options.file, "format": format, "people": everybody.count})
    elif code == DONE and options.file != "-":
        print(f"{count(everybody.count)} written to {options.file}")
    return code


def _listed() -> list[int]:
    from appliance.directory.errors import DirectoryError

    lines = sys.stdin.read().split()
    for at, line in enumerate(lines, 1):
        if not (line.isascii() and line.isdecimal()):
            raise DirectoryError(f"line {at} of standard input is no id: {line[:40]!r}")
    return [int(line[:18]) for line in lines]


def _sample(options: argparse.Namespace) -> int:
    from appliance.directory.formats import own

    return _written(options.file, own.sample)


class _People:
    """The people of the store, to be gone through more than once; `count` is how many there were."""

    def __init__(self, file: sqlite3.Connection, ids: Iterable[int] | None) -> None:
        self._file, self._ids = file, ids
        self.count = 0

    def __iter__(self) -> Iterator[Person]:
        from appliance.directory import people

        self.count = 0
        for person in people.every(self._file, self._ids):
            self.count += 1
            yield person


def _written(name: str, write: Write) -> int:
    """Write a whole file or, where something is in the way, none."""
    if name == "-":
        write(sys.stdout.buffer)
        return DONE
    path = Path(name)
    try:
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with open(handle, "wb") as stream:
            try:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
                os.replace(made, path)
            except BaseException:
                os.unlink(made)
                raise
    except OSError as error:
        return say(f"{name} cannot be written: {error.strerror}", REFUSED)
    return DONE
