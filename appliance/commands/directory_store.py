"""What the words of `deskbell directory` share: the store, the keys of numbers, and how errors are said."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.grammar import REFUSED, Commands, add, add_json, add_settings_path, say
from appliance.commands.store import opened
from appliance.store.file import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.commands.grammar import Run
    from appliance.directory.lookup import Keys


def add_word(group: Commands, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    """Add a word that says why not where the directory refuses, or the store cannot be used."""

    def safe(options: argparse.Namespace) -> int:
        from appliance.directory.errors import DirectoryError

        try:
            return run(options)
        except UnicodeError:
            return say("the text is not UTF-8", REFUSED)
        except (DirectoryError, StoreError) as error:
            return say(str(error), REFUSED)

    word = add(group, name, text, safe)
    add_settings_path(word)
    add_json(word)
    return word


def add_people(word: argparse.ArgumentParser) -> None:
    """Let people be named by their ids."""
    word.add_argument("people", nargs="+", type=an_id, metavar="ID", help="of a person, as search lists it")


def an_id(text: str) -> int:
    """Return the id that is meant on the command line."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) < 2**63):
        raise argparse.ArgumentTypeError(f"{text!r} is no id; search lists them")
    return int(text)


@contextmanager
def reading(options: argparse.Namespace) -> Iterator[tuple[sqlite3.Connection, Keys]]:
    """Open the store that the settings name."""
    from appliance.directory.lookup import Keys

    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        yield file, Keys(loaded.dialling.plan)


@contextmanager
def changing(options: argparse.Namespace) -> Iterator[tuple[sqlite3.Connection, Keys]]:
    """Open the store for one change: all of it or, where something is refused, nothing."""
    from appliance.store.file import writing

    with reading(options) as (file, keys), writing(file):
        yield file, keys


def must_be_there(file: sqlite3.Connection, people: Sequence[int]) -> None:
    """Raise Unknown where one of these people is not there."""
    from appliance.directory.errors import Unknown

    for id in people:
        if not file.execute("SELECT 1 FROM person WHERE id = ?", (id,)).fetchone():
            raise Unknown(f"there is no person {id}")


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as aligned text."""
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def count(people: Sequence[int] | int) -> str:
    """Return how many people, in words."""
    number = people if isinstance(people, int) else len(people)
    return f"{number} {'person' if number == 1 else 'people'}"
