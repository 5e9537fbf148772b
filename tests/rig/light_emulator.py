"""The process of one virtual busy light: as `emulator`, with what lights have beside plain HID reports.

Requests to the device itself and bytes to a serial port are recorded among the reports, as kinds of their
own; feature reports may have an answer that a kernel driver asks for.
"""

from __future__ import annotations

import asyncio
import struct
import time
from typing import TYPE_CHECKING, Any

from tests.rig.emulator import Emulator, main
from tests.rig.hid import FEATURE, GET_REPORT, Written
from tests.rig.usb import CLASS, STANDARD, TO_ENDPOINT, TO_INTERFACE, Request, UsbDevice, interface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.rig.usb import Function, Identity
    from tests.rig.usbip import Link, Urb

TO_DEVICE_REQUEST, SERIAL = 0x10, 0x11
"""Kinds of `Written`; the data of the first is wValue and wIndex, little-endian, then what came along."""
COMMUNICATION, DATA, VENDOR_SPECIFIC = 2, 10, 255  # interface classes
ABSTRACT_CONTROL_MODEL, AT_COMMANDS = 2, 1
PACKET_BYTES = 64


class LightDevice(UsbDevice):
    """A device that takes requests of its maker, and answers feature reports."""

    def __init__(
        self,
        identity: Identity,
        functions: Sequence[Function],
        answers: dict[int, bytes],
        record: Callable[[int, bytes], None],
    ) -> None:
        super().__init__(identity, functions)
        self._answers = answers
        self._record = record

    def _control(self, request: Request) -> bytes | None:
        if request.kind != STANDARD and request.recipient not in (TO_INTERFACE, TO_ENDPOINT):
            self._record(TO_DEVICE_REQUEST, struct.pack("<HH", request.value, request.index) + request.data)
            return b""
        if request.kind == CLASS and request.number == GET_REPORT and request.value >> 8 == FEATURE:
            answer = self._answers.get(request.value & 0xFF)
            if answer is not None:
                return answer.ljust(request.length, b"\0")
        return super()._control(request)


class SerialFunction:
    """A serial port. Source: USB Class Definitions for Communications Devices 1.2, PSTN subclass 1.2."""

    interfaces = (0, 1)
    endpoints = (0x81, 0x82, 0x02)

    def __init__(self, record: Callable[[int, bytes], None]) -> None:
        self._record = record

    def descriptors(self) -> bytes:
        """The interface of notifications, which are never sent, and the one of data."""
        together = bytes([8, 11, 0, 2, COMMUNICATION, ABSTRACT_CONTROL_MODEL, AT_COMMANDS, 0])
        header, management = bytes([5, 0x24, 0, 0x10, 0x01]), bytes([5, 0x24, 1, 0, 1])
        abstract_control, union = bytes([4, 0x24, 2, 2]), bytes([5, 0x24, 6, 0, 1])
        notifications, arriving, leaving = (
            struct.pack("<BBBBHB", 7, 5, address, kind, PACKET_BYTES, interval)
            for address, kind, interval in ((0x81, 3, 10), (0x82, 2, 0), (0x02, 2, 0))
        )
        return (
            together
            + interface(0, 0, 1, (COMMUNICATION, ABSTRACT_CONTROL_MODEL, AT_COMMANDS))
            + (header + management + abstract_control + union + notifications)
            + interface(1, 0, 2, (DATA, 0, 0))
            + (arriving + leaving)
        )

    def control(self, request: Request) -> bytes | None:
        """Line coding and control lines, which a light does not mind."""
        return bytes(request.length) if request.incoming and request.kind == CLASS else b""

    def submit(self, urb: Urb, link: Link) -> None:
        """What the host writes; it never hears anything."""
        if not urb.incoming:
            self._record(SERIAL, urb.data)
            link.complete(urb)

    def cancel(self, urb: Urb) -> None:
        """Nothing is held."""


class VendorFunction:
    """An interface without endpoints that no kernel driver wants."""

    interfaces = (0,)
    endpoints = ()

    def descriptors(self) -> bytes:
        """One interface."""
        return interface(0, 0, 0, (VENDOR_SPECIFIC, 0, 0))

    def control(self, request: Request) -> bytes | None:
        """It takes none: its maker's requests are to the device."""
        return None

    def submit(self, urb: Urb, link: Link) -> None:
        """There is no endpoint."""

    def cancel(self, urb: Urb) -> None:
        """Nothing is held."""


class LightEmulator(Emulator):
    """One light; `reached_by` is "hid", "usb" (by requests to the device alone) or "serial"."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._reached_by = description.pop("reached_by")
        self._answers = {
            int(number): bytes.fromhex(answer) for number, answer in description.pop("answers").items()
        }
        super().__init__(description)

    def _device(self) -> UsbDevice:
        functions: dict[str, list[Function]] = {
            "hid": [self._hid],
            "usb": [VendorFunction()],
            "serial": [SerialFunction(self._record)],
        }
        return LightDevice(self._identity, functions[self._reached_by], self._answers, self._record)

    def _record(self, kind: int, data: bytes) -> None:
        self._hid.written.append(Written(kind, data, time.monotonic()))
        self._news.set()


if __name__ == "__main__":
    asyncio.run(main(LightEmulator))
