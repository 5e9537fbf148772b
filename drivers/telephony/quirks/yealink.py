"""Yealink: a held call is on-hook.

Source: yealink.ts in purecloudlabs/softphone-vendor-headsets, given by Yealink (pull request 55), where it
was tried with UH34, UH36, UH38, WH62 and WH66: `setHold` clears Off-Hook, and the on-hook report that follows
is not a hang-up.
"""

from drivers.telephony.quirks.quirk import Model, Proof, Quirk

MODELS = (
    Model(
        "Yealink UH34, UH36, UH38, WH62, WH66",
        Proof.LIBRARY,
        "github.com/purecloudlabs/softphone-vendor-headsets, pull request 55, by Yealink",
        vendor=0x6993,
        quirk=Quirk(hold_clears_off_hook=True),
    ),
)
