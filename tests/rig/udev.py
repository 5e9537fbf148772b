"""What an administrator does to the guest's udev: Deskbell's rules and its database of lights."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drivers import udev

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "deskbell"
RULES, DATABASE = Path("/etc/udev/rules.d/70-deskbell.rules"), Path("/etc/udev/hwdb.bin")


def say(*words: str) -> str:
    """Run a program and return its complaints."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stderr


@contextmanager
def installed() -> Iterator[None]:
    """The group, the rules, and a database of our lights alone; taken back in the end."""
    say("groupadd", "-f", GROUP)
    with tempfile.TemporaryDirectory() as root:
        ours = Path(root, "etc/udev/hwdb.d")
        ours.mkdir(parents=True)
        shutil.copy(udev.FOLDER / f"{udev.NAME}.hwdb", ours)
        say("systemd-hwdb", f"--root={root}", "--strict", "update")
        shutil.copy(Path(root, "etc/udev/hwdb.bin"), DATABASE)
    add_rules()
    yield
    DATABASE.unlink()
    remove_rules()


def add_rules() -> None:
    """Copy the rules and have udev read them."""
    shutil.copy(udev.FOLDER / f"{udev.NAME}.rules", RULES)
    say("udevadm", "control", "--reload")


def remove_rules() -> None:
    """Remove the rules and have udev forget them."""
    RULES.unlink()
    say("udevadm", "control", "--reload")
