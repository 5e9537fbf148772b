"""A client of the control socket, for the command line and the pages: plain blocking calls."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import TYPE_CHECKING, Any, Self

from appliance.control.protocol import (
    Ask,
    ControlError,
    Meter,
    Ping,
    Refused,
    Request,
    Status,
    Watch,
    apply_patch,
    decode,
    encode_request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 1 << 16  # bytes


class Client:
    """One connection to the daemon. Not for several threads at once: open one each.

        with Client(path) as desk:
            desk.ask(Dial("1001"))

    `timeout` (seconds) bounds connecting and waiting for a reply.
    """

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        """Connect, or raise ControlError that says what to start."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._requests = 0
        self._unread = bytearray()
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise ControlError(_unreachable(path, error)) from error

    def __enter__(self) -> Self:
        """Return the connected client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; a `watch` that waits in another thread ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for a line
        self._socket.close()

    def ask(self, ask: Ask) -> dict[str, Any]:
        """Send one request and return its result; raise Refused with the daemon's reason."""
        self._send(ask)
        while (reply := self._read()).get("id") != self._requests:
            pass  # a change that was under way; nobody watches on this connection
        if not reply.get("ok"):
            raise Refused(str(reply.get("error", "refused without a reason")))
        result = reply.get("result", {})
        return result if isinstance(result, dict) else {}

    def status(self) -> dict[str, Any]:
        """Return the whole state, with `now`."""
        return self.ask(Status())

    def follow(self, beat: float) -> Iterator[dict[str, Any]]:
        """Yield messages as `watch` does; ask for a sign of life where none has come for `beat` seconds.

        ControlError when the daemon hangs, too.
        """
        self.ask(Watch())
        while True:
            if not self._hears(beat):
                self._send(Ping())
            if "id" not in (message := self._read()):  # else that was the sign
                yield message

    def watch(self, until: float | None = None) -> Iterator[dict[str, Any]]:
        """Yield messages as the daemon sends them: `state` first, then each `change`; ends at `until`."""
        self.ask(Watch())
        while until is None or until > time.monotonic():
            self._socket.settimeout(None if until is None else max(0.001, until - time.monotonic()))
            try:
                message = self._read()
            except ControlError:
                if until is not None and until <= time.monotonic():
                    return
                raise
            yield message

    def states(self, until: float | None = None) -> Iterator[dict[str, Any]]:
        """Yield the whole state, with `now`, each time it changes; ends at `until` (`time.monotonic`)."""
        state: dict[str, Any] = {}
        for message in self.watch(until):
            state = message["state"] if "state" in message else apply_patch(state, message["change"])
            yield {**state, "now": message["now"]}

    def levels(self, beat: float | None = None) -> Iterator[dict[str, Any]]:
        """Yield how loud it is, ten times a second while there are calls or a sound card is tried.

        Where that was not said for `beat` seconds, {} is: for who wants to see whether it is still wanted.
        """
        self.ask(Meter())
        self._socket.settimeout(None)
        while True:
            if beat and not self._hears(beat):
                yield {}
            elif "levels" in (message := self._read()):
                yield message["levels"]

    def _send(self, ask: Ask) -> None:
        self._requests += 1
        try:
            self._socket.sendall(encode_request(Request(self._requests, ask)))
        except OSError as error:
            raise ControlError(f"the daemon is gone: {error}") from error

    def _hears(self, seconds: float) -> bool:
        """Wait until there is something to read, at most so long."""
        if self._unread:
            return True
        try:
            return bool(select.select([self._socket], [], [], seconds)[0])
        except (OSError, ValueError) as error:  # it was closed meanwhile
            raise ControlError(f"the connection is closed: {error}") from error

    def _read(self) -> dict[str, Any]:
        while (end := self._unread.find(b"\n")) < 0:
            try:
                said = self._socket.recv(PIECE)
            except OSError as error:
                raise ControlError(f"the daemon does not answer: {error}") from error
            if not said:
                raise ControlError("the daemon closed the connection")
            self._unread += said
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        return decode(line)


def _unreachable(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: you may not use this desk; log in as its owner or join the group 'deskbell'"
    return f"no desk answers at {path}: start one with 'deskbell run' or 'make demo'"
