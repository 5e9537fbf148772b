"""EPOS and Sennheiser: as they say. A call is rejected by Drop, or by an array that selects a button."""

from drivers.telephony.quirks.quirk import Model, Proof

_VENDOR = 0x1395
_CAPTURES = "github.com/gonicus/gonnect, tests/resources/hid"

MODELS = (
    Model("EPOS IMPACT D", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x00A9),
    Model("EPOS IMPACT DW", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x00A2),
    Model("Sennheiser SC 660 ANC USB", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x0082),
)
