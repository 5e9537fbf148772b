"""`deskbell history`: the calls there were."""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.commands.grammar import DONE, REFUSED, add, add_json, add_settings_path, print_json, say
from appliance.commands.store import opened
from appliance.store.file import StoreError

if TYPE_CHECKING:
    from appliance.commands.grammar import Commands, Run
    from appliance.directory.lookup import Keys
    from appliance.history.record import Record
    from appliance.history.records import Wanted

_MOST = 1_000_000  # calls that are listed at once
_WHICH = ("received", "missed", "outgoing")


def add_commands(commands: Commands) -> None:
    """Add the words."""
    history = add(commands, "history", "List the calls there were; by default the last 100.", safely(_list))
    _add_wanted(history, {})
    add_settings_path(history)
    add_json(history)
    history.add_argument("--limit", type=_count, default=0, metavar="N", help="at most so many calls")
    deeds = history.add_subparsers(title="commands", metavar="command")
    export = add(deeds, "export", "Write them to a file, as CSV for spreadsheets.", safely(_export))
    export.add_argument("file", nargs="?", type=Path, help="(default: standard output)")
    _add_wanted(export, {"default": argparse.SUPPRESS})
    note = add(deeds, "note", "Write down something about a call.", safely(_note))
    note.add_argument("call", type=_count, help="its number in the list")
    note.add_argument("text", help='"": take the note away')
    erase = add(deeds, "erase", "Take somebody out of all records, for ever.", safely(_erase))
    erase.add_argument("number", help="of the caller or the called, however it is written")
    tidy = add(deeds, "tidy", "Add up the days that are over, and delete what is too old.", safely(_tidy))
    for word in (export, note, erase, tidy):  # what is said before the word stands
        word.add_argument("--settings", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        word.add_argument("--json", action="store_true", help="print JSON", default=argparse.SUPPRESS)


def safely(run: Run) -> Run:
    """Return a command that says why not, where the store cannot be used or something is not in it."""

    def safe(options: argparse.Namespace) -> int:
        from appliance.history.records import NoSuchRecordError

        try:
            return run(options)
        except UnicodeError:
            return say("the text is not UTF-8", REFUSED)
        except (NoSuchRecordError, StoreError) as error:
            return say(str(error), REFUSED)

    return safe


def day(text: str) -> datetime.date:
    """Return the day that is meant on the command line."""
    today = datetime.datetime.now().astimezone().date()
    match text:
        case "today":
            return today
        case "yesterday":
            return today - datetime.timedelta(1)
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day; write 2026-12-31, today or yesterday"
        ) from None


def _count(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and int(text[:20]) < 2**63):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a call")
    return int(text)


def _add_wanted(command: argparse.ArgumentParser, unset: dict[str, Any]) -> None:
    """Let the calls be chosen; `unset` is the default of each option, {} for its own."""
    command.add_argument("--day", type=day, metavar="DAY", help="2026-12-31, today or yesterday", **unset)
    command.add_argument("--from", dest="first", type=day, metavar="DAY", help="and later", **unset)
    command.add_argument("--to", dest="last", type=day, metavar="DAY", help="and earlier", **unset)
    which = command.add_mutually_exclusive_group()
    for word in _WHICH:
        which.add_argument(
            f"--{word}", dest="which", action="store_const", const=word, help=f"only {word} calls", **unset
        )
    command.add_argument("--number", metavar="NUMBER", help="or a part of it, however it is written", **unset)
    command.add_argument("--name", metavar="NAME", help="or a part of it", **unset)
    command.add_argument("--hide-queue", action="store_true", help="leave out calls of queues", **unset)
    command.add_argument("--screened", action="store_true", help="also calls that are not shown", **unset)


def _keys(loaded: settings.Settings) -> Keys:
    from appliance.directory.lookup import Keys

    return Keys(loaded.dialling.plan)


