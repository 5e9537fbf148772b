"""gpiozero's pins over lgpio, with what a telephone needs that lgpio lacks.

- The header is found by what its chip is called: its number has changed from kernel to kernel on a Pi 5
  (raspberrypi/linux pull request 6144; gpiozero issue 1166).
- Edges come from the kernel (include/uapi/linux/gpio.h, version 2 of the line request), and the level is
  read once the contact rests. lgpio looks for edges 2,000 times a second while nothing happens, 5 % of a core
  where that was measured, and for ever once its chip is gone. The kernel's own debouncing counts in its
  ticks: at 100 of them a second a press of 30 ms is lost.
- An output is at its first level from the moment it is one, and that is what it falls back to when nobody
  drives it any more: no relay clicks at the start, none stays closed after the end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import tempfile
import threading
import time
from glob import glob
from typing import TYPE_CHECKING

from drivers.access import require_access
from drivers.base import DriverError

# lgpio keeps a pipe in its work folder, makes that the current one, and would leave it so.
os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", tempfile.gettempdir()))
try:
    with contextlib.chdir(os.getcwd()):
        import lgpio  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # type: ignore[import-untyped]
except (ImportError, AttributeError) as missing:  # for Python 3.13 the index has an empty lgpio
    raise DriverError("lgpio is missing, or empty; 'make venv' installs a whole one") from missing

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = re.compile("pinctrl-(bcm2835|bcm2711|rp1)")
"""What the kernel calls the chip of the header: up to the Pi 3, on a Pi 4, on a Pi 5."""

USER = b"deskbell"  # whom other programs find named when they want the same line

# include/uapi/linux/gpio.h: struct gpio_v2_line_request for one line, without attributes.
_REQUEST = struct.Struct("=I252x 32s Q 264x I 24x i")
_VALUES = struct.Struct("=QQ")  # struct gpio_v2_line_values
GET_LINE, GET_VALUES = 0xC250B407, 0xC010B40E  # ioctls
INPUT, BOTH_EDGES = 1 << 2, 1 << 4 | 1 << 5
BIAS = {"up": 1 << 8, "down": 1 << 9, "floating": 1 << 10}
EVENTS = 16 * 48  # bytes of the events that the kernel keeps for a line


def header_factory(lost: Callable[[OSError], None] = lambda fault: None) -> HeaderFactory:
    """Return the pins of this machine's header; `lost` is told when the chip is gone.

    Raises DriverError where there is none, AccessDenied where it may not be used.
    """
    chips = sorted(glob("/dev/gpiochip*"))
    if not chips:
        raise DriverError("this machine has no GPIO header: there is no /dev/gpiochip0")
    labels = {}
    for path in chips:
        number = int(path.removeprefix("/dev/gpiochip"))
        require_access(path)
        labels[path] = label = _label(number)
        if LABELS.fullmatch(label):
            return HeaderFactory(number, lost)
    seen = ", ".join(f"{path} is {label}" for path, label in labels.items())
    raise DriverError(f"this machine has no GPIO header that is known: {seen}")


def _label(chip: int) -> str:
    """Return what the kernel calls a chip."""
    try:
        handle = lgpio.gpiochip_open(chip)
        try:
            return str(lgpio.gpio_get_chip_info(handle)[3])
        finally:
            lgpio.gpiochip_close(handle)
    except lgpio.error as fault:
        raise DriverError(f"/dev/gpiochip{chip} cannot be used: {fault}") from fault


class HeaderFactory(LGPIOFactory):  # type: ignore[misc]  # gpiozero has no types
    """The pins of a header."""

    def __init__(self, chip: int, lost: Callable[[OSError], None]) -> None:
        """Open /dev/gpiochip`chip`."""
        super().__init__(chip)
        self.pin_class = HeaderPin
        self.device = os.open(f"/dev/gpiochip{chip}", os.O_RDWR | os.O_CLOEXEC)
        self.edges = Edges(lost)

    def close(self) -> None:
        """Give all pins back."""
        super().close()
        self.edges.close()
        os.close(self.device)


class HeaderPin(LGPIOPin):  # type: ignore[misc]
    """One pin; raises DriverError where somebody else has it."""

    def __init__(self, factory: HeaderFactory, info: object) -> None:
        """Take the pin, as an input."""
        self._line = -1  # the kernel's, while edges are watched
        try:
            super().__init__(factory, info)
        except lgpio.error as fault:
            user = lgpio.gpio_get_line_info(factory._handle, self._number)[4]
            raise DriverError(f"in use by {user}" if user else str(fault)) from fault

    def close(self) -> None:
        """Give it back as it is: an output falls back by itself."""
        self.when_changed = None
        with contextlib.suppress(lgpio.error):  # was given back before
            lgpio.gpio_free(self.factory._handle, self._number)

    def output_with_state(self, state: bool) -> None:
        """Drive it, and pull it to the same level for when it is driven no more."""
        pull = lgpio.SET_PULL_UP if state else lgpio.SET_PULL_DOWN
        lgpio.gpio_free(self.factory._handle, self._number)
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state), pull)

    def _set_state(self, value: bool) -> None:
        try:
            super()._set_state(value)
        except lgpio.error as fault:
            raise DriverError(f"{self!r} cannot be switched: {fault}") from fault

    def _get_state(self) -> bool:
        if self._line < 0:
            try:
                return bool(super()._get_state())
            except lgpio.error as fault:
                raise DriverError(f"{self!r} cannot be read: {fault}") from fault
        values = fcntl.ioctl(self._line, GET_VALUES, _VALUES.pack(0, 1))
        return bool(_VALUES.unpack(values)[0])

    def _set_bounce(self, value: float | None) -> None:
        self._bounce = value or 0

    def _get_bounce(self) -> float | None:
        return self._bounce or None

    def _enable_event_detect(self) -> None:
        flags = INPUT | BOTH_EDGES | BIAS[self._get_pull()]
        request = _REQUEST.pack(self._number, USER, flags, 1, -1)
        lgpio.gpio_free(self.factory._handle, self._number)
        self._line = _REQUEST.unpack(fcntl.ioctl(self.factory.device, GET_LINE, request))[-1]
        self.factory.edges.watch(self._line, self._bounce or 0, self._rests)

    def _disable_event_detect(self) -> None:  # which gpiozero does when it lets go of the pin
        self.factory.edges.forget(self._line)
        os.close(self._line)
        self._line = -1

    def _rests(self) -> None:
        self._call_when_changed(self.factory.chip, self._number, self._get_state(), time.monotonic_ns())


class Edges:
    """One thread that waits for the edges of all lines, and then for the lines to rest."""

    def __init__(self, lost: Callable[[OSError], None]) -> None:
        """`lost` is told once, when the lines can be read no more."""
        self._lost = lost
        self._lines: dict[int, tuple[float, Callable[[], None]]] = {}
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._poll = select.epoll()
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="GPIO edges", daemon=True)
        self._thread.start()

    def watch(self, line: int, seconds: float, rests: Callable[[], None]) -> None:
        """Have `rests` called when a line has moved, and not again for so long."""
        self._lines[line] = (seconds, rests)
        self._poll.register(line, select.EPOLLIN)

    def forget(self, line: int) -> None:
        """Watch a line no more."""
        if self._lines.pop(line, None):
            self._poll.unregister(line)

    def close(self) -> None:
        """End the thread."""
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        self._poll.close()
        os.close(self._wake)

    def _run(self) -> None:
        try:
            self._watch()
        except OSError as fault:
            self._lost(DriverError(f"the GPIO chip is gone: {fault}"))

    def _watch(self) -> None:
        due: dict[int, float] = {}
        while True:
            wait = min(due.values()) - time.monotonic() if due else None
            for line, _ in self._poll.poll(wait and max(wait, 0)):
                if line == self._wake:
                    return
                if line in self._lines:
                    os.read(line, EVENTS)  # how often it has moved does not count, only where it rests
                    due[line] = time.monotonic() + self._lines[line][0]
            for line in [line for line, at in due.items() if at <= time.monotonic()]:
                del due[line]
                if line in self._lines:
                    self._lines[line][1]()
