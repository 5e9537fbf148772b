"""What a person can press passes; of what a broken device floods us with, most is ignored.

A thousand presses a second would call, answer and hang up, and would delay the keys of other devices.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.base import Press

AT_ONCE = 60  # twenty quick presses of mute at a device that was slow to tell, and room
A_SECOND = 20.0  # nobody presses faster for long
QUIET_SECONDS = 2.0


class Presses:
    """The presses of one device, passed on to `press` as long as a person could have made them.

    Of a press that was ignored the release is ignored too; all others pass, so that no key stays down.
    Called by one thread at a time.
    """

    def __init__(self, press: Press, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._press = press
        self._clock = clock
        self._room = float(AT_ONCE)
        self._then = clock()
        self._ignored: set[str] = set()
        self._ignored_at: float | None = None

    def __call__(self, key: str, pressed: bool) -> None:
        """Pass it on, or ignore it."""
        if pressed and not self._may():
            self._ignored.add(key)
        elif not pressed and key in self._ignored:
            self._ignored.remove(key)
        else:
            self._ignored.discard(key)
            self._press(key, pressed)

    @property
    def flooded(self) -> bool:
        """True while presses are ignored, and a little longer."""
        return self._ignored_at is not None and self._clock() - self._ignored_at < QUIET_SECONDS

    def _may(self) -> bool:
        now = self._clock()
        self._room = min(AT_ONCE, self._room + (now - self._then) * A_SECOND)
        self._then = now
        if self._room < 1:
            self._ignored_at = now
            return False
        self._room -= 1
        return True
