"""The webmail notifiers of Dream Cheeky and Riso Kagaku, lights that only the kernel's hid-led knows.

Source: the kernel's drivers/hid/hid-led.c. It leaves their hidraw nodes in place; one report there sets red,
green and blue at once, its LED files one each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.base import Palette
from drivers.lights.handles import Hidraw
from drivers.lights.light import BusyLight, Colour, primaries
from drivers.lights.model import Model

if TYPE_CHECKING:
    from drivers.nodes import Node

BRIGHTEST = 31
RISO_KAGAKU_COLOURS = (0, 2, 1, 5, 3, 6, 4, 7)  # by red + 2 green + 4 blue


class DreamCheeky(BusyLight):
    """A webmail notifier by Dream Cheeky: a feature report."""

    def open(self, node: Node) -> None:
        """Wake it as hid-led does, for kernels without it."""
        self._hid = Hidraw(node.path)
        self._hid.write_feature(bytes([0, 0x1F, 0x02, 0, 0x5F, 0, 0, 0x1A, 0x03]))

    def burn(self, colour: Colour) -> None:
        """See `BusyLight`."""
        red, green, blue = (part * BRIGHTEST // 255 for part in colour)
        self._hid.write_feature(bytes([0, red, green, blue, 0, 0, 0, 0x1A, 0x05]))

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()


class RisoKagaku(BusyLight):
    """A webmail notifier by Riso Kagaku: an output report, seven colours."""

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._hid = Hidraw(node.path)

    def burn(self, colour: Colour) -> None:
        """The nearest colour."""
        red, green, blue = primaries(colour)
        self._hid.write(bytes([0, RISO_KAGAKU_COLOURS[red + 2 * green + 4 * blue], 0, 0, 0, 0]))

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()


MODELS = (
    Model(0x1D34, 0x0004, "Dream Cheeky Webmail Notifier", "kernel driver", DreamCheeky),
    Model(0x1D34, 0x000A, "Dream Cheeky Friends Alert", "kernel driver", DreamCheeky),
    Model(0x1294, 0x1320, "Riso Kagaku Webmail Notifier", "kernel driver", RisoKagaku, palette=Palette.SEVEN),
)
