"""What every lamp, light and ringer shows: a pure function of the desk's state.

After a crash, a replug or a restart the same function puts everything right.

What the lamps of the HID LED page (0x08) are for, where its tables only name them:

- Microphone (0x21) burns while the operator is muted, as Mute (0x09) does: so it is answered to the Mute key
  in WebHID (WICG/webhid, issue 72) and in softphones tested with Jabra's headsets (CounterPath's tables of
  Bria 3 for the Link 280, PRO 9470 and SPEAK 410). Lit while the operator is heard, it would mute them.
- On-Line (0x2A) burns from the beginning of a call to its end: CounterPath's tables of Sennheiser's headsets.
- Speaker (0x1E) burns while the device has the audio of a call.
"""

from __future__ import annotations

import re
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
    SPEAKER = "speaker"
    MICROPHONE = "microphone"
    ON_LINE = "on_line"
    ANSWER = "answer"
    PARK = "park"
    STATUS = "status"  # the busy light


class Pattern(StrEnum):
    """How a lamp burns in time; the values are the drivers' own."""

    OFF = "off"
    ON = "on"
    BLINK = "blink"  # 1 Hz
    FAST = "fast"  # 4 Hz
    SLOW = "slow"  # a quarter of a hertz
    FLASH = "flash"  # a short flash every two seconds
    WINK = "wink"  # a short gap every two seconds


Colour = tuple[int, int, int]  # red, green, blue, each 0 to 255

COLOURS: dict[str, Colour] = {
    "white": (255, 255, 255),
    "green": (0, 200, 0),
    "dim green": (0, 60, 0),
    "yellow": (255, 190, 0),
    "orange": (255, 90, 0),
    "red": (255, 0, 0),
    "purple": (150, 0, 255),
    "blue": (0, 0, 200),
    "cyan": (0, 200, 255),
}
_HEX = re.compile(r"#[0-9a-f]{6}")
_RHYTHMS = {str(pattern): pattern for pattern in Pattern if pattern is not Pattern.OFF}


@dataclass(frozen=True, slots=True)
class Shine:
    """What one lamp shows; the colour counts only for the busy light."""

    pattern: Pattern = Pattern.OFF
    colour: Colour = COLOURS["white"]


DARK = Shine()


def shine(text: str) -> Shine:
    """Return what a light shows that is described in words: a colour and a pattern, or "off".

    Such as "green", "#00c800", "dim green wink". A colour alone burns steadily. Raises ValueError, which says
    what can be written.
    """
    words = text.lower().split()
    if words == [Pattern.OFF]:
        return DARK
    pattern = _RHYTHMS[words.pop()] if words and words[-1] in _RHYTHMS else Pattern.ON
    colour = " ".join(words)
    if _HEX.fullmatch(colour):
        red, green, blue = bytes.fromhex(colour[1:])
        return Shine(pattern, (red, green, blue))
    if colour not in COLOURS:
        colours, rhythms = ", ".join(COLOURS), ", ".join(_RHYTHMS)
        raise ValueError(f"write off, or a colour ({colours} or #rrggbb) and how it burns ({rhythms})")
    return Shine(pattern, COLOURS[colour])


@dataclass(frozen=True, slots=True)
class LightPolicy:
    """What a busy light shows, the most urgent first.

    No two of these that call for different things differ by their colour alone: one man in twelve could not
    tell them apart. Where the rhythm is the same, one is much lighter than the other.
    """

    ringing_in_call: Shine = Shine(Pattern.BLINK, COLOURS["red"])
    ringing: Shine = Shine(Pattern.BLINK, COLOURS["yellow"])
    held_too_long: Shine = Shine(Pattern.FAST, COLOURS["red"])
    talking: Shine = Shine(Pattern.WINK, COLOURS["red"])
    held: Shine = Shine(Pattern.SLOW, COLOURS["orange"])
    unregistered: Shine = Shine(Pattern.FLASH, COLOURS["purple"])
    dnd: Shine = Shine(Pattern.ON, COLOURS["purple"])
    messages: Shine = Shine(Pattern.SLOW, COLOURS["blue"])
    away: Shine = Shine(Pattern.ON, COLOURS["dim green"])
    available: Shine = Shine(Pattern.ON, COLOURS["green"])


_RINGS = RingPolicy()
_LIGHTS = LightPolicy()


def off_hook(desk: Snapshot, device: str) -> bool:
    """Return whether the line is seized at this device.

    It stays so while callers are on hold: Jabra headsets take a cleared Off-Hook lamp for a hang-up.
    """
    return device == desk.audio != "" and desk.engaged


def lamps(
    desk: Snapshot, policy: RingPolicy = _RINGS, lights: LightPolicy = _LIGHTS
) -> dict[str, dict[Lamp, Shine]]:
    """Return for each attached device what each lamp it might have must show.

    Where the policy is not to ring by light, a waiting call lights only the lamp of the Answer key.
    """
    rings = policy.light and bool(desk.waiting)
    muted = _on(desk.muted)
    shared = {
        Lamp.RING: Shine(Pattern.BLINK) if rings else DARK,
        Lamp.MUTE: muted,
        Lamp.MICROPHONE: muted,
        Lamp.MESSAGE_WAITING: _on(desk.voicemail.new > 0),
        Lamp.ANSWER: _answer(desk),
        Lamp.PARK: _park(desk),
        Lamp.STATUS: _status(desk, rings, lights),
    }
    return {
        device.id: _seized(off_hook(desk, device.id)) | {Lamp.HOLD: _hold(desk, device.audio)} | shared
        for device in desk.devices
    }


def _seized(seized: bool) -> dict[Lamp, Shine]:
    return dict.fromkeys((Lamp.OFF_HOOK, Lamp.SPEAKER, Lamp.ON_LINE), _on(seized))


def _on(on: bool) -> Shine:
    return Shine(Pattern.ON) if on else DARK


def _answer(desk: Snapshot) -> Shine:
    if desk.waiting or desk.touched:
        return Shine(Pattern.FAST)
    return Shine(Pattern.ON) if desk.active else DARK


def _hold(desk: Snapshot, telephone: bool) -> Shine:
    """A telephone knows one call: lit beside a call that is talked in, it would take that one for held."""
    if telephone and desk.active:
        return DARK
    if any(call.alert for call in desk.held):
        return Shine(Pattern.FAST)
    return Shine(Pattern.BLINK) if desk.held else DARK


def _park(desk: Snapshot) -> Shine:
    if desk.touched or any(call.state is CallState.PARKING for call in desk.calls):
        return Shine(Pattern.FAST)
    return Shine(Pattern.ON) if any(orbit.state is OrbitState.TAKEN for orbit in desk.orbits) else DARK


def _status(desk: Snapshot, rings: bool, lights: LightPolicy) -> Shine:
    """The most urgent thing wins: somebody waits, then what the operator does, then the line."""
    if rings:
        return lights.ringing_in_call if desk.active else lights.ringing
    if any(call.alert for call in desk.held):
        return lights.held_too_long
    if desk.active:
        return lights.talking
    if desk.engaged:
        return lights.held
    if desk.registration.state is not RegistrationState.REGISTERED:
        return lights.unregistered
    if desk.dnd:
        return lights.dnd
    if desk.voicemail.new:
        return lights.messages
    return lights.away if desk.away else lights.available
