"""A HID function of a virtual USB device. Source: Device Class Definition for HID 1.11."""

from __future__ import annotations

import struct
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.rig.usb import CLASS, GET_DESCRIPTOR, STANDARD, Request, Withheld, interface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.usbip import Link, Urb

HID_DESCRIPTOR, REPORT_DESCRIPTOR = 0x21, 0x22
GET_REPORT, SET_REPORT, SET_IDLE, SET_PROTOCOL = 1, 9, 10, 11
INPUT, OUTPUT, FEATURE = 1, 2, 3
PACKET_BYTES, INTERVAL_MS = 64, 4
UNREAD_REPORTS = 32

TELEPHONY = bytes.fromhex(
    "050B 0905 A101"  # Telephony: Headset
    "8501 1500 2501 7501"
    "0920 0997 9502 8122"  # Hook Switch, Line Busy Tone: absolute, no preferred state
    "092F 0921 0924 9503 8106"  # Phone Mute, Flash, Redial: relative
    "0509 0901 9501 8102"  # Button 1: absolute
    "9502 8101"
    "050B 19B0 29BB 1501 250C 7504 9501 8140"  # Phone Key 0 … 9, *, #: an array of one, 0 for none
    "7504 9501 8101"
    "0508 1500 2501 7501"
    "0917 0918 0909 0920 0919 9505 9122"  # LEDs: Off-Hook, Ring, Mute, Hold, Message Waiting
    "7503 9501 9101"
    "C0"
)
"""A headset of our own in the style of the ones in use: one input and one output report, number 1."""

VENDOR_REPORTS = bytes.fromhex(
    "0600FF 0901 A101"  # Vendor Usage 1
    "1500 26FF00 7508 9508"
    "0901 8102"  # eight bytes in,
    "0901 9102"  # eight out,
    "0901 B102"  # eight both ways
    "C0"
)
"""What a busy light has: unnumbered reports of eight bytes."""


@dataclass(frozen=True)
class Written:
    """A report from the host: which kind, its bytes (number first where numbered), when (CLOCK_MONOTONIC)."""

    kind: int
    data: bytes
    at: float


class Taking(StrEnum):
    """What becomes of the host's reports."""

    WELL = "well"
    REFUSED = "refused"  # a stall: the host's write fails with EPIPE
    HELD = "held"  # no answer: the host's write blocks until it gives up


class HidFunction:
    """One HID interface: `send` what the person does, `written` is what the host wrote."""

    def __init__(
        self,
        number: int,
        report_descriptor: bytes,
        *,
        interrupt_out: bool = False,
        on_written: Callable[[int, bytes], None] = lambda kind, data: None,
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        self.interfaces = (number,)
        self.endpoints = (0x80 | number + 1, number + 1) if interrupt_out else (0x80 | number + 1,)
        self.written: list[Written] = []
        self.taking = Taking.WELL
        self._report_descriptor = report_descriptor
        self._on_written, self._on_open = on_written, on_open
        self._listened_to = False
        self._waiting: deque[tuple[Urb, Link]] = deque()
        self._unread: deque[bytes] = deque(maxlen=UNREAD_REPORTS)
        self._last = b""

    def forget(self) -> None:
        """As after power-on: nothing written, nothing to read."""
        self.written.clear()
        self._unread.clear()
        self._waiting.clear()
        self._listened_to = False

    def send(self, report: bytes) -> None:
        """An input report, at once if the host is listening, else as soon as it does."""
        self._last = report
        self._unread.append(report)
        self._deliver()

    def descriptors(self) -> bytes:
        """Interface, HID and endpoint descriptors."""
        endpoints = b"".join(
            struct.pack("<BBBBHB", 7, 5, at, 3, PACKET_BYTES, INTERVAL_MS) for at in self.endpoints
        )
        return (
            interface(self.interfaces[0], 0, len(self.endpoints), (3, 0, 0))
            + self._hid_descriptor()
            + endpoints
        )

    def control(self, request: Request) -> bytes | None:
        """Descriptors, and reports that travel by control requests."""
        if request.kind == STANDARD and request.number == GET_DESCRIPTOR:
            wanted = request.value >> 8
            found = {HID_DESCRIPTOR: self._hid_descriptor(), REPORT_DESCRIPTOR: self._report_descriptor}
            return found.get(wanted)
        if request.kind != CLASS:
            return None
        if request.number == SET_REPORT:
            return b"" if self._take(request.value >> 8, request.data) else None
        if request.number == GET_REPORT:
            return (
                self._last
                if request.value >> 8 == INPUT
                else bytes([request.value & 0xFF]).ljust(request.length, b"\0")
            )
        return b"" if request.number in (SET_IDLE, SET_PROTOCOL) else None

    def submit(self, urb: Urb, link: Link) -> None:
        """The interrupt endpoints."""
        if urb.incoming:
            self._waiting.append((urb, link))
            self._deliver()
            if not self._listened_to:
                self._listened_to = True
                self._on_open()
        elif self._take(OUTPUT, urb.data):
            link.complete(urb)
        else:
            link.stall(urb)

    def cancel(self, urb: Urb) -> None:
        """The host stopped listening with this transfer."""
        self._waiting = deque(waiting for waiting in self._waiting if waiting[0] is not urb)
        self._listened_to = bool(self._waiting)

    def _deliver(self) -> None:
        while self._waiting and self._unread:
            urb, link = self._waiting.popleft()
            link.complete(urb, self._unread.popleft()[: urb.length])

    def _take(self, kind: int, data: bytes) -> bool:
        """Record a report from the host; False where it is refused."""
        if self.taking is Taking.HELD:
            raise Withheld
        if self.taking is Taking.REFUSED:
            return False
        self.written.append(Written(kind, data, time.monotonic()))
        self._on_written(kind, data)
        return True

    def _hid_descriptor(self) -> bytes:
        return struct.pack(
            "<BBHBBBH", 9, HID_DESCRIPTOR, 0x0111, 0, 1, REPORT_DESCRIPTOR, len(self._report_descriptor)
        )