def _wanted(options: argparse.Namespace) -> Wanted:
    from appliance.history.record import day_number
    from appliance.history.records import Wanted

    first, last = options.day or options.first, options.day or options.last
    return Wanted(
        options.which or "all",
        day_number(first) if first else 0,
        day_number(last) if last else 0,
        options.number or "",
        options.name or "",
        hide_queues=options.hide_queue,
        screened=options.screened,
    )


def _list(options: argparse.Namespace) -> int:
    from appliance.history.records import RECENT, find

    loaded, wanted = settings.load(options.settings), _wanted(options)
    limit = min(options.limit, _MOST) or (_MOST if wanted.first or wanted.last else RECENT)
    with opened(loaded) as file:
        calls = find(file, wanted, limit, key=_keys(loaded).key)
    if options.json:
        print_json(
            [{name: value for name, value in asdict(call).items() if name != "sought"} for call in calls]
        )
    else:
        print("\n".join(map(_line, calls)) or "no calls")
    return DONE


def _line(call: Record) -> str:
    began = datetime.datetime.fromtimestamp(call.began).astimezone()
    who = " ".join(filter(None, (call.number, call.name))) or ("anonymous" if call.withheld else "unknown")
    spent = [
        f"{word} {lasted(seconds)}"
        for word, seconds in (("waited", call.waited), ("held", call.held), ("talked", call.talked))
        if round(seconds)
    ]
    what = " ".join(filter(None, (call.purpose, call.returned and f"back from {call.returned}", call.origin)))
    target = f"to {' '.join(filter(None, (call.target, call.target_name)))}" if call.target else ""
    told = ", ".join(filter(None, (what, *spent, target, call.reason, call.note)))
    state = call.outcome or call.state
    return (
        f"{call.id:7}  {began:%Y-%m-%d %H:%M:%S}  {call.direction:3}  {state:11}  {who:30}  {told}".rstrip()
    )


def lasted(seconds: float) -> str:
    """Return a time as people read it: 1:02:03, 2:03, 0:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _export(options: argparse.Namespace) -> int:
    from appliance.history.export import export
    from appliance.history.records import every

    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        calls = every(file, _wanted(options), _keys(loaded).key)
        if options.file is None:
            export(calls, sys.stdout)
            return DONE
        part = options.file.with_name(f"{options.file.name}.part")  # until it is whole
        try:
            with part.open("w", encoding="utf-8-sig", newline="") as stream:
                count = export(calls, stream)
            part.replace(options.file)
        except OSError as error:
            part.unlink(missing_ok=True)
            return say(f"{options.file} cannot be written: {error.strerror}", REFUSED)
    if options.json:
        print_json({"file": str(options.file), "calls": count})
    else:
        print(f"{count} calls are in {options.file}")
    return DONE


def _note(options: argparse.Namespace) -> int:
    from appliance.history.records import write_note
    from appliance.store.file import writing

    with opened(settings.load(options.settings)) as file, writing(file):
        write_note(file, options.call, options.text)
    if options.json:
        print_json({"call": options.call, "note": options.text})
    return DONE


def _erase(options: argparse.Namespace) -> int:
    from appliance.history.retention import erase
    from appliance.store import health, snapshots

    if not any(sign.isalnum() for sign in options.number):
        return say(f"{options.number!r} is no number", REFUSED)
    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        erased = erase(file, options.number, _keys(loaded).key)
    snapshots.forget_past(Path(loaded.desk.store))
    health.forget(Path(loaded.desk.store))
    if options.json:
        print_json(asdict(erased))
        return DONE
    print(f"erased from {erased.records} calls and {erased.messages} text messages")
    if erased.lasting:
        print(f"{erased.lasting} calls with this number last: erase it again when they are over")
    if not erased.gone:
        print("the file's log could not be emptied yet, as somebody reads: erase it again in a moment")
    print("backups made before still have it")
    return DONE


def _tidy(options: argparse.Namespace) -> int:
    from appliance.history.retention import tidy

    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        done = tidy(file, time.time(), loaded.history.keep_days)
    if options.json:
        print_json(asdict(done))
    else:
        print(f"{done.days} days added up, {done.deleted} calls deleted")
    return DONE
