"""The desk's books: what the daemon keeps in the store and reads from it, without ever waiting for it.

The file is made ready, read and mended in a thread, and written in another; what they find comes in by
`soon`. While the store is made ready, what is to be written waits. Where it cannot be used, calls are
answered all the same, and `troubles` says what to do about it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from appliance.callers import Callers
from appliance.desk import events
from appliance.directory import monitored, people, rekey
from appliance.directory.errors import DirectoryError
from appliance.history import recorder, records
from appliance.history.recorder import Recorder
from appliance.screening.errors import ScreeningError
from appliance.screening.rules import load
from appliance.store import health, kept, link
from appliance.store.file import Damaged, connect, is_damage
from appliance.store.watch import Watch
from appliance.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future
    from pathlib import Path

    from appliance.desk.state import Snapshot
    from appliance.directory.lookup import Keys
    from appliance.screening.rules import Rules
    from drivers.audio.levels import Levels

    Write = tuple[Callable[..., Any], tuple[object, ...]]

log = logging.getLogger("deskbell.books")

WAITING = 1000
"""How many writes wait for a store that is made ready; the oldest are lost first."""

EXAMINE = 2 * 60.0, 24 * 3600.0
"""Seconds after the start, and then between: when the whole file is looked through for damage."""


@dataclass(frozen=True, slots=True)
class Found:
    """A store that is ready, and what is in it."""

    writer: Writer
    watch: Watch
    troubles: tuple[health.Trouble, ...]
    past: events.Remembered
    levels: dict[str, Levels]
    next_record: int
    rules: Rules
    directory: events.DirectoryChanged


class Books:
    """What one desk keeps, at a path.

    `happens` is told what the store knows, `levels` how loud devices were left, `changed` that `troubles` are
    others now; all in the loop that `soon` brings calls into.
    """

    def __init__(
        self,
        path: Path,
        keys: Keys,
        soon: Callable[..., None],
        happens: Callable[[events.Event], object],
        levels: Callable[[dict[str, Levels]], object],
        changed: Callable[[], object],
        queues: Collection[str] = (),
        room: int = monitored.LIMIT,
    ) -> None:
        """Nothing is opened before `open`.

        `queues` are the numbers of queues; `room`: how many extensions can be monitored for the directory.
        """
        self._room = room
        self._path, self._keys, self._soon = path, keys, soon
        self._happens, self._levels, self._changed = happens, levels, changed
        self.callers = Callers(keys)
        self.troubles: tuple[health.Trouble, ...] = ()
        self._recorder = Recorder(queues=queues, key=keys.key)
        self._thread = ThreadPoolExecutor(1, "store-read")
        self._store: Found | None = None
        self._opening = self._known_past = self._telling = self._unwell = False
        self._directory: events.DirectoryChanged | None = None
        self._waiting: deque[Write] = deque(maxlen=WAITING)

    def open(self, clock: Callable[[], float]) -> None:
        """Make the store ready, and tell what is in it; `clock` is the desk's."""
        self._clock, self._examined = clock, clock() + EXAMINE[0] - EXAMINE[1]
        self._open("")

    def leave_room(self, room: int) -> None:
        """Have so many extensions at most monitored for the directory from now on."""
        if room != self._room:
            self._room = room
            self._run(self._look)

    def keep(self, before: Snapshot, desk: Snapshot, now: float) -> None:
        """Write down what has changed at the desk, but for what it was just told from here."""
        if self._telling:
            return
        if desk.messages is not before.messages:
            known = {id(message) for message in before.messages}
            self._write(kept.keep, [message for message in desk.messages if id(message) not in known], now)
        if changes := self._recorder.changes(before, desk, now):
            self._write(recorder.write, changes)

    def keep_levels(self, device: str, levels: Levels) -> None:
        """Write down how loud a device is."""
        self._write(kept.keep_levels, device, levels)

    def keep_link(self, span: link.Span) -> None:
        """Write down how the way to the exchange was in five minutes."""
        self._write(link.keep, span)

    def tick(self, now: float) -> None:
        """Do what is due now and then.

        Write down how long the calls have lasted, so that a power cut loses less; try a store again that
        could not be used; write what could not be written; look a good one through.
        """
        if changes := self._recorder.running(now):
            self._write(recorder.write, changes)
        self._write_waiting()
        if self._store is None and not self._opening:
            self._open("")
        elif self._store and now - self._examined > EXAMINE[1]:
            self._examined = now
            threading.Thread(target=self._examine, name="store-examine", daemon=True).start()

    def record(self, call: str) -> int:
        """Return the id of a call's record, 0 while there is none."""
        return self._recorder.record(call)

    def finish_reading(self) -> None:
        """Wait for what is being read or made ready; what comes of it is on its way into the loop then."""
        self._thread.shutdown()

    def close(self) -> None:
        """Finish what is to be read and written; may take seconds."""
        store, self._store = self._store, None
        if store:
            store.watch.close()
        self._thread.shutdown()
        self.callers.use(None)
        if store:
            store.writer.close()

    def _open(self, damage: str) -> None:
        self._opening = True
        self._run(lambda: self._make_ready(damage))

    def _write(self, what: Callable[..., Any], *said: object) -> None:
        self._waiting.append((what, said))
        if not self._unwell:
            self._write_waiting()

    def _write_waiting(self) -> None:
        """Write what waits, in its order, if there is a store."""
        while self._store and self._waiting:
            write = self._waiting.popleft()
            done = self._store.writer.write(write[0], *write[1])
            done.add_done_callback(partial(self._written, write))

    def _written(self, write: Write, done: Future[Any]) -> None:
        if error := done.exception():
            self._soon(self._failed, error, write)
        elif self._unwell:
            self._soon(self._well)

    # --- in the threads

    def _run(self, what: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                what()
            except Exception as error:  # whatever it is, it is handed over
                self._soon(self._failed, error)

        with suppress(RuntimeError):  # the desk is being closed: nobody wants to know
            self._thread.submit(guarded)

    def _make_ready(self, damage: str) -> None:
        if damage:
            health.recover(self._path, damage)
        troubles = health.make_ready(self._path)
        with ExitStack() as half_open:
            writer = Writer(self._path)
            half_open.callback(writer.close)
            watch = Watch(self._path, lambda: self._run(self._look))
            half_open.callback(watch.close)
            if not self._known_past:
                writer.write(recorder.interrupted).result()
            found = self._found(writer, watch, troubles)
            half_open.pop_all()
        self._soon(self._use, found)
        try:
            rekey.renew(self._path, self._keys)
        except DirectoryError as error:
            log.error("%s", error)

    def _found(self, writer: Writer, watch: Watch, troubles: tuple[health.Trouble, ...]) -> Found:
        with closing(connect(self._path)) as file:
            now = self._clock()
            past = replace(records.remembered(file, now), messages=kept.messages(file, now))
            levels, next_record = kept.levels(file), recorder.next_id(file)
            return Found(writer, watch, troubles, past, levels, next_record, *self._read(file))

    def _look(self) -> None:
        """Read what others may have changed."""
        with closing(connect(self._path)) as file:
            self._soon(self._looked, *self._read(file))

    def _read(self, file: sqlite3.Connection) -> tuple[Rules, events.DirectoryChanged]:
        """Return what the desk has to know of the store at any time."""
        try:
            rules = load(file, self._keys.plan, self.callers.rules)
        except ScreeningError as error:
            log.error("%s; the rules of before hold on", error)
            rules = self.callers.rules
        dials = tuple((key, number) for key, (number, *_) in people.speed_dials(file).items())
        return rules, events.DirectoryChanged(monitored.watched(file, self._room), dials)

    def _examine(self) -> None:
        try:
            health.examine(self._path)
        except Damaged as error:
            self._soon(self._failed, error)

    # --- in the loop

    def _use(self, found: Found) -> None:
        self._opening = self._unwell = False
        self.callers.use(self._path)
        if not self._known_past:
            self._known_past = self._telling = True
            self._levels(found.levels)
            self._happens(found.past)
            self._telling = False
            self._waiting.append((recorder.write, (self._recorder.start(found.next_record),)))
        self._store = found
        self._write_waiting()
        self._directory = None
        self._looked(found.rules, found.directory)
        self._tell(found.troubles)

    def _looked(self, rules: Rules, directory: events.DirectoryChanged) -> None:
        """Take the rules; let the desk know of the directory if that, or who has called, is another now."""
        self.callers.rules = rules
        if self.callers.renew() or directory != self._directory:
            self._directory = directory
            self._happens(directory)

    def _failed(self, error: Exception, write: Write | None = None) -> None:
        """Have a damaged store mended; of all else say what to do. What cannot be written now waits."""
        if write and (is_damage(error) or isinstance(error, sqlite3.OperationalError)):
            self._waiting.append(write)
        if is_damage(error):
            store, self._store = self._store, None
            if store:  # else it is being mended already, and this is another write that failed
                self.callers.use(None)
                store.watch.close()
                store.writer.close()
                self._open(str(error))
            return
        self._opening, self._unwell = False, True
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            log.warning("another process has written to the store for long: what is new waits")
            return
        trouble = health.unusable(self._path, error)
        log.error("%s; %s", trouble.what, trouble.fix)
        self._tell((trouble, *health.standing(self._path)))

    def _well(self) -> None:
        if self._unwell:
            self._unwell = False
            self._write_waiting()
            self._tell(health.standing(self._path))

    def _tell(self, troubles: tuple[health.Trouble, ...]) -> None:
        self.troubles = troubles
        self._changed()
