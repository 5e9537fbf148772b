"""The demo's people: callers who ring the desk now and again, colleagues who talk to each other."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange

COLLEAGUES = {
    "1001": "Ada Lovelace",
    "1002": "Grace Hopper",
    "1003": "Alan Turing",
    "1004": "Hedy Lamarr",
    "1005": "Claude Shannon",
    "1006": "Katherine Johnson",
    "1007": "Emile Berliner",
    "1008": "Mary Jackson",
}
CALLERS = (
    ("030 5551234", "Müller Bakery"),
    ("0171 5550199", "Sofia Rossi"),
    ("+33 1 5550 4433", "Cabinet Laurent"),
    ("040 5557700", "North Courier"),
    ("089 5552020", ""),
    ("+44 20 7946 0123", "Bell & Daughters"),
)
FIRST_CALL = 3.0  # seconds after the desk is registered
PAUSE = (20.0, 40.0)  # seconds between callers
PATIENCE = 40  # seconds that a caller lets it ring
MOST_CALLERS = 3  # at once, so that a visitor is not drowned
TALK = (8.0, 25.0)  # seconds that two colleagues talk


class People:
    """Keeps the exchange alive with calls until stopped."""

    def __init__(self, exchange: Exchange, desk: str) -> None:
        """`desk` is the number that callers ring."""
        self._exchange = exchange
        self._desk = desk
        self._over = threading.Event()
        self._random = random.Random()  # noqa: S311 - nothing secret is drawn
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._call_the_desk, self._talk)
        ]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Nobody calls any more."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call_the_desk(self) -> None:
        pause, calling = FIRST_CALL, 0
        while not self._over.wait(pause):
            pause = self._random.uniform(*PAUSE)
            if sum(channel.id.startswith("caller-") for channel in self._exchange.channels()) < MOST_CALLERS:
                number, name = CALLERS[calling % len(CALLERS)]
                bare = number.replace(" ", "")
                self._exchange.originate(bare, self._desk, name=name, ring_seconds=PATIENCE)
                calling += 1

    def _talk(self) -> None:
        """Two colleagues who are not on the phone call each other: the lamps of both show it."""
        while not self._over.wait(self._random.uniform(2, 8)):
            one, other = self._random.sample(
                sorted(COLLEAGUES)[4:], 2
            )  # the first four are left for visitors
            self._exchange.set_extension(one, "INUSE")
            self._exchange.set_extension(other, "RINGING")
            if not self._over.wait(3):
                self._exchange.set_extension(other, "INUSE")
                self._over.wait(self._random.uniform(*TALK))
            for colleague in (one, other):
                self._exchange.set_extension(colleague, "NOT_INUSE")
