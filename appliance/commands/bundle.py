"""`deskbell bundle`: what somebody needs who helps from afar."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands.grammar import DONE, REFUSED, Commands, add, add_settings_path, say

if TYPE_CHECKING:
    import argparse


def add_commands(commands: Commands) -> None:
    """Add the word to the command line."""
    command = add(
        commands,
        "bundle",
        "Put into one .zip what somebody needs who helps from afar; passwords, PINs and texts are left out.",
        _run,
    )
    command.add_argument("file", type=Path, help="a new one; -: standard output")
    command.add_argument(
        "--without-numbers",
        action="store_true",
        help="replace each number and name by another text, the same one everywhere",
    )
    add_settings_path(command)


def _run(options: argparse.Namespace) -> int:
    from appliance import bundle

    made = io.BytesIO()
    bundle.write(options.settings, options.socket, made, not options.without_numbers)
    if str(options.file) == "-":
        sys.stdout.buffer.write(made.getvalue())
        return DONE
    try:
        with os.fdopen(os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made.getvalue())
    except OSError as error:
        return say(f"{options.file} cannot be made: {error}", REFUSED)
    print(f"{options.file} holds: {', '.join(bundle.CONTENTS)}")
    return DONE
