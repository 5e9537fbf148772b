"""What is known of a light before anything is opened: by which numbers it is found and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.base import Palette

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.lights.light import BusyLight
    from drivers.nodes import Node


class Reach(StrEnum):
    """By which kind of device file a light is driven; the value is how the path of one begins."""

    HIDRAW = "/dev/hidraw"
    TTY = "/dev/tty"
    USB = "/dev/bus/usb/"


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a light.

    `interface` and `word` (in the name that the device gives itself, in lower case) tell apart what has the
    same numbers; None and "" where nothing else has them. `proof` says whose word its protocol is.
    """

    vendor: int
    product: int
    name: str
    proof: str
    open: Callable[[Node], BusyLight]
    reach: Reach = Reach.HIDRAW
    rings: bool = False
    interface: int | None = None
    word: str = ""
    palette: Palette = Palette.ANY

    def claims(self, node: Node) -> bool:
        """Whether a node is such a light."""
        return (
            (node.vendor, node.product) == (self.vendor, self.product)
            and node.path.startswith(self.reach)
            and self.interface in (None, node.interface)
            and self.word in node.name.lower()
        )
