"""Programs that run as another user: one without any right, who reaches our Python wherever it lies.

As root. What lies in a folder that is closed to others (/root, in many a CI) is shown to them at the same
place, in a mount namespace of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

WATCHED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")  # others may not write where coverage would

# $1: a closed folder; the others up to --: what is shown of it.
_SHOW = """
umask 022
closed=$1; shift
copies=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$copies"
number=0
for place in "$@"; do
  [ "$place" = -- ] && break
  number=$((number + 1)); mkdir "$copies/$number"; mount --bind "$place" "$copies/$number"
done
mount -t tmpfs -o mode=755 tmpfs "$closed"
number=0
while [ "$1" != -- ]; do
  number=$((number + 1)); mkdir -p "$1"; mount --bind "$copies/$number" "$1"; shift
done
shift
umount -R "$copies"; rmdir "$copies"
umask 007
exec "$@"
"""


def start(
    user: int,
    *words: str | Path,
    group: int,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program as a user with one group, as a service is: UMask=0007."""
    whole = [
        *_shown(),
        "setpriv",
        f"--reuid={user}",
        f"--regid={group}",
        "--clear-groups",
        "--no-new-privs",
        "--",
        *words,
    ]
    return subprocess.Popen(
        whole,
        umask=0o007,
        env={name: value for name, value in os.environ.items() if name not in WATCHED}
        | {"LOGNAME": f"{user}"},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def _shown() -> list[str | Path]:
    """Return what lets others reach our Python and our code; nothing where they do anyway."""
    needed = sorted({Path(place).resolve() for place in (sys.base_prefix, sys.prefix, Path.cwd())})
    closed = {folder for place in needed for folder in place.parents if not folder.stat().st_mode & 0o001}
    if not closed:
        return []
    outermost = min(closed, key=lambda folder: len(folder.parts))
    inside = [place for place in needed if place.is_relative_to(outermost)]
    return ["unshare", "--mount", "sh", "-euc", _SHOW, "sh", outermost, *inside, "--"]
