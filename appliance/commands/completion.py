"""`deskbell --completion SHELL`: what a shell needs to complete commands; a file wherever a path is meant."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELLS = ("bash", "zsh", "tcsh", "fish", "powershell")


class Completion(argparse.Action):
    """Print it and end."""

    def __call__(self, parser: argparse.ArgumentParser, _options: object, shell: object, *_: object) -> None:
        """See `argparse.Action`."""
        import shtab  # and with it much that no desk needs

        for argument in _arguments(parser):
            if argument.type is Path:
                argument.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab's own way
        print(shtab.complete(parser, str(shell)))
        parser.exit()


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a command line and of all its commands."""
    for argument in parser._actions:
        yield argument
        if isinstance(argument, argparse._SubParsersAction):
            for command in argument.choices.values():
                yield from _arguments(command)
