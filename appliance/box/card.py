"""The boot partition of the card: FAT, for reading only but for the moments in which it is written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.box.system import System

SETTINGS = "deskbell.toml"
ERRORS = "deskbell-errors.txt"
RESET = "deskbell-reset-password"
MOST_READ = 1_000_000  # bytes, far more than a settings file has
MISNAMED = ("deskbell.toml.txt", "deskbell.txt")
"""What some programs make of the name, which they do not show in whole."""


def is_missing(system: System) -> bool:
    """Return whether there should be a boot partition, and is none."""
    return system.runs and system.boot.is_dir() and not os.path.ismount(system.boot)


def read(system: System, name: str) -> bytes:
    """Return a file of it, cut where it is large, b"" where there is none; OSError when it cannot be read."""
    try:
        with (system.boot / name).open("rb") as file:
            return file.read(MOST_READ)
    except FileNotFoundError:
        return b""


def replace(system: System, contents: dict[str, bytes | None]) -> None:
    """Write files of it whole, or remove those that have no contents; OSError when that cannot be."""
    from appliance.store import durable  # which a boot that changes nothing does not need

    with _writable(system):
        for name, data in contents.items():
            path = system.boot / name
            try:
                if data is None:
                    path.unlink(missing_ok=True)
                    durable.settle(system.boot)
                else:
                    durable.write(path, data, 0o600)
            finally:
                _part(path).unlink(missing_ok=True)


@contextmanager
def _writable(system: System) -> Iterator[None]:
    """Let files be written, and see to it that afterwards it is as it was."""
    if not os.statvfs(system.boot).f_flag & os.ST_RDONLY:
        yield
        return
    system.run(["mount", "-o", "remount,rw", str(system.boot)])
    try:
        yield
    finally:
        system.run(["mount", "-o", "remount,ro", str(system.boot)])


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
