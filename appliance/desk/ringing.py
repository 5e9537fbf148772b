"""How a waiting call is heard: a pure function of the desk's state and of the ringing policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.desk.state import Snapshot


class WhileTalking(StrEnum):
    """What the operator hears when a call comes in during another."""

    RING = "ring"  # as if there were no other
    BEEP = "beep"  # a call-waiting tone in the headset only
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class RingPolicy:
    """How this desk rings. Volumes are from 0 to 1; `every` is seconds between rings, 0: ring once.

    A tone is the path of a sound file, "" the built-in one.
    """

    headset: bool = True
    ringer: bool = True
    light: bool = True
    tone_internal: str = ""
    tone_external: str = ""
    volume: float = 0.8
    every: float = 4.0
    while_talking: WhileTalking = WhileTalking.BEEP
    waiting_volume: float = 0.3


@dataclass(frozen=True, slots=True)
class Ringing:
    """What is to be heard now, and where."""

    tone: str
    volume: float
    every: float
    headset: bool
    ringer: bool
    beep: bool = False  # the call-waiting tone instead of ringing, which is for the operator's ear only
    internal: bool = False  # a colleague calls: what has melodies of its own may choose another


def ringing(desk: Snapshot, policy: RingPolicy) -> Ringing | None:
    """Return how the oldest waiting call is heard; None is silence."""
    if not desk.waiting:
        return None
    internal = desk.waiting[0].internal
    tone = policy.tone_internal if internal else policy.tone_external
    if desk.active is None or policy.while_talking is WhileTalking.RING:
        return Ringing(tone, policy.volume, policy.every, policy.headset, policy.ringer, internal=internal)
    if policy.while_talking is WhileTalking.SILENT:
        return None
    return Ringing("", policy.waiting_volume, policy.every, headset=True, ringer=False, beep=True)
