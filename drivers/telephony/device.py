"""Talks to a telephony device through hidraw: a thread listens to its keys, its worker writes its lamps."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Protocol

import hidraw  # type: ignore[import-not-found]

from drivers.access import require_access
from drivers.base import Device, DriverError, Unplugged
from drivers.telephony.quirks import quirk
from drivers.telephony.report_descriptor import parse
from drivers.telephony.reports import KeyReports, LampReports, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.base import Lamp, LampState, Lose, Open, Press
    from drivers.nodes import Node
    from drivers.telephony.report_descriptor import ReportDescriptor

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.25
READ_MILLISECONDS = 250


class Handle(Protocol):
    """What is used of `hidraw.device` (hidapi)."""

    def open_path(self, path: bytes) -> None:
        """Raises OSError."""

    def read(self, max_length: int, timeout_ms: int) -> list[int]:
        """One report, nothing when the time is over; raises OSError."""

    def write(self, buff: bytes) -> int:
        """How many bytes were written, -1 for a failure."""

    def error(self) -> str:
        """Why the last write failed."""

    def close(self) -> None:
        """Once, when no thread uses it any more."""


def _opened(path: str, new_handle: Callable[[], Handle]) -> Handle:
    require_access(path)
    handle = new_handle()
    try:
        handle.open_path(path.encode())
    except OSError as fault:
        raise DriverError(f"cannot open {path}: {fault}") from fault
    return handle


class TelephonyDevice:
    """An open telephony device: a `Driver`.

    Reads and writes through a hidraw handle each: one handle is not made for two threads, and a write that
    the device does not take must not keep its keys from us.
    """

    def __init__(
        self,
        path: str,
        descriptor: ReportDescriptor,
        press: Press,
        lose: Lose,
        new_handle: Callable[[], Handle] = hidraw.device,
    ) -> None:
        """Open it, and wait for what it has to say of itself; raises DriverError."""
        self._path = path
        self._keys = KeyReports(descriptor)
        self._lamps = LampReports(descriptor)
        self._press, self._lose = press, lose
        self._written: dict[int, bytes] = {}
        self._closing = False
        self._in = _opened(path, new_handle)
        try:
            self._settle()
            self._out = _opened(path, new_handle)
        except DriverError:
            self._in.close()
            raise
        self._listener = threading.Thread(target=self._listen, name=f"keys of {path}", daemon=True)
        self._listener.start()

    @property
    def ignored(self) -> int:
        """How many input reports were garbage."""
        return self._keys.ignored

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        """Light what is lit; lamps of telephones cannot blink, so a blinking one is lit."""
        lit = {lamp for lamp, state in lamps.items() if state.lit}
        for number, report in self._lamps.encode(lit).items():
            if again or report != self._written.get(number):
                self._write(report)
                self._written[number] = report

    def close(self) -> None:
        """Stop listening and let go."""
        self._closing = True
        self._listener.join()
        self._in.close()
        self._out.close()

    def _write(self, report: bytes) -> None:
        if self._out.write(report) < 0:
            if not os.path.exists(self._path):
                raise Unplugged("unplugged")
            raise DriverError(f"{self._path} does not take its lamps: {self._out.error()}")

    def _settle(self) -> None:
        """What a device sends by itself when it is opened is how things are, not a press."""
        end = time.monotonic() + SETTLE_SECONDS
        while (left := end - time.monotonic()) > 0:
            report = self._read(int(left * 1000) + 1)
            if report:
                self._keys.learn(report)

    def _listen(self) -> None:
        while not self._closing:
            try:
                report = self._read(READ_MILLISECONDS)
            except DriverError as fault:
                self._lose(fault)
                return
            if report:
                self._heard(report)

    def _heard(self, report: bytes) -> None:
        before = self._keys.ignored
        for key, pressed in self._keys.read(report):
            self._press(key, pressed)
        if before == 0 < self._keys.ignored:  # once: a broken device may send thousands
            log.warning(
                "%s sends reports that it did not declare, they are ignored: %s", self._path, report.hex()
            )

    def _read(self, milliseconds: int) -> bytes:
        """One report, b"" for none; one byte more is asked for than any has, so that longer ones show."""
        try:
            return bytes(self._in.read(self._keys.longest + 1, milliseconds))
        except OSError as fault:
            raise Unplugged("unplugged, or out of range") from fault


def offer(node: Node) -> tuple[Device, Open] | None:
    """A telephony device for a hidraw node, and how to open it; None where the node is something else."""
    try:
        descriptor = parse(node.descriptor)
        lamps = LampReports(descriptor).lamps
    except DriverError as why:
        log.debug("%s (%s) is no telephone: %s", node.path, node.name, why)
        return None
    device = Device(
        node.id,
        quirk(node.vendor, node.product).kind or kind(descriptor),
        node.name,
        KeyReports(descriptor).keys,
        lamps,
    )
    return device, lambda press, lose: TelephonyDevice(node.path, descriptor, press, lose)
