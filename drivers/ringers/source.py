"""Ringers as their sound cards come and go: a source of devices."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pyudev  # type: ignore[import-untyped]

from drivers import netlink
from drivers.ringers.card import Ringer, cards, ringer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.base import Ports


class Ringers:
    """Reports the sound cards that are to ring, those too that are not there.

    They go by their names in /proc/asound/cards, as in `Ringers(["Headphones", "vc4hdmi0"])`.
    """

    def __init__(self, names: Iterable[str], sysfs: Path = Path("/sys")) -> None:
        """`sysfs` is where sysfs is mounted."""
        self._names, self._sysfs = tuple(dict.fromkeys(names)), sysfs
        self._there: set[str] = set()
        self._lock = threading.Lock()
        self._ports: Ports | None = None
        self._observer: pyudev.MonitorObserver | None = None

    def start(self, ports: Ports) -> None:
        """Listen first and look then, so that nothing slips through in between."""
        monitor = netlink.monitor("sound")
        with self._lock:
            self._ports = ports
            self._there = set(cards(self._sysfs))
            for name in self._names:  # a missing one too: it says so when it is opened
                self._attach(name, ports)
        if monitor:
            self._observer = pyudev.MonitorObserver(monitor, callback=lambda _: self.look(), name="ringers")
            self._observer.start()

    def stop(self) -> None:
        """Listen no more."""
        with self._lock:
            self._ports = None
        if self._observer:
            self._observer.stop()

    def look(self) -> None:
        """Find out which cards have come, gone or changed."""
        with self._lock:
            if self._ports is None:
                return
            before, self._there = self._there, set(cards(self._sysfs))
            for name in self._names:
                match name in before, name in self._there:
                    case False, True:
                        self._attach(name, self._ports)
                    case True, False:
                        self._ports.detach(ringer(name).id)
                    case True, True:
                        self._ports.retry(ringer(name).id)  # its permissions may have come

    def _attach(self, name: str, ports: Ports) -> None:
        ports.attach(ringer(name), lambda press, lose: Ringer(name, self._sysfs))
