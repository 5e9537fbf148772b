"""Guessing passwords takes for ever: after some that were wrong, each next one has to wait longer.

Counted by name and by address, in memory. Nobody is locked out for more than some minutes, and who has
signed in from an address before is not kept out by others who try that name elsewhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

FREE = {"name": 5, "address": 10}  # tries without a pause
LONGEST = {"name": 120.0, "address": 300.0}  # seconds of a pause
FORGOTTEN = 900.0  # seconds after which tries no longer count
REMEMBERED = 4096  # names and addresses; the least recent goes

Key = tuple[str, ...]


@dataclass(slots=True)
class Tries:
    """Wrong passwords in a row."""

    count: int = 0
    last: float = 0.0


class Throttle:
    """Says how long somebody has to wait before the next try. Times are of a clock that only goes on."""

    def __init__(self) -> None:
        """Begin with nobody known."""
        self._lock = threading.Lock()
        self._tries: OrderedDict[Key, Tries] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()  # names with an address they signed in from

    def begin(self, name: str, address: str, at: float) -> float:
        """Count a try; return 0, or the seconds to wait instead of trying.

        Counted before the password is looked at, so that many at once are no way around it.
        """
        with self._lock:
            keys: list[Key] = [("address", address)]
            if (name, address) not in self._known:
                keys.append(("name", name))
            tries = [self._of(key, at) for key in keys]
            wait = max(_pause(key[0], one) - (at - one.last) for key, one in zip(keys, tries, strict=True))
            if wait > 0:
                return wait
            for one in tries:
                one.count, one.last = one.count + 1, at
            return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries that led here."""
        with self._lock:
            for key in (("address", address), ("name", name)):
                self._tries.pop(key, None)
            self._known[name, address] = None
            self._known.move_to_end((name, address))
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def _of(self, key: Key, at: float) -> Tries:
        found = self._tries.setdefault(key, Tries(last=at))
        if at - found.last > FORGOTTEN:
            found.count = 0
        self._tries.move_to_end(key)
        if len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)
        return found


def _pause(kind: str, tries: Tries) -> float:
    """Return the seconds after the last try in which there is no other one: 2, 4, 8 …"""
    beyond = tries.count - FREE[kind]
    return min(2.0 ** (beyond + 1), LONGEST[kind]) if beyond >= 0 else 0.0
