"""BlinkSticks by Agile Innovative: control transfers to the USB device itself.

Source: the maker's own library (arvydas/blinkstick-python, `set_color` and `set_led_data`): SET_REPORT, but
to the device, which hidraw cannot send. The classes of busylight-core send something else: to the first model
and the Pro their colours at the wrong places, to the Flex 32 LEDs in the report for 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.lights.handles import UsbDevice
from drivers.lights.light import BusyLight, Colour
from drivers.lights.model import Model, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.nodes import Node

CLASS_TO_DEVICE, SET_REPORT = 0x20, 0x09
ONE_LED = 1  # report: the first LED
REPORTS = {8: 6, 16: 7, 32: 8, 64: 9}  # reports by the LEDs that they have room for
LEDS = {0x200: 8, 0x201: 8, 0x202: 2, 0x203: 32}  # of version 3, by bcdDevice: Square, Strip, Nano, Flex
MOST_LEDS = 64  # of a Pro


class BlinkStick(BusyLight):
    """A BlinkStick of any kind; its serial number (BS000123-3.0) ends in its version."""

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._usb = UsbDevice(node)
        version = node.serial[-3:-2]
        self._leds = {"1": 1, "2": MOST_LEDS}.get(version, LEDS.get(node.release, MOST_LEDS))

    def burn(self, colour: Colour) -> None:
        """All its LEDs in one colour."""
        for report, data in reports(colour, self._leds):
            self._usb.write(CLASS_TO_DEVICE, SET_REPORT, report, data=data)

    def release(self) -> None:
        """See `BusyLight`."""
        self._usb.close()


def reports(colour: Colour, leds: int) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of the reports that colour so many LEDs."""
    red, green, blue = colour
    yield ONE_LED, bytes([0, red, green, blue])
    if leds > 1:
        room = min(room for room in REPORTS if room >= leds)
        frame = bytes([green, red, blue]) * leds
        yield REPORTS[room], bytes([0, 0]) + frame.ljust(3 * room, b"\0")  # 0, first channel


MODELS = (Model(0x20A0, 0x41E5, "BlinkStick", "maker's library", BlinkStick, Reach.USB),)
