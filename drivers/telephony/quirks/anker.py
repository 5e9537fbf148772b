"""Anker: the speakerphone PowerConf declares itself a headset (its report descriptor)."""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Quirk

QUIRKS = {(0x291A, 0x3301): Quirk(kind=Kind.SPEAKERPHONE)}
