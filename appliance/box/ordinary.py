"""The desk's own settings that stand on the card are merged into those of the box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.box.troubles import SETTINGS_FILE, Trouble
from appliance.settings.draft import Draft, editing
from appliance.settings.file import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.box.lines import Said
    from appliance.settings.file import Problem


class NotMerged(OSError):
    """The settings of the box cannot be read or written."""


def merge(path: Path, said: Sequence[Said]) -> tuple[list[Said], list[Trouble]]:
    """Put options, each right by itself, into the settings; return those that were taken, and what is wrong.

    What does not fit the others is left out, and the rest tried once more. NotMerged: nothing was taken.
    """
    left = list(said)
    wrong: list[Trouble] = []
    if not left:
        return left, wrong
    try:
        with editing(path) as draft:
            while left:
                try:
                    _save(draft, left)
                    break
                except SettingsError as error:
                    if not error.problems:
                        raise
                    culprits = [one for problem in error.problems for one in _to_blame(problem, left)] or left
                    wrong += [_told(problem, left) for problem in error.problems]
                    left = [one for one in left if one not in culprits]
                    draft = Draft(path)
    except SettingsError as error:
        raise NotMerged(str(error).splitlines()[0]) from error
    return left, wrong


def _save(draft: Draft, said: Sequence[Said]) -> None:
    for one in said:
        draft.put(".".join(one.section), one.option, one.value)
    draft.save()


def _to_blame(problem: Problem, said: Sequence[Said]) -> list[Said]:
    """Return which of our options a problem is with: the option, or where it is missing its section."""
    here = [one for one in said if ".".join(one.section) == problem.section]
    return [one for one in here if one.option == problem.option] or here


def _told(problem: Problem, said: Sequence[Said]) -> Trouble:
    title = f"{problem.section}.{problem.option}" if problem.option else f"[{problem.section}]"
    line = next((one.first for one in _to_blame(problem, said)), None)
    return Trouble(SETTINGS_FILE, f"{title} {problem.what}", str(problem.fix), line)
