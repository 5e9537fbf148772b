"""Plantronics and Poly, Polycom before: one lamp an output report.

- The microphone is muted by the USB audio mute control as well as by the Mute lamp, and is open where both
  are set: so Deskbell mutes by the lamp and in its own mixer, never by the ALSA control.
- Some tell a press of a volume key twice within 5 ms (hid-plantronics.c, PLT_DOUBLE_KEY_TIMEOUT). Linux mends
  that for its input devices, not for hidraw.

Numbers of the older ones: the tables of CounterPath's softphones (HID/AudioDevices.txt) and udev's hwdb.
"""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

_VENDOR, _POLYCOM = 0x047F, 0x095D
_CAPTURES = "github.com/gonicus/gonnect, tests/resources/hid"
_TABLES = "CounterPath Bria and X-Lite, HID/AudioDevices.txt"
_VOLUME_ECHO = 0.005
_QUIRK = Quirk(volume_echo=_VOLUME_ECHO)
_HANDSET = Quirk(kind=Kind.HANDSET, volume_echo=_VOLUME_ECHO)
_SPEAKERPHONE = Quirk(kind=Kind.SPEAKERPHONE, volume_echo=_VOLUME_ECHO)

MODELS = (
    Model(
        "Plantronics Blackwire 3220",
        Proof.DESCRIPTOR,
        "github.com/libusb/hidapi, windows/test/data",
        vendor=_VENDOR,
        product=0xC056,
        quirk=_QUIRK,
    ),
    Model(
        "Plantronics Blackwire C5220",
        Proof.DESCRIPTOR,
        _CAPTURES,
        vendor=_VENDOR,
        product=0xC053,
        quirk=_QUIRK,
    ),
    Model("Poly BT700", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x02E6, quirk=_QUIRK),
    Model("Plantronics Calisto P240", Proof.LIBRARY, _TABLES, _VENDOR, 0xAE11, quirk=_HANDSET),
    Model("Plantronics Calisto P240-M", Proof.LIBRARY, _TABLES, _VENDOR, 0xAE01, quirk=_HANDSET),
    Model("Plantronics Calisto 800 series", Proof.LIBRARY, _TABLES, _VENDOR, 0xCA01, quirk=_SPEAKERPHONE),
    Model("Polycom CX100", Proof.LIBRARY, _TABLES, _POLYCOM, 0x0005, quirk=Quirk(kind=Kind.SPEAKERPHONE)),
    Model("Polycom CX300", Proof.LIBRARY, _TABLES, _POLYCOM, 0x9201, quirk=Quirk(kind=Kind.HANDSET)),
    Model(
        "Plantronics and Poly headsets and bases with USB",
        Proof.LIBRARY,
        "Linux, hid-plantronics.c",
        vendor=_VENDOR,
        quirk=_QUIRK,
    ),
)
