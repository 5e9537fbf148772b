"""A level meter for the operator's microphone and speaker, which costs nothing while nobody looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.calls import Calls
    from appliance.sip.echo import EchoTest
    from appliance.sip.engine import Alarm, Engine
    from appliance.sip.sound import Sound

SECONDS = 0.1
SILENT = -72.0
"""What silence is told as, in dB."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud the microphone and the speaker are: the mean over 10 ms in dB of full scale, -72 to 0.

    Speech lies between -40 and -15; a muted microphone is silent. `delay` is how late
    the operator hears the far end, in ms, as far as can be told: half the way there and back, and what waits
    in our jitter buffer; 0 where nothing is known yet. `test` is what a try of a sound card is about, see
    `appliance.sip.echo.Phase`, and `fault` why that card cannot be used.
    """

    microphone: float = SILENT
    speaker: float = SILENT
    delay: int = 0
    test: str = ""
    fault: str = ""


class Meter:
    """Tells the levels ten times a second while it runs and there are calls, or a sound card is tried; once
    more when that is over.
    """

    def __init__(
        self, engine: Engine, sound: Sound, calls: Calls, echo: EchoTest, tell: Callable[[Levels], None]
    ) -> None:
        """It rests."""
        self._engine, self._sound, self._calls, self._tell = engine, sound, calls, tell
        self._echo = echo
        self._next: Alarm | None = None
        self._told = Levels()

    def run(self, on: bool) -> None:
        """Begin, or end."""
        if on and self._next is None:
            self._told = Levels()
            self._measure()
        elif not on and self._next:
            self._next.cancel()
            self._next = None

    def _measure(self) -> None:
        self._next = self._engine.later(SECONDS, self._measure)
        levels = Levels()
        if self._calls or self._echo.phase:
            microphone, speaker = map(decibel, self._sound.levels())
            fault = self._sound.fault if self._echo.phase else ""
            levels = Levels(microphone, speaker, self._calls.delay(), self._echo.phase, fault)
        if self._calls or self._echo.phase or levels != self._told:
            self._told = levels
            self._tell(levels)


def decibel(percent: int) -> float:
    """Return a level of pjsua2's in dB of full scale.

    The conference bridge keeps the mean magnitude of a frame as a mu-law code (ITU-T G.711), 0 to 127, and
    pjsua2 gives that as a percentage of 255.
    """
    code = min(127, round(percent * 255 / 100))
    magnitude = ((2 * (code & 15) + 33) << (code >> 4)) - 33  # of 8031
    return round(max(SILENT, 20 * math.log10(magnitude / 8031)), 1) if magnitude else SILENT
