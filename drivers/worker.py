"""One thread for one attached device: opens it, has it show and ring as planned, opens it anew after a fault.

Only the newest plan counts: a device that blocks delays nobody, and is shown the present when it wakes.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.base import AccessDenied, DeviceState, Impaired, Key, LampState, Rings, Switches, Unplugged
from drivers.presses import QUIET_SECONDS, Presses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.base import Driver, Lamp, Open, Press, Ring

log = logging.getLogger(__name__)

RETRY_SECONDS = 3.0
PULSE_SECONDS = 1.0  # a relay that could not be closed by then stays open: nobody is at the door any more
UNHEARD_SECONDS = 1.0  # a write takes milliseconds; Jabra waits two seconds for its Off-Hook lamp
FLOODED = (
    "it presses its keys faster than anybody can: they are ignored until it is quiet, or plugged in anew"
)


@dataclass(frozen=True, slots=True)
class Report:
    """Whom a worker tells; called from its thread or the driver's, never with a lock held."""

    key: Press
    state: Callable[[DeviceState, str], None]
    shown: Callable[[Mapping[Lamp, LampState]], None]


class Worker:
    """The worker of one attached device; `start` it once, `stop` it once."""

    def __init__(self, name: str, open_device: Open, plan: Mapping[Lamp, LampState], report: Report) -> None:
        """`name` is for the log; `plan` names every lamp of the device."""
        self._open = open_device
        self._report = report
        self._presses = Presses(report.key)
        self._plan = plan
        self._ring: Ring | None = None
        self._pulses: list[tuple[str, float, float]] = []  # relay, seconds, worth doing until
        self._due = self._again = True
        self._retry = self._stopping = self._failed = False
        self._fault: OSError | None = None
        self._busy_since = math.inf
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"device {name}", daemon=True)

    def start(self) -> None:
        """Open the device, in its own time."""
        self._thread.start()

    def show(self, plan: Mapping[Lamp, LampState], again: bool) -> None:
        """Have the lamps burn like this, as soon as the device lets it; `again`: write even what stands."""
        with self._changed:
            if again or plan != self._plan:
                self._plan, self._due, self._again = plan, True, self._again or again
                self._changed.notify()

    def ring(self, ring: Ring | None) -> None:
        """Have it make this sound, None: be silent, as soon as the device lets it."""
        with self._changed:
            if ring != self._ring:
                self._ring, self._due = ring, True
                self._changed.notify()

    def switch(self, relay: str, seconds: float) -> None:
        """Have a relay closed for so long: now, or not at all."""
        with self._changed:
            self._pulses.append((relay, seconds, time.monotonic() + PULSE_SECONDS))
            self._due = True
            self._changed.notify()

    def retry(self) -> None:
        """Try now, not later, to open a device that refused."""
        with self._changed:
            self._retry = True
            self._changed.notify()

    def stop(self) -> None:
        """Make the lamps dark and let go of the device, as soon as it lets it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False where the device still holds the thread."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            self._fault, self._retry = None, False
            self._serve()
            self._failed = True
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._retry, RETRY_SECONDS)

    def _serve(self) -> None:
        """Open it and keep it; a fault is told before it is let go of, which may take a while."""
        with contextlib.ExitStack() as stack:
            try:
                driver = self._open(self._press, self._lose)
                stack.callback(_close, driver)
                self._pulses.clear()
                if not self._failed:  # what has failed is not online before it takes its lamps
                    self._report.state(DeviceState.ONLINE, _trouble(driver))
                self._due, self._again, self._busy_since = True, True, math.inf
                self._keep(driver)
            except OSError as fault:
                self._report.state(*state_of(fault))
            except Exception:
                log.exception("%s: the driver failed", self._thread.name)
                self._report.state(DeviceState.FAILED, "the driver failed; the log says where")

    def _keep(self, driver: Driver) -> None:
        """Show, ring and switch what is wanted until the device is lost or let go of."""
        wait: float | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._due or self._stopping or self._fault, wait)
                plan, again, ring, stopping = self._plan, self._again, self._ring, self._stopping
                pulses, self._pulses = self._pulses, []
                self._due = self._again = False
            if self._fault:
                raise self._fault
            if stopping:
                _rest(driver, plan)
                return
            self._busy_since = time.monotonic()
            wait = driver.show(plan, again)
            self._busy_since = math.inf
            if isinstance(driver, Rings):
                wait = _sooner(wait, driver.ring(ring))
            if isinstance(driver, Switches):
                for relay, seconds, until in pulses:
                    if not seconds or time.monotonic() < until:
                        driver.switch(relay, seconds)
            flooded = self._presses.flooded
            if flooded:
                wait = _sooner(wait, QUIET_SECONDS)
            self._report.state(DeviceState.ONLINE, FLOODED if flooded else _trouble(driver))
            self._report.shown(plan)

    def _press(self, key: str, pressed: bool) -> None:
        if key == Key.HOOK and not pressed and time.monotonic() - self._busy_since > UNHEARD_SECONDS:
            return  # nobody hung up: the hook fell back, as the lamp that it waits for does not come
        before = self._presses.flooded
        self._presses(key, pressed)
        if self._presses.flooded and not before:
            log.warning("%s: %s", self._thread.name, FLOODED)
            with self._changed:
                self._due = True
                self._changed.notify()

    def _lose(self, fault: OSError) -> None:
        with self._changed:
            self._fault = fault
            self._changed.notify()


def _close(driver: Driver) -> None:
    try:
        driver.close()
    except OSError:
        return  # it is gone
    except Exception:
        log.exception("a driver failed when it let go of its device")


def _rest(driver: Driver, plan: Mapping[Lamp, LampState]) -> None:
    """Leave a device silent and dark."""
    if isinstance(driver, Rings):
        driver.ring(None)
    driver.show(dict.fromkeys(plan, LampState()), again=True)


def _trouble(driver: Driver) -> str:
    return driver.trouble if isinstance(driver, Impaired) else ""


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((wait for wait in (one, other) if wait is not None), default=None)


def state_of(fault: OSError) -> tuple[DeviceState, str]:
    """The state of a device that could not be opened or kept, and why."""
    match fault:
        case AccessDenied():
            return DeviceState.DENIED, str(fault)
        case Unplugged():
            return DeviceState.OFFLINE, str(fault)
        case _:
            return DeviceState.FAILED, str(fault)
