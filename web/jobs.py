"""Work that takes long, in a process of its own: calls and pages go on, and its memory ends with it.

Each has a folder, where it says how it is doing. A lock there tells whether it still runs: the child holds
it, so this stays true whatever becomes of the process that began it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from appliance.store import sharing
from web import box

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT, MOST = 24 * 3600.0, 5
"""Seconds for which what an ended job has left is kept, and of how many of them."""

_children: list[subprocess.Popen[bytes]] = []


class Busy(Exception):
    """It runs already."""


class Job:
    """Work with a folder of its own, below the folder of the store."""

    def __init__(self, name: str) -> None:
        """`name` is a plain one."""
        self.name = name
        self.folder = _home() / name

    @property
    def running(self) -> bool:
        """Whether it is at work just now."""
        try:
            with (self.folder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def start(self, *words: str, **asked: object) -> None:
        """Have Python run a module with these words; `asked` lies in the folder. Busy: it runs already."""
        _make(self.folder)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name in ("progress", "outcome"):
                self._path(name).unlink(missing_ok=True)
            self.write("asked", asked)
            with (self.folder / "said").open("wb") as said:
                _reap()
                child = subprocess.Popen(
                    ["nice", "-n", "10", sys.executable, "-m", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    env=os.environ | {"PYTHONUNBUFFERED": "1"},
                    pass_fds=[lock],
                    start_new_session=True,
                )
                _children.append(child)
        except BlockingIOError:
            raise Busy from None
        finally:
            os.close(lock)

    def read(self, name: str) -> dict[str, Any]:
        """Return what stands under a name; {}: nothing yet."""
        try:
            found: dict[str, Any] = json.loads(self._path(name).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def write(self, name: str, said: dict[str, Any]) -> None:
        """Put something under a name, so that nobody reads half of it."""
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps(said))
        part.replace(self._path(name))

    @property
    def said(self) -> str:
        """What it has printed."""
        try:
            return (self.folder / "said").read_text(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def remove(self) -> None:
        """Remove what it has left, and its folder. Busy: it still runs."""
        if self.running:
            raise Busy
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def new() -> Job:
    """Return a job of a name that nobody guesses; those that ended long ago are removed."""
    for old in _ended():
        with suppress(Busy):
            old.remove()
    job = Job(secrets.token_hex(8))
    _make(job.folder)
    return job


def find(name: str) -> Job | None:
    """Return the job that `new` gave this name."""
    job = Job(name)
    return job if re.fullmatch("[0-9a-f]{16}", name) and job.folder.is_dir() else None


def _home() -> Path:
    return box.state_folder() / "jobs"


def _make(folder: Path) -> None:
    """Make the folder of a job: the desk, too, can remove it, where a factory reset has it do so."""
    sharing.make_folder(folder.parent)
    sharing.make_folder(folder)


def _ended() -> Iterator[Job]:
    """Yield the jobs that may be removed; those with a plain name are kept."""
    home = _home()
    found = [(folder.stat().st_mtime, folder.name) for folder in home.glob("[0-9a-f]" * 16)]
    for at, (changed, name) in enumerate(sorted(found, reverse=True)):
        if at >= MOST or time.time() - changed > KEPT:
            yield Job(name)


def _reap() -> None:
    """Forget the children that have ended, and let the kernel forget them, too."""
    _children[:] = [child for child in _children if child.poll() is None]
