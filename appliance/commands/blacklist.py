"""`deskbell blacklist`: numbers and patterns that may not ring."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.grammar import (
    DONE,
    REFUSED,
    Commands,
    add,
    add_group,
    add_json,
    add_settings_path,
    author,
    print_json,
    say,
)
from appliance.commands.screening import now, rules_of, safely
from appliance.commands.store import opened

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from appliance.screening.blacklist import Entry


def add_commands(commands: Commands) -> None:
    """Add the words."""
    group = add_group(commands, "blacklist", "Numbers and patterns that may not ring.")
    listing = add(group, "list", "List them.", safely(_list))
    adding = add(group, "add", "Add a number or a pattern.", safely(_add))
    adding.add_argument("number", nargs="?", help="X is any digit, * at the end anything: '+39 199*'")
    adding.add_argument(
        "--call", type=int, metavar="RECORD", help="instead: who was in this call of the history"
    )
    adding.add_argument("--note", default="", help="why")
    removing = add(group, "remove", "Remove a number or a pattern.", safely(_remove))
    removing.add_argument("number", help="as it is listed")
    undoing = add(group, "undo", "Take the last change back; again, the one before it.", safely(_undo))
    checking = add(group, "check", "Say whether a number may ring, and why not.", safely(_check))
    checking.add_argument("number", help="or anonymous, or unknown")
    checking.add_argument("--at", default="", metavar="TIME", help="such as 2026-12-25T10:30 (default: now)")
    for word in (listing, adding, removing, undoing, checking):
        add_settings_path(word)
        add_json(word)


def _list(options: argparse.Namespace) -> int:
    from appliance.screening.blacklist import entries

    with opened(settings.load(options.settings)) as file:
        listed = entries(file)
    if options.json:
        print_json([asdict(entry) for entry in listed])
    else:
        print("\n".join(map(_line, listed)) or "the blacklist is empty")
    return DONE


def _add(options: argparse.Namespace) -> int:
    from appliance.screening import blacklist
    from appliance.store.file import writing

    loaded = settings.load(options.settings)
    own = (loaded.line.user, *(line.user for line in loaded.lines.values()), *loaded.extensions)
    if (options.number is None) == (options.call is None):
        return say("say which number, or which call", REFUSED)
    with opened(loaded) as file, writing(file):
        number = _number_of(file, options.call) if options.number is None else options.number
        entry = blacklist.add(file, loaded.dialling.plan, number, options.note, author(), time.time(), own)
    return _tell(options, "added", entry)


def _number_of(file: sqlite3.Connection, record: int) -> str:
    """Return the number of the other party in a call."""
    from appliance.history.records import NoSuchRecordError, get
    from appliance.screening.errors import ScreeningError

    try:
        number = get(file, record).number
    except NoSuchRecordError as error:
        raise ScreeningError(str(error)) from error
    if not number:
        raise ScreeningError(
            f"no number came with call {record}; `deskbell screening set` refuses such callers"
        )
    return number


def _remove(options: argparse.Namespace) -> int:
    from appliance.screening import blacklist
    from appliance.store.file import writing

    loaded = settings.load(options.settings)
    with opened(loaded) as file, writing(file):
        entry = blacklist.remove(file, loaded.dialling.plan, options.number, author(), time.time())
    return _tell(options, "removed", entry)


def _undo(options: argparse.Namespace) -> int:
    from appliance.screening import blacklist
    from appliance.store.file import writing

    with opened(settings.load(options.settings)) as file, writing(file):
        deed, entry = blacklist.undo(file)
    return _tell(options, "removed again" if deed == "added" else "back on the list", entry)


def _tell(options: argparse.Namespace, deed: str, entry: Entry) -> int:
    if options.json:
        print_json({"done": deed, **asdict(entry)})
    else:
        print(f"{deed}: {_line(entry)}")
    return DONE


def _line(entry: Entry) -> str:
    added = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.added))
    return "  ".join(part for part in (entry.pattern, f"{added} {entry.author}".rstrip(), entry.note) if part)


def _check(options: argparse.Namespace) -> int:
    from appliance.desk.events import CallArrived
    from appliance.desk.state import Party
    from appliance.screening.hours import zone
    from appliance.screening.verdict import verdict

    try:
        at = datetime.fromisoformat(options.at) if options.at else now()
    except ValueError:
        return say(f"{options.at!r} is no time: write it as 2026-12-25T10:30", REFUSED)
    unnamed = {"anonymous": Party(withheld=True), "unknown": Party()}
    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        rules = rules_of(loaded, file)
    party = unnamed.get(options.number) or Party(options.number)
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone(rules.hours.zone)) if rules.hours.zone else at.astimezone()
    found = verdict(CallArrived("", party, internal=options.number in loaded.extensions), rules, at)
    if options.json:
        print_json(asdict(found))
    elif found.let_in:
        print("rings")
    else:
        print(f"{f'diverted to {found.divert}' if found.divert else 'refused'}: {found.reason}")
    return DONE
