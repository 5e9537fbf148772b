"""Bars: where each stands and how high it is. The template draws them, without style or script."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

WIDTH, HEIGHT = 900, 260  # of the picture, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 6, 20, 26  # what is left free for numbers and names
SIGN = 7  # how wide a sign of a name or number is, at most
STEPS = (1, 2, 5)


class Part(NamedTuple):
    """One piece of a bar: its place from below in the bar, where it is and how high."""

    kind: int
    y: float
    height: float


class Bar(NamedTuple):
    """A bar with its name below and its sum above it; either is "" where there is no room."""

    x: float
    width: float
    top: float
    parts: tuple[Part, ...]
    name: str
    total: str


class Line(NamedTuple):
    """A line across the picture, and what it stands for."""

    y: float
    value: int


class Chart(NamedTuple):
    """A picture of bars; `total` is what they add up to."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    total: int


def stacked(names: list[str], values: list[tuple[int, ...]]) -> Chart:
    """Return bars of these names, each of pieces that stand on each other."""
    sums = [sum(pieces) for pieces in values]
    lines, most = _scale(max(sums, default=0))
    tall, floor = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    pitch = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    every = ceil(SIGN * (1 + max(map(len, names), default=0)) / pitch)
    is_room = SIGN * (1 + len(str(max(sums, default=0)))) <= pitch
    bars = []
    for at, (name, pieces, total) in enumerate(zip(names, values, sums, strict=True)):
        parts, y = [], float(floor)
        for kind, value in enumerate(pieces):
            height = value * tall / most
            y -= height
            if value:
                parts.append(Part(kind, round(y, 1), round(height, 1)))
        shown = str(total) if total and is_room else ""
        place = LEFT + at * pitch
        bars.append(
            Bar(
                round(place + pitch * 0.12, 1),
                round(pitch * 0.76, 1),
                round(y, 1),
                tuple(parts),
                "" if at % every else name,
                shown,
            )
        )
    return Chart(
        WIDTH,
        HEIGHT,
        tuple(bars),
        tuple(Line(round(floor - value * tall / most, 1), value) for value in lines),
        sum(sums),
    )


def _scale(largest: int) -> tuple[list[int], int]:
    """Return the values of up to five lines, and what the top of the picture stands for."""
    step, power = 1, 1
    while step * 4 < largest:
        known = STEPS.index(step // power)
        power *= 10 if known == len(STEPS) - 1 else 1
        step = STEPS[(known + 1) % len(STEPS)] * power
    most = max(step, -(-largest // step) * step)
    return list(range(0, most + 1, step)), most
