"""Whose the files are that we make: one user's, or those of the services that share a folder.

On a box the desk and its pages are two users with one group. A folder that gives this group to what is made
in it, and lets it write (mode 2770), is shared by them: in it the group may use what else would be one
user's. What root makes belongs to the owner of the folder: the desk must be able to read it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OPEN = 0o640
"""The mode of what is no secret, and of what services share and only ever replace by another file."""

_SHARED = stat.S_ISGID | stat.S_IWGRP


def is_shared(folder: Path) -> bool:
    """Return whether services share a folder: those of our own group, or of any where we are root."""
    found = folder.stat()
    ours = os.geteuid() == 0 or found.st_gid == os.getegid()
    return ours and found.st_mode & _SHARED == _SHARED


def mode(folder: Path, shared: int = 0o660) -> int:
    """Return the mode of a file in a folder: `shared` where services share it, else for its owner alone."""
    return shared if is_shared(folder) else 0o600


def create(path: Path, wanted: int | None = None) -> int:
    """Make a file to read and write, and return its descriptor; FileExistsError when it is there.

    Its mode is the one that is `wanted`, else that of the folder.
    """
    wanted = mode(path.parent) if wanted is None else wanted
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, wanted)
    os.fchmod(descriptor, wanted)  # whatever the umask is
    adopt(path)
    return descriptor


def lock(path: Path) -> int:
    """Open a file that each of them may lock, made where there is none; return its descriptor."""
    try:
        return create(path)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def make_folder(path: Path) -> None:
    """Make a folder where there is none: in a shared one it is shared, else for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shared = is_shared(path.parent)
    try:
        path.mkdir(0o770 if shared else 0o700)
    except FileExistsError:
        return
    adopt(path)
    made = stat.S_IMODE(path.stat().st_mode)
    if shared and not made & stat.S_IWGRP:  # the umask; else nothing may be set here: see RestrictSUIDSGID=
        path.chmod(made | stat.S_IRWXG)


def adopt(path: Path) -> None:
    """Give what root has made to the owner of the folder it lies in."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def remedy(path: Path) -> str:
    """Return the command that keeps others from reading a secret, "" where they cannot."""
    found, folder = path.stat(), path.parent.stat()
    if not is_shared(path.parent):
        return f"chmod 600 {path}" if found.st_mode & 0o077 else ""
    if found.st_mode & 0o007 or (found.st_mode & 0o070 and found.st_gid != folder.st_gid):
        return f"chgrp {folder.st_gid} {path} && chmod {OPEN:o} {path}"
    return ""
