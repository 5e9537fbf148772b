"""`deskbell settings`: print a settings file with every option explained; `settings set` changes some."""

from __future__ import annotations

import contextlib
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.commands.grammar import DONE, WRONG_SETTINGS, Commands, add, add_settings_path, say
from appliance.control.client import Client
from appliance.control.protocol import ControlError, Reload
from appliance.settings.draft import Draft, editing, is_secret

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add_commands(commands: Commands) -> None:
    """Add the words to the command line."""
    top = add(commands, "settings", "Print a settings file with every option explained; or set some.", _print)
    deeds = top.add_subparsers(title="commands", metavar="command")
    text = "Set the options read from standard input, TOML or JSON (null: none); tell what changes."
    change = add(deeds, "set", text, _set)
    add_settings_path(change)
    change.add_argument("--check", action="store_true", help="only tell what would change, or what is wrong")


def _print(_: argparse.Namespace) -> int:
    print(settings.example(), end="")
    return DONE


def _set(options: argparse.Namespace) -> int:
    """Set secrets and others alike: each finds its file. Nothing is written when anything is wrong."""
    try:
        wanted = _read(sys.stdin.read())
    except ValueError:  # its text may quote a secret
        return say("standard input is neither TOML nor JSON with sections", WRONG_SETTINGS)
    with editing(options.settings) as draft:
        told = [change for section, table in wanted.items() for change in _changed(draft, section, table)]
        checked = draft.check() if options.check or not told else draft.save()
    print("\n".join(told), end="\n" if told else "")
    if told and not options.check:
        with contextlib.suppress(ControlError), Client(Path(checked.desk.socket)) as desk:
            desk.ask(Reload())
    return DONE


def _read(text: str) -> dict[str, dict[str, Any]]:
    wanted = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    if not all(isinstance(table, dict) for table in wanted.values()):
        raise ValueError("an option outside of any section")
    return dict(wanted)


def _changed(draft: Draft, section: str, table: dict[str, Any]) -> Iterator[str]:
    """Put a section's options into the draft; say of each that changes what it becomes."""
    for name, value in table.items():
        before = draft.get(section, name)
        if isinstance(value, dict):
            yield from _changed(draft, f"{section}.{name}", value)
        elif value != before:
            if value is None:
                draft.drop(section, name)
            else:
                draft.put(section, name, value)
            becomes = "…" if is_secret(section, name) else json.dumps(value, ensure_ascii=False)
            yield f"{section}.{name} = {becomes}"
