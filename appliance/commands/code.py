"""`deskbell code`: tells the code that the page asks for before there is an admin, or to have another one."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.grammar import DONE, REFUSED, Commands, add, add_settings_path, say
from appliance.store.file import connect
from appliance.users import accounts, codes, reset

if TYPE_CHECKING:
    import argparse


def add_commands(commands: Commands) -> None:
    """Add the word."""
    add_settings_path(add(commands, "code", "Show the code that the page asks for at first.", _code))


def _code(options: argparse.Namespace) -> int:
    loaded = settings.load_or_default(options.settings)
    store = Path(loaded.desk.store)
    try:
        if store.exists():
            with closing(connect(store)) as file:
                if accounts.any_admin(file):
                    if allowed := reset.code(store.parent, time.time()):
                        print(allowed)
                        return DONE
                    return say("there is an admin already: no code is asked for", REFUSED)
        print(loaded.page.first_run_code or codes.shown(store.parent, codes.FIRST_RUN))
    except OSError as error:
        return say(f"the code cannot be read: {error}; run it as root, or as the desk's own user", REFUSED)
    return DONE
