"""Dell: the speakerphone SP325 declares itself a headset."""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

MODELS = (
    Model(
        "Dell SP325",
        Proof.DESCRIPTOR,
        "github.com/sddcinfo/meeting-scribe",
        vendor=0x413C,
        product=0x8223,
        quirk=Quirk(kind=Kind.SPEAKERPHONE),
    ),
)
