"""The desk's books: what the daemon keeps in the store and reads from it, without ever waiting for it.

Where the store cannot be used, calls are answered all the same.
"""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from appliance.store import kept
from appliance.store.file import StoreError, connect, prepare
from appliance.store.writer import Writer

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from appliance.desk.state import Message, Snapshot
    from drivers.audio.levels import Levels

log = logging.getLogger("deskbell.books")


class Books:
    """What one desk keeps, at a path."""

    def __init__(self, path: Path) -> None:
        """Open the store, or log why it cannot be used."""
        self._path = path
        self._writer: Writer | None = None
        try:
            prepare(path)
            self._writer = Writer(path)
        except StoreError as error:
            log.error("%s; nothing is kept, until desk.store names a file that can be written", error)

    def messages(self, now: float) -> tuple[Message, ...]:
        """Return the text messages that were kept; their times are of the clock `now`."""
        if not self._writer:
            return ()
        with closing(connect(self._path)) as file:
            return kept.messages(file, now)

    def levels(self) -> dict[str, Levels]:
        """Return how loud each device was left."""
        if not self._writer:
            return {}
        with closing(connect(self._path)) as file:
            return kept.levels(file)

    def keep(self, before: Snapshot, desk: Snapshot, now: float) -> None:
        """Write down what has changed at the desk."""
        if self._writer and desk.messages is not before.messages:
            known = {id(message) for message in before.messages}
            changed = [message for message in desk.messages if id(message) not in known]
            self._writer.write(kept.keep, changed, now).add_done_callback(_complain)

    def keep_levels(self, device: str, levels: Levels) -> None:
        """Write down how loud a device is."""
        if self._writer:
            self._writer.write(kept.keep_levels, device, levels).add_done_callback(_complain)

    def close(self) -> None:
        """Finish what is to be written."""
        if self._writer:
            self._writer.close()


def _complain(written: Future[None]) -> None:
    if error := written.exception():
        log.error("it was not kept: %s", error)
