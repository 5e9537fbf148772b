"""Who calls, and whether they may: what the store says of a number, asked while the call comes in.

A lookup takes less than a millisecond. Where the store cannot be read, callers have the names that the
exchange gives them, and all may ring.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from appliance.directory import lookup
from appliance.screening import verdict
from appliance.screening.rules import Rules
from appliance.store.file import connect

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.desk.events import CallArrived
    from appliance.desk.state import Party
    from appliance.directory.lookup import Caller, Keys

log = logging.getLogger("deskbell.callers")

REMEMBERED = 500  # numbers
LAST = 10  # of them, who may be talking


class Callers:
    """Looks callers up for the event loop, by one connection of its own."""

    def __init__(self, keys: Keys) -> None:
        """Nobody is known before `use`; all may ring until `rules` are others."""
        self._keys = keys
        self.rules = Rules()
        self._file: sqlite3.Connection | None = None
        self._found: dict[str, Caller | None] = {}

    def use(self, path: Path | None) -> None:
        """Look into this store from now on; None: into none."""
        if self._file:
            self._file.close()
        self._file = connect(path) if path else None
        self._found.clear()

    def renew(self) -> bool:
        """Look everybody up anew, as the store has changed; return whether one of the last is another now."""
        last = dict(islice(reversed(self._found.items()), LAST))
        self._found.clear()
        return any(self._look_up(number) != before for number, before in last.items())

    def name(self, party: Party) -> Party:
        """Return the party with its name in the directory, or as it is."""
        found = self._look_up(party.number)
        return replace(party, name=found.name or party.name, person=found.person) if found else party

    def screened(self, call: CallArrived) -> CallArrived:
        """Return a call that comes in now with what the rules say of it."""
        return verdict.screened(call, self.rules, datetime.now().astimezone())

    def _look_up(self, number: str) -> Caller | None:
        if self._file is None:
            return None
        if number not in self._found:
            try:
                found = lookup.caller(self._file, self._keys, number)
            except sqlite3.Error as error:
                log.error("callers cannot be looked up: %s", error)
                return None
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[number] = found
        return self._found[number]
