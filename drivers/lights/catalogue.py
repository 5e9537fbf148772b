"""Every light there is a driver for. A new one is a new module with its `MODELS`, named here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.base import Device, Kind, Lamp
from drivers.lights import blinkstick, delcom, jabra, kuando, library, patlite, webmail

if TYPE_CHECKING:
    from drivers.base import Open
    from drivers.lights.model import Model
    from drivers.nodes import Node

# Where the library has a class too, ours comes first.
MODELS: tuple[Model, ...] = (
    *kuando.MODELS,
    *blinkstick.MODELS,
    *delcom.MODELS,
    *patlite.MODELS,
    *webmail.MODELS,
    *library.MODELS,
)
INPUTS = (b"\x05\x01\x09\x02", b"\x05\x01\x09\x06")  # a mouse or keyboard beside a light is none


def known() -> tuple[Model, ...]:
    """Every model of light, those inside headsets too: for udev's rules and the list of devices."""
    return (*MODELS, *jabra.MODELS)


def offer(node: Node) -> tuple[Device, Open] | None:
    """A busy light for a node, and how to open it; None where the node is something else."""
    model = next((model for model in MODELS if model.claims(node)), None)
    if model is None or node.descriptor.startswith(INPUTS):
        return None
    device = Device(
        node.id,
        Kind.LIGHT,
        model.name,
        frozenset(),
        frozenset({Lamp.STATUS}),
        rings=model.rings,
        driver=f"{model.name} ({model.proof})",
        palette=model.palette,
    )
    return device, lambda press, lose: model.open(node)
