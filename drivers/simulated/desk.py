"""A whole desk in memory: headsets, a busy light, three buttons with lamps; a driver like any other."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.base import Device, DriverError, Key, Kind, Lamp, LampState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.base import Lose, Ports, Press

HEADSET_KEYS = frozenset({Key.HOOK, Key.MUTE, Key.FLASH, Key.REJECT})
HEADSET_LAMPS = frozenset({Lamp.OFF_HOOK, Lamp.RING, Lamp.MUTE, Lamp.HOLD})
BUTTON_KEYS = frozenset({Key.ANSWER, Key.HOLD, Key.PARK})
BUTTON_LAMPS = frozenset({Lamp.ANSWER, Lamp.HOLD, Lamp.PARK})


class SimulatedDesk:
    """The devices `sim-headset` (and `sim-headset-2` …), `sim-light` and `sim-buttons`.

    Every method may be called from any thread, and raises DriverError, naming what is known, for a device
    or key that is not there.

        desk = SimulatedDesk()
        desk.press("sim-headset", Key.HOOK)
    """

    def __init__(self, headsets: int = 1) -> None:
        """All devices are plugged in."""
        names = ["sim-headset", *(f"sim-headset-{n}" for n in range(2, headsets + 1))]
        devices = [_SimulatedDevice(_headset(name)) for name in names[:headsets]]
        devices.append(
            _SimulatedDevice(_device("sim-light", Kind.LIGHT, "Simulated busy light", {Lamp.STATUS}))
        )
        devices.append(_SimulatedDevice(_buttons()))
        self._devices = {device.device.id: device for device in devices}
        self._ports: Ports | None = None

    def start(self, ports: Ports) -> None:
        """Attach everything that is plugged in."""
        self._ports = ports
        for device in self._devices.values():
            if device.plugged:
                ports.attach(device.device, device.open)

    def stop(self) -> None:
        """Report no more plugging."""
        self._ports = None

    def press(self, device: str, key: Key | str) -> None:
        """Press a key; the hook switch is lifted."""
        self._plugged(device).push(key, True)

    def release(self, device: str, key: Key | str) -> None:
        """Let go of a key; the hook switch is put back."""
        self._plugged(device).push(key, False)

    def unplug(self, device: str) -> None:
        """Pull a device out."""
        self._plugged(device).plugged = False
        if self._ports:
            self._ports.detach(device)

    def plug(self, device: str) -> None:
        """Put a device back; does nothing where it is in already."""
        found = self._find(device)
        if not found.plugged:
            found.plugged = True
            if self._ports:
                self._ports.attach(found.device, found.open)

    def lamps(self, device: str) -> Mapping[Lamp, LampState]:
        """How the lamps burn now, as a person at the desk would see them."""
        return self._find(device).lamps

    def _find(self, device: str) -> _SimulatedDevice:
        try:
            return self._devices[device]
        except KeyError:
            known = ", ".join(self._devices)
            raise DriverError(f"no simulated device {device!r}; known: {known}") from None

    def _plugged(self, device: str) -> _SimulatedDevice:
        found = self._find(device)
        if not found.plugged:
            raise DriverError(f"{device} is unplugged")
        return found


class _SimulatedDevice:
    """One device as a person at the desk has it: keys to push, lamps to see, a plug to pull."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.plugged = True
        self.lamps: Mapping[Lamp, LampState] = MappingProxyType({})
        self.cable: _Cable | None = None
        self._pressed: set[Key] = set()
        self._lock = threading.RLock()  # held while a press is told, so that presses arrive in order

    def open(self, press: Press, lose: Lose) -> _Cable:
        """Connect a driver; a simulated device never gets lost by itself, so `lose` stays unused."""
        with self._lock:
            self._pressed.clear()
            self.cable = _Cable(self, press)
            return self.cable

    def push(self, key: Key | str, pressed: bool) -> None:
        """Change a key, and report it where it changed: the hook switch is a state, as on real devices."""
        if key not in self.device.keys:
            known = ", ".join(sorted(self.device.keys)) or "none"
            raise DriverError(f"{self.device.id} has no key {str(key)!r}; known: {known}")
        key = Key(key)
        with self._lock:
            if (key in self._pressed) is pressed:
                return
            (self._pressed.add if pressed else self._pressed.discard)(key)
            if self.cable:
                self.cable.press(key, pressed)

    def burn(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        """Burn like this; a headset's hook switch follows its Off-Hook lamp, as Jabra's does."""
        with self._lock:
            before, self.lamps = self.lamps, MappingProxyType(dict(lamps))
            lit = lamps.get(Lamp.OFF_HOOK, LampState()).lit
            if Key.HOOK in self.device.keys and (
                again or lit is not before.get(Lamp.OFF_HOOK, LampState()).lit
            ):
                self.push(Key.HOOK, lit)

    def darken(self, cable: _Cable) -> None:
        """Lose power, unless another driver came meanwhile."""
        with self._lock:
            if self.cable is cable:
                self.cable, self.lamps = None, MappingProxyType({})


class _Cable:
    """The driver of a simulated device, from open to close."""

    def __init__(self, device: _SimulatedDevice, press: Press) -> None:
        self._device = device
        self.press = press

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        if self._device.cable is self:
            self._device.burn(lamps, again)

    def close(self) -> None:
        self._device.darken(self)


def _device(
    name: str,
    kind: Kind,
    title: str,
    lamps: set[Lamp] | frozenset[Lamp],
    keys: frozenset[Key] = frozenset(),
) -> Device:
    return Device(name, kind, title, keys, frozenset(lamps), simulated=True)


def _headset(name: str) -> Device:
    return _device(name, Kind.HEADSET, "Simulated headset", HEADSET_LAMPS, HEADSET_KEYS)


def _buttons() -> Device:
    return _device("sim-buttons", Kind.BUTTONS, "Simulated buttons", BUTTON_LAMPS, BUTTON_KEYS)
