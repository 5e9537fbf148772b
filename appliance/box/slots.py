"""The two systems on a card: which is started next, how many tries each has left, and what is in them.

The state lies raw on the disk, where the bootloader reads and counts (image/uboot/boot.cmd), in U-Boot's
form (`env export -c`), so that RAUC writes it too: a CRC-32, then NAME=VALUE with a zero behind each. A copy
of the last good one follows it; the bootloader takes that when a power cut has torn the state.
"""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.box.system import System

NAMES = ("A", "B")
DISK = "dev/disk/deskbell"
"""The card itself, whatever this machine calls it: a udev rule makes this link."""

PARTITIONS = {"A": "dev/disk/by-partuuid/5a1d0001-02", "B": "dev/disk/by-partuuid/5a1d0001-03"}
RELEASE = "usr/lib/deskbell/release"
"""The file of a system that says which version it is: VERSION=1.2.0, COMMIT=…"""

AT, COPY_AT, SIZE = 1 << 20, (1 << 20) + 0x4000, 0x4000
TRIES = 9
"""Starts that a system has which was good: some power cuts in a row must not bring the old one back."""


@dataclass(frozen=True, slots=True)
class State:
    """What the bootloader goes by; `good` is the slot that was healthy last, "" before any was."""

    order: tuple[str, ...] = NAMES
    tries: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 3))
    good: str = ""

    def proven(self, slot: str) -> State:
        """Return the state in which a slot has shown that it is good."""
        order = (slot, *(name for name in self.order if name != slot))
        return replace(self, order=order, tries={**self.tries, slot: TRIES}, good=slot)

    def given_up(self, slot: str) -> State:
        """Return the state in which a slot is not started again, and the other one is."""
        order = (*(name for name in self.order if name != slot), slot)
        return replace(self, order=order, tries={**self.tries, slot: 0})


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the two systems: which version it is ("" when nobody knows), and the tries it has left."""

    name: str
    version: str
    tries: int
    runs: bool
    good: bool


def running(system: System) -> str:
    """Return the slot that runs, "" where there are none, as on a box that was not set up by its image."""
    for word in system.read("proc/cmdline").split():
        name, _, value = word.partition("=")
        if name == "rauc.slot" and value in NAMES:
            return value
    return ""


def state(system: System) -> State:
    """Return the state as the bootloader would take it. OSError when the disk cannot be read."""
    with (system.root / DISK).open("rb") as disk:
        for at in (AT, COPY_AT):
            disk.seek(at)
            if (found := decoded(disk.read(SIZE))) is not None:
                return found
    return State()


def keep(system: System, wanted: State) -> None:
    """Write the state and its copy, one after the other: one of them is whole at any moment. OSError."""
    descriptor = os.open(system.root / DISK, os.O_WRONLY | os.O_CLOEXEC)
    try:
        for at in (COPY_AT, AT):
            os.pwrite(descriptor, encoded(wanted), at)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def listed(system: System) -> list[Slot]:
    """Return what is on the card, nothing where there are no slots. OSError when it cannot be read."""
    if not (here := running(system)):
        return []
    found = state(system)
    return [
        Slot(name, _version(system, name, here), found.tries[name], name == here, name == found.good)
        for name in NAMES
        if name == here or (system.root / PARTITIONS[name]).exists()
    ]


def decoded(raw: bytes) -> State | None:
    """Return the state that is in these octets; None when they are torn, or no state."""
    if len(raw) != SIZE or zlib.crc32(raw[4:]) != struct.unpack_from("<I", raw)[0]:
        return None
    lines = raw[4:].split(b"\0\0", 1)[0].decode("ascii", errors="replace").split("\0")
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    order = tuple(name for name in said.get("BOOT_ORDER", "").split() if name in NAMES)
    tries = {name: _number(said.get(f"BOOT_{name}_LEFT", "")) for name in NAMES}
    return State(order or NAMES, tries, said.get("BOOT_GOOD", ""))


def encoded(said: State) -> bytes:
    """Return a state as the bootloader reads it."""
    words = {"BOOT_ORDER": " ".join(said.order), **{f"BOOT_{name}_LEFT": said.tries[name] for name in NAMES}}
    words |= {"BOOT_GOOD": said.good} if said.good else {}
    body = b"".join(f"{name}={value}\0".encode() for name, value in words.items()).ljust(SIZE - 4, b"\0")
    return struct.pack("<I", zlib.crc32(body)) + body


def _number(text: str) -> int:
    """Return a number of tries, which U-Boot and RAUC write as a hexadecimal one; 3 where there is none."""
    try:
        return int(text, 16)
    except ValueError:
        return 3


def _version(system: System, slot: str, here: str) -> str:
    """Return the version that a slot holds; that of the other one is read without mounting it."""
    if slot == here:
        return version_in(system.read(RELEASE))
    words = ["debugfs", "-R", f"cat /{RELEASE}", str(system.root / PARTITIONS[slot])]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return version_in(done.stdout)


def version_in(release: str) -> str:
    """Return the version that the text of a release file says, "" where it says none."""
    said = (line.partition("=") for line in release.splitlines())
    return next((value.strip().strip('"')[:40] for name, _, value in said if name.strip() == "VERSION"), "")
