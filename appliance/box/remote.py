"""Access by SSH for who keeps the box: a user `admin`, by key alone, who may do everything with sudo."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.box.system import System

USER = "admin"
HOME = "/var/lib/deskbell-admin"  # not below /home, which lies on the part of a card that is read only
SUDOERS = "etc/sudoers.d/deskbell-admin"
SSHD = "etc/ssh/sshd_config.d/10-deskbell.conf"


def allow(system: System, keys: Sequence[str]) -> None:
    """Let in who has one of these keys, and nobody by a password; no keys: SSH is off."""
    if not keys:
        system.remove(SUDOERS)
        system.run(["systemctl", "disable", "--now", "--no-block", "ssh.service"])
        return
    if _home(system) is None:
        words = ["useradd", "--create-home", "--home-dir", HOME, "--shell", "/bin/bash", USER]
        system.run(words)
    home = _home(system)
    if home is None:
        raise OSError(f"there is no user {USER}, and none could be made")
    _write_keys(system, home, keys)
    system.write(SUDOERS, f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)
    system.write(SSHD, "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\n")
    system.run(["ssh-keygen", "-A"])
    system.run(["systemctl", "enable", "--now", "--no-block", "ssh.service"])


def _write_keys(system: System, home: tuple[Path, int, int], keys: Sequence[str]) -> None:
    folder, user, group = home
    place = folder.relative_to("/") / ".ssh"
    (system.root / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    _give(system.root / place, user, group)
    system.write(str(place / "authorized_keys"), "".join(f"{one.strip()}\n" for one in keys), 0o600)
    _give(system.root / place / "authorized_keys", user, group)


def _give(path: Path, user: int, group: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, user, group)


def _home(system: System) -> tuple[Path, int, int] | None:
    """Return the user's home, number and group; None where there is no such user."""
    from pathlib import Path

    for line in system.read("etc/passwd").splitlines():
        name, *rest = line.split(":")
        if name == USER and len(rest) == 6:
            return Path(rest[4]), int(rest[1]), int(rest[2])
    return None
