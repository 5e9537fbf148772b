"""What makers do differently, one small table per maker, by USB vendor and product."""

from drivers.telephony.quirks import anker
from drivers.telephony.quirks.quirk import Quirk

__all__ = ["Quirk", "quirk"]

_QUIRKS = {**anker.QUIRKS}
_NONE = Quirk()


def quirk(vendor: int, product: int) -> Quirk:
    """What is different about a device; most are as they say."""
    return _QUIRKS.get((vendor, product), _NONE)
