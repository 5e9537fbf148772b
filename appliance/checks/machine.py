"""The box itself: room on its disks, its clock, how warm it is, its power supply, its memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.checks.finding import Finding
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MB = 1_000_000

LITTLE = 500
"""MB free, below which no more snapshots are taken."""

FULL = 50
"""MB free, below which new records wait."""

WARM, HOT = 80.0, 85.0
"""Degrees Celsius at which a Raspberry Pi begins to slow down, and at which it does so in earnest."""

SCARCE = 0.05
"""Part of the memory that must be available."""

_UNSYNCHRONISED = 0x40  # STA_UNSYNC of <sys/timex.h>
_UNDER_VOLTAGE, _THROTTLED, _SLOWED = 1 << 0, 1 << 2, 1 << 3  # now, in what the Pi's firmware tells
_HAS_BEEN = 16  # bits above: since it was switched on


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system that a folder lies on, in bytes."""

    size: int
    free: int
    writable: bool


@dataclass(frozen=True, slots=True)
class Power:
    """What the supply does; the second of each: it did since the box was switched on."""

    low: bool
    was_low: bool
    slowed: bool
    was_slowed: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel tells of this box; whoever tests plants another root."""

    root: Path = Path("/")
    statvfs: Callable[[Path], os.statvfs_result] = field(default=os.statvfs)
    clock: Callable[[], float] = field(default=time.time)

    def disk(self, folder: Path) -> Disk | None:
        """Return what there is of room where a folder lies, or will; None where nobody knows."""
        there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
        try:
            said = self.statvfs(there)
        except OSError:
            return None
        return Disk(
            said.f_blocks * said.f_frsize,
            said.f_bavail * said.f_frsize,
            not said.f_flag & os.ST_RDONLY,
        )

    def temperature(self) -> float | None:
        """Return how warm the warmest part is, in degrees Celsius; None where nothing tells."""
        found = [self._number(zone / "temp") for zone in self._listed("sys/class/thermal", "thermal_zone*")]
        return max((one / 1000 for one in found if one is not None and one > 0), default=None)

    def power(self) -> Power | None:
        """Return what a Raspberry Pi tells of its supply; None elsewhere."""
        for path in self._listed("sys/devices/platform", "soc*/soc*firmware/get_throttled"):
            with contextlib.suppress(OSError, ValueError):
                said = int(path.read_text(), 16)
                slowed = _THROTTLED | _SLOWED
                return Power(
                    bool(said & _UNDER_VOLTAGE),
                    bool(said >> _HAS_BEEN & _UNDER_VOLTAGE),
                    bool(said & slowed),
                    bool(said >> _HAS_BEEN & slowed),
                )
        for sensor in self._listed("sys/class/hwmon", "hwmon*"):
            if self._text(sensor / "name") == "rpi_volt":
                low = self._number(sensor / "in0_lcrit_alarm") == 1
                return Power(low, low, False, False)
        return None

    def overloads(self) -> int:
        """Return how often a USB port was switched off because too much current was drawn from it."""
        ports = self._listed("sys/bus/usb/devices", "*:*/*port*/over_current_count")
        return sum(self._number(port) or 0 for port in ports)

    def memory(self) -> tuple[int, int] | None:
        """Return how many bytes of memory are available, and how many there are; None where unknown."""
        text = self._text(self.root / "proc/meminfo")
        found = {name: int(kb) * 1024 for name, kb in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}
        if "MemAvailable" in found and found.get("MemTotal"):
            return found["MemAvailable"], found["MemTotal"]
        return None

    def load(self) -> float | None:
        """Return how many tasks wanted a processor, on average of five minutes, for each that there is."""
        with contextlib.suppress(ValueError, IndexError):
            return float(self._text(self.root / "proc/loadavg").split()[1]) / (os.cpu_count() or 1)
        return None

    def uptime(self) -> float | None:
        """Return for how many seconds the box has been running."""
        with contextlib.suppress(ValueError, IndexError):
            return float(self._text(self.root / "proc/uptime").split()[0])
        return None

    def model(self) -> str:
        """Return what the board is called: "Raspberry Pi 4 Model B Rev 1.4"; "" where nothing tells."""
        board = self._text(self.root / "proc/device-tree/model").rstrip("\0")
        return board or self._text(self.root / "sys/class/dmi/id/product_name")

    def _listed(self, folder: str, pattern: str) -> list[Path]:
        with contextlib.suppress(OSError):
            return sorted((self.root / folder).glob(pattern))
        return []

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def _number(self, path: Path) -> int | None:
        try:
            return int(self._text(path))
        except ValueError:
            return None


def synchronised() -> bool | None:
    """Return whether somebody sets the clock by a time server, as the kernel was told; None: it does not say.

    adjtimex(2) with no `modes` only reads; the status follows five longs.
    """
    said = ctypes.create_string_buffer(512)  # larger than any struct timex
    if ctypes.CDLL(None).adjtimex(said) < 0:
        return None
    status = 5 * ctypes.sizeof(ctypes.c_long)  # modes is padded to a long; offset, freq, maxerror, esterror
    return not int.from_bytes(said.raw[status : status + 4], "little") & _UNSYNCHRONISED


def examine(
    machine: Machine,
    folders: Iterable[Path],
    synchronised: Callable[[], bool | None] = synchronised,
) -> Iterator[Finding]:
    """Look at the box; `folders` are those that the desk writes to, such as that of its store."""
    for folder in dict.fromkeys(folders):
        yield from _disk(machine, folder)
    yield from _clock(machine, synchronised)
    yield from _temperature(machine)
    yield from _power(machine)
    yield from _usb(machine)
    yield from _memory(machine)


def _disk(machine: Machine, folder: Path) -> Iterator[Finding]:
    disk = machine.disk(folder)
    if disk is None:
        return
    free = disk.free // MB
    values = {"free": free, "folder": folder}
    if not disk.writable:
        yield Finding(
            f"disk-readonly-{folder}",
            "disk",
            phrase("nothing can be written to %(folder)s: what happens now is lost", folder=folder),
            phrase(
                "make a backup now; a memory card locks itself when it wears out: change it, then restore"
            ),
            "fault",
            "backup.start",
        )
    elif free < FULL:
        yield Finding(
            f"disk-{folder}",
            "disk",
            phrase("the disk is full: %(free)s MB are left for %(folder)s; nothing new is kept", **values),
            phrase("remove old files from the box, or take a larger memory card"),
            "fault",
            "backup.start",
        )
    elif free < LITTLE:
        yield Finding(
            f"disk-{folder}",
            "disk",
            phrase("%(free)s MB are left for %(folder)s: copies of the store are no longer made", **values),
            phrase("remove old files from the box, or take a larger memory card"),
            "warning",
            "backup.start",
        )
    else:
        yield Finding(f"disk-{folder}", "disk", phrase("%(free)s MB are free for %(folder)s", **values))


def _clock(machine: Machine, synchronised: Callable[[], bool | None]) -> Iterator[Finding]:
    now = machine.clock()
    if now < Path(__file__).stat().st_mtime:  # which nobody can have installed tomorrow
        yield Finding(
            "clock",
            "clock",
            phrase(
                "the clock is wrong, it shows %(date)s: calls get wrong times, and encryption fails",
                date=time.strftime("%Y-%m-%d", time.gmtime(now)),
            ),
            phrase("let the box reach a time server: see its network"),
            "fault",
            "network.start",
        )
    elif synchronised() is False:
        yield Finding(
            "clock",
            "clock",
            phrase("no time server sets the clock: it will go wrong by and by"),
            phrase("let the box reach a time server, on the internet or in this network (UDP port 123)"),
            "warning",
            "network.start",
        )
    else:
        yield Finding("clock", "clock", phrase("the clock is right"))


def _temperature(machine: Machine) -> Iterator[Finding]:
    degrees = machine.temperature()
    if degrees is None:
        return
    if degrees < WARM:
        yield Finding("temperature", "temperature", phrase("%(degrees)s °C is well", degrees=round(degrees)))
        return
    yield Finding(
        "temperature",
        "temperature",
        phrase("the box is too warm: %(degrees)s °C, at which it slows down", degrees=round(degrees)),
        phrase("give it air: away from heaters and sun, not stacked; or a case with a heat sink"),
        "fault" if degrees >= HOT else "warning",
    )


def _power(machine: Machine) -> Iterator[Finding]:
    power = machine.power()
    if power is None:
        return
    if power.low or power.was_low:
        yield Finding(
            "power",
            "power",
            phrase("the power supply is too weak: devices may fail, and the memory card may suffer")
            if power.low
            else phrase("the power supply was too weak at times since the box was switched on"),
            phrase(
                "take the board maker's own supply and a short cable; what draws much goes to a powered hub"
            ),
            "fault" if power.low else "warning",
        )
    elif power.slowed:
        yield Finding(
            "power",
            "power",
            phrase("the box has slowed itself down"),
            phrase("give it air: away from heaters and sun, not stacked; or a case with a heat sink"),
            "warning",
        )
    else:
        yield Finding("power", "power", phrase("the power supply is strong enough"))


def _usb(machine: Machine) -> Iterator[Finding]:
    if count := machine.overloads():
        yield Finding(
            "usb-power",
            "power",
            phrase(
                "USB ports drew too much current and were switched off, %(count)s times since the start",
                count=count,
            ),
            phrase("plug what draws much into a hub that has a power supply of its own"),
            "warning",
        )


def _memory(machine: Machine) -> Iterator[Finding]:
    memory = machine.memory()
    if memory is None:
        return
    available, total = memory
    what = phrase("%(free)s MB of memory are available", free=available // MB)
    if available < SCARCE * total:
        remedy = phrase("restart the box when no call is there; if it comes back, send a support bundle")
        yield Finding("memory", "memory", what, remedy, "warning")
    else:
        yield Finding("memory", "memory", what)
