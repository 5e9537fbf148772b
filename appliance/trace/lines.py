"""The last lines of the log, kept in memory for whoever looks."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from appliance.trace.areas import area_of

if TYPE_CHECKING:
    from typing import Any

MOST = 600
"""How many lines are kept."""

MOST_LETTERS = 80_000
"""How long they are together at most."""

LONGEST = 2000
"""Letters of one line; what is more of it is left out here."""


class Line(NamedTuple):
    """One line: its number since the start, UNIX time, level, area and text."""

    n: int
    at: float
    level: str
    area: str
    text: str


class Lines(logging.Handler):
    """Keeps the last lines of the log. Written from any thread; nobody who reads them is ever waited for."""

    def __init__(self) -> None:
        """There are none yet."""
        super().__init__()
        self._lines: deque[Line] = deque()
        self._letters = self._last = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; the oldest ones make room. Called with the handler's lock held."""
        try:
            text = record.getMessage()
            if record.exc_info:
                text += "\n" + (self.formatter or _PLAIN).formatException(record.exc_info)
        except Exception:
            self.handleError(record)
            return
        self._last += 1
        level = record.levelname.lower()
        self._lines.append(Line(self._last, record.created, level, area_of(record.name), text[:LONGEST]))
        self._letters += len(self._lines[-1].text)
        while len(self._lines) > MOST or self._letters > MOST_LETTERS:
            self._letters -= len(self._lines.popleft().text)

    def after(self, number: int) -> dict[str, Any]:
        """Return the lines after the one with this number; after a restart, all that there are.

        `missed` is how many there were before them that are not kept any more.
        """
        self.acquire()
        try:
            new = [line for line in self._lines if line.n > number or number > self._last]
            last = self._last
        finally:
            self.release()
        missed = new[0].n - 1 - number if new and 0 < number <= last else 0
        return {"lines": [line._asdict() for line in new], "last": last, "missed": missed}


_PLAIN = logging.Formatter()
