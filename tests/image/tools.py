"""The programs that look into an image and boot it: QEMU, mtools, e2fsprogs, zstd.

They come from the tree that `image/build` makes its image with, so that tests and build use the same
versions; the tree's own loader and libraries run them on any host, without root.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

LIBRARIES = "usr/lib/x86_64-linux-gnu"


class ToolsError(RuntimeError):
    """A tool is missing or failed; the message says which, and what it said."""


def tree() -> Path:
    """The newest tree of tools that `image/build` has made."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deskbell" / "image"
    trees = [path for path in cache.glob("tools-*") if (path / "usr/bin/qemu-system-aarch64").exists()]
    if not trees:
        raise ToolsError("the tools that boot an image are not there yet: make image")
    return max(trees, key=lambda path: path.stat().st_mtime)


def words(program: str, *arguments: str | Path) -> list[str]:
    """Return the command line that runs one of the tree's programs."""
    root = tree()
    found = next(
        (root / folder / program for folder in ("usr/bin", "usr/sbin") if (root / folder / program).exists()),
        None,
    )
    if found is None:
        raise ToolsError(f"{program} is not among the tools in {root}")
    loader = [root / "lib64/ld-linux-x86-64.so.2", "--library-path", root / LIBRARIES, "--argv0", program]
    return [str(word) for word in (*loader, found, *arguments)]


def environment() -> dict[str, str]:
    """Return what they need to know: where character sets are, and that a FAT may be part of a file."""
    return {**os.environ, "GCONV_PATH": str(tree() / LIBRARIES / "gconv"), "MTOOLS_SKIP_CHECK": "1"}


def run(program: str, *arguments: str | Path, given: bytes = b"") -> bytes:
    """Run one of them with `given` on its standard input, and return what it writes."""
    done = subprocess.run(
        words(program, *arguments), input=given, capture_output=True, env=environment(), check=False
    )
    if done.returncode:
        raise ToolsError(f"{program}: {done.stderr.decode(errors='replace').strip() or done.returncode}")
    return done.stdout
