"""Jabra (GN Netcom): as they say, but speakerphones and handsets call themselves headsets.

- A held call keeps Off-Hook: some end the call when it goes dark (gonicus/gonnect pull request 52). That is
  what the driver does for every maker.
- A press of the mute key to which no Mute lamp is written costs the next press (patch "HID: jabra: Change
  mute LED state", linux-input, July 2021; gnaudio/jabra-browser-integration issue 42). The driver answers
  every press, of every maker.
- Linux refuses Speak 410 before firmware 1.11 and Speak 510 before 2.14 (hid-quirks.c): they have no node.
"""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

_VENDOR = 0x0B0E
_CAPTURES = "github.com/gonicus/gonnect, tests/resources/hid"
_DOCUMENT = "developer.jabra.com: USB HID commands of Jabra headsets"

MODELS = (
    Model("Jabra Evolve Link MS", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x0307),
    Model("Jabra Biz 2400 II", Proof.DESCRIPTOR, _CAPTURES, vendor=_VENDOR, product=0x2453),
    Model(
        "Jabra Speak series",
        Proof.MAKER,
        _DOCUMENT,
        vendor=_VENDOR,
        named="speak",
        quirk=Quirk(kind=Kind.SPEAKERPHONE),
    ),
    Model(
        "Jabra Handset 450",
        Proof.USERS,
        "github.com/gnaudio/jabra-browser-integration, issue 42",
        vendor=_VENDOR,
        named="handset",
        quirk=Quirk(kind=Kind.HANDSET),
    ),
    Model("Jabra headsets and bases with USB", Proof.MAKER, _DOCUMENT, vendor=_VENDOR),
)
