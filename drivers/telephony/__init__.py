"""USB HID telephony: headsets, handsets, speakerphones."""

from drivers.telephony.device import offer
from drivers.telephony.quirks import known

__all__ = ["known", "offer"]
