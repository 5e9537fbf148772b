"""Fail on every program or library that is not for arm64: foreign.py PATH… (folders, or initrds)."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ARM64, BPF = 183, 247
HEAD = 20
"""Bytes of an ELF file's head that say for which machine it is."""


def in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and head of every file."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    yield str(path), file.read(HEAD)


def in_initrd(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and head of every file of one cpio archive after the other, the last of them compressed."""
    at = 0
    while at < len(data):
        if data[at : at + 4] == b"\x28\xb5\x2f\xfd":
            plain = subprocess.run(
                ["zstd", "-dcq"], input=data[at:], stdout=subprocess.PIPE, check=True
            ).stdout
            yield from in_initrd(plain)
            return
        if data[at : at + 6] != b"070701":
            at += 4
            continue
        size, name_size = (int(data[at + field : at + field + 8], 16) for field in (54, 94))
        start = (at + 110 + name_size + 3) // 4 * 4
        yield (
            data[at + 110 : at + 109 + name_size].decode(errors="replace"),
            data[start : start + min(size, HEAD)],
        )
        at = (start + size + 3) // 4 * 4


def main() -> None:
    """Look at all that is named, and say what is foreign."""
    count, foreign = 0, []
    for path in map(Path, sys.argv[1:]):
        for name, head in in_folder(path) if path.is_dir() else in_initrd(path.read_bytes()):
            if head[:4] == b"\x7fELF" and len(head) == HEAD:
                count += 1
                if struct.unpack_from("<H", head, 18)[0] not in (ARM64, BPF):
                    foreign.append(name)
    if foreign or not count:
        sys.exit("not for arm64: " + (" ".join(foreign) or "nothing was found at all"))


if __name__ == "__main__":
    main()
