"""An SD card: a copy of the flashed file, as large as the card, and what is done to it in a card reader."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

from tests.image import tools

if TYPE_CHECKING:
    from pathlib import Path

SECTOR = 512
GIGABYTE = 1 << 30
SETTINGS, ERRORS = "deskbell.toml", "deskbell-errors.txt"


class Partition(NamedTuple):
    """Where a partition lies, in bytes."""

    start: int
    size: int


class Card:
    """A card that was flashed with an image; the image itself is never written to.

    `size` in bytes is a power of two (QEMU's card reader takes no other).
    """

    def __init__(self, file: Path, image: Path, size: int = 4 * GIGABYTE) -> None:
        """Flash it."""
        self.file = file
        if image.suffix == ".zst":
            tools.run("zstd", "-q", "-d", "-f", "--sparse", image, "-o", file)
        else:
            tools.run("cp", "--sparse=always", image, file)
        with file.open("r+b") as card:
            card.truncate(size)

    def partitions(self) -> dict[int, Partition]:
        """Return the MBR's partitions by their number."""
        with self.file.open("rb") as card:
            table = card.read(SECTOR)[446:510]
        entries = [struct.unpack_from("<8xII", table, at) for at in range(0, 64, 16)]
        return {
            number: Partition(start * SECTOR, size * SECTOR)
            for number, (start, size) in enumerate(entries, start=1)
            if size
        }

    def digest(self, number: int) -> str:
        """Return a partition's SHA-256."""
        partition, found = self.partitions()[number], hashlib.sha256()
        with self.file.open("rb") as card:
            card.seek(partition.start)
            for _ in range(partition.size // (1 << 20)):
                found.update(card.read(1 << 20))
        return found.hexdigest()

    def check(self, number: int) -> None:
        """Fail unless an ext4 partition is whole; nothing is repaired."""
        tools.run("e2fsck", "-f", "-n", f"{self.file}?offset={self.partitions()[number].start}")

    # --- the FAT partition, which every computer can read

    def read(self, name: str) -> bytes | None:
        """Return a file of the FAT partition, None when it has none of that name."""
        listed = tools.run("mdir", "-b", "-i", self._fat(), "::").decode().split()
        return (
            tools.run("mcopy", "-n", "-i", self._fat(), f"::{name}", "-") if f"::/{name}" in listed else None
        )

    def write(self, name: str, data: bytes) -> None:
        """Put a file onto the FAT partition."""
        tools.run("mcopy", "-o", "-i", self._fat(), "-", f"::{name}", given=data)

    def settings(self, text: str) -> None:
        """Replace the settings file, as an installer does before the first boot."""
        self.write(SETTINGS, text.encode())

    def errors(self) -> str:
        """Return what the box wrote beside its settings file, "" when it found no fault."""
        return (self.read(ERRORS) or b"").decode()

    def _fat(self) -> str:
        return f"{self.file}@@{self.partitions()[1].start}"
