"""The boot partition of the card: FAT, for reading only but for the moments in which it is written."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.box.system import PATIENCE

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
    _remount(system.boot, "rw")
    try:
        yield
    finally:
        _remount(system.boot, "ro")


def _remount(folder: Path, way: str) -> None:
    words = ["mount", "-o", f"remount,{way}", str(folder)]
    subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=True)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
