"""Gigaset: the headset base ION rejects a call by saying on-hook twice while it rings.

Source: FAQ ION, USB HID commands (teamwork.gigaset.com/gigawiki, page 1136427703), and tSIP's plugin HidPhone
(HidReportHandler.cpp; tomek-o/tSIP issue 32), where an owner found that the one on-hook report before an
answer must not reject. Nobody published its USB numbers, so it goes by its name.
"""

from drivers.telephony.quirks.quirk import Model, Proof, Quirk

MODELS = (
    Model(
        "Gigaset ION",
        Proof.MAKER,
        "teamwork.gigaset.com/gigawiki: FAQ ION, USB HID commands",
        named="gigaset",
        quirk=Quirk(on_hooks_to_reject=2),
    ),
)
