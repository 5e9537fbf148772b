"""What root's part of the program has found wrong, for the pages, the doctor and the console.

The list lies in memory, so that a full or broken disk cannot keep it from being told; a link in the data
folder leads there. What the first stage of a boot has to say, it leaves as a file of its own beside the list.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from appliance.box.system import System

SETTINGS_FILE = "settings file"
"""The source that the settings file on the card is."""

NAME = "troubles.json"
LINK = "var/lib/deskbell/box/troubles.json"
LONGEST = 500  # characters of a text


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: where it comes from, what it is, its fix, and the line of a settings file."""

    source: str
    what: str
    fix: str
    line: int | None = None

    def __str__(self) -> str:
        """Return it as a line for a person."""
        place = f"{self.source}, line {self.line}" if self.line else self.source
        return f"{place}: {self.what}; {self.fix}"


def tell(system: System, source: str, found: Sequence[Trouble]) -> None:
    """Have these be what is wrong with a source; what others have told stays."""
    others = [one for one in told(system.notes) if one.source != source]
    whole = json.dumps([asdict(one) for one in (*others, *found)], ensure_ascii=False, indent=1)
    part = system.noting() / f".{NAME}.part"
    part.write_text(whole, encoding="utf-8")
    part.chmod(0o644)  # there is no secret in it
    part.replace(system.notes / NAME)
    with suppress(OSError):  # a disk that is full, or for reading only
        _link(system)


def told(folder: Path) -> list[Trouble]:
    """Return everything that was told since the box was switched on."""
    found = [one for path in sorted(folder.glob("*.json")) for one in _noted(path)]
    return list(dict.fromkeys(found))


def _noted(path: Path) -> Iterator[Trouble]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        yield Trouble("start of the box", f"{path} cannot be read", "start the box anew")
        return
    for one in said if isinstance(said, list) else [said]:
        if isinstance(one, dict):
            source, what, fix = (_text(one.get(name)) for name in ("source", "what", "fix"))
            line = one.get("line")
            yield Trouble(source or "box", what, fix, line if isinstance(line, int) else None)


def _text(said: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return said[:LONGEST] if isinstance(said, str) else ""


def _link(system: System) -> None:
    """Lead from the data folder to the list; what belongs to the desk's user is never followed."""
    link = system.root / LINK
    if os.path.lexists(link):
        return
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("/run/deskbell-box/" + NAME)
