"""Sine tones made and measured, in 16 bit PCM."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

FULL_SCALE = 32767


def sine(hz: float, dbfs: float, rate: int, seconds: float = 1) -> bytes:
    """A mono tone; `dbfs` is its peak relative to full scale."""
    peak = FULL_SCALE * 10 ** (dbfs / 20)
    step = 2 * math.pi * hz / rate
    return array(
        "h", (round(peak * math.sin(step * index)) for index in range(int(rate * seconds)))
    ).tobytes()


@dataclass(frozen=True)
class Recording:
    """PCM, 16 bit, interleaved."""

    rate: int
    channels: int
    pcm: bytes

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / (2 * self.channels * self.rate)

    def channel(self, number: int = 0) -> Recording:
        """One channel alone."""
        samples = array("h", self.pcm[: len(self.pcm) // (2 * self.channels) * 2 * self.channels])
        return Recording(self.rate, 1, samples[number :: self.channels].tobytes())

    def cut(self, start: float, end: float | None = None) -> Recording:
        """The part between two times in seconds; a negative one counts from the end."""
        frame = 2 * self.channels
        frames = len(self.pcm) // frame
        first, last = (self._frame(at, frames) for at in (start, self.seconds if end is None else end))
        return Recording(self.rate, self.channels, self.pcm[first * frame : last * frame])

    def weakest(self, hz: float, piece: float = 0.1) -> Measurement:
        """The worst of the measurements of all its pieces of so many seconds.

        It finds a gap or a click in a long recording, and forgives a source whose pitch is off by a little.
        """
        starts = range(int(self.seconds / piece))
        measured = [self.cut(index * piece, (index + 1) * piece).measure(hz) for index in starts]
        return min(measured, key=lambda one: one.snr, default=Measurement(-math.inf, -math.inf))

    def clear_for(self, hz: float, snr: float = 20, piece: float = 0.1) -> float:
        """The longest time in seconds in which a tone is heard without a gap or a click.

        A jitter buffer that finds its depth shortens what it plays, at any time: between, all is clear.
        """
        longest = length = 0
        for index in range(int(self.seconds / piece)):
            clear = self.cut(index * piece, (index + 1) * piece).measure(hz).snr > snr
            length = length + 1 if clear else 0
            longest = max(longest, length)
        return longest * piece

    def _frame(self, at: float, frames: int) -> int:
        index = round(at * self.rate)
        return max(0, min(frames, index if index >= 0 else frames + index))

    def measure(self, hz: float) -> Measurement:
        """Level of a tone in the first channel, and how far everything else lies below it."""
        samples = array("h", self.channel().pcm if self.channels > 1 else self.pcm)
        if not samples:
            return Measurement(-math.inf, -math.inf)
        total = sum(sample * sample for sample in samples) / len(samples)
        tone = min(_tone_power(samples, hz, self.rate), total)
        rest = max(total - tone, 1 / 12)  # never below the noise of rounding to 16 bit
        return Measurement(_decibel(2 * tone / FULL_SCALE**2), _decibel(tone / rest))


@dataclass(frozen=True)
class Measurement:
    """A tone's peak level in dB below full scale, and its distance in dB from the rest of the signal."""

    dbfs: float
    snr: float


def _tone_power(samples: array[int], hz: float, rate: int) -> float:
    """Mean power of the component at `hz`, by least squares, as the length need not be whole periods."""
    step = 2 * math.pi * hz / rate
    cosine = [math.cos(step * index) for index in range(len(samples))]
    sinus = [math.sin(step * index) for index in range(len(samples))]
    cc, ss = sum(value * value for value in cosine), sum(value * value for value in sinus)
    cs = sum(map(float.__mul__, cosine, sinus))
    in_phase = sum(value * sample for value, sample in zip(cosine, samples, strict=True))
    quadrature = sum(value * sample for value, sample in zip(sinus, samples, strict=True))
    determinant = cc * ss - cs * cs
    if determinant == 0:
        return 0.0
    a = (in_phase * ss - quadrature * cs) / determinant
    b = (quadrature * cc - in_phase * cs) / determinant
    return (a * a * cc + 2 * a * b * cs + b * b * ss) / len(samples)


def _decibel(ratio: float) -> float:
    return 10 * math.log10(ratio) if ratio > 0 else -math.inf
