"""`deskbell directory sources`, `sync`, `sign-in` and `forget`: the outside sources of the directory."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.directory_store import add_word, changing, count, reading
from appliance.commands.grammar import DONE, REFUSED, Commands, print_json, say
from appliance.store import sharing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from appliance.directory.sources.application import Outcome
    from appliance.directory.sources.sync import State

MEMORY = 512 << 20
"""Bytes that a reading may take: whatever a source sends, the desk keeps its own."""


def add_words(group: Commands) -> None:
    """Add the words to `deskbell directory`."""
    add_word(group, "sources", "List the outside sources of people, and how they do.", _sources)
    sync = add_word(group, "sync", "Read the outside sources, or one of them, now.", _sync)
    sync.add_argument("name", nargs="?", default="", help="(default: all)")
    sync.add_argument(
        "--due", action="store_true", help="only those whose time has come; none has to succeed"
    )
    sync.add_argument("--believe", action="store_true", help="even when hardly anybody is left in it")
    text = "Let a source of kind graph read the contacts of an account."
    add_word(group, "sign-in", text, _sign_in).add_argument("name")
    text = "Remove the people of a source that is no longer in the settings."
    add_word(group, "forget", text, _forget).add_argument("name")


def _sources(options: argparse.Namespace) -> int:
    from appliance.directory.sources.sync import states

    loaded = settings.load(options.settings)
    with reading(options) as (file, _):
        found = states(file, loaded.sources)
    if options.json:
        print_json([asdict(state) | {"configured": state.name in loaded.sources} for state in found])
    else:
        print("\n".join(_line(state, state.name in loaded.sources) for state in found) or "no sources")
    return DONE


def _line(state: State, configured: bool) -> str:
    if not configured:
        how = f"no longer in the settings; remove its people with: deskbell directory forget {state.name}"
    elif not state.tried:
        how = "not read yet"
    elif state.reason:
        how = f"failed {_when(state.tried)}: {state.reason}; as it was {_when(state.good)}"
    else:
        how = f"in step {_when(state.good)}"
    return f"{state.name}: {count(state.people)}, {how}"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else "never"


def _sync(options: argparse.Namespace) -> int:
    loaded = settings.load(options.settings)
    if options.name and options.name not in loaded.sources:
        return say(_unknown(options.name, loaded), REFUSED)
    if not loaded.sources:
        return DONE if options.due else say("there are no [sources.NAME] in the settings", REFUSED)
    with _alone(loaded) as alone:
        if not alone:
            return DONE if options.due else say("another process reads the sources just now", REFUSED)
        outcomes = _read(loaded, options)
    if options.json:
        print_json([asdict(outcome) for outcome in outcomes])
    failed = any(outcome.reason for outcome in outcomes)
    return REFUSED if failed and not options.due else DONE


def _read(loaded: settings.Settings, options: argparse.Namespace) -> list[Outcome]:
    import resource

    from appliance.directory.sources import sync

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    outcomes: list[Outcome] = []
    with reading(options) as (file, keys):
        names = [options.name] if options.name else list(loaded.sources)
        late = sync.due(file, loaded.sources, time.time()) if options.due else names
        for name in late:
            if name not in names:
                continue
            source, folder = loaded.sources[name], _folder(loaded)
            outcomes.append(sync.synchronise(file, keys, name, source, folder, believe=options.believe))
            if not options.json:
                print(_told(outcomes[-1]), flush=True)
    return outcomes


def _told(outcome: Outcome) -> str:
    if outcome.reason:
        return f"{outcome.name}: nothing was changed: {outcome.reason}"
    return f"{outcome.name}: {outcome.added} new, {outcome.changed} changed, {outcome.removed} gone"


def _sign_in(options: argparse.Namespace) -> int:
    from appliance.directory.sources.graph import Account

    loaded = settings.load(options.settings)
    source = loaded.sources.get(options.name)
    if not source:
        return say(_unknown(options.name, loaded), REFUSED)
    if source.kind != "graph":
        return say(f"{options.name} is of kind {source.kind}: nobody has to sign in", REFUSED)
    _folder(loaded).mkdir(parents=True, exist_ok=True)
    tell = sys.stderr if options.json else sys.stdout
    account = Account(options.name, source, _folder(loaded))
    user = account.sign_in(lambda text: print(text, file=tell, flush=True))
    if options.json:
        print_json({"user": user})
    else:
        print(f"signed in as {user}")
    return DONE


def _forget(options: argparse.Namespace) -> int:
    from appliance.directory.sources.sync import forget, states

    loaded = settings.load(options.settings)
    if options.name in loaded.sources:
        return say(f"{options.name} is in the settings: take [sources.{options.name}] out first", REFUSED)
    with changing(options) as (file, _):
        if options.name not in [state.name for state in states(file, ())]:
            return say(f"there is no source {options.name!r}", REFUSED)
        removed = forget(file, options.name)
        (_folder(loaded) / f"{options.name}.token").unlink(missing_ok=True)
    if options.json:
        print_json({"removed": removed})
    else:
        print(f"{count(removed)} removed")
    return DONE


def _unknown(name: str, loaded: settings.Settings) -> str:
    return f"there is no source {name!r} in the settings; there are: {', '.join(loaded.sources) or 'none'}"


def _folder(loaded: settings.Settings) -> Path:
    """Return where the store is: what waits to be written, and who has signed in, are beside it."""
    return Path(loaded.desk.store).parent


@contextmanager
def _alone(loaded: settings.Settings) -> Iterator[bool]:
    """Tell whether no other process reads the sources, and keep it so."""
    import fcntl

    _folder(loaded).mkdir(parents=True, exist_ok=True)
    with open(sharing.lock(_folder(loaded) / "sources.lock"), "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
