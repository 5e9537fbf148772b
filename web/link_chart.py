"""The way to the exchange as a picture and as a table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.store.link import Span

WIDTH, HEIGHT = 860, 200
LEFT, TOP, BOTTOM = 56, 12, 168
"""Where the drawing lies in the picture, in its own units."""

MARGIN = 24
"""Half of what a time takes below the drawing."""

NICE = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""What the highest line of the scale may stand for, in ms."""

HOLE = 2.5
"""Rows without which the line is broken: the desk did not run."""


@dataclass(frozen=True, slots=True)
class Row:
    """A while: since when; of its questions the percentage that was lost; ms, None without an answer."""

    at: int
    asked: int
    loss: float
    latency: float | None
    longest: float | None
    jitter: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw: lines as points of SVG, bars as x, y and height, scales as where and what."""

    lines: tuple[str, ...]
    bars: tuple[tuple[float, float, float], ...]
    bar_width: float
    scale: tuple[tuple[float, float], ...]
    times: tuple[tuple[float, float], ...]


def rows(spans: Iterable[Span], step: int) -> list[Row]:
    """Add spans up to rows of so many seconds, the latest first."""
    grouped: dict[int, list[Span]] = {}
    for span in spans:
        grouped.setdefault(span.at // step * step, []).append(span)
    return [_row(at, group) for at, group in sorted(grouped.items(), reverse=True)]


def chart(spans: Sequence[Span], since: float, until: float, marks: Iterable[float] = ()) -> Chart | None:
    """Draw spans between two times, with some times marked; None where there are no spans."""
    if not spans:
        return None
    step = 300 if until - since <= 2 * 86400 else 3600
    found = rows(spans, step)[::-1]
    longest = max((row.latency for row in found if row.latency is not None), default=1.0)
    top = next((nice for nice in NICE if nice >= longest), NICE[-1])

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT) * (at - since) / (until - since), 1)

    def y(ms: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * min(ms, top) / top, 1)

    lines: list[list[str]] = [[]]
    last = 0.0
    for row in found:
        if row.latency is None or row.at - last > HOLE * step:
            lines.append([])
        if row.latency is not None:
            lines[-1].append(f"{x(max(row.at, since))},{y(row.latency)}")
            last = row.at
    high = BOTTOM - TOP
    bars = tuple(
        (x(max(row.at, since)), round(BOTTOM - high * row.loss / 100, 1), round(high * row.loss / 100, 1))
        for row in found
        if row.loss
    )
    points = tuple(" ".join(line * 2 if len(line) == 1 else line) for line in lines if line)
    width = max(2.0, round((WIDTH - LEFT) * step / (until - since), 1))
    scale = tuple((y(top * part), top * part) for part in (0, 0.5, 1))
    times = tuple((x(at), at) for at in marks if LEFT + MARGIN < x(at) < WIDTH - MARGIN)
    return Chart(points, bars, width, scale, times)


def _row(at: int, group: Sequence[Span]) -> Row:
    asked, lost = sum(span.asked for span in group), sum(span.lost for span in group)
    answered = [span for span in group if span.asked > span.lost]
    count = asked - lost
    if not count:
        return Row(at, asked, 100.0, None, None, None)
    latency = sum(span.latency * (span.asked - span.lost) for span in answered) / count
    jitter = sum(span.jitter * (span.asked - span.lost) for span in answered) / count
    longest = max(span.longest for span in answered)
    return Row(at, asked, round(100 * lost / asked, 1), round(latency, 1), longest, round(jitter, 1))
