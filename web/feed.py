"""The desk's state, live: one `watch` connection to the daemon, shared by every browser."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from appliance.control.client import Client
from appliance.control.protocol import ControlError, ProtocolError, apply_patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BACKLOG = 256  # messages a browser may be behind before it is dropped; it reconnects and gets the whole state
BROWSERS = 32  # each holds a thread while it listens; one more is told that there are too many
TRY_AGAIN = 10_000  # milliseconds until that one may find a place
BEAT = 5.0  # seconds between signs of life, so that a page notices a dead line and we a dead page
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between attempts to reach the daemon

Mailbox = Queue[bytes | None]  # None: the stream ends


class Feed:
    """What the daemon says, for any number of browsers.

    Server-sent events: `state` {state, now}, then `change` {change, now}; `away` {reason} while the
    daemon cannot be reached; `beat` when nothing happens; `full` {most}, and no more, for one too many.
    """

    def __init__(self, socket_path: Path) -> None:
        """Prepare; nothing is connected before `start`."""
        self._path = socket_path
        self._lock = threading.Lock()
        self._started = False
        self._heard = threading.Event()  # the first word came: a state, or that there is none
        self._closed = threading.Event()
        self._state: dict[str, Any] | None = None
        self._now, self._read_at = 0.0, 0.0  # the daemon's clock, and ours when it was read
        self._away = ""
        self._mailboxes: list[Mailbox] = []

    def start(self) -> None:
        """Follow the daemon in a thread of its own, from the first call on.

        Not done when the feed is made: gunicorn forks in between, and threads do not survive that.
        """
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._follow, name="feed", daemon=True).start()

    def close(self) -> None:
        """End every stream and the following."""
        self._closed.set()
        with self._lock:
            for mailbox in list(self._mailboxes):
                self._drop(mailbox)

    def current(self, patience: float = 1.0) -> tuple[dict[str, Any] | None, float]:
        """Return the state (None while the daemon is away) and the time on its clock.

        Waits up to `patience` seconds for the daemon's first word.
        """
        self.start()
        self._heard.wait(patience)
        with self._lock:
            return self._state, self._clock()

    def stream(self) -> Iterator[bytes]:
        """Yield server-sent events for one browser until it is dropped or goes away."""
        self.start()
        mailbox: Mailbox = Queue(BACKLOG)
        with self._lock:
            full = len(self._mailboxes) >= BROWSERS
            if not full:
                self._mailboxes.append(mailbox)
                first = self._first()
        if full:
            yield b"retry: %d\n" % TRY_AGAIN + _event("full", {"most": BROWSERS})
            return
        try:
            yield first
            while (message := self._next(mailbox)) is not None:
                yield message
        finally:
            with self._lock, suppress(ValueError):
                self._mailboxes.remove(mailbox)

    def _follow(self) -> None:
        pause = FIRST_PAUSE
        while not self._closed.is_set():
            try:
                with Client(self._path) as desk:
                    for message in desk.follow(BEAT):
                        self._take(message)
                        pause = FIRST_PAUSE
            except ControlError as error:
                self._lose(str(error))
            self._closed.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _take(self, message: dict[str, Any]) -> None:
        kind = "state" if "state" in message else "change"
        content, now = message.get(kind), message.get("now")
        if not isinstance(content, dict) or not isinstance(now, int | float):
            raise ProtocolError("the daemon sent neither a state nor a change with its time")
        with self._lock:
            if kind == "change" and self._state is None:
                raise ProtocolError("the daemon sent a change before the state")
            self._state = content if kind == "state" else apply_patch(self._state or {}, content)
            self._now, self._read_at = float(now), time.monotonic()
            self._publish(_event(kind, {kind: content, "now": now}))
        self._heard.set()

    def _lose(self, reason: str) -> None:
        with self._lock:
            if self._state is not None or reason != self._away:
                self._state, self._away = None, reason
                self._publish(_event("away", {"reason": reason}))
        self._heard.set()

    def _clock(self) -> float:
        return self._now + time.monotonic() - self._read_at

    def _first(self) -> bytes:
        if self._state is None:
            return _event("away", {"reason": self._away})
        return _event("state", {"state": self._state, "now": self._clock()})

    def _publish(self, message: bytes) -> None:
        for mailbox in list(self._mailboxes):
            if mailbox.full():
                self._drop(mailbox)
            else:
                mailbox.put_nowait(message)

    def _drop(self, mailbox: Mailbox) -> None:
        self._mailboxes.remove(mailbox)
        with suppress(Empty):
            while True:
                mailbox.get_nowait()
        mailbox.put_nowait(None)

    @staticmethod
    def _next(mailbox: Mailbox) -> bytes | None:
        try:
            return mailbox.get(timeout=BEAT)
        except Empty:
            return _event("beat", {})


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
