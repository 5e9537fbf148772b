"""A USB device put together from functions (a HID, a sound card): descriptors and the standard requests.

Source: USB 2.0, chapter 9. A function owns one or more interfaces and their endpoints.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rig.usbip import Link, Urb

GET_STATUS, CLEAR_FEATURE, SET_FEATURE, GET_DESCRIPTOR = 0, 1, 3, 6
GET_CONFIGURATION, SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE = 8, 9, 10, 11
DEVICE, CONFIGURATION, STRING = 1, 2, 3
STANDARD, CLASS = 0, 1
TO_DEVICE, TO_INTERFACE, TO_ENDPOINT = 0, 1, 2
ENGLISH = 0x0409


@dataclass(frozen=True)
class Request:
    """A control request, its setup packet taken apart; `data` is what came with it."""

    incoming: bool
    kind: int
    recipient: int
    number: int
    value: int
    index: int
    length: int
    data: bytes

    @classmethod
    def of(cls, urb: Urb) -> Request:
        """Take apart the setup packet of a transfer on endpoint 0."""
        kind, number, value, index, length = struct.unpack("<BBHHH", urb.setup)
        return cls(bool(kind & 0x80), kind >> 5 & 3, kind & 0x1F, number, value, index, length, urb.data)


class Withheld(Exception):
    """A function does not answer a transfer: the host waits until it takes it back."""


class Function(Protocol):
    """Some interfaces of a device, with their endpoints."""

    @property
    def interfaces(self) -> Sequence[int]:
        """Their numbers."""

    @property
    def endpoints(self) -> Sequence[int]:
        """Endpoint addresses, bit 7 set for those into the host."""

    def descriptors(self) -> bytes:
        """Its part of the configuration descriptor."""

    def control(self, request: Request) -> bytes | None:
        """Answer a request to one of its interfaces or endpoints; None refuses it; raises Withheld."""

    def submit(self, urb: Urb, link: Link) -> None:
        """Take a transfer on one of its endpoints; raises Withheld."""

    def cancel(self, urb: Urb) -> None:
        """Forget a transfer."""


@dataclass(frozen=True)
class Identity:
    """What a device says of itself; an empty string is not offered at all."""

    vendor: int
    product: int
    release: int = 0x0100
    """bcdDevice"""
    manufacturer: str = ""
    name: str = ""
    serial: str = ""


class UsbDevice:
    """A full-speed device with one configuration."""

    def __init__(self, identity: Identity, functions: Sequence[Function]) -> None:
        self._identity = identity
        self._functions = functions
        self._configuration = 0
        texts = (identity.manufacturer, identity.name, identity.serial)
        self._strings = [text for text in texts if text]
        self._string_numbers = [self._strings.index(text) + 1 if text else 0 for text in texts]

    def submit(self, urb: Urb, link: Link) -> None:
        """Answer a transfer, or hand it to the function whose endpoint it is for."""
        with contextlib.suppress(Withheld):
            self._submit(urb, link)

    def _submit(self, urb: Urb, link: Link) -> None:
        if urb.endpoint == 0:
            answer = self._control(Request.of(urb))
            if answer is None:
                link.stall(urb)
            else:
                link.complete(urb, answer[: urb.length])
        elif function := self._owner(urb):
            function.submit(urb, link)
        else:
            link.stall(urb)

    def cancel(self, urb: Urb) -> None:
        """Have the transfer forgotten by the function that holds it."""
        if function := self._owner(urb):
            function.cancel(urb)

    def _owner(self, urb: Urb) -> Function | None:
        address = urb.endpoint | (0x80 if urb.incoming else 0)
        return next((function for function in self._functions if address in function.endpoints), None)

    def _control(self, request: Request) -> bytes | None:
        if request.kind == STANDARD and request.recipient == TO_DEVICE:
            return self._standard(request)
        target = request.index & 0xFF
        for function in self._functions:
            targets = function.interfaces if request.recipient == TO_INTERFACE else function.endpoints
            if target in targets:
                answer = function.control(request)
                return self._lenient(request) if answer is None and request.kind == STANDARD else answer
        return self._lenient(request) if request.kind == STANDARD else None

    def _standard(self, request: Request) -> bytes | None:
        if request.number == GET_DESCRIPTOR:
            return self._descriptor(request.value >> 8, request.value & 0xFF)
        if request.number == GET_CONFIGURATION:
            return bytes([self._configuration])
        if request.number == SET_CONFIGURATION:
            self._configuration = request.value
        return self._lenient(request)

    @staticmethod
    def _lenient(request: Request) -> bytes | None:
        """Standard requests that every device takes and that change nothing here."""
        if request.number in (GET_STATUS, GET_INTERFACE):
            return bytes(2)
        accepted = (CLEAR_FEATURE, SET_FEATURE, SET_CONFIGURATION, SET_INTERFACE)
        return b"" if request.number in accepted else None

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        if kind == DEVICE:
            who = self._identity
            numbers = (who.vendor, who.product, who.release)
            return struct.pack(
                "<BBHBBBBHHHBBBB", 18, DEVICE, 0x0200, 0, 0, 0, 64, *numbers, *self._string_numbers, 1
            )
        if kind == CONFIGURATION:
            body = b"".join(function.descriptors() for function in self._functions)
            interfaces = sum(len(function.interfaces) for function in self._functions)
            bus_powered, current = 0x80, 50  # 100 mA, in units of 2 mA
            return (
                struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), interfaces, 1, 0, bus_powered, current) + body
            )
        if kind == STRING and index <= len(self._strings):
            text = self._strings[index - 1].encode("utf-16-le") if index else struct.pack("<H", ENGLISH)
            return bytes([2 + len(text), STRING]) + text
        return None


def interface(number: int, alternate: int, endpoints: int, triple: tuple[int, int, int]) -> bytes:
    """An interface descriptor; `triple` is class, subclass, protocol."""
    return bytes([9, 4, number, alternate, endpoints, *triple, 0])
