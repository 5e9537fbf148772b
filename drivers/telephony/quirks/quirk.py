"""What can be different about a device beyond what its report descriptor says, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.base import Kind


@dataclass(frozen=True, slots=True)
class Quirk:
    """What a driver does differently for a device; all of it is off for one that is as it says."""

    kind: Kind | None = None
    """What the device is, where its descriptor calls itself something else; None to believe it."""
    phantom: bool = False
    """It declares hook switch and lamps and has neither: it is no telephone."""
    hold_clears_off_hook: bool = False
    """Off-Hook is dark while Hold is lit; all others take a dark Off-Hook lamp for a hang-up."""
    on_hooks_to_reject: int = 0
    """So many on-hook reports in a row while it rings reject the call; 0 where it has a key for that."""
    mute_is_state: bool = False
    """Phone Mute says whether the microphone is off, not that a key was pressed."""
    volume_echo: float = 0.0
    """Seconds in which a second press of a volume key is the same press told twice."""
    keep_alive: float = 0.0
    """Seconds after which its lamps are written again, so that they do not go out; 0 for never."""


class Proof(StrEnum):
    """How it is known that a device works."""

    DESCRIPTOR = "real descriptor"  # published by an owner, read in every test
    MAKER = "maker's document"
    LIBRARY = "library class"  # another program supports it in this way
    USERS = "reported by users"


@dataclass(frozen=True, slots=True)
class Model:
    """A device or a family of them, by USB numbers or by name: what is not said may be anything."""

    name: str
    proof: Proof
    source: str  # where the proof and the quirk are from
    vendor: int | None = None
    product: int | range | None = None
    named: str = ""  # part of the product name, in any case; for families without a range of numbers
    quirk: Quirk = Quirk()

    def matches(self, vendor: int, product: int, name: str) -> bool:
        """Whether a device is one of these."""
        products = (self.product,) if isinstance(self.product, int) else self.product
        return (
            self.vendor in (None, vendor)
            and (products is None or product in products)
            and self.named.casefold() in name.casefold()
        )
