"""The control server: answers requests, and sends the state to whoever watches it.

A reader that is too slow is dropped, never waited for: the desk does not depend on its spectators.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import pwd
import socket
import struct
from typing import TYPE_CHECKING, Any

from appliance.control.protocol import (
    MAX_LINE,
    Ask,
    ControlError,
    Meter,
    Ping,
    ProtocolError,
    Refused,
    Status,
    Watch,
    decode,
    decode_request,
    encode,
    merge_patch,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger("deskbell.control")

MOST_CLIENTS = 64
MOST_UNREAD = 1_048_576  # bytes kept for a reader; the whole state of a full desk is about 20,000


class AlreadyRunning(ControlError):
    """Another desk has this socket."""


class ControlServer:
    """Serves one UNIX socket. `handle` does what is asked, returns what there is to tell or None, and raises
    Refused; `state` is what watchers see.
    `meter` is told when somebody begins to look at the levels that `send_levels` sends, and when nobody does.

    Allowed are root, the user the daemon runs as, and members of the socket's group (SO_PEERCRED, socket(7)).
    """

    def __init__(
        self,
        path: Path,
        handle: Callable[[Ask], dict[str, Any] | None],
        state: Callable[[], dict[str, Any]],
        clock: Callable[[], float],
        meter: Callable[[bool], None] = lambda _on: None,
    ) -> None:
        """Prepare; nothing is opened before `start`."""
        self._path = path
        self._handle = handle
        self._state = state
        self._clock, self._meter = clock, meter
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._watchers: set[asyncio.StreamWriter] = set()
        self._listeners: set[asyncio.StreamWriter] = set()
        self._sent: dict[str, Any] = {}
        self._due = False
        self._server: asyncio.Server | None = None
        self._lock = -1

    async def start(self) -> None:
        """Open the socket; raise AlreadyRunning when another desk holds it, else ControlError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._path.unlink(missing_ok=True)  # left behind by a daemon that was killed
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self._path))
            self._path.chmod(0o660)
            self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_LINE)
        except OSError as error:
            if isinstance(error, ControlError):
                raise
            raise ControlError(f"{self._path}: cannot be opened: {error}") from error

    async def stop(self) -> None:
        """Close every connection and remove the socket."""
        if self._server:
            self._server.close()
            for client in self._clients:
                client.transport.abort()
            await asyncio.gather(*self._clients.values(), return_exceptions=True)
            self._path.unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def publish(self) -> None:
        """Send watchers what has changed, once for everything that happens in this turn of the loop."""
        if self._watchers and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._send_changes)

    def send_levels(self, levels: dict[str, Any]) -> None:
        """Send how loud it is to those who asked; who has not read the last ones yet misses these."""
        line = encode({"levels": levels})
        for listener in tuple(self._listeners):
            if not listener.transport.get_write_buffer_size():
                self._write(listener, line)

    def _take_lock(self) -> None:
        """Hold a lock beside the socket for as long as we live: the kernel lets go of it, even on SIGKILL."""
        self._lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = -1
            raise AlreadyRunning(
                f"a desk is running already at {self._path}; stop it first, or give this one another socket"
            ) from None

    def _send_changes(self) -> None:
        self._due = False
        state = self._state()
        if patch := merge_patch(self._sent, state):
            self._sent = state
            line = encode({"change": patch, "now": self._clock()})
            for watcher in tuple(self._watchers):
                self._write(watcher, line)

    def _join(self, watcher: asyncio.StreamWriter) -> None:
        self._send_changes()  # so that all watchers stand at the same state when one more joins
        self._watchers.add(watcher)
        self._write(watcher, encode({"state": self._sent, "now": self._clock()}))

    def _listen(self, client: asyncio.StreamWriter, on: bool) -> None:
        before = bool(self._listeners)
        if on:
            self._listeners.add(client)
        else:
            self._listeners.discard(client)
        if before != bool(self._listeners):
            self._meter(not before)

    def _write(self, client: asyncio.StreamWriter, line: bytes) -> None:
        if client.transport.is_closing():
            return
        client.write(line)
        if client.transport.get_write_buffer_size() > MOST_UNREAD:
            log.warning("dropped a client that does not read")
            self._watchers.discard(client)
            client.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Answer one client until it leaves."""
        if refusal := self._unwelcome(client):
            client.write(encode({"id": 0, "ok": False, "error": refusal}))
            client.close()
            return
        if task := asyncio.current_task():
            self._clients[client] = task
        try:
            while line := await reader.readline():
                self._write(client, encode(self._reply(line, client)))
        except (ConnectionError, ValueError):  # ValueError: a line longer than MAX_LINE
            log.info("a client left in the middle of a line, or sent one that is too long")
        finally:
            self._clients.pop(client, None)
            self._watchers.discard(client)
            self._listen(client, False)
            client.close()
            with contextlib.suppress(ConnectionError):
                await client.wait_closed()

    def _unwelcome(self, client: asyncio.StreamWriter) -> str:
        if not _may_use(client.get_extra_info("socket"), self._path):
            return "you may not use this desk; join the group of its socket"
        if len(self._clients) >= MOST_CLIENTS:
            return f"{MOST_CLIENTS} clients are connected already; close one"
        return ""

    def _reply(self, line: bytes, client: asyncio.StreamWriter) -> dict[str, Any]:
        number = 0
        try:
            request = decode_request(line)
            number = request.id
            return {"id": number, "ok": True, **self._do(request.ask, client)}
        except ProtocolError as error:
            return {"id": _id_in(line), "ok": False, "error": str(error)}
        except Refused as error:
            return {"id": number, "ok": False, "error": str(error)}

    def _do(self, ask: Ask, client: asyncio.StreamWriter) -> dict[str, Any]:
        if isinstance(ask, Status):
            return {"result": {**self._state(), "now": self._clock()}}
        if isinstance(ask, Watch):
            asyncio.get_running_loop().call_soon(self._join, client)  # after the reply
            return {}
        if isinstance(ask, Meter):
            self._listen(client, True)
            return {}
        if isinstance(ask, Ping):
            return {}
        if (told := self._handle(ask)) is not None:
            return {"result": told}
        return {}


def _id_in(line: bytes) -> int:
    """Return the id of a request that is wrong otherwise, so that its sender gets the answer."""
    try:
        number = decode(line).get("id")
    except ProtocolError:
        return 0
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _may_use(peer: socket.socket, path: Path) -> bool:
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3i", credentials)
    if uid in (0, os.geteuid()):
        return True
    try:
        groups = os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        groups = [gid]
    return path.stat().st_gid in groups
