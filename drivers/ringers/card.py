"""A sound card as a ringer; a process of its own plays, see `drivers.ringers.player`."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.base import AccessDenied, Device, DriverError, Kind, Unplugged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.base import Lamp, LampState, Ring

ROOT = Path(__file__).parents[2]  # where Python finds `drivers`
START_SECONDS = 5.0  # a small Pi takes up to a second
LOOK_SECONDS = 0.5  # how often to look whether the player still plays
END_SECONDS = 0.5
SILENT_DEATH = "its player died; the log says why"


def ringer(card: str) -> Device:
    """The device that a card is."""
    return Device(f"ringer-{card}", Kind.RINGER, f"Ringer {card}", frozenset(), frozenset(), rings=True)


def cards(sysfs: Path) -> dict[str, Path]:
    """The folders in sysfs of all sound cards, by the names that /proc/asound/cards shows in brackets."""
    found = {}
    for folder in sorted((sysfs / "class/sound").glob("card*")):
        with contextlib.suppress(OSError):  # gone in this moment
            found[(folder / "id").read_text().strip()] = folder
    return found


class Ringer:
    """A card that is there: a `Driver` that has no lamps and `Rings`."""

    def __init__(self, card: str, sysfs: Path = Path("/sys"), dev: Path = Path("/dev")) -> None:
        """Look whether it may be played on, without opening it; raises DriverError."""
        self._card, self._sysfs = card, sysfs
        self._ring: Ring | None = None
        self._player: _Player | None = None
        found = cards(sysfs)
        if card not in found:
            raise Unplugged(f"there is no sound card {card!r}; there are: {', '.join(found) or 'none'}")
        outputs = sorted(found[card].glob("pcmC*D*p"))
        if not outputs:
            raise DriverError(f"the sound card {card!r} has no output")
        node = dev / "snd" / outputs[0].name
        if not os.access(node, os.R_OK | os.W_OK, effective_ids=True):
            raise AccessDenied(f"no permission for {node}: add Deskbell's user to the group audio")

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        """It has no lamps."""

    def ring(self, ring: Ring | None) -> float | None:
        """Play this, or nothing; says when to look whether it is still played. Raises DriverError."""
        if ring != self._ring:
            self._end()
            self._ring = ring
            if ring is not None:
                self._player = _Player(self._card, ring)
                self._complain(self._player.first_words())
        if self._player is None:
            return None
        if self._player.plays():
            return LOOK_SECONDS
        self._complain(self._player.last_words())
        self._end()  # it was to ring once, and has
        return None

    def close(self) -> None:
        """Be silent."""
        self._end()

    def _complain(self, fault: str) -> None:
        if fault and self._card not in cards(self._sysfs):
            raise Unplugged("unplugged")
        if fault:
            raise DriverError(f"the sound card {self._card!r} cannot ring: {fault}")

    def _end(self) -> None:
        if self._player:
            self._player.end()
            self._player = None


class _Player:
    """A process that plays one tone on one card."""

    def __init__(self, card: str, ring: Ring) -> None:
        words = ["-m", "drivers.ringers.player", card, str(ring.volume), str(ring.every), ring.tone]
        self._process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        assert self._process.stdout
        self._in, self._out = self._process.stdin, self._process.stdout

    def first_words(self) -> str:
        """Wait until it plays, and return ""; or what is wrong."""
        if not select.select([self._out], [], [], START_SECONDS)[0]:
            return "it does not answer"
        line = self._out.readline()
        return "" if line == "\n" else line.strip() or SILENT_DEATH

    def plays(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Return what was wrong when it ended, "" for nothing."""
        return (self._out.readline().strip() or SILENT_DEATH) if self._process.returncode else ""

    def end(self) -> None:
        """End it; where its card holds it in the kernel, it ends as soon as that lets go."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._in.close()
        self._out.close()
