"""The desk's books: what the daemon keeps in the store and reads from it, without ever waiting for it.

The file is made ready, read and written in threads; what they find comes in by `soon`. Where the store cannot
be used, calls are answered all the same, and `troubles` says what to do about it.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from appliance.desk import events
from appliance.store import kept
from appliance.store.file import StoreError, connect, prepare
from appliance.store.watch import Watch
from appliance.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Any

    from appliance.desk.state import Snapshot
    from drivers.audio.levels import Levels

log = logging.getLogger("deskbell.books")

WAITING = 1000
"""How many writes wait for a store that is being made ready; more are lost."""


class Books:
    """What one desk keeps, at a path.

    `happens` is told what the store knows, `levels` how loud devices were left; both in the loop that `soon`
    brings calls into.
    """

    def __init__(
        self,
        path: Path,
        soon: Callable[..., None],
        happens: Callable[[events.Event], object],
        levels: Callable[[dict[str, Levels]], object],
    ) -> None:
        """Nothing is opened before `open`."""
        self._path, self._soon, self._happens, self._levels = path, soon, happens, levels
        self._reading = ThreadPoolExecutor(1, "store-read")
        self._writer: Writer | None = None
        self._watch: Watch | None = None
        self._failed = self._telling = False
        self._waiting: list[Callable[[Writer], Future[None]]] = []
        self._clock: Callable[[], float] = lambda: 0.0

    def open(self, clock: Callable[[], float]) -> None:
        """Make the store ready, and tell what is in it; `clock` is the desk's."""
        self._clock = clock
        self._reading.submit(self._make_ready).add_done_callback(_complain)

    def keep(self, before: Snapshot, desk: Snapshot, now: float) -> None:
        """Write down what has changed at the desk, but for what it was just told from here."""
        if self._telling:
            return
        if desk.messages is not before.messages:
            known = {id(message) for message in before.messages}
            changed = [message for message in desk.messages if id(message) not in known]
            self._write(lambda writer: writer.write(kept.keep, changed, now))

    def keep_levels(self, device: str, levels: Levels) -> None:
        """Write down how loud a device is."""
        self._write(lambda writer: writer.write(kept.keep_levels, device, levels))

    def close(self) -> None:
        """Finish what is to be read and written."""
        self._reading.shutdown()
        if self._watch:
            self._watch.close()
        if self._writer:
            self._writer.close()

    def _write(self, what: Callable[[Writer], Future[None]]) -> None:
        if self._writer:
            what(self._writer).add_done_callback(_complain)
        elif not self._failed and len(self._waiting) < WAITING:
            self._waiting.append(what)

    # --- in the thread that reads

    def _make_ready(self) -> None:
        try:
            prepare(self._path)
            writer = Writer(self._path)
            watch = Watch(self._path, lambda: self._reading.submit(self._look).add_done_callback(_complain))
        except StoreError as error:
            log.error("%s; nothing is kept, until desk.store names a file that can be written", error)
            self._soon(self._give_up)
            return
        with closing(connect(self._path)) as file:
            past = events.Remembered(kept.messages(file, self._clock()))
            levels = kept.levels(file)
        self._soon(self._opened, writer, watch, past, levels)

    def _look(self) -> None:
        """Read what others may have changed."""

    # --- in the loop

    def _opened(
        self, writer: Writer, watch: Watch, past: events.Remembered, levels: dict[str, Levels]
    ) -> None:
        self._levels(levels)
        self._telling = True
        self._happens(past)
        self._telling = False
        self._writer, self._watch = writer, watch
        for what in self._waiting:
            self._write(what)
        self._waiting.clear()

    def _give_up(self) -> None:
        self._failed = True
        self._waiting.clear()


def _complain(done: Future[Any]) -> None:
    if error := done.exception():
        log.error("the store: %s", error)
