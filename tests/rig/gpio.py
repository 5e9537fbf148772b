"""GPIO lines of the kernel's gpio-sim: a Raspberry Pi's chip with contacts to close and outputs to read.

Source: the kernel's Documentation/admin-guide/gpio/gpio-sim.rst.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGFS = Path("/sys/kernel/config/gpio-sim")
LABEL, LINES = "pinctrl-bcm2711", 58
"""As on a Raspberry Pi 4, whose revision the guest's /proc/cpuinfo shows."""
CLOSED, OPEN = "pull-down", "pull-up"


@dataclass(frozen=True)
class Bounce:
    """What a contact does: each level, True for closed, and for how many milliseconds it stays."""

    name: str
    presses: int
    levels: tuple[tuple[bool, float], ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of lines `closed 1.5` and `open 0.2`; `presses N` says how often it was pressed."""
        words = [line.split("#")[0].split() for line in path.read_text().splitlines()]
        lines = [(word, float(number)) for word, number in filter(None, words)]
        presses = next(int(number) for word, number in lines if word == "presses")
        levels = tuple((word == "closed", ms) for word, ms in lines if word != "presses")
        return cls(path.stem, presses, levels)


class GpioChip:
    """A chip with named lines, there while the `with` block lasts.

    Contacts connect a line to ground: closed is low. `taken` are lines that another driver holds, and its
    name. A line that nobody drives goes to where it was pulled last.
    """

    def __init__(
        self,
        lines: Mapping[int, str],
        label: str = LABEL,
        taken: Mapping[int, str] | None = None,
    ) -> None:
        self._lines, self._label, self._taken = lines, label, taken or {}
        self._offsets = {name: offset for offset, name in lines.items()}

    def __enter__(self) -> Self:
        self._folder = CONFIGFS / f"deskbell-{self._label}"
        self._bank = self._folder / "bank0"
        self._bank.mkdir(parents=True)
        (self._bank / "num_lines").write_text(str(LINES))
        (self._bank / "label").write_text(self._label)
        for offset, name in self._lines.items():
            (self._bank / f"line{offset}").mkdir()
            (self._bank / f"line{offset}" / "name").write_text(name)
        for offset, user in self._taken.items():
            hog = self._bank / f"line{offset}" / "hog"
            hog.mkdir(parents=True)
            (hog / "name").write_text(user)
            (hog / "direction").write_text("input")
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        for offset in self._taken:
            (self._bank / f"line{offset}" / "hog").rmdir()
        for line in self._bank.glob("line*"):
            line.rmdir()
        self._bank.rmdir()
        self._folder.rmdir()

    def plug(self) -> None:
        """Have the chip be there (again)."""
        (self._folder / "live").write_text("1")
        self.chip = (self._bank / "chip_name").read_text().strip()
        device = (self._folder / "dev_name").read_text().strip()
        self._levels = Path("/sys/devices/platform") / device / self.chip
        for name in self._offsets:
            self.release(name)

    def unplug(self) -> None:
        """Have the chip be gone."""
        (self._folder / "live").write_text("0")

    def press(self, name: str) -> None:
        """Close the contact to ground."""
        self._line(name, "pull").write_text(CLOSED)

    def release(self, name: str) -> None:
        """Open the contact; the pull-up resistor lifts the line."""
        self._line(name, "pull").write_text(OPEN)

    def replay(self, name: str, bounce: Bounce) -> None:
        """Do with a contact what one did; returns when it is over."""
        for closed, milliseconds in bounce.levels:
            self._line(name, "pull").write_text(CLOSED if closed else OPEN)
            time.sleep(milliseconds / 1000)

    def lit(self, name: str) -> bool:
        """Whether a line is high."""
        return self._line(name, "value").read_text().strip() == "1"

    def _line(self, name: str, what: str) -> Path:
        return self._levels / f"sim_gpio{self._offsets[name]}" / what
