"""What every lamp, light and ringer shows: a pure function of the desk's state.

After a crash, a replug or a restart the same function puts everything right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.desk.ringing import RingPolicy
from appliance.desk.state import CallState, OrbitState, RegistrationState

if TYPE_CHECKING:
    from appliance.desk.state import Snapshot


class Lamp(StrEnum):
    """The lamps that the desk lights; the values are the drivers' own."""

    OFF_HOOK = "off_hook"
    RING = "ring"
    MUTE = "mute"
    HOLD = "hold"
    MESSAGE_WAITING = "message_waiting"
    ANSWER = "answer"
    PARK = "park"
    STATUS = "status"  # the busy light


class Pattern(StrEnum):
    """How a lamp burns in time; the values are the drivers' own."""

    OFF = "off"
    ON = "on"
    BLINK = "blink"  # 1 Hz
    FAST = "fast"  # 4 Hz


Colour = tuple[int, int, int]  # red, green, blue, each 0 to 255

WHITE: Colour = (255, 255, 255)
GREEN: Colour = (0, 200, 0)  # available
YELLOW: Colour = (255, 190, 0)  # a call rings
RED: Colour = (255, 0, 0)  # in a call, or held for too long
ORANGE: Colour = (255, 90, 0)  # a caller is on hold
PURPLE: Colour = (150, 0, 255)  # nobody can call: do-not-disturb, or blinking not registered
BLUE: Colour = (0, 60, 255)  # a voice message waits
DIM_GREEN: Colour = (0, 60, 0)  # available, but nobody has touched anything for a while


@dataclass(frozen=True, slots=True)
class Shine:
    """What one lamp shows; the colour counts only for the busy light."""

    pattern: Pattern = Pattern.OFF
    colour: Colour = WHITE


DARK = Shine()
_RINGS = RingPolicy()


def off_hook(desk: Snapshot, device: str) -> bool:
    """Return whether the line is seized at this device.

    It stays so while callers are on hold: Jabra headsets take a cleared Off-Hook lamp for a hang-up.
    """
    return device == desk.audio != "" and any(not call.waiting for call in desk.calls)


def lamps(desk: Snapshot, policy: RingPolicy = _RINGS) -> dict[str, dict[Lamp, Shine]]:
    """Return for each attached device what each lamp it might have must show.

    Where the policy is not to ring by light, a waiting call lights only the lamp of the Answer key.
    """
    rings = policy.light and bool(desk.waiting)
    shared = {
        Lamp.RING: Shine(Pattern.BLINK) if rings else DARK,
        Lamp.MUTE: Shine(Pattern.ON) if desk.muted else DARK,
        Lamp.HOLD: _hold(desk),
        Lamp.MESSAGE_WAITING: Shine(Pattern.ON) if desk.voicemail.new else DARK,
        Lamp.ANSWER: _answer(desk),
        Lamp.PARK: _park(desk),
        Lamp.STATUS: _status(desk, rings),
    }
    return {
        device.id: {
            Lamp.OFF_HOOK: Shine(Pattern.ON) if off_hook(desk, device.id) else DARK,
            **shared,
        }
        for device in desk.devices
    }


def _answer(desk: Snapshot) -> Shine:
    if desk.waiting:
        return Shine(Pattern.FAST)
    return Shine(Pattern.ON) if desk.active else DARK


def _hold(desk: Snapshot) -> Shine:
    if any(call.alert for call in desk.held):
        return Shine(Pattern.FAST)
    return Shine(Pattern.BLINK) if desk.held else DARK


def _park(desk: Snapshot) -> Shine:
    if any(call.state is CallState.PARKING for call in desk.calls):
        return Shine(Pattern.FAST)
    return Shine(Pattern.ON) if any(orbit.state is OrbitState.TAKEN for orbit in desk.orbits) else DARK


def _status(desk: Snapshot, rings: bool) -> Shine:
    """The most urgent thing wins: somebody waits, then what the operator does, then the line."""
    if rings:
        return Shine(Pattern.BLINK, RED if desk.active else YELLOW)
    if any(call.alert for call in desk.held):
        return Shine(Pattern.FAST, RED)
    if desk.active:
        return Shine(Pattern.ON, RED)
    if any(not call.waiting for call in desk.calls):
        return Shine(Pattern.ON, ORANGE)
    if desk.registration.state is not RegistrationState.REGISTERED:
        return Shine(Pattern.BLINK, PURPLE)
    if desk.dnd:
        return Shine(Pattern.ON, PURPLE)
    if desk.voicemail.new:
        return Shine(Pattern.ON, BLUE)
    return Shine(Pattern.ON, DIM_GREEN if desk.away else GREEN)
