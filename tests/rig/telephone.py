"""How a telephony device behaves beyond its report descriptor: what a person does to it, what the lamps do.

Runs in the emulator, which sees every report of the host the moment it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.rig.hid import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable

HOOK, MUTE_KEY = "Hook Switch", "Phone Mute"
OFF_HOOK, MUTE, HOLD = "Off-Hook", "Mute", "Hold"
ECHO_SECONDS = 0.03
BASELINE_SECONDS = 0.1
"""Linux drops what comes in the first 50 ms after a HID device was opened (usbhid_open)."""
TAKEN_BACK_SECONDS = 2.0


@dataclass(frozen=True)
class Place:
    """Where a key or lamp is: report, first bit (counting the number's byte), mask, value of pressed."""

    report: int
    start: int
    mask: int
    value: int


@dataclass(frozen=True)
class Layout:
    """Its keys and lamps by name, its reports (0 where unnumbered) with the bytes that travel for each."""

    keys: dict[str, Place] = field(default_factory=dict)
    lamps: dict[str, Place] = field(default_factory=dict)
    inputs: dict[int, int] = field(default_factory=dict)
    outputs: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: dict[str, dict[str, Any]]) -> Layout:
        """Take it from JSON, which knows no numbers as keys."""
        return cls(
            {name: Place(**at) for name, at in plain["keys"].items()},
            {name: Place(**at) for name, at in plain["lamps"].items()},
            {int(number): size for number, size in plain["inputs"].items()},
            {int(number): size for number, size in plain["outputs"].items()},
        )


@dataclass(frozen=True)
class Habits:
    """What makers do differently; the default does nothing by itself."""

    follows_off_hook: bool = False
    """The hook switch follows the Off-Hook lamp, and says so: the echo."""
    takes_hook_back: bool = False
    """A lifted hook that no Off-Hook lamp acknowledges is replaced after 2 s (Jabra)."""
    tells_at_open: bool = False
    """When the host begins to listen, it is told how the keys are."""
    mute_off_hook_only: bool = False
    """The mute key is dead while the device is on-hook."""
    mute_wants_reply: bool = False
    """A press of the mute key to which no Mute lamp was written costs the next one."""
    mute_follows_audio: bool = False
    """The microphone is silent where mute key and USB audio mute control differ (Plantronics)."""
    drops_held_call: bool = False
    """Off-Hook put out while Hold burns ends the call (Jabra)."""


