"""How a command is added to the command line, and how it prints."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Run = Callable[[argparse.Namespace], int]

DONE, REFUSED, USAGE, NO_DESK, WRONG_SETTINGS, FAULT = range(6)
EXIT_CODES = f"""exit codes:
  {DONE} done
  {REFUSED} refused, or not healthy
  {USAGE} wrong words on the command line
  {NO_DESK} no desk there
  {WRONG_SETTINGS} wrong settings
  {FAULT} the desk stopped because of a fault"""

Commands = Any  # argparse's own type for this is private


def add(commands: Commands, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    """Add a command: one line of help, and what it does."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    made.set_defaults(run=run)
    return made


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """Add a command that has commands of its own; return where they are added."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    return made.add_subparsers(title="commands", metavar="command", required=True)


def add_settings_path(command: argparse.ArgumentParser) -> None:
    """Let the settings be another file than the usual."""
    command.add_argument(
        "--settings", type=Path, default=settings.DEFAULT_PATH, metavar="FILE", help="(default: %(default)s)"
    )


def add_json(command: argparse.ArgumentParser) -> None:
    """Let it print JSON."""
    command.add_argument("--json", action="store_true", help="print JSON")


def print_json(data: Any) -> None:  # noqa: ANN401 - whatever the command shows
    """Print data for programs."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def say(text: str, code: int) -> int:
    """Tell why not, on standard error; return the exit code."""
    print(f"deskbell: {text}", file=sys.stderr)
    return code


def author() -> str:
    """Return who gives the command, for what is written down with a name."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
