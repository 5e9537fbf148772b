"""What is attached: one worker per device, hot-plug, lamp plans that survive an unplug.

Faults are states of a `Device`; nothing here blocks its caller, whatever a device does.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.base import Device, DeviceState, DriverError, KeyEvent, Lamp, LampState
from drivers.gpio import GpioHeader, GpioPins
from drivers.ringers.source import Ringers
from drivers.usb import UsbBus
from drivers.worker import Report, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from drivers.base import Open, Ring, Source

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0
DARK: Mapping[Lamp, LampState] = MappingProxyType({})


@dataclass(slots=True)
class _Slot:
    device: Device
    plan: Mapping[Lamp, LampState] = field(default_factory=dict)
    ring: Ring | None = None
    worker: Worker | None = None


class Hub:
    """All devices of the desk.

    `on_key` and `on_device` are called from one thread of the hub, in the order in which things happened; hop
    into the event loop by `call_soon_threadsafe`. `on_device` tells every change of a device: its state, its
    audio, what its lamps show. A device that was seen once stays in the list, offline while it is away.

        hub = Hub(print, print, usb=False, simulated=SimulatedDesk())
        hub.start()
        hub.show("sim-headset", {Lamp.RING: LampState(Pattern.ON)})
        hub.stop()
    """

    def __init__(
        self,
        on_key: Callable[[KeyEvent], None],
        on_device: Callable[[Device], None],
        *,
        usb: bool = True,
        gpio: GpioPins | None = None,
        ringers: tuple[str, ...] = (),
        simulated: Source | None = None,
        sound: Source | None = None,
        ignored: Iterable[str] = (),
    ) -> None:
        """Say which devices to use: what is on USB, what is wired to the GPIO header, what is simulated.

        `ringers` are the names of sound cards, as in /proc/asound/cards; `sound` is one to speak through
        without a device; `ignored` are the ids of devices that are left alone.
        """
        self._on_key = on_key
        self._on_device = on_device
        self._sources: list[Source] = []
        if usb:
            self._sources.append(UsbBus())
        if gpio:
            self._sources.append(GpioHeader(gpio))
        if ringers:
            self._sources.append(Ringers(ringers))
        self._sources += [source for source in (simulated, sound) if source]
        self._ignored = frozenset(ignored)
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.RLock()
        self._news: SimpleQueue[Device | KeyEvent | None] = SimpleQueue()
        self._teller = threading.Thread(target=self._tell, name="devices", daemon=True)

    def start(self) -> None:
        """Find what is there and watch for what comes and goes."""
        self._teller.start()
        for source in self._sources:
            source.start(self)

    def stop(self) -> None:
        """Make all lamps dark and let go of everything; a device that blocks is left behind after 2 s."""
        for source in self._sources:
            source.stop()
        with self._lock:
            workers = [(slot.device.id, slot.worker) for slot in self._slots.values() if slot.worker]
            for slot in self._slots.values():
                self._release(slot)
        deadline = time.monotonic() + STOP_SECONDS
        for device_id, worker in workers:
            if not worker.join(max(0.0, deadline - time.monotonic())):
                log.warning("%s does not let go; its lamps may still burn", device_id)
        self._news.put(None)
        self._teller.join(STOP_SECONDS)

    def devices(self) -> tuple[Device, ...]:
        """Every device seen since the start, in the order of its first appearance."""
        with self._lock:
            return tuple(slot.device for slot in self._slots.values())

    def show(self, device_id: str, lamps: Mapping[Lamp, LampState], again: bool = False) -> None:
        """Have a device's lamps burn like this; those not named are dark. Never blocks.

        What a device does not have is left out; what it cannot show now it shows when it can. A device that
        comes online after it was unplugged is dark, and wants to be told anew.
        `again` writes even what stands: the answer to a hook switch that the desk did not want.
        Raises DriverError for a device never seen.
        """
        with self._lock:
            slot = self._known(device_id)
            slot.plan = {lamp: lamps.get(lamp, LampState()) for lamp in slot.device.lamps}
            if slot.worker:
                slot.worker.show(slot.plan, again)

    def ring(self, device_id: str, ring: Ring | None) -> None:
        """Have a device make this sound, None: be silent. Never blocks; raises as `show`."""
        with self._lock:
            slot = self._known(device_id)
            slot.ring = ring
            if slot.worker:
                slot.worker.ring(ring)

    def switch(self, device_id: str, relay: str, seconds: float) -> None:
        """Close a relay for so many seconds, 0: open it. Never blocks.

        Raises DriverError for a relay never seen, and for a device that is not online: no door opens later.
        """
        with self._lock:
            slot = self._known(device_id)
            if relay not in slot.device.relays:
                known = ", ".join(sorted(slot.device.relays)) or "none"
                raise DriverError(f"{device_id} has no relay {relay!r}; known: {known}")
            if slot.worker is None or slot.device.state is not DeviceState.ONLINE:
                raise DriverError(f"{device_id} is {slot.device.state}: {slot.device.reason}")
            slot.worker.switch(relay, seconds)

    def _known(self, device_id: str) -> _Slot:
        try:
            return self._slots[device_id]
        except KeyError:
            known = ", ".join(self._slots) or "none"
            raise DriverError(f"no device {device_id!r}; known: {known}") from None

    def attach(self, device: Device, open_device: Open) -> None:
        """A source found a device: open it, and show it what it was told while it was away."""
        if device.id in self._ignored:
            return
        with self._lock:
            slot = self._slots.get(device.id)
            waiting = replace(device, state=DeviceState.OFFLINE, reason="is being opened")
            if slot is None:
                slot = self._slots[device.id] = _Slot(waiting)
            self._release(slot)
            slot.device = waiting
            slot.plan = {lamp: slot.plan.get(lamp, LampState()) for lamp in device.lamps}
            slot.worker = self._hire(slot, open_device)
            slot.worker.ring(slot.ring)
            slot.worker.start()

    def detach(self, device_id: str) -> None:
        """A source lost a device."""
        with self._lock:
            if slot := self._slots.get(device_id):
                self._release(slot)
                # A lamp of a call that ended meanwhile must not burn when it comes back.
                slot.plan, slot.ring = {}, None
                self._change(slot, state=DeviceState.OFFLINE, reason="unplugged", audio="", shown=DARK)

    def retry(self, device_id: str) -> None:
        """A source saw something change about a device that may not have opened."""
        with self._lock:
            slot = self._slots.get(device_id)
            if slot and slot.worker:
                slot.worker.retry()

    def hear(self, device_id: str, audio: str) -> None:
        """A source found or lost the sound card of a device."""
        with self._lock:
            if slot := self._slots.get(device_id):
                self._change(slot, audio=audio)

    def _release(self, slot: _Slot) -> None:
        if slot.worker:
            slot.worker.stop()
            slot.worker = None

    def _hire(self, slot: _Slot, open_device: Open) -> Worker:
        """A worker whose reports count only as long as it is the one in the slot.

        Nor is it a press what a device says that is not online: it answers the lamps by which it is tried.
        """

        def key(key: str, pressed: bool) -> None:
            with self._lock:
                if slot.worker is worker and slot.device.state is DeviceState.ONLINE:
                    self._news.put(KeyEvent(slot.device.id, key, pressed))

        def state(state: DeviceState, reason: str) -> None:
            with self._lock:
                if slot.worker is worker:
                    shown = slot.device.shown if state is DeviceState.ONLINE else DARK
                    self._change(slot, state=state, reason=reason, shown=shown)

        def shown(lamps: Mapping[Lamp, LampState]) -> None:
            with self._lock:
                if slot.worker is worker:
                    self._change(slot, shown=MappingProxyType(dict(lamps)))

        worker = Worker(slot.device.id, open_device, slot.plan, Report(key, state, shown))
        return worker

    def _change(self, slot: _Slot, **changes: object) -> None:
        changed = replace(slot.device, **changes)  # type: ignore[arg-type]  # names and types are Device's own
        if changed != slot.device:
            slot.device = changed
            self._news.put(changed)

    def _tell(self) -> None:
        while (news := self._news.get()) is not None:
            if isinstance(news, KeyEvent):
                self._on_key(news)
            else:
                self._on_device(news)
