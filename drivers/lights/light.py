"""What all busy lights have in common: one lamp STATUS whose rhythm is our clock, and a sounder in some."""

from __future__ import annotations

import contextlib
import os
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from drivers.access import require_access
from drivers.base import DriverError, Lamp, LampState, Unplugged, beat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivers.base import Ring
    from drivers.nodes import Node

Colour = tuple[int, int, int]  # red, green, blue, each 0 to 255

REFRESH_SECONDS = 10.0  # a Kuando goes dark 15 s after it last heard of us; others show that they are gone
RING_SECONDS = 2.0  # how long one ring sounds
DARK: Colour = (0, 0, 0)


class BusyLight(ABC):
    """An open busy light: a `Driver`. A maker's class says how it is opened, coloured and let go of."""

    def __init__(self, node: Node) -> None:
        """Open it as it is; raises DriverError."""
        require_access(node.path)
        self._path = node.path
        with self.answering():
            self.open(node)

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        """Burn in the colour of this moment, every time anew; says when the next moment comes."""
        state = lamps.get(Lamp.STATUS, LampState())
        lit, wait = beat(state.pattern, time.monotonic())
        with self.answering():
            self.burn(state.colour if lit else DARK)
        return REFRESH_SECONDS if wait is None else wait

    def close(self) -> None:
        """Let go; it stays as it is."""
        with self.answering():
            self.release()

    @abstractmethod
    def open(self, node: Node) -> None:
        """Take hold of the device without changing what it shows."""

    @abstractmethod
    def burn(self, colour: Colour) -> None:
        """Write a colour."""

    @abstractmethod
    def release(self) -> None:
        """Let go of the device."""

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """What talks to devices raises errors of many kinds for one that does not answer."""
        try:
            yield
        except DriverError:
            raise
        except Exception as fault:
            if not os.path.exists(self._path):
                raise Unplugged("unplugged") from fault
            raise DriverError(f"the light at {self._path} does not answer: {fault}") from fault


class SoundingLight(BusyLight):
    """A busy light that rings too, one ring at a time: after a crash it falls silent by itself."""

    _ring: Ring | None = None
    _began = 0.0
    _heard: tuple[Ring | None, ...] = ()  # what it was told last; empty while we know nothing of it

    def ring(self, ring: Ring | None) -> float | None:
        """Ring in the cadence of `ring`, None: be silent at once; says when to be called again."""
        now = time.monotonic()
        if ring != self._ring:
            self._ring, self._began = ring, now
        sounds, wait = cadence(ring, now - self._began)
        heard = ring if sounds else None
        if self._heard != (heard,):
            with self.answering():
                self.sound(heard)
            self._heard = (heard,)
        return wait

    @abstractmethod
    def sound(self, ring: Ring | None) -> None:
        """Begin one ring of `RING_SECONDS`, None: be silent."""


def cadence(ring: Ring | None, elapsed: float) -> tuple[bool, float | None]:
    """Return whether it sounds so many seconds after it began, and in how many seconds that changes."""
    if ring is None or (not ring.every and elapsed >= RING_SECONDS):
        return False, None
    at = elapsed % (RING_SECONDS + ring.every) if ring.every else elapsed
    return (True, RING_SECONDS - at) if at < RING_SECONDS else (False, RING_SECONDS + ring.every - at)


def primaries(colour: Colour) -> tuple[bool, bool, bool]:
    """Which of red, green and blue burn in a light that can only switch them.

    From a third of the strongest on: so an orange becomes yellow, for red has meanings of its own.
    """
    threshold = max(*colour, 1) / 3
    red, green, blue = (part >= threshold for part in colour)
    return red, green, blue
