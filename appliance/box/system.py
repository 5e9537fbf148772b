"""The system that root's part of the program works on: its root folder, its boot partition, its programs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BOOT = Path("/boot/firmware")
ROOT = Path("/")
PATIENCE = 60.0  # seconds for a program; a slow card takes some


def _run(words: Sequence[str], said: str = "", user: str | None = None) -> None:
    """Run a program, `said` on its standard input; CalledProcessError has what it complains of."""
    subprocess.run(
        words,
        input=said,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        umask=0o007 if user else -1,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )


def _refuse(words: Sequence[str], *_: object) -> None:
    raise OSError(f"{words[0]} can be done in a system that runs, not in a tree of files")


@dataclass(frozen=True, slots=True)
class System:
    """Where things lie; whoever tests plants another root, and looks on at what is run.

    What is to be done to a tree of files is never done to the system that runs here.
    """

    root: Path = ROOT
    boot: Path = BOOT
    run: Callable[..., None] = field(default=_run)

    def __post_init__(self) -> None:
        """Keep our own programs away from a tree."""
        if self.root != ROOT and self.run is _run:
            object.__setattr__(self, "run", _refuse)

    @property
    def runs(self) -> bool:
        """True for the system that runs here, False for a tree of files."""
        return self.root == ROOT

    @property
    def notes(self) -> Path:
        """The folder for what is true until the next boot, such as troubles."""
        return self.root / "run/deskbell-box"

    def noting(self) -> Path:
        """Return that folder, made where there is none; everybody may read in it."""
        self.notes.mkdir(parents=True, exist_ok=True)
        self.notes.chmod(0o755)
        return self.notes

    @property
    def kept(self) -> Path:
        """The folder for what root keeps, which may be secret."""
        return self.root / "var/lib/deskbell-box"

    @property
    def settings(self) -> Path:
        """The desk's own settings."""
        return self.root / "etc/deskbell/deskbell.toml"

    def read(self, name: str) -> str:
        """Return the text of a small file below the root; "" where there is none."""
        try:
            return (self.root / name).read_text(encoding="utf-8", errors="replace").strip("\0\n\t ")
        except OSError:
            return ""

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Write a file below the root, whole or not at all, on the disk when this returns."""
        from appliance.store import durable  # which a boot that changes nothing does not need

        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, text.encode(), mode)

    def remove(self, name: str) -> None:
        """Remove a file below the root, if it is there."""
        (self.root / name).unlink(missing_ok=True)


def reason(error: Exception) -> str:
    """Return what a person can do something with: what a program said last, or the system."""
    said = (getattr(error, "stderr", "") or getattr(error, "strerror", "") or "").strip()
    return said.splitlines()[-1] if said else str(error)
