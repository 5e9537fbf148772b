"""Logitech: conference cameras and speakerphones call themselves headsets.

Source of their numbers and usages: the tables of CounterPath's softphones (HID/046D-*.cps, AudioDevices.txt).
The webcam MX Brio declares a mute key and a Line lamp, but no Off-Hook: it is no telephone.
"""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

_VENDOR = 0x046D
_TABLES = "CounterPath Bria and X-Lite, HID/046D-*.cps"
_SPEAKERPHONE = Quirk(kind=Kind.SPEAKERPHONE)

MODELS = (
    Model(
        "Logitech ConferenceCam Connect",
        Proof.LIBRARY,
        _TABLES,
        vendor=_VENDOR,
        product=0x084C,
        quirk=_SPEAKERPHONE,
    ),
    Model("Logitech Group", Proof.LIBRARY, _TABLES, vendor=_VENDOR, product=0x0857, quirk=_SPEAKERPHONE),
    Model("Logitech H650e", Proof.LIBRARY, _TABLES, vendor=_VENDOR, product=range(0x0A46, 0x0A48)),
    Model("Logitech H820e", Proof.LIBRARY, _TABLES, vendor=_VENDOR, product=range(0x0A49, 0x0A4B)),
)
