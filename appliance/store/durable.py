"""Changes to files that a power cut does not take back, and that are made all or, after it, finished.

What is done to several files stands in a journal first; each step is one that may be done twice. Who is
killed in between leaves the journal, and `finish` goes on where it ended.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.store.file import StoreError
from appliance.store.sharing import adopt, create

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PART = ".part"
"""Ends the name of a file that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """Put a file where it belongs, over what is there; nothing where there is no such file."""

    source: Path
    target: Path

    def do(self) -> None:
        """Do it; OSError when that cannot be."""
        if not self.source.exists():
            return
        try:
            self.source.replace(self.target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy(self.source, self.target)
            self.source.unlink()
        settle(self.target.parent)
        settle(self.source.parent)


@dataclass(frozen=True, slots=True)
class Remove:
    """Let a file, or a folder with all that is in it, be gone."""

    path: Path

    def do(self) -> None:
        """Do it; OSError when that cannot be."""
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)
        if self.path.parent.is_dir():
            settle(self.path.parent)


Step = Move | Remove


def begin(journal: Path, steps: Sequence[Step]) -> None:
    """Decide that all of it is done; `finish` does it. OSError: nothing is decided."""
    said = [
        [str(step.source), str(step.target)] if isinstance(step, Move) else [str(step.path)] for step in steps
    ]
    write(journal, json.dumps(said).encode())


def finish(journal: Path) -> bool:
    """Do what is left of what was decided; False when there was nothing. StoreError names what cannot be."""
    if not journal.exists():
        return False
    with alone(journal.parent):
        while journal.exists():
            first, *rest = _steps(journal)
            try:
                first.do()
                begin(journal, rest) if rest else Remove(journal).do()
            except OSError as error:
                raise StoreError(f"what {journal} tells to do cannot be done: {error}") from error
    return True


def write(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole, or leave it as it was; its mode is that of files in the folder, but where said."""
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    with os.fdopen(create(part, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    settle(path.parent)


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, whole or not at all."""
    part = target.with_name(target.name + PART)
    with source.open("rb") as read, part.open("wb") as written:
        shutil.copyfileobj(read, written, 1 << 20)
        written.flush()
        os.fsync(written.fileno())
    shutil.copymode(source, part)
    adopt(part)
    part.replace(target)
    settle(target.parent)


def settle(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def alone(folder: Path, wait: bool = True) -> Iterator[bool]:
    """One at a time works in a folder; the others wait, or get False."""
    with _opened(folder) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _steps(journal: Path) -> list[Step]:
    try:
        said = json.loads(journal.read_bytes())
        return [Move(*map(Path, paths)) if len(paths) == 2 else Remove(*map(Path, paths)) for paths in said]
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{journal} cannot be read: {error}; remove it, and do again what it was for"
        ) from error


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
