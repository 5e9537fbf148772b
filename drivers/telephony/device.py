"""Talks to a telephony device through hidraw: a thread listens to its keys, its worker writes its lamps.

What is written when:
- A report that changed, as soon as it changed; all of them after opening, when asked to, when a device wants
  them to be kept alive, and when the machine has slept: the device may have lost them.
- The report with the Mute lamp together with every change of Off-Hook and Hold: a headset mutes only while it
  is off-hook, and what it believes cannot be read.
- The report with the Mute lamp within 2 s of a press of the mute key, even where the desk did not want it: a
  press without a reply costs some headsets the next one. Once only for the same lamps: a boom arm that is up
  answers each such report with a press.
- Nothing else: some devices begin to ring anew at every report that says so.

For udev: what must be opened is each hidraw node whose report descriptor names the Telephony page. Its input
device must be inhibited: when any program opens it, or lights its Mute LED, Linux writes the whole output
report as it knows it, and puts out Off-Hook and Ring (hid-input.c; seen with Linux 7.3). hidraw still hears
every key.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Protocol

import hidraw  # type: ignore[import-not-found]

from drivers.access import require_access
from drivers.base import Device, DriverError, Key, Lamp, Unplugged
from drivers.telephony.manners import Manners
from drivers.telephony.quirks import Quirk
from drivers.telephony.quirks import model as model_of
from drivers.telephony.report_descriptor import parse
from drivers.telephony.reports import KeyReports, LampReports, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.base import LampState, Lose, Open, Press
    from drivers.nodes import Node
    from drivers.telephony.report_descriptor import ReportDescriptor

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.25
READ_MILLISECONDS = 1000  # how long it may take to let go; each look costs the processor something
CHECK_SECONDS = 2.0
NAP_SECONDS = 0.5
MAX_FAULTS = 3  # one after the other
LAMPS_OF_A_CALL = (Lamp.OFF_HOOK, Lamp.RING, Lamp.MUTE, Lamp.HOLD)


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
        *,
        quirk: Quirk = Quirk(),  # noqa: B008  (frozen)
        new_handle: Callable[[], Handle] = hidraw.device,
    ) -> None:
        """Open it, and wait for what it has to say of itself; raises DriverError."""
        self._path = path
        self._keys = KeyReports(descriptor, _states(quirk))
        self._lamps = LampReports(descriptor)
        self._mute = self._lamps.bearing(Lamp.MUTE)
        self._needed = frozenset[int]().union(*map(self._lamps.bearing, LAMPS_OF_A_CALL))
        self._refused: set[int] = set()
        self._manners = Manners(quirk)
        self._keep_alive = quirk.keep_alive
        self._press, self._lose = press, lose
        self._lit: frozenset[Lamp] = frozenset()
        self._faults = 0  # of reading, since it went well
        self._written: dict[int, bytes] = {}
        self._keep_alive_at = float("inf")
        self._slept = _slept()
        self._mute_pressed = self._mute_answered = False
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

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float:
        """Light what is lit; lamps of telephones cannot blink, so a blinking one is lit."""
        now = time.monotonic()
        lit = frozenset(lamp for lamp, state in lamps.items() if state.lit)
        slept = _slept()
        whole = again or now >= self._keep_alive_at or slept - self._slept > NAP_SECONDS
        also = self._mute if self._mute_is_due(lit) else frozenset()
        for number, report in self._lamps.encode(self._manners.lamps(lit, now)).items():
            if whole or number in also or report != self._written.get(number):
                self._write(report)
                self._written[number] = report
        self._slept = slept
        if whole and self._keep_alive:
            self._keep_alive_at = now + self._keep_alive
        return min(CHECK_SECONDS, self._keep_alive_at - now)

    def close(self) -> None:
        """Stop listening and let go."""
        self._closing = True
        self._listener.join()
        self._in.close()
        self._out.close()

    def _mute_is_due(self, lit: frozenset[Lamp]) -> bool:
        """Whether the Mute lamp is to be written even if it stays as it is."""
        before, self._lit = self._lit, lit
        pressed, self._mute_pressed = self._mute_pressed, False
        if lit != before:
            self._mute_answered = False
            return pressed or bool((lit ^ before) & {Lamp.OFF_HOOK, Lamp.HOLD})
        answer = pressed and not self._mute_answered
        self._mute_answered |= answer
        return answer

    def _write(self, report: bytes) -> None:
        if report[0] in self._refused or self._out.write(report) >= 0:
            return
        if not os.path.exists(self._path):
            raise Unplugged("unplugged")
        if report[0] in self._needed:
            raise DriverError(f"{self._path} does not take its lamps: {self._out.error()}")
        self._refused.add(report[0])
        log.warning("%s does not take report %d, without a lamp of a call", self._path, report[0])

    def _settle(self) -> None:
        """What a device sends by itself when it is opened is how things are, not a press."""
        end = time.monotonic() + SETTLE_SECONDS
        while (left := end - time.monotonic()) > 0:
            report = self._read(int(left * 1000) + 1)
            if report:
                self._manners.learn(self._keys.read(report))

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
        events = self._keys.read(report)
        if before == 0 < self._keys.ignored:  # once: a broken device may send thousands
            log.warning(
                "%s sends reports that it did not declare, they are ignored; the first: number %d, %d bytes",
                self._path,
                report[0],
                len(report),
            )
        for key, pressed in self._manners.heard(events, self._keys.still, time.monotonic()):
            if key is Key.MUTE and pressed:
                self._mute_pressed = True  # before it is told: the answer may come at once
            self._press(key, pressed)

    def _read(self, milliseconds: int) -> bytes:
        """One report, b"" for none; one byte more is asked for than any has, so that longer ones show.

        hidapi fails where a signal interrupts it, and does not say so: what is still there is tried again.
        """
        try:
            report = bytes(self._in.read(self._keys.longest + 1, milliseconds))
        except OSError as fault:
            self._faults += 1
            if self._faults == MAX_FAULTS or not os.path.exists(self._path):
                raise Unplugged("unplugged, or out of range") from fault
            return b""
        self._faults = 0
        return report


def _slept() -> float:
    """For how many seconds the machine was suspended since it was booted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def _states(quirk: Quirk) -> tuple[Key, ...]:
    return (Key.MUTE,) if quirk.mute_is_state else ()


def offer(node: Node) -> tuple[Device, Open] | None:
    """A telephony device for a hidraw node, and how to open it; None where the node is something else."""
    try:
        descriptor = parse(node.descriptor)
        lamps = LampReports(descriptor).lamps
    except DriverError as why:
        log.debug("%s (%s) is no telephone: %s", node.path, node.name, why)
        return None
    model = model_of(node.vendor, node.product, node.name)
    known = model.quirk if model else Quirk()
    if known.phantom:
        log.debug("%s (%s) only says that it is a telephone", node.path, node.name)
        return None
    keys = KeyReports(descriptor, _states(known)).keys
    driver = f"{model.name} ({model.proof})" if model else "HID telephony"
    device = Device(node.id, known.kind or kind(descriptor), node.name, keys, lamps, driver=driver)
    return device, lambda press, lose: TelephonyDevice(node.path, descriptor, press, lose, quirk=known)
