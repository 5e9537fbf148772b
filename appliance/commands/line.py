"""`deskbell line`: tries an account out before it is set up, or while the desk runs with it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from appliance.commands.grammar import DONE, REFUSED, Commands, add, add_group, add_json, print_json
from appliance.settings import SettingsError
from appliance.settings.draft import is_secret
from appliance.settings.file import understand

if TYPE_CHECKING:
    import argparse

    from appliance.settings import Settings


def add_commands(commands: Commands) -> None:
    """Add the words."""
    group = add_group(commands, "line", "Try out an account at an exchange.")
    text = (
        "Read the options of a line as a JSON object from standard input, the password too, and tell whether"
        " the exchange takes them. A desk that runs keeps its registration."
    )
    add_json(add(group, "test", text, _test))


def _test(options: argparse.Namespace) -> int:
    from appliance.configuration import line_configs
    from appliance.sip import account_trial

    account = _read(sys.stdin.read())
    began = time.monotonic()
    verdict = account_trial.run(line_configs(account)[0])
    if options.json:
        print_json({**verdict._asdict(), "fix": verdict.fix, "seconds": round(time.monotonic() - began, 1)})
    else:
        print("\n      → ".join(filter(None, (f"{verdict.outcome}: {verdict.reason}", verdict.fix))))
    return DONE if verdict.outcome == "registered" else REFUSED


def _read(text: str) -> Settings:
    """Return settings with that account; SettingsError where it is none."""
    try:
        said = json.loads(text)
    except ValueError:  # the text of the error may quote the password
        said = None
    if not isinstance(said, dict) or not said.get("server"):
        raise SettingsError("standard input is no account: write a JSON object with server, user, password")
    secret = {name: said.pop(name) for name in list(said) if is_secret("line", name)}
    return understand(Path("standard input"), tomlkit.dumps({"line": said}), tomlkit.dumps({"line": secret}))