class Telephone:
    """The keys and lamps of one device; `send` takes input reports, `later` calls after some seconds."""

    def __init__(
        self,
        layout: Layout,
        habits: Habits,
        send: Callable[[bytes], None],
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._layout, self._habits = layout, habits
        self._send, self._later = send, later
        self._inputs = dict.fromkeys(layout.inputs, 0)
        self._outputs: dict[int, int] = {}
        self._arm_up = self._unanswered = False
        self.muted = False
        """Its own idea of whether the microphone is off."""
        self.ignored = 0
        """Output reports of a wrong length, or of a number that it does not have."""
        self.lost = 0
        """Presses of the mute key that it did not tell."""
        self.dropped = 0
        """Held calls that it ended because Off-Hook went out."""

    @property
    def lifted(self) -> bool:
        """Whether the hook switch is off-hook."""
        return self._is_down(HOOK)

    def power_on(self) -> None:
        """Forget everything but what stays as it is: a handset off its cradle, the boom arm."""
        stays = self.lifted and not self._habits.follows_off_hook
        self._inputs = dict.fromkeys(self._layout.inputs, 0)
        self._outputs.clear()
        self.muted = self._unanswered = False
        self.ignored = self.lost = self.dropped = 0
        if stays:
            self._put(HOOK, True)

    def opened(self) -> None:
        """The host began to listen."""
        if self._habits.tells_at_open and HOOK in self._layout.keys:
            self._later(BASELINE_SECONDS, lambda: self._report(self._layout.keys[HOOK].report))

    # --- the person

    def press(self, key: str) -> None:
        """A key goes down; what the device keeps to itself is not reported."""
        if key == MUTE_KEY and not self._takes_mute():
            return
        self._set(key, True)
        if key == HOOK and self._habits.takes_hook_back and not self._lit(OFF_HOOK):
            self._later(TAKEN_BACK_SECONDS, self._take_back)

    def release(self, key: str) -> None:
        """A key comes up; one that did not go down has nothing to tell."""
        if key != MUTE_KEY or self._is_down(key):
            self._set(key, False)

    def move_arm(self, up: bool) -> None:
        """The boom arm: up is muted, down is not."""
        self._arm_up = up
        if self._off_hook and self.muted != up:
            self._tell_mute()

    # --- the host

    def written(self, kind: int, data: bytes) -> None:
        """Take a report from the host."""
        if kind != OUTPUT:
            return
        number = 0 if 0 in self._layout.outputs else data[0] if data else -1
        if self._layout.outputs.get(number) != len(data):
            self.ignored += 1
            return
        was_off_hook = self._lit(OFF_HOOK)
        self._outputs[number] = int.from_bytes(data if number else b"\0" + data, "little")
        if self._bears(OFF_HOOK, number):
            self._hook_lamp_written(was_off_hook)
        if self._bears(MUTE, number):
            self.muted, self._unanswered = self._lit(MUTE), False
        if self._arm_up and self._off_hook and not self.muted:
            self._later(ECHO_SECONDS, lambda: self.move_arm(self._arm_up))

    def _hook_lamp_written(self, was_lit: bool) -> None:
        lit = self._lit(OFF_HOOK)
        if self._habits.follows_off_hook and lit != self.lifted:
            self._later(ECHO_SECONDS, lambda: self._follow(lit))
        if self._habits.drops_held_call and was_lit and not lit and self._lit(HOLD):
            self.dropped += 1

    def _follow(self, lit: bool) -> None:
        if self._lit(OFF_HOOK) == lit != self.lifted:
            self._set(HOOK, lit)

    def _take_back(self) -> None:
        if self.lifted and not self._lit(OFF_HOOK):
            self._set(HOOK, False)

    # --- mute

    def _takes_mute(self) -> bool:
        if self._habits.mute_off_hook_only and not self._off_hook:
            return False
        if self._habits.mute_wants_reply and self._unanswered:
            self._unanswered = False
            self.lost += 1
            return False
        self.muted, self._unanswered = not self.muted, True
        return True

    def _tell_mute(self) -> None:
        self.muted = not self.muted
        self._set(MUTE_KEY, True)
        self._set(MUTE_KEY, False)

    @property
    def _off_hook(self) -> bool:
        return self.lifted or self._lit(OFF_HOOK)

    # --- reports

    def _is_down(self, key: str) -> bool:
        place = self._layout.keys.get(key)
        return place is not None and self._inputs[place.report] >> place.start & place.mask == place.value

    def _lit(self, lamp: str) -> bool:
        place = self._layout.lamps.get(lamp)
        return place is not None and bool(self._outputs.get(place.report, 0) >> place.start & place.mask)

    def _bears(self, lamp: str, report: int) -> bool:
        place = self._layout.lamps.get(lamp)
        return place is not None and place.report == report

    def _set(self, key: str, pressed: bool) -> None:
        self._put(key, pressed)
        self._report(self._layout.keys[key].report)

    def _put(self, key: str, pressed: bool) -> None:
        place = self._layout.keys[key]
        bits = self._inputs[place.report] & ~(place.mask << place.start)
        self._inputs[place.report] = bits | (place.value if pressed else 0) << place.start

    def _report(self, number: int) -> None:
        size = self._layout.inputs[number]
        bits = self._inputs[number] | number
        self._send(bits.to_bytes(size, "little") if number else (bits >> 8).to_bytes(size, "little"))
