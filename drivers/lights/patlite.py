"""PATLITE NE-USB: a signal light of seven colours with a buzzer.

Source: PATLITE's "NE-USB USB communication sample program" with its manual
(PATLITE-Corporation/NE-USB_linux_cpp_example): eight bytes to the interrupt endpoint of a HID, reached just
as well through hidraw (syohex/WebHID-Patlite-Demo). Of its own patterns only "on" is used: all lights of a
desk keep one time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.base import Palette
from drivers.lights.handles import Hidraw
from drivers.lights.light import Colour, SoundingLight, primaries
from drivers.lights.model import Model

if TYPE_CHECKING:
    from drivers.base import Ring
    from drivers.nodes import Node

KEEP_BUZZER, KEEP_VOLUME, KEEP_LIGHT = 0xFF, 0x0F, 0xFF
OFF, ON = 0, 1  # light patterns
SWEEP, INTERMITTENT = 2, 3  # buzzer patterns
TIMES = 3  # how often a buzzer pattern repeats where nobody stops it
LOUDEST = 10
COLOURS = {  # by red, green, blue
    (True, False, False): 1,
    (False, True, False): 2,
    (True, True, False): 3,
    (False, False, True): 4,
    (True, False, True): 5,
    (False, True, True): 6,
    (True, True, True): 7,
    (False, False, False): 0,
}


class Patlite(SoundingLight):
    """One NE-USB."""

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._hid = Hidraw(node.path)

    def burn(self, colour: Colour) -> None:
        """The nearest of its seven colours; the buzzer is left alone."""
        number = COLOURS[primaries(colour)]
        self._command(KEEP_BUZZER, KEEP_VOLUME, number << 4 | (ON if number else OFF))

    def sound(self, ring: Ring | None) -> None:
        """A pattern of the buzzer; the light is left alone."""
        if ring is None:
            self._command(0, KEEP_VOLUME, KEEP_LIGHT)
            return
        pattern = SWEEP if ring.internal else INTERMITTENT
        self._command(TIMES << 4 | pattern, round(ring.volume * LOUDEST), KEEP_LIGHT)

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()

    def _command(self, buzzer: int, volume: int, light: int) -> None:
        self._hid.write(bytes([0, 0, 0, buzzer, volume, light, 0, 0, 0]))  # report number, version, command


MODELS = (
    Model(0x191A, 0x6001, "PATLITE NE-USB", "maker's document", Patlite, rings=True, palette=Palette.SEVEN),
)
