"""How the way to the exchange was: a row for each five minutes of the last week."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

KEPT = 7 * 24 * 3600
"""Seconds."""


class Span(NamedTuple):
    """Five minutes: since when (UNIX time), questions and how many of them were lost; ms of the answers.

    `latency` is their mean round trip, `longest` the longest; `jitter` the mean difference of one from the
    one before.
    """

    at: int
    asked: int
    lost: int
    latency: float
    longest: float
    jitter: float


def keep(file: sqlite3.Connection, span: Span) -> None:
    """Write one span down, over what was there of the same time; forget what is older than a week."""
    file.execute("INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?, ?)", span)
    file.execute("DELETE FROM link WHERE at < ?", (span.at - KEPT,))


def spans(file: sqlite3.Connection, since: float) -> list[Span]:
    """Return the spans since a time, oldest first."""
    rows = file.execute(
        "SELECT at, asked, lost, latency, longest, jitter FROM link WHERE at >= ? ORDER BY at", (since,)
    )
    return [Span(*row) for row in rows]
