"""The lights that busylight-core knows, each by its own class; its 4 MB are loaded when the first is opened.

The tables say what its classes say, so that a keyboard need not be shown to them: a test compares.
"""

from __future__ import annotations

import contextlib
import sys
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from drivers.base import DriverError, Palette
from drivers.lights.light import BusyLight, Colour, SoundingLight
from drivers.lights.model import Model, Reach
from drivers.nodes import maker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.base import Ring
    from drivers.nodes import Node

SERIAL_SECONDS = 1.0
LOUDEST = 15
TUNE, INTERNAL_TUNE = 1, 2
PROOF = "busylight-core"


class LibraryLight(BusyLight):
    """A light that busylight-core drives."""

    def open(self, node: Node) -> None:
        """See `BusyLight`; raises DriverError for what no class of the library claims."""
        hardware = hardware_of(node)
        found = next((light for light in core().Light.subclasses() if light.claims(hardware)), None)
        if found is None:
            raise DriverError(f"busylight-core does not know the model of the light at {node.path}")
        self._light = found(hardware, reset=False, exclusive=True)
        # Its tasks are threads, in the middle of our writes; our clock is the worker's.
        self._light.add_task = lambda *_, **__: None

    def burn(self, colour: Colour) -> None:
        """See `BusyLight`."""
        with plainly():
            self._light.on(colour)

    def release(self) -> None:
        """See `BusyLight`."""
        self._light.release()


class LibrarySounder(LibraryLight, SoundingLight):
    """One with a sounder: the Blynclight Mini and Plus and what was made of them."""

    def sound(self, ring: Ring | None) -> None:
        """Play a tune once."""
        with plainly():
            if ring is None:
                self._light.stop_sound()
            else:
                tune = INTERNAL_TUNE if ring.internal else TUNE
                self._light.play_sound(tune, round(ring.volume * LOUDEST), repeat=False)


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """The library's errors say nothing; what went wrong is the one from which they come."""
    try:
        yield
    except Exception as fault:
        raise (fault.__context__ or fault) from None


@cache
def core() -> SimpleNamespace:
    """busylight-core over hidapi's hidraw backend.

    It imports `hid`, which in hidapi's wheels is the libusb backend that takes devices from the kernel.
    """
    import hidraw  # type: ignore[import-not-found]

    sys.modules["hid"] = hidraw
    import serial  # type: ignore[import-untyped]
    from busylight_core import Light, hid  # type: ignore[import-untyped]
    from busylight_core.hardware import ConnectionType, Hardware  # type: ignore[import-untyped]
    from loguru import logger

    logger.disable("busylight_core")

    class Handle(hid.Device):  # type: ignore[misc]
        """hidapi says -1 where a write fails, and busylight-core does not look."""

        def write(self, buf: bytes) -> int:
            return self._done(super().write(buf))

        def send_feature_report(self, buf: bytes) -> int:
            return self._done(super().send_feature_report(buf))

        def _done(self, written: int) -> int:
            if written < 0:
                raise OSError(self.error)
            return written

    def port(path: str) -> Any:  # noqa: ANN401
        device = serial.Serial(timeout=SERIAL_SECONDS, write_timeout=SERIAL_SECONDS)
        device.port = path
        return device

    return SimpleNamespace(
        Light=Light, Hardware=Hardware, Connection=ConnectionType, Handle=Handle, port=port
    )


def hardware_of(node: Node) -> Any:  # noqa: ANN401
    """The node as busylight-core would describe it, with a handle of ours that is not open yet."""
    found = core()
    on_tty = node.path.startswith(Reach.TTY)
    hardware = found.Hardware(
        device_type=found.Connection.SERIAL if on_tty else found.Connection.HID,
        path=node.path.encode(),
        vendor_id=node.vendor,
        product_id=node.product,
        serial_number=node.serial,
        manufacturer_string=maker(node),
        product_string=node.name,
        release_number=node.release,
        interface_number=node.interface,
    )
    hardware.handle = found.port(node.path) if on_tty else found.Handle()
    return hardware


def _lights(
    maker: str,
    names: dict[str, tuple[int, ...]],
    reach: Reach = Reach.HIDRAW,
    palette: Palette = Palette.ANY,
) -> tuple[Model, ...]:
    """Models by their names, each with the numbers of vendor and product in one."""
    return tuple(
        Model(ids >> 16, ids & 0xFFFF, f"{maker} {name}", PROOF, LibraryLight, reach, palette=palette)
        for name, all_ids in names.items()
        for ids in all_ids
    )


def _sounders(maker: str, names: dict[str, tuple[int, ...]]) -> tuple[Model, ...]:
    return tuple(
        Model(model.vendor, model.product, model.name, PROOF, LibrarySounder, rings=True)
        for model in _lights(maker, names)
    )


MODELS = (
    *(
        Model(0x04D8, 0xF372, f"Luxafor {name}", PROOF, LibraryLight, word=word)
        for name, word in (("Flag", "flag"), ("Orb", "orb"), ("Mute", "mute"), ("Bluetooth", "bt"))
    ),
    *_lights("Embrava", {"Blynclight": (0x2C0D_0001, 0x2C0D_000C, 0x0E53_2516)}),
    *_sounders(
        "Embrava",
        {
            "Blynclight Mini": (0x2C0D_0003, 0x2C0D_000A, 0x0E53_2517, 0x0E53_2519),
            "Blynclight Plus": (0x2C0D_0002, 0x2C0D_0010),
        },
    ),
    *_sounders("Plantronics", {"Status Indicator": (0x047F_D005,)}),
    *(
        Model(0x1130, product, f"Embrava Blynclight {name}", PROOF, LibraryLight, interface=1)
        for product, name in ((0x0001, "BLYNCUSB10"), (0x0002, "BLYNCUSB10"), (0x1E00, "BLYNCUSB20"))
    ),
    *_lights("EPOS", {"Busylight": (0x1395_0074,)}),
    *_lights(
        "MuteMe", {"Original": (0x16C0_27DB, 0x20A0_42DA), "Mini": (0x20A0_42DB,)}, palette=Palette.SEVEN
    ),
    *_lights("ThingM", {"blink(1)": (0x27B8_01ED,)}),
    *_lights("VT", {"DND Alpha": (0x340B_F002,), "DND Omega": (0x340B_F001,)}),
    *_lights("CompuLab", {"fit-statUSB": (0x2047_03DF,)}, Reach.TTY),
    *_lights("Luxafor", {"Busy Tag": (0x303A_81DF,)}, Reach.TTY),
    # A serial chip that thousands of other things have too: only what names itself is taken for a light.
    Model(0x10C4, 0xEA60, "MuteSync Button", PROOF, LibraryLight, Reach.TTY, word="mutesync"),
)
