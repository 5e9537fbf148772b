"""The tones that the desk makes itself: signals to the operator, and DTMF digits (ITU-T E.180, Q.23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pjsua2 as pj  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOCK_RATE = 16000  # Hz
_LEVEL = 4000  # of 32767


class Tone(NamedTuple):
    """One or two frequencies in Hz, how long they sound and how long it is silent then, in milliseconds."""

    low: int
    high: int
    on: int
    off: int


FAR_END_RINGS = (Tone(425, 0, 1000, 4000),)
CALL_WAITS = (Tone(425, 0, 200, 100), Tone(425, 0, 200, 0))
RING = 10 * (Tone(660, 0, 100, 0), Tone(880, 0, 100, 0))

_LOWS = (697, 770, 852, 941)
_HIGHS = (1209, 1336, 1477, 1633)
_KEYS = ("123A", "456B", "789C", "*0#D")
_DIGITS = {
    key: Tone(low, high, 100, 100)
    for low, row in zip(_LOWS, _KEYS, strict=True)
    for high, key in zip(_HIGHS, row, strict=True)
}


def digit_tones(digits: str) -> list[Tone]:
    """Return the pairs of tones of DTMF digits; what is no digit has none."""
    return [_DIGITS[digit] for digit in digits.upper() if digit in _DIGITS]


def seconds(tones: Iterable[Tone]) -> float:
    """Return how long these tones last."""
    return sum(tone.on + tone.off for tone in tones) / 1000


def generator() -> pj.ToneGenerator:
    """Return a source of tones that is silent."""
    made = pj.ToneGenerator()
    made.createToneGenerator(_CLOCK_RATE)
    return made


def play(source: pj.ToneGenerator, tones: Iterable[Tone], *, loop: bool = False, level: int = _LEVEL) -> None:
    """Let a generator play tones, 32 at most, once or for ever; `level` is out of 32767."""
    descriptions = pj.ToneDescVector()
    for tone in tones:
        described = pj.ToneDesc()
        described.freq1, described.freq2, described.on_msec, described.off_msec = tone
        described.volume = level
        descriptions.append(described)
    source.play(descriptions, loop)
