"""Notices when a device's lamps may burn otherwise than we wrote them.

Linux makes LED class devices of the lamps Mute and Message Waiting (hid-input.c, input-leds.c). Whoever
writes one has the kernel send the whole output report as the kernel knows it: all other lamps in it go dark,
Ring and Off-Hook too. hidraw does not show that, the LED's brightness does: it is what the kernel believes.
And when the machine wakes from sleep, the kernel writes its LEDs again, and the device may have lost its own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAP_SECONDS = 0.5


class Interference:
    """Watches one HID device in sysfs (its folder, /sys/class/hidraw/hidraw3/device)."""

    def __init__(self, hid: Path) -> None:
        """What is so now is nothing new."""
        self._hid = hid
        self._brightness = self._look()
        self._slept = _slept()

    def noticed(self) -> bool:
        """Whether anything happened since this was asked last."""
        brightness, slept = self._look(), _slept()
        happened = brightness != self._brightness or slept - self._slept > NAP_SECONDS
        self._brightness, self._slept = brightness, slept
        return happened

    def _look(self) -> dict[str, str]:
        """The brightness of the LEDs that are lit."""
        found = {}
        for led in self._hid.glob("input/input*/input*::*/brightness"):
            try:
                found[led.parent.name] = led.read_text().strip()
            except OSError:  # unplugged
                continue
        return {name: value for name, value in found.items() if value != "0"}


def _slept() -> float:
    """For how many seconds the machine was suspended since it was booted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
