"""A started hub and a record of what it told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drivers.base import LampState
from drivers.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.base import Device, DeviceState, KeyEvent, Lamp, Source
    from drivers.gpio import GpioPins

PATIENCE_SECONDS = 20.0


class Desk:
    """A hub that is started while the `with` block lasts; `until` waits for what it tells."""

    def __init__(
        self,
        *,
        usb: bool = False,
        gpio: GpioPins | None = None,
        ringers: tuple[str, ...] = (),
        simulated: Source | None = None,
    ) -> None:
        self.keys: list[KeyEvent] = []
        self.told: list[Device] = []
        self.all: list[Device | KeyEvent] = []  # both, in the order in which they were told
        self._news = threading.Condition()
        self.hub = Hub(
            self._on_key, self._on_device, usb=usb, gpio=gpio, ringers=ringers, simulated=simulated
        )

    def _on_key(self, event: KeyEvent) -> None:
        with self._news:
            self.keys.append(event)
            self.all.append(event)
            self._news.notify_all()

    def _on_device(self, device: Device) -> None:
        with self._news:
            self.told.append(device)
            self.all.append(device)
            self._news.notify_all()

    def until(self, truth: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(truth, PATIENCE_SECONDS), f"never: {self.keys} {self.told}"

    def device(self, device_id: str) -> Device:
        return next(device for device in self.hub.devices() if device.id == device_id)

    def burns(self, device_id: str, lamp: Lamp) -> bool:
        return self.device(device_id).shown.get(lamp, LampState()).lit

    def until_state(self, device_id: str, state: DeviceState) -> Device:
        """Wait until a device is known and in a state."""

        def told() -> Device | None:
            return next((device for device in reversed(self.told) if device.id == device_id), None)

        self.until(lambda: (device := told()) is not None and device.state is state)
        return self.device(device_id)

    def __enter__(self) -> Desk:
        self.hub.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.stop()
