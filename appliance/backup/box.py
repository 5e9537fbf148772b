"""Where the things of a box lie: settings, secrets, store, and the files that the settings name."""

from __future__ import annotations

import contextlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance import settings
from appliance.store import durable
from appliance.store.durable import PART, Remove

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS = "*.token"
"""The files beside the store with what lets sources in."""

CERTIFICATES = "certificates"
"""The folder beside the store where certificates and their keys lie."""

STAMP = "backed-up"
"""The file beside the store whose time is that of the last backup."""

WORK = ("jobs", "first-run", "*-code")
"""What the pages keep beside the store while something is done: imports, the first run, codes."""

NAMED = ("ringing.tone_internal", "ringing.tone_external")
"""Options that name a file; `ca_file` of every line and source is another."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box, by the paths of its settings and its store."""

    settings: Path
    store: Path

    @property
    def secrets(self) -> Path:
        """The secrets beside the settings."""
        return self.settings.with_name(settings.SECRETS_NAME)

    @property
    def state(self) -> Path:
        """The folder of the store, with what belongs to it."""
        return self.store.parent

    @property
    def copy(self) -> Path:
        """The copy of the store that a backup is made from; nothing once it is made."""
        return self.store.with_name(self.store.name + ".backing-up")

    @property
    def files(self) -> Path:
        """Where a restore puts the files that settings name."""
        return self.settings.with_name("files")

    @property
    def journal(self) -> Path:
        """What is left to do of a restore or a reset; beside the settings, which tell where the rest is."""
        return self.settings.with_name(".unfinished")

    @property
    def staging(self) -> Path:
        """Where a restore puts things first."""
        return self.state / "restoring"


def box(path: Path) -> Box:
    """Return the box with these settings, be they wrong or missing: then the store is where it usually is."""
    store = settings.DeskOptions().store
    with contextlib.suppress(OSError, ValueError):
        said = tomllib.loads(path.read_text(encoding="utf-8")).get("desk", {}).get("store")
        store = said if isinstance(said, str) and said else store
    return Box(path.absolute(), Path(store).absolute())


def finish(path: Path) -> bool:
    """Complete a restore or a reset that was decided, or clear up after one that was not; False: none was.

    The desk does this first of all when it starts. StoreError names what cannot be done.
    """
    this = box(path)
    if durable.finish(this.journal):
        return True
    with contextlib.suppress(OSError), durable.alone(this.state, wait=False) as free:
        for left in (this.staging, this.copy, *(_part(one) for one in (this.copy, this.journal))):
            if free:
                Remove(left).do()
    return False


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)


def named(loaded: settings.Settings) -> Iterator[tuple[str, Path]]:
    """Return the files that settings name, each with its option: ringing.tone_internal, line.ca_file ..."""
    for option in NAMED:
        section, name = option.split(".")
        if said := getattr(getattr(loaded, section), name):
            yield option, Path(said)
    trusting: dict[str, settings.LineOptions | settings.SourceOptions] = {"line": loaded.line}
    trusting |= {f"lines.{name}": line for name, line in loaded.lines.items()}
    trusting |= {f"sources.{name}": source for name, source in loaded.sources.items()}
    for section, options in trusting.items():
        if options.ca_file:
            yield f"{section}.ca_file", Path(options.ca_file)
