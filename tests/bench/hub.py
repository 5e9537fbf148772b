"""A process with nothing in it but the hub and the loop that its events come into; for the bench.

Every line that it reads is what a device shall show: its id and the lamps that burn. Every line that it
writes is what happened and when (CLOCK_MONOTONIC): "show", "key", "release", and what is "shown" now.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING

from drivers.base import DeviceState, Lamp, LampState, Pattern
from drivers.hub import Hub

if TYPE_CHECKING:
    from drivers.base import Device, KeyEvent


def tell(what: str, device: str, names: list[str]) -> None:
    """Write a line."""
    print(json.dumps([what, device, names, time.monotonic()]), flush=True)


def on_key(event: KeyEvent) -> None:
    """A key has come to the desk."""
    tell("key" if event.pressed else "release", event.device, [event.key])


def on_device(device: Device) -> None:
    """A device has changed."""
    if device.state is DeviceState.ONLINE and device.shown:
        tell("shown", device.id, sorted(lamp for lamp, state in device.shown.items() if state.lit))


async def main() -> None:
    """Run until nobody reads or writes any more."""
    loop = asyncio.get_running_loop()

    def soon_key(event: KeyEvent) -> None:
        loop.call_soon_threadsafe(on_key, event)

    def soon_device(device: Device) -> None:
        loop.call_soon_threadsafe(on_device, device)

    hub = Hub(soon_key, soon_device)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    hub.start()
    while line := await reader.readline():
        device, lamps = json.loads(line)
        tell("show", device, lamps)
        hub.show(device, {Lamp(lamp): LampState(Pattern.ON) for lamp in lamps})
    hub.stop()


if __name__ == "__main__":
    asyncio.run(main())
