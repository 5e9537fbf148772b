"""Google: the speakermic of Meet says by Phone Mute whether it is muted, not that its key was pressed."""

from drivers.base import Kind
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

MODELS = (
    Model(
        "Google Meet speakermic",
        Proof.MAKER,
        "github.com/systemd/systemd, pull request 23372, by Google",
        vendor=0x18D1,
        product=0x8001,
        quirk=Quirk(kind=Kind.SPEAKERPHONE, mute_is_state=True),
    ),
)
