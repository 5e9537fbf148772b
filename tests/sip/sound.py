"""What can be heard in a recording."""

from __future__ import annotations

import array
import math
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def samples(file: Path) -> tuple[array.array[int], int]:
    """The 16 bit samples of a mono WAV file, and their rate in Hz."""
    with wave.open(str(file)) as wav:
        return array.array("h", wav.readframes(wav.getnframes())), wav.getframerate()


def loudness(file: Path) -> float:
    """The root mean square of a recording, 0 to 32767."""
    values, _ = samples(file)
    assert len(values) > 0
    return math.sqrt(sum(value * value for value in values) / len(values))


def level(file: Path, hz: float) -> float:
    """The amplitude of one tone in a recording (Goertzel), 0 to 32767."""
    values, rate = samples(file)
    assert len(values) > 0
    factor = 2 * math.cos(2 * math.pi * hz / rate)
    before, last = 0.0, 0.0
    for value in values:
        before, last = last, value + factor * last - before
    power = before * before + last * last - factor * before * last
    return 2 * math.sqrt(max(power, 0.0)) / len(values)
