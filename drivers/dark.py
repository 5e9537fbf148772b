"""Leaves every device dark, silent and with open relays, without a desk: for what runs after its end.

A desk that stops does so itself; one that was killed cannot. systemd then runs this (`ExecStopPost=`).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from drivers.base import DeviceState, LampState
from drivers.worker import Report, Worker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivers.base import Device, Lamp, Open, Source

SECONDS = 2.5  # for all devices together
CLOSING_SECONDS = 0.05


def make_dark(sources: Sequence[Source], seconds: float = SECONDS) -> list[str]:
    """Make dark whatever the sources have now, and say of each device how it went; raises nothing of theirs.

    What does not answer is left as it is when the time is over. Relays open when their device is opened.
    """
    attached = _Attached()
    for source in sources:
        source.start(attached)
    for source in sources:
        source.stop()
    deadline = time.monotonic() + seconds
    for device in attached.devices:
        device.worker.start()
    for device in attached.devices:
        device.tried.wait(max(0.0, deadline - time.monotonic()))
        device.worker.stop()
    for device in attached.devices:
        device.worker.join(max(CLOSING_SECONDS, deadline - time.monotonic()))
    return [f"{device.id}: {device.outcome}" for device in attached.devices]


class _Device:
    """One device on its way into the dark."""

    def __init__(self, device: Device, open_device: Open) -> None:
        self.id = device.id
        self.outcome = "does not answer"
        self.tried = threading.Event()
        plan = dict.fromkeys(device.lamps, LampState())
        report = Report(key=lambda key, pressed: None, state=self._state, shown=self._shown)
        self.worker = Worker(device.id, open_device, plan, report)

    def _state(self, state: DeviceState, reason: str) -> None:
        if state is not DeviceState.ONLINE:
            self.outcome = reason
            self.tried.set()

    def _shown(self, _: Mapping[Lamp, LampState]) -> None:
        self.outcome = "dark"
        self.tried.set()


class _Attached:
    """`Ports` that only keeps what there is."""

    def __init__(self) -> None:
        self.devices: list[_Device] = []

    def attach(self, device: Device, open_device: Open) -> None:
        """See `Ports`."""
        self.devices.append(_Device(device, open_device))

    def detach(self, device_id: str) -> None:
        """See `Ports`: its worker finds out."""

    def retry(self, device_id: str) -> None:
        """See `Ports`."""

    def hear(self, device_id: str, audio: str) -> None:
        """See `Ports`."""
