"""USB HID telephony: headsets, handsets, speakerphones."""

from drivers.telephony.device import offer

__all__ = ["offer"]
