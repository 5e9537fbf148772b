"""GPIO lines of the kernel's gpio-sim: a Raspberry Pi's chip with buttons to press and lamps to read.

Source: the kernel's Documentation/admin-guide/gpio/gpio-sim.rst.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGFS = Path("/sys/kernel/config/gpio-sim")
LABEL, LINES = "pinctrl-bcm2711", 58
"""As on a Raspberry Pi 4, whose revision the guest's /proc/cpuinfo shows."""


class GpioChip:
    """A chip with named lines, there while the `with` block lasts.

    Buttons connect a line to ground, as gpiozero's `Button` expects by default: pressed is low.
    """

    def __init__(self, lines: Mapping[int, str]) -> None:
        self._lines = lines
        self._offsets = {name: offset for offset, name in lines.items()}

    def __enter__(self) -> Self:
        self._folder = CONFIGFS / "deskbell"
        bank = self._folder / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text(str(LINES))
        (bank / "label").write_text(LABEL)
        for offset, name in self._lines.items():
            (bank / f"line{offset}").mkdir()
            (bank / f"line{offset}" / "name").write_text(name)
        (self._folder / "live").write_text("1")
        self.chip = (bank / "chip_name").read_text().strip()
        device = (self._folder / "dev_name").read_text().strip()
        self._levels = Path("/sys/devices/platform") / device / self.chip
        for name in self._offsets:
            self.release(name)
        return self

    def __exit__(self, *_: object) -> None:
        (self._folder / "live").write_text("0")
        for line in (self._folder / "bank0").glob("line*"):
            line.rmdir()
        (self._folder / "bank0").rmdir()
        self._folder.rmdir()

    def press(self, name: str) -> None:
        """Close the contact to ground."""
        self._line(name, "pull").write_text("pull-down")

    def release(self, name: str) -> None:
        """Open the contact; the pull-up resistor lifts the line."""
        self._line(name, "pull").write_text("pull-up")

    def lit(self, name: str) -> bool:
        """Whether a line that the host drives is high."""
        return self._line(name, "value").read_text().strip() == "1"

    def _line(self, name: str, what: str) -> Path:
        return self._levels / f"sim_gpio{self._offsets[name]}" / what
