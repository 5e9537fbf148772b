"""The device side of USB/IP: takes the kernel's transfers (URBs) from vhci-hcd's socket and answers them.

Source: the kernel's Documentation/usb/usbip_protocol.rst. Every number on the wire is big-endian. There is
no import handshake here: the socket is handed to the kernel directly, by way of the virtual host
controller's `attach` file.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

CONTROLLER = Path("/sys/devices/platform/vhci_hcd.0")
DEVICES = Path("/sys/bus/usb/devices")
FULL_SPEED = 2
PORT_FREE, PORT_USED = 4, 6

CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
COMMAND = struct.Struct(">5I5i8s")  # the 20 byte base header, five fields of the command, the setup packet
RETURN = struct.Struct(">5I5i8x")
PACKET = struct.Struct(">4I")  # offset, length, actual length, status of one isochronous packet
HEADER_BYTES = COMMAND.size


@dataclass(slots=True)
class Urb:
    """One transfer that the kernel asked for; `data` is what it sends, `length` how much it has room for."""

    number: int
    endpoint: int
    incoming: bool
    length: int
    setup: bytes
    data: bytes = b""
    packets: list[int] = field(default_factory=list)
    """Lengths of the isochronous packets; empty for every other kind of transfer."""


class Device(Protocol):
    """What answers the transfers."""

    def submit(self, urb: Urb, link: Link) -> None:
        """Take a transfer; answer now or later through `link.complete`."""

    def cancel(self, urb: Urb) -> None:
        """Forget a transfer that the kernel took back."""


class Link:
    """A device's connection to the kernel: each transfer is answered once, or never if it was taken back."""

    def __init__(self, connection: socket.socket, device: Device) -> None:
        self._connection = connection
        self._device = device
        self._received = bytearray()
        self._pending: dict[int, Urb] = {}

    def close(self) -> None:
        """Hang up; what is answered from now on goes nowhere."""
        self._pending.clear()
        self._connection.close()

    def receive(self) -> bool:
        """Read what has arrived and hand it to the device; False when the kernel has hung up."""
        try:
            arrived = self._connection.recv(1 << 18)
        except ConnectionError:
            return False
        self._received += arrived
        while message := self._next_message():
            self._handle(*message)
        return bool(arrived)

    def complete(
        self, urb: Urb, data: bytes = b"", status: int = 0, packets: list[int] | None = None
    ) -> None:
        """Answer a transfer: with `data` if it is incoming, the lengths of its `packets` if isochronous."""
        if self._pending.pop(urb.number, None) is None:
            return
        done = len(data) if urb.incoming else len(urb.data)
        lengths = packets if packets is not None else urb.packets
        header = RETURN.pack(RET_SUBMIT, urb.number, 0, 0, 0, status, done, 0, len(lengths), 0)
        self._send(header + (data if urb.incoming else b"") + _describe(urb.packets, lengths))

    def stall(self, urb: Urb) -> None:
        """Refuse a transfer as a device refuses a request that it does not know."""
        self.complete(urb, status=-errno.EPIPE)

    def _next_message(self) -> tuple[int, int, Urb] | None:
        """The next whole command, the number of the transfer that it is about, and its own transfer."""
        if len(self._received) < HEADER_BYTES:
            return None
        command, number, _, incoming, endpoint, first, length, _, packets, _, setup = COMMAND.unpack_from(
            self._received
        )
        if command == CMD_UNLINK:
            del self._received[:HEADER_BYTES]
            return command, first, Urb(number, endpoint, bool(incoming), 0, b"")
        count = max(packets, 0)
        payload = 0 if incoming else length
        total = HEADER_BYTES + payload + count * PACKET.size
        if len(self._received) < total:
            return None
        body = bytes(self._received[HEADER_BYTES:total])
        del self._received[:total]
        lengths = [PACKET.unpack_from(body, payload + index * PACKET.size)[1] for index in range(count)]
        return command, number, Urb(number, endpoint, bool(incoming), length, setup, body[:payload], lengths)

    def _handle(self, command: int, number: int, urb: Urb) -> None:
        if command == CMD_SUBMIT:
            self._pending[number] = urb
            self._device.submit(urb, self)
            return
        taken_back = self._pending.pop(number, None)
        if taken_back is not None:
            self._device.cancel(taken_back)
        status = -errno.ECONNRESET if taken_back is not None else 0
        self._send(RETURN.pack(RET_UNLINK, urb.number, 0, 0, 0, status, 0, 0, 0, 0))

    def _send(self, message: bytes) -> None:
        try:
            self._connection.sendall(message)
        except ConnectionError:
            self._pending.clear()  # the kernel has hung up


def _describe(asked: list[int], got: list[int]) -> bytes:
    """The isochronous packet table of a reply: where each packet was asked for, and how much of it came."""
    offset, table = 0, bytearray()
    for length, actual in zip(asked, got, strict=True):
        table += PACKET.pack(offset, length, actual, 0)
        offset += length
    return bytes(table)


class Port:
    """A port of the virtual host controller with a device plugged in."""

    def __init__(self, connection: socket.socket) -> None:
        self.number = self._attach(connection)

    @staticmethod
    def _attach(connection: socket.socket) -> int:
        for number in _free_ports():
            device = number + 1
            _wait_until_gone(DEVICES / f"1-{device}")
            request = f"{number} {connection.fileno()} {1 << 16 | device} {FULL_SPEED}"
            try:
                (CONTROLLER / "attach").write_text(request)
            except OSError as error:
                if error.errno != errno.EBUSY:  # another emulator was quicker
                    raise
            else:
                return number
        raise OSError(errno.EBUSY, "every port of the virtual host controller is taken")

    def detach(self, limit: float = 5) -> None:
        """Pull the plug and wait (`limit` seconds) until the port is free again."""
        (CONTROLLER / "detach").write_text(str(self.number))
        end = time.monotonic() + limit
        while self.number not in _free_ports():
            if time.monotonic() > end:
                raise TimeoutError(f"port {self.number} was not given back")
            time.sleep(0.005)

    def device_folder(self) -> Path | None:
        """The device's folder in sysfs; None until the kernel has read its descriptors and configured it."""
        for number, state, bus_id in _ports():
            folder = DEVICES / bus_id
            if number == self.number and state == PORT_USED and (folder / "bConfigurationValue").exists():
                return folder if os.path.getsize(folder / "bConfigurationValue") else None
        return None


def _wait_until_gone(folder: Path, limit: float = 5) -> None:
    """A port that is used again before the kernel saw its device go stays dead."""
    end = time.monotonic() + limit
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.005)


def _ports() -> Iterator[tuple[int, int, str]]:
    """Number, state and bus id of each full-speed port."""
    for line in (CONTROLLER / "status").read_text().splitlines()[1:]:
        hub, number, state, _speed, _device, _socket, bus_id = line.split()
        if hub == "hs":
            yield int(number), int(state), bus_id


def _free_ports() -> list[int]:
    return [number for number, state, _ in _ports() if state == PORT_FREE]
