"""The busy light in Jabra headsets, on their USB cable or behind their dongle: a lamp of the headset.

Source: Sapd/HeadsetControl (lib/devices/protocols/jabra_gnp_protocol.hpp), read on a Link 390 and an Evolve2
65 Flex; GN publishes only addresses and packet types (the GNP pages of its jabra-js documentation). GN
Protocol: report 5 of 64 bytes, 05 <to> <from> <count> <type << 6 | length> <group> <command> <data...>.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.base import DriverError, Impaired, Lamp, Palette, Unplugged
from drivers.lights.handles import Hidraw
from drivers.lights.light import BusyLight, Colour, primaries
from drivers.lights.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.base import Device, Driver, LampState, Lose, Open, Press
    from drivers.nodes import Node

REPORT, REPORT_BYTES = 0x05, 64
PC, HEADSET_ON_DONGLE, HEADSET_ON_USB = 0x00, 0x04, 0x08
LINK_390 = 0x2E57
SET = 0x02
STATUS, BUSY = 0x12, 0x08
BY_HAND = 0x00  # the headset no longer decides by itself


class JabraBusyLight(BusyLight):
    """The red light in a headset. It burns for what has red in it: a green or blue state leaves it dark."""

    _count = 0

    def open(self, node: Node) -> None:
        """See `BusyLight`."""
        self._hid = Hidraw(node.path)
        self._to = HEADSET_ON_DONGLE if node.product == LINK_390 else HEADSET_ON_USB

    def burn(self, colour: Colour) -> None:
        """Busy or not; the answer goes to the telephony driver, which does not mind it."""
        red, *_ = primaries(colour)
        data = bytes([red, BY_HAND])
        frame = bytes([REPORT, self._to, PC, self._count, SET << 6 | 6 + len(data), STATUS, BUSY]) + data
        self._count = (self._count + 1) % 256
        self._hid.write(frame.ljust(REPORT_BYTES, b"\0"))

    def release(self) -> None:
        """See `BusyLight`."""
        self._hid.close()


class _Lit:
    """A telephone and the light in it: one `Driver`. What befalls the light does not befall the calls."""

    def __init__(self, telephone: Driver, light: BusyLight) -> None:
        self._telephone, self._light = telephone, light
        self._dark = ""

    @property
    def trouble(self) -> str:
        """See `Impaired`."""
        return (self._telephone.trouble if isinstance(self._telephone, Impaired) else "") or self._dark

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        """See `Driver`."""
        waits = [self._telephone.show(lamps, again)]
        try:
            waits.append(self._light.show(lamps, again))
            self._dark = ""
        except Unplugged:
            raise
        except DriverError as fault:
            self._dark = str(fault)
        return min((wait for wait in waits if wait is not None), default=None)

    def close(self) -> None:
        """See `Driver`."""
        self._light.close()
        self._telephone.close()


def with_light(node: Node, offer: tuple[Device, Open] | None) -> tuple[Device, Open] | None:
    """The offer of a telephony device, with the lamp STATUS if it has a busy light in it."""
    model = next((model for model in MODELS if model.claims(node)), None)
    if offer is None or model is None:
        return offer
    device, open_telephone = offer

    def open_both(press: Press, lose: Lose) -> Driver:
        telephone = open_telephone(press, lose)
        try:
            return _Lit(telephone, model.open(node))
        except BaseException:
            telephone.close()
            raise

    return replace(device, lamps=device.lamps | {Lamp.STATUS}, palette=model.palette), open_both


MODELS = (
    Model(
        0x0B0E,
        LINK_390,
        "Jabra Link 390 with a headset",
        "read on the device",
        JabraBusyLight,
        palette=Palette.RED,
    ),
    Model(0x0B0E, 0x2519, "Jabra Evolve2 65 Flex", "read on the device", JabraBusyLight, palette=Palette.RED),
)
