"""What systemd is told of a service: that it is ready, how it does, that it lives (sd_notify(3)).

Where nobody asks for it (NOTIFY_SOCKET, WATCHDOG_USEC), nothing is told. The pages are told of by their
worker, a child of the service's main process: their unit needs NotifyAccess=all.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"

STARTING = 90.0
"""Seconds for which the watchdog lets a service be that starts anew as the same process."""

_PATIENCE = 1.0  # seconds; systemd reads at once, and no call waits for it if it does not


def tell(*said: str) -> None:
    """Tell systemd something; what it cannot be told is lost."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # not in the file system
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.settimeout(_PATIENCE)
        manager.sendto("\n".join(said).encode(), address)


def status(text: str) -> str:
    """Return what has `systemctl status` show a line."""
    return f"STATUS={text}"


class Watchdog:
    """Ends the service when it shows no sign of life for too long: systemd does, where its unit says so."""

    def __init__(self, process: int) -> None:
        """`process` is the number of the service's main process: nobody else is meant."""
        try:
            wanted, whose = (int(os.environ.get(name, 0)) for name in ("WATCHDOG_USEC", "WATCHDOG_PID"))
        except ValueError:
            wanted = whose = 0
        self._limit = wanted if whose in (0, process) else 0
        self.every = self._limit / 3e6
        """Seconds between two signs of life; 0 where nobody waits for them."""
        self._next: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop, turns: Callable[[], int]) -> None:
        """Show life from a loop for as long as it runs, and so does a thread that counts its `turns`."""
        if not self.every:
            return
        before = -1

        def look() -> None:
            nonlocal before
            if (now := turns()) != before:
                before = now
                tell(ALIVE)
            self._next = loop.call_later(self.every, look)

        tell(f"WATCHDOG_USEC={self._limit}")  # as the unit says; `leave` may have said otherwise
        look()

    def leave(self, anew: bool) -> None:
        """Show no more life: the service ends, or starts anew as the same process, which takes its time."""
        if self._next:
            self._next.cancel()
        if not anew:
            tell(STOPPING)
        elif self.every:
            tell("RELOADING=1", f"WATCHDOG_USEC={STARTING * 1e6:.0f}", ALIVE)
        else:
            tell("RELOADING=1")
