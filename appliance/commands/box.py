"""`deskbell box`: root's part of a box that is set up by its card; each word loads only what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands import box_update
from appliance.commands.grammar import DONE, REFUSED, Commands, add, add_group, say

if TYPE_CHECKING:
    import argparse


def add_commands(commands: Commands) -> None:
    """Add the words to the command line."""
    words = add_group(commands, "box", "Look after the machine that the desk runs on (as root).")
    taking = add(words, "settings", "Take over what stands in the settings file on the card.", _settings)
    taking.add_argument("--boot", type=Path, default=Path("/boot/firmware"), help="(default: %(default)s)")
    taking.add_argument("--root", type=Path, default=Path("/"), help="of the system (default: %(default)s)")
    add(words, "template", "Print a settings file for the card, everything explained.", _template)
    text = "Print what to write on the card as admin.password_hash; the password is asked for."
    add(words, "hash", text, _hash)
    add(words, "console", "Show on the box's own screen how to reach it, and what is wrong.", _console)
    box_update.add_words(words)


def _settings(options: argparse.Namespace) -> int:
    from appliance.box import settings
    from appliance.box.system import System

    return settings.run(System(options.root, options.boot))


def _template(_: argparse.Namespace) -> int:
    from appliance.box.template import template

    print(template(), end="")
    return DONE


def _console(_: argparse.Namespace) -> int:
    from appliance import console

    return console.run()


def _hash(_: argparse.Namespace) -> int:
    from appliance.commands.users import asked
    from appliance.users import passwords
    from appliance.users.errors import UserError

    try:
        password = asked()
        passwords.check(password, "")
    except UserError as error:
        return say(str(error), REFUSED)
    print(passwords.hashed(password))
    return DONE
