"""Quirks from installed packages: a maker is supported without a change here.

A package names its tables in the entry point group `deskbell.telephony_quirks`; each is an iterable of
`Model`:

    [project.entry-points."deskbell.telephony_quirks"]
    acme = "acme_telephones:MODELS"

The files are read here and not by importlib.metadata, which takes 7 MB of memory. They are read once, when
the first device is met. Source of their format: Entry points specification, packaging.python.org.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.telephony.quirks.quirk import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = logging.getLogger(__name__)

GROUP = "deskbell.telephony_quirks"


@cache
def models() -> tuple[Model, ...]:
    """What all installed packages offer; one that fails is logged by name and left out."""
    return tuple(model for name, target in entry_points(sys.path) for model in _load(name, target))


def entry_points(path: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The entry points of our group on a module search path: name and target ("module:attribute")."""
    for folder in path:
        for kind in ("dist-info", "egg-info"):
            for file in sorted(Path(folder).glob(f"*.{kind}/entry_points.txt")):
                yield from _of_group(file)


def _of_group(file: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return  # another package's trouble
    section = ""
    for line in map(str.strip, lines):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            name, target = line.split("=", 1)
            yield name.strip(), target.strip()


def _load(name: str, target: str) -> tuple[Model, ...]:
    module, _, attribute = target.partition(":")
    try:
        found = tuple(attrgetter(attribute)(import_module(module)))
        strange = [thing for thing in found if not isinstance(thing, Model)]
        if strange:
            raise TypeError(f"{strange[0]!r} is not a Model")
    except (Exception, SystemExit) as fault:  # whatever a stranger's code does, the desk goes on
        log.warning("the telephony quirks %r (%s) are left out: %s", name, target, fault, exc_info=True)
        return ()
    log.info("telephony quirks %r: %d models", name, len(found))
    return found
