"""What is plugged in and whether it can be used, for when no desk runs; nothing is lit, rung or switched."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.base import DeviceState
from drivers.worker import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.base import Device, Open, Source

SECONDS = 3.0  # for all devices together


def look(sources: Sequence[Source], seconds: float = SECONDS) -> list[Device]:
    """Open every device and close it again; what does not answer in time has failed."""
    found = _Found()
    for source in sources:
        source.start(found)
    for source in sources:
        source.stop()
    deadline = time.monotonic() + seconds
    for thread in found.threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(found.devices.values())


class _Found:
    """`Ports` that open what they are told of, each device in a thread of its own: one may block for ever."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.threads: list[threading.Thread] = []

    def attach(self, device: Device, open_device: Open) -> None:
        """See `Ports`."""
        self.devices[device.id] = replace(device, state=DeviceState.FAILED, reason="it does not answer")
        thread = threading.Thread(target=self._try, args=(device, open_device), daemon=True)
        self.threads.append(thread)
        thread.start()

    def detach(self, device_id: str) -> None:
        """See `Ports`: it was opened, or could not be."""

    def retry(self, device_id: str) -> None:
        """See `Ports`."""

    def hear(self, device_id: str, audio: str) -> None:
        """See `Ports`."""

    def _try(self, device: Device, open_device: Open) -> None:
        try:
            open_device(lambda key, pressed: None, lambda fault: None).close()
        except OSError as fault:
            state, reason = state_of(fault)
            device = replace(device, state=state, reason=reason)
        self.devices[device.id] = device
