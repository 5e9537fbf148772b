"""Anker: the speakerphone PowerConf declares itself a headset, and its keys Constant."""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

MODELS = (
    Model(
        "Anker PowerConf",
        Proof.DESCRIPTOR,
        "github.com/jerryfane/voice",
        vendor=0x291A,
        product=0x3301,
        quirk=Quirk(kind=Kind.SPEAKERPHONE),
    ),
)
