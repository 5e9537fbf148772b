"""What makers do differently, one small table a maker.

A maker is added by a file here, or by an installed package of anybody: see `outside`.
"""

from __future__ import annotations

from itertools import chain

from drivers.telephony.quirks import (
    anker,
    dell,
    epos,
    gigaset,
    google,
    jabra,
    logitech,
    outside,
    plantronics,
    yealink,
)
from drivers.telephony.quirks.quirk import Model, Proof, Quirk

__all__ = ["Model", "Proof", "Quirk", "known", "model", "quirk"]

_MAKERS = (anker, dell, epos, gigaset, google, jabra, logitech, plantronics, yealink)
_NONE = Quirk()


def known() -> tuple[Model, ...]:
    """The devices that are known to work, and how; any other that declares the Telephony page should too."""
    return tuple(model for maker in _MAKERS for model in maker.MODELS)


def quirk(vendor: int, product: int, name: str = "") -> Quirk:
    """What is different about a device, most are as they say; see `model`."""
    found = model(vendor, product, name)
    return found.quirk if found else _NONE


def model(vendor: int, product: int, name: str = "") -> Model | None:
    """The first model that a device matches, None for one of which nobody says anything.

    `name` is the product name. Packages of others come first: who installs one means it.
    """
    models = chain(outside.models(), known())
    return next((model for model in models if model.matches(vendor, product, name)), None)
