"""Delcom Visual Signal Indicators: red, green and a third lamp (blue or yellow), a buzzer in some.

Generation 2 is a HID of feature reports. Sources: Delcom's "USB HID Buzzer Datasheet" (USBHIDBUZ.pdf) and
"USB HID" manual (USBIOHID.pdf), commands 12 (port 1: pins to 0, pins to 1), 34 (brightness), 70 (buzzer); the
kernel's drivers/hid/hid-led.c for the pins; SouthsideSoftware/delcom-indicator, in use, for the report of 16
bytes. A lamp burns while its pin is 0. hid-led claims the device and leaves its hidraw node in place: one
report of ours sets all lamps at once, its LED files one lamp each and only for root.

Generation 1 is no HID. Source: the kernel's drivers/usb/misc/usbled.c (until 4.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.base import Palette
from drivers.lights.handles import Hidraw, UsbDevice
from drivers.lights.light import RING_SECONDS, BusyLight, Colour, SoundingLight, primaries
from drivers.lights.model import Model, Reach

if TYPE_CHECKING:
    from drivers.base import Ring
    from drivers.nodes import Node

WRITE_8, WRITE_16 = 101, 102  # major commands, by the bytes of their report
PINS, BRIGHTNESS, BUZZER = 12, 34, 70
GREEN, RED, THIRD = 0, 1, 2  # pins of port 1
LAMPS = 1 << GREEN | 1 << RED | 1 << THIRD
PITCH, INTERNAL_PITCH = 3, 5  # in 256 µs: about 1,300 and 780 Hz
BEEP, INTERNAL_BEEP = 2, 4  # as long on as off, in 50 ms
VENDOR_OUT = 0xC8  # bmRequestType as usbled.c has it, the direction bit set though nothing comes back


class Delcom(SoundingLight):
    """One of generation 2."""

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._hid = Hidraw(node.path)

    def burn(self, colour: Colour) -> None:
        """Each lamp as bright as its part of the colour; where the third is yellow, blue is yellow."""
        lit = 0
        for pin, part in zip((RED, GREEN, THIRD), colour, strict=True):
            if percent := part * 100 // 255:
                self._command(BRIGHTNESS, pin, percent)
                lit |= 1 << pin
        self._command(PINS, lit, LAMPS & ~lit)

    def sound(self, ring: Ring | None) -> None:
        """As many beeps as one ring has; the buzzer knows one volume, and those without it do not mind."""
        if ring is None or not ring.volume:
            self._hid.write_feature(bytes([WRITE_16, BUZZER]).ljust(16, b"\0"))
            return
        pitch, beep = (INTERNAL_PITCH, INTERNAL_BEEP) if ring.internal else (PITCH, BEEP)
        times = round(RING_SECONDS / (2 * beep * 0.05))
        self._hid.write_feature(
            bytes([WRITE_16, BUZZER, 1, pitch, 0, 0, 0, 0, times, beep, beep]).ljust(16, b"\0")
        )

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()

    def _command(self, minor: int, low: int, high: int) -> None:
        self._hid.write_feature(bytes([WRITE_8, minor, low, high, 0, 0, 0, 0]))


class DelcomGeneration1(BusyLight):
    """One of generation 1: its lamps can only be switched, by a request of its own on the USB device."""

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._usb = UsbDevice(node)

    def burn(self, colour: Colour) -> None:
        """Every lamp whose part of the colour is strong."""
        pins = zip((RED, GREEN, THIRD), primaries(colour), strict=True)
        lit = sum(1 << pin for pin, burns in pins if burns)
        self._usb.write(VENDOR_OUT, 0x12, 0x020A, LAMPS & ~lit)

    def release(self) -> None:
        """See `BusyLight`."""
        self._usb.close()


MODELS = (
    Model(0x0FC5, 0xB080, "Delcom Visual Signal Indicator", "maker's document", Delcom, rings=True),
    Model(
        0x0FC5,
        0x1223,
        "Delcom Visual Signal Indicator G1",
        "kernel driver",
        DelcomGeneration1,
        Reach.USB,
        palette=Palette.SEVEN,
    ),
)
