"""The virtual busy lights as a test sees them, one of every way in which lights are driven.

with KUANDO.plugged() as light:
    ...
    assert light.reports[-1][8] == 0x80
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig.devices import Emulated
from tests.rig.hid import FEATURE, OUTPUT, VENDOR_REPORTS
from tests.rig.light_emulator import SERIAL, TO_DEVICE_REQUEST
from tests.rig.usb import Identity

UNNUMBERED_64 = bytes.fromhex("0600FF 0901 A101 1500 26FF00 7508 9540 0901 8102 0901 9102 C0")
"""64 bytes in and out."""
KINDS = {OUTPUT: "output", FEATURE: "feature", TO_DEVICE_REQUEST: "request", SERIAL: "serial"}


@dataclass(frozen=True)
class Make:
    """A make of light: who it says it is, how it is reached, what it answers to its kernel driver."""

    vendor: int
    product: int
    name: str
    release: int = 0x0100
    serial: str = "L1"
    reached_by: str = "hid"
    interrupt_out: bool = False
    report_descriptor: bytes = VENDOR_REPORTS
    answers: dict[int, bytes] = field(default_factory=dict)
    kernel_driver: str = "hid-generic"

    @property
    def id(self) -> str:
        """What the driver calls it."""
        return f"usb-{self.vendor:04x}-{self.product:04x}-{self.serial.replace('-', '_')}"

    def plugged(self) -> Light:
        """One of them."""
        return Light(self)


class Light(Emulated):
    """A light in a process of its own, plugged in while the `with` block lasts."""

    emulator = "tests.rig.light_emulator"

    def __init__(self, make: Make) -> None:
        self.make = make
        identity = Identity(make.vendor, make.product, make.release, "Deskbell", make.name, make.serial)
        super().__init__(identity, make.report_descriptor, interrupt_out=make.interrupt_out)
        answers = {number: answer.hex() for number, answer in make.answers.items()}
        more = {"reached_by": make.reached_by, "answers": answers}
        self._description = json.dumps({**json.loads(self._description), **more})

    def _nodes(self) -> list[Path]:
        if self.make.reached_by == "usb":
            return [self.folder]
        if self.make.reached_by == "serial":
            return [Path("/dev") / node.name for node in self.folder.glob("*/tty/tty*")]
        return super()._nodes()

    @property
    def kernel_driver(self) -> str:
        """The name of the HID driver that has it, else that of its first interface, "" for none."""
        drivers = [*self.folder.glob("*/0003:*/driver"), *self.folder.glob("*:1.0/driver")]
        return drivers[0].resolve().name if drivers else ""

    def told(self, after: int = 0, wait: float = 0) -> list[tuple[str, bytes]]:
        """By which way it was told what, past the first `after`; waits up to `wait` seconds for one."""
        return [(KINDS[one.kind], one.data) for one in self.written(after, wait)]


EMBRAVA = Make(0x2C0D, 0x0001, "Blynclight")
LUXAFOR = Make(0x04D8, 0xF372, "LUXAFOR FLAG", interrupt_out=True, kernel_driver="hid-led")
BLINK1 = Make(0x27B8, 0x01ED, "blink(1) mk2", kernel_driver="hid-led")
DREAM_CHEEKY = Make(0x1D34, 0x0004, "Webmail Notifier", kernel_driver="hid-led")
RISO_KAGAKU = Make(0x1294, 0x1320, "Webmail Notifier", interrupt_out=True, kernel_driver="hid-led")
DELCOM = Make(0x0FC5, 0xB080, "USB IO Controller", answers={104: b"\2"}, kernel_driver="hid-led")
"""104 asks for its family: 2, visual signals; hid-led refuses all others."""
DELCOM_1 = Make(0x0FC5, 0x1223, "USB Visual Signal Indicator", reached_by="usb", kernel_driver="")
KUANDO = Make(0x27BB, 0x3BCD, "BUSYLIGHT", interrupt_out=True, report_descriptor=UNNUMBERED_64)
PATLITE = Make(0x191A, 0x6001, "NE-USB", interrupt_out=True)
BLINKSTICK = Make(0x20A0, 0x41E5, "BlinkStick", release=0x0202, serial="BS000001-3.0")
FIT_STATUSB = Make(0x2047, 0x03DF, "fit-statUSB", reached_by="serial", kernel_driver="cdc_acm")
