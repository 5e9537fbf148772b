"""Drives a busy light through busylight-core, which knows the makers' protocols; the worker is its clock."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from drivers.access import require_access
from drivers.base import Device, DriverError, Kind, Lamp, LampState, Unplugged, beat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivers.base import Open
    from drivers.nodes import Node

REFRESH_SECONDS = 10.0  # Kuando goes dark 15 s after it last heard of us
DARK = (0, 0, 0)


class BusyLight:
    """An open busy light: a `Driver` with the one lamp STATUS."""

    def __init__(self, node: Node) -> None:
        """Open it as it is; raises DriverError."""
        require_access(node.path)
        hardware = _hardware(node)
        hardware.handle = _core().Handle()
        found = _light_class(hardware)
        self._path = node.path
        with self._answering():
            self._light = found(hardware, reset=False, exclusive=True)
        # Kuando's class would keep itself alive from a thread of its own, in the middle of our writes.
        self._light.add_task = lambda *_, **__: None

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        """Burn in the colour of this moment; says when the next moment comes."""
        state = lamps.get(Lamp.STATUS, LampState())
        lit, wait = beat(state.pattern, time.monotonic())
        self._burn(state.colour if lit else DARK)
        return REFRESH_SECONDS if lit and wait is None else wait

    def close(self) -> None:
        """Let go; it stays as it is."""
        with self._answering():
            self._light.release()

    def _burn(self, colour: tuple[int, int, int]) -> None:
        with self._answering():
            self._light.on(colour)
            if colour != DARK and hasattr(self._light, "keepalive"):
                self._light.keepalive()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """The library raises errors of its own kinds, and any other, for a device that does not answer."""
        try:
            yield
        except Exception as fault:
            if not os.path.exists(self._path):
                raise Unplugged("unplugged") from fault
            raise DriverError(f"the light at {self._path} does not answer: {fault}") from fault


def offer(node: Node) -> tuple[Device, Open] | None:
    """A busy light for a hidraw node, and how to open it; None where the node is something else."""
    found = _light_class(_hardware(node))
    if found is None:
        return None
    name = found.supported_device_ids[node.vendor, node.product]
    device = Device(node.id, Kind.LIGHT, f"{found.vendor()} {name}", frozenset(), frozenset({Lamp.STATUS}))
    return device, lambda press, lose: BusyLight(node)


def supported() -> set[tuple[int, int]]:
    """USB vendor and product of every light that busylight-core knows, those on serial ports included."""
    return {ids for light in _core().Light.subclasses() for ids in light.supported_device_ids}


@cache
def _core() -> SimpleNamespace:
    """busylight-core over hidapi's hidraw backend, loaded when a light is looked for.

    It imports `hid`, which in hidapi's wheels is the libusb backend that takes devices from the kernel.
    """
    import hidraw  # type: ignore[import-not-found]

    sys.modules["hid"] = hidraw
    from busylight_core import Light, hid  # type: ignore[import-untyped]
    from busylight_core.hardware import ConnectionType, Hardware  # type: ignore[import-untyped]
    from loguru import logger

    logger.disable("busylight_core")

    class Handle(hid.Device):  # type: ignore[misc]
        """hidapi says -1 where a write fails, and busylight-core does not look."""

        def write(self, buf: bytes) -> int:
            written: int = super().write(buf)
            if written < 0:
                raise OSError(self.error)
            return written

    return SimpleNamespace(Light=Light, Hardware=Hardware, HID=ConnectionType.HID, Handle=Handle)


def _hardware(node: Node) -> Any:  # noqa: ANN401
    """The node as busylight-core would describe it."""
    core = _core()
    return core.Hardware(
        device_type=core.HID,
        path=node.path.encode(),
        vendor_id=node.vendor,
        product_id=node.product,
        serial_number=node.serial,
        manufacturer_string="",
        product_string=node.name,
        release_number=node.release,
        interface_number=node.interface,
    )


def _light_class(hardware: Any) -> Any:  # noqa: ANN401
    """busylight-core's class for a device, None for what is no light."""
    lights = _core().Light.subclasses()
    return next((light for light in lights if light.claims(hardware)), None)
