"""The levels of a sound card, kept by a thread of its own: set when it comes, told when anybody changes them.

    def heard(card: str, levels: Levels) -> None:
        loop.call_soon_threadsafe(store.keep_levels, card, levels)

    volume = CardLevels("Headset", heard)      # at attach; unmutes it
    volume.set(Levels(speaker=0.6, microphone=0.8))
    volume.step(Levels(speaker=+0.05))         # the volume key
    volume.close()                             # at detach

Nothing here waits for the card: a card that hangs keeps its own thread, and nobody else.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from drivers.audio.mixer import MICROPHONE, SPEAKER, Mixer
from drivers.base import DriverError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

RETRY_SECONDS = 3.0
SETTLE_SECONDS = 3.0
"""For so long after a card has come others set it up too: alsactl restores what was at the last shutdown."""
SAME = 0.005
"""Levels that lie nearer to each other than this are the same: a control has steps."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud a speaker and how sensitive a microphone is, 0 to 1; None: not known, or no control."""

    speaker: float | None = None
    microphone: float | None = None

    def __add__(self, steps: Steps) -> Levels:
        """Return these levels, moved by so much, within 0 to 1."""
        return Levels(_moved(self.speaker, steps.speaker), _moved(self.microphone, steps.microphone))

    def updated(self, new: Levels) -> Levels:
        """Return the new ones, and these where the new ones say nothing."""
        return Levels(
            self.speaker if new.speaker is None else new.speaker,
            self.microphone if new.microphone is None else new.microphone,
        )

    def is_like(self, other: Levels) -> bool:
        """Whether no difference can be heard."""
        return _same(self.speaker, other.speaker) and _same(self.microphone, other.microphone)


class Steps(NamedTuple):
    """By how much to move a speaker's and a microphone's level."""

    speaker: float = 0.0
    microphone: float = 0.0


NO_STEP = Steps()


class CardLevels:
    """One card's levels, as long as it is there. Methods return at once and may be called from any thread."""

    def __init__(
        self, card: str, on_levels: Callable[[str, Levels], None], wanted: Levels | None = None
    ) -> None:
        """Open the mixer of a card, unmute it, and set what was stored for it.

        `on_levels` gets the card's id and its levels, from the card's own thread: what they are at first, and
        what they become, by whomever. `wanted` None leaves the levels as they are.
        """
        self._card, self._on_levels = card, on_levels
        self._wanted = wanted or Levels()
        self._steps = NO_STEP
        self._due, self._closing = True, False
        self._known: Levels | None = None
        self._settled = 0.0
        self._lock = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=f"levels {card}", daemon=True)
        self._thread.start()

    def set(self, levels: Levels) -> None:
        """Set what is not None."""
        with self._lock:
            self._wanted = self._wanted.updated(levels)
            self._steps = NO_STEP
        self._do()

    def step(self, steps: Levels) -> None:
        """Make it louder or softer by so much, from what it is by then."""
        with self._lock:
            self._steps = Steps(
                self._steps.speaker + (steps.speaker or 0.0),
                self._steps.microphone + (steps.microphone or 0.0),
            )
        self._do()

    def close(self) -> None:
        """Let go of the card; nothing is told any more."""
        self._closing = True
        self._do()

    def _do(self) -> None:
        self._due = True
        with self._lock, contextlib.suppress(BlockingIOError):  # full: it is awake
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        while not self._closing:
            try:
                self._serve()
            except DriverError as fault:
                log.debug("%s", fault)
            self._wait([], RETRY_SECONDS)
        with self._lock:
            os.close(self._wake)
            self._wake = -1

    def _serve(self) -> None:
        """Keep the card's levels until it is gone."""
        mixer = Mixer(self._card)
        try:
            self._settled = time.monotonic() + SETTLE_SECONDS
            self._due = True
            while not self._closing:
                self._change(mixer)
                self._tell(mixer)
                self._wait(mixer.descriptors(), None)
                mixer.refresh()
        finally:
            mixer.close()

    def _change(self, mixer: Mixer) -> None:
        """Set what is wanted; also what somebody else has just set, while the card is set up."""
        settling = time.monotonic() < self._settled
        if not self._due and not settling:
            return
        if settling:
            mixer.unmute()
        now = _levels(mixer)  # may take its time: not with the lock held
        with self._lock:
            self._due = False
            steps, self._steps = self._steps, NO_STEP
            wanted = self._wanted if steps == NO_STEP else now + steps
        _set(mixer, SPEAKER, wanted.speaker, now.speaker, up=steps.speaker > 0)
        _set(mixer, MICROPHONE, wanted.microphone, now.microphone, up=steps.microphone > 0)
        if steps != NO_STEP:
            reached = _levels(mixer)
            with self._lock:
                if not self._due:  # nobody has set it meanwhile
                    self._wanted = reached

    def _tell(self, mixer: Mixer) -> None:
        levels = _levels(mixer)
        if time.monotonic() >= self._settled and not self._due:
            with self._lock:
                self._wanted = levels  # whoever has set it: that is what is wanted now
        if (self._known is None or not levels.is_like(self._known)) and not self._closing:
            self._known = levels
            self._on_levels(self._card, levels)

    def _wait(self, descriptors: list[tuple[int, int]], seconds: float | None) -> None:
        """Sleep until there is something to do, or the card tells of something."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        for descriptor, events in descriptors:
            poll.register(descriptor, events)
        poll.poll(None if seconds is None else seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)


def _set(mixer: Mixer, side: str, level: float | None, now: float | None, *, up: bool) -> None:
    """Set a level; `up`: at least one step of the control, however far they lie apart."""
    if level is not None and not _same(level, now):
        mixer.set_level(side, level, up=up)


def _levels(mixer: Mixer) -> Levels:
    return Levels(mixer.level(SPEAKER), mixer.level(MICROPHONE))


def _moved(level: float | None, by: float) -> float | None:
    return None if level is None else min(1.0, max(0.0, level + by))


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < SAME
