"""`deskbell box`: what root does for the machine that the desk runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.commands import box_update
from appliance.commands.grammar import Commands, add, add_group

if TYPE_CHECKING:
    import argparse


def add_commands(commands: Commands) -> None:
    """Add the words to the command line."""
    words = add_group(commands, "box", "Look after the machine that the desk runs on (as root).")
    add(words, "settings", "Take over what stands in the settings file on the card.", _settings)
    add(words, "console", "Show on the box's own screen how to reach it, and what is wrong.", _console)
    box_update.add_words(words)


def _settings(_: argparse.Namespace) -> int:
    from appliance.box import settings

    return settings.run()


def _console(_: argparse.Namespace) -> int:
    from appliance.box import console

    return int(console.run())
