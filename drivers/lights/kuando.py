"""Kuando Busylights by Plenom: a light with a sounder that wants to be kept alive.

Source: the maker's "Busylight/Kuando Box HID communication protocol specification", revision 2.2 of
22 May 2015 (attached to an issue of porsager/busylight): 64 bytes, seven steps of eight and a checksum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.lights.handles import Hidraw
from drivers.lights.light import DARK, Colour, SoundingLight
from drivers.lights.model import Model

if TYPE_CHECKING:
    from drivers.base import Ring
    from drivers.nodes import Node

JUMP, KEEP_ALIVE = 0x10, 0x80  # to step 0; in the low bits how many seconds
KEEP_ALIVE_SECONDS = 15
SET_SOUND = 0x80  # or the tune in bits 3 to 6 and the volume in bits 0 to 2; without it the sound goes on
LOUDEST = 7
TELEPHONE_NORDIC, TELEPHONE_ORIGINAL = 6, 7
FILL = bytes(48) + b"\0\0\0\xff\xff\xff"  # six steps that are not used; sensitivity, time-out, trigger, fill


class Kuando(SoundingLight):
    """One Busylight Alpha, Omega or UC."""

    _colour = DARK

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._hid = Hidraw(node.path)

    def burn(self, colour: Colour) -> None:
        """The colour, and for how long it may go on without us; what sounds goes on."""
        self._colour = colour
        self._send(0)

    def sound(self, ring: Ring | None) -> None:
        """A tune repeats until it is stopped, or until the light misses us."""
        if ring is None:
            self._send(SET_SOUND)
            return
        tune = TELEPHONE_ORIGINAL if ring.internal else TELEPHONE_NORDIC
        self._send(SET_SOUND | tune << 3 | round(ring.volume * LOUDEST))

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()

    def _send(self, audio: int) -> None:
        red, green, blue = (part * 100 // 255 for part in self._colour)
        self._hid.write(packet(bytes([JUMP, 0, red, green, blue, 0, 0, audio])))
        self._hid.write(packet(bytes([KEEP_ALIVE | KEEP_ALIVE_SECONDS, 0, 0, 0, 0, 0, 0, 0])))


def packet(step: bytes) -> bytes:
    """A report without a number (hence the 0) that makes the light do one step."""
    body = step + FILL
    return b"\0" + body + sum(body).to_bytes(2, "big")


MODELS = tuple(
    Model(vendor, product, f"Kuando Busylight {name}", "maker's document", Kuando, rings=True)
    for vendor, product, name in (
        (0x04D8, 0xF848, "Alpha"),
        (0x27BB, 0x3BCA, "Alpha"),
        (0x27BB, 0x3BCB, "UC"),
        (0x27BB, 0x3BCD, "Omega"),
        (0x27BB, 0x3BCE, "Alpha"),
        (0x27BB, 0x3BCF, "Omega"),
    )
)
