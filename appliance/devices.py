"""Between the desk and its devices: keys become events, the desk's state becomes lamps and sounds.

Everything here runs in the event loop; what the hub's threads tell comes in by `soon`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from appliance.configuration import gpio_pins, light_policy, rank, ring_policy
from appliance.control import protocol
from appliance.desk import events
from appliance.desk.keys import Key
from appliance.desk.lamps import lamps, shine
from appliance.sip.card import SILENCE, Card
from appliance.volumes import Volumes
from drivers import base
from drivers.gpio import GPIO_ID
from drivers.hub import Hub
from drivers.look import look
from drivers.ringers.source import Ringers
from drivers.simulated import SimulatedDesk
from drivers.sound_card import SoundCard
from drivers.usb import UsbBus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from appliance.desk.lamps import Shine
    from appliance.desk.ringing import Ringing
    from appliance.desk.state import Snapshot
    from appliance.settings import Settings
    from drivers.audio.levels import Levels

log = logging.getLogger("deskbell.devices")

KEYS = {str(key): key for key in Key}  # what the desk gives a meaning to; a device may have more
VOLUME_KEYS = (base.Key.VOLUME_UP, base.Key.VOLUME_DOWN)
LAMP_TEST_SECONDS, LIGHT_TEST_SECONDS, RING_TEST_SECONDS = 1.5, 4.0, 3.0


class Devices:
    """All devices of one desk.

    `happens` takes what they make happen; `changed` is called when they are not as they were, and nothing
    has happened; `keep` is told how loud one is from now on. All are called in the loop.
    """

    def __init__(
        self,
        settings: Settings,
        soon: Callable[..., None],
        happens: Callable[[events.Event], object],
        changed: Callable[[], None],
        keep: Callable[[str, Levels], None],
        safe: bool = False,
    ) -> None:
        """`soon` has the loop call something next; it is called from other threads.

        `safe`: there are none, and what is spoken through is a sound card.
        """
        self._settings = settings
        self._happens, self._changed = happens, changed
        self._volumes = Volumes(soon, keep, changed)
        self._simulated = SimulatedDesk() if settings.devices.simulated else None
        self._hub = Hub(
            on_key=lambda event: soon(self._key, event),
            on_device=lambda device: soon(self._device, device),
            usb=settings.devices.usb,
            gpio=gpio_pins(settings),
            ringers=settings.ringing.ringers,
            simulated=self._simulated,
            sound=SoundCard() if safe and settings.devices.sound else None,
            ignored=settings.devices.ignore,
        )
        self.ring_policy = ring_policy(settings)
        self._lights = light_policy(settings)
        self._known: dict[str, base.Device] = {}
        self._presses: dict[str, dict[str, int]] = {}
        self._shown: dict[str, dict[base.Lamp, base.LampState]] = {}
        self._tested: dict[str, dict[base.Lamp, base.LampState]] = {}
        self._ring: base.Ring | None = None
        self._rung: dict[str, base.Ring | None] = {}

    def start(self) -> None:
        """Find what is there, and watch what comes and goes."""
        self._hub.start()

    def configure(self, settings: Settings) -> None:
        """Ring, light and prefer as these settings say; what the hub was made with stays as it is."""
        before, self._settings = self._settings, settings
        self.ring_policy, self._lights = ring_policy(settings), light_policy(settings)
        for device in self.known():
            place = rank(settings, device)
            if device.state is base.DeviceState.ONLINE and place != rank(before, device):
                self._happens(events.DeviceAttached(device.id, self._speaks(device), place))

    def remember_levels(self, kept: Mapping[str, Levels]) -> None:
        """Have each device as loud as it was the last time."""
        self._volumes.remember(kept)

    def stop(self) -> None:
        """Leave everything dark and silent; may take seconds."""
        self._hub.stop()
        self._volumes.close()

    def known(self) -> list[base.Device]:
        """Return all that were seen since the start."""
        return list(self._known.values())

    def presses(self) -> dict[str, dict[str, int]]:
        """Return how often each key of each device was pressed since the start."""
        return self._presses

    def levels(self) -> Mapping[str, Levels]:
        """Return how loud each device is that has a sound card."""
        return self._volumes.known()

    def set_levels(self, device: str, levels: Levels) -> None:
        """Make a device louder or softer. Raises Refused."""
        self._online(device)
        if not self._volumes.set(device, levels):
            raise protocol.Refused(f"{device} has no sound card")

    def card_of(self, device: str) -> Card:
        """Return the sound card of a device, SILENCE for none; may be called from any thread."""
        found = self._known.get(device)
        if found is None:
            return SILENCE
        loud = {"always": True, "never": False}.get(
            self._settings.devices.echo_canceller, found.kind is base.Kind.SPEAKERPHONE
        )
        return Card(found.audio, echo=loud and bool(found.audio))

    # --- what comes in

    def _key(self, event: base.KeyEvent) -> None:
        if event.pressed:
            presses = self._presses.get(event.device, {})
            # a new dict each time: who has the old one compares it with this
            self._presses[event.device] = {**presses, event.key: presses.get(event.key, 0) + 1}
        key = KEYS.get(event.key)
        if event.key in self._settings.keys:
            moved = events.ButtonPressed if event.pressed else events.ButtonReleased
            self._happens(moved(event.key))
            return
        if key is None:
            if event.pressed and event.key in VOLUME_KEYS:
                self._volumes.step(event.device, event.key == base.Key.VOLUME_UP)
            self._changed()
            return
        happened = events.KeyPressed if event.pressed else events.KeyReleased
        self._happens(happened(event.device, key))
        if event.key is base.Key.HOOK and event.device in self._shown:
            # The switch has moved at the device: whatever the desk made of it, the lamp must say so.
            plan = self._tested.get(event.device, self._shown[event.device])
            self._hub.show(event.device, plan, again=True)

    def _device(self, device: base.Device) -> None:
        before = self._known.get(device.id)
        self._known[device.id] = device
        if device.state is not base.DeviceState.ONLINE:
            if before and before.state is base.DeviceState.ONLINE:
                log.warning("%s is %s: %s", device.name, device.state, device.reason)
                self._shown.pop(device.id, None)
                self._rung.pop(device.id, None)
                self._volumes.detach(device.id)
                self._happens(events.DeviceDetached(device.id))
            self._changed()
            return
        if device.reason and (not before or before.reason != device.reason):
            log.warning("%s: %s", device.name, device.reason)
        if not before or before.state is not base.DeviceState.ONLINE or before.audio != device.audio:
            if self._settings.devices.sound:
                self._volumes.attach(device.id, device.audio)
            place = rank(self._settings, device)
            self._happens(events.DeviceAttached(device.id, self._speaks(device), place))
        self._changed()

    def _speaks(self, device: base.Device) -> bool:
        """Whether an operator can talk through it: its sound card may come after its keys, or never."""
        heard = bool(device.audio) or device.simulated or not self._settings.devices.sound
        return device.kind.speaks and heard

    # --- what goes out

    def show(self, desk: Snapshot, heard: Ringing | None) -> None:
        """Have every lamp and every ringer agree with the desk."""
        for device, plan in lamps(desk, self.ring_policy, self._lights).items():
            wanted = {base.Lamp(lamp): _lamp_state(shine) for lamp, shine in plan.items()}
            if self._shown.get(device) != wanted:
                self._shown[device] = wanted
                self._tested.pop(device, None)
                self._hub.show(device, wanted)
        self._ring = (
            base.Ring(heard.tone, heard.volume, heard.every, heard.internal)
            if heard is not None and heard.ringer
            else None
        )
        for found in self._known.values():
            if found.rings and (found.id not in self._rung or self._rung[found.id] != self._ring):
                self._rung[found.id] = self._ring
                self._hub.ring(found.id, self._ring)

    def switch(self, relay: str, seconds: float) -> str:
        """Close a relay for so many seconds, 0: open it; returns why it cannot be, "" where it can."""
        try:
            self._hub.switch(GPIO_ID, relay, seconds)
        except base.DriverError as error:
            log.warning("relay %s: %s", relay, error)
            return str(error)
        return ""

    # --- tests, and the simulated desk

    def test_lamp(self, device: str, lamp: str, colour: str = "") -> float:
        """Light one lamp and no other; returns the seconds after which to `end_test`. Raises Refused.

        `colour` is what the settings write of a busy light, "" for white.
        """
        found = self._online(device)
        if lamp not in found.lamps:
            raise protocol.Refused(f"{device} has no lamp {lamp!r}; known: {_listed(found.lamps)}")
        try:
            shown = _lamp_state(shine(colour or "white"))
        except ValueError as error:
            raise protocol.Refused(f"{colour!r} is no colour: {error}") from error
        self._tested[device] = {base.Lamp(lamp): shown}
        self._hub.show(device, self._tested[device])
        return LIGHT_TEST_SECONDS if colour else LAMP_TEST_SECONDS

    def test_ring(self, device: str, internal: bool = False) -> float:
        """Let a ringer be heard; returns the seconds after which to `end_test`. Raises Refused."""
        found = self._online(device)
        if not found.rings:
            raise protocol.Refused(f"{device} cannot ring")
        policy = self.ring_policy
        tone = policy.tone_internal if internal else policy.tone_external
        self._hub.ring(device, base.Ring(tone, policy.volume, policy.every, internal))
        return RING_TEST_SECONDS

    def speaks(self, device: str) -> None:
        """Make sure that sound can be tried there. Raises Refused."""
        found = self._online(device)
        if not (found.audio or found.simulated) or not found.kind.speaks:
            raise protocol.Refused(f"{device} has no sound card")
        if not self._settings.devices.sound and not found.simulated:
            raise protocol.Refused("this desk makes no sound; set devices.sound = true")

    def end_test(self, device: str) -> None:
        """Have a device show again what the desk wants of it."""
        if self._tested.pop(device, None) and device in self._shown:
            self._hub.show(device, self._shown[device])
        if device in self._rung:
            self._hub.ring(device, self._rung[device])

    def _online(self, device: str) -> base.Device:
        found = self._known.get(device)
        if found is None:
            raise protocol.Refused(f"there is no device {device!r}; known: {_listed(self._known)}")
        if found.state is not base.DeviceState.ONLINE:
            raise protocol.Refused(f"{device} is {found.state}: {found.reason}")
        return found

    def simulate(self, ask: protocol.Press | protocol.Release | protocol.Unplug | protocol.Plug) -> None:
        """Do something to a simulated device, as a person would. Raises Refused."""
        if self._simulated is None:
            raise protocol.Refused("this desk has no simulated devices; set devices.simulated = true")
        try:
            match ask:
                case protocol.Press(device, key):
                    self._simulated.press(device, key)
                case protocol.Release(device, key):
                    self._simulated.release(device, key)
                case protocol.Unplug(device):
                    self._simulated.unplug(device)
                case protocol.Plug(device):
                    self._simulated.plug(device)
        except base.DriverError as error:
            raise protocol.Refused(str(error)) from error


def attached(settings: Settings) -> list[base.Device]:
    """Return what is plugged in now and whether it can be used, for when no desk runs.

    The GPIO header is left out: to open it is to set its pins.
    """
    usb: list[base.Source] = [UsbBus()] if settings.devices.usb else []
    return look([*usb, Ringers(settings.ringing.ringers)])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _lamp_state(shine: Shine) -> base.LampState:
    return base.LampState(base.Pattern(shine.pattern), shine.colour)
