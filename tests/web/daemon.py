"""A desk daemon without a desk: the real control server, showing whatever state a test sets."""

from __future__ import annotations

import asyncio
import copy
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from appliance.control.protocol import Ask, Refused, apply_patch, name_of
from appliance.control.server import ControlServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class StandInDaemon:
    """Serves a control socket from a thread; remembers what it was asked, refuses what it is told to."""

    def __init__(self, path: Path) -> None:
        self.state: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self._loop = asyncio.new_event_loop()
        self._server = ControlServer(path, self._handle, lambda: copy.deepcopy(self.state), time.monotonic)
        threading.Thread(target=self._loop.run_forever, name="stand-in daemon", daemon=True).start()

    def start(self) -> None:
        """Open the socket."""
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(5)

    def stop(self) -> None:
        """Die: every connection ends."""
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(5)

    @contextmanager
    def hangs(self) -> Iterator[None]:
        """Hang: connections stay, and nobody is answered."""
        goes_on = threading.Event()
        self._loop.call_soon_threadsafe(goes_on.wait)
        try:
            yield
        finally:
            goes_on.set()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def show(self, state: dict[str, Any]) -> None:
        """Be in this state."""
        self.state = state
        self._loop.call_soon_threadsafe(self._server.publish)

    def change(self, **patch: Any) -> None:
        """Change the state by a merge patch."""
        self.show(apply_patch(self.state, patch))

    def send_levels(self, levels: dict[str, Any]) -> None:
        """Tell those who ask how loud it is."""
        self._loop.call_soon_threadsafe(self._server.send_levels, levels)

    def _handle(self, ask: Ask) -> dict[str, Any] | None:
        name = name_of(type(ask))
        self.asked.append((name, {key: value for key, value in asdict(ask).items() if value != ""}))
        if name in self.refusals:
            raise Refused(self.refusals[name])
        return self.answers.get(name)
