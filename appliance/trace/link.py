"""The way to the exchange: how it is now, and what five minutes of it add up to."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

from appliance.store.link import Span

if TYPE_CHECKING:
    from typing import Any

SPAN = 300
"""Seconds of one row of the history."""

RECENT = 20
"""How many of the last questions tell how it is now: those of five minutes, at one in 15 seconds."""

POOR_LATENCY, POOR_JITTER, POOR_LOSS = 150.0, 30.0, 1.0
"""What people hear: ms there and back beyond which they interrupt each other (ITU-T G.114), ms, percent."""


class LinkQuality:
    """Takes round trips, in ms, None for one that was lost."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._recent: deque[float | None] = deque(maxlen=RECENT)
        self._span: list[float | None] = []
        self._at = 0

    def add(self, round_trip: float | None, now: float) -> Span | None:
        """Take one in, at UNIX time; return the five minutes that are over with it, if there are any."""
        at = int(now // SPAN) * SPAN
        over = self.span() if at != self._at and self._span else None
        if at != self._at:
            self._at, self._span = at, []
        self._span.append(round_trip)
        self._recent.append(round_trip)
        return over

    def span(self) -> Span:
        """Return the five minutes that are not over yet."""
        latency, longest, jitter = _times(self._span)
        return Span(self._at, len(self._span), self._span.count(None), latency, longest, jitter)

    def now(self) -> dict[str, Any]:
        """Return how it is, {} while nothing is known: ms, and the percentage that was lost.

        Rounded, so that who watches hears of what can be told apart.
        """
        if not self._recent:
            return {}
        answered = [one for one in self._recent if one is not None]
        _, longest, jitter = _times(list(self._recent))
        latency = _rounded(sorted(answered)[len(answered) // 2]) if answered else 0.0
        loss = round(100 * self._recent.count(None) / len(self._recent))
        poor = latency > POOR_LATENCY or jitter > POOR_JITTER or loss > POOR_LOSS
        return {
            "verdict": "gone" if self._recent[-1] is None else "poor" if poor else "good",
            "asked": len(self._recent),
            "latency": latency,
            "longest": _rounded(longest),
            "jitter": _rounded(jitter),
            "loss": loss,
        }


def _times(trips: list[float | None]) -> tuple[float, float, float]:
    """Return the mean, the longest, and the mean difference of one from the one before; in ms."""
    answered = [one for one in trips if one is not None]
    if not answered:
        return 0.0, 0.0, 0.0
    steps = [abs(one - before) for before, one in pairwise(answered)]
    return round(_mean(answered), 2), round(max(answered), 2), round(_mean(steps), 2)


def _mean(times: list[float]) -> float:
    return sum(times) / len(times) if times else 0.0  # `statistics` would take a megabyte of the daemon


def _rounded(ms: float) -> float:
    """Return a time in steps that matter: 1, 2, 5 ms of ten, fifty and more."""
    step = 1 if ms < 20 else 2 if ms < 50 else 5 if ms < 200 else 20
    return max(1, step * round(ms / step)) if ms else 0
