"""gunicorn's threads, of which no client can hold many: a worker class for slow and for greedy clients.

A connection gets a thread once it has sent something, and no more than `AT_ONCE` threads belong to one
client, event streams apart; what is sent has to come at `SLOWEST` bytes a second. Where there is a
certificate, connections to the port for HTTPS are encrypted with the one of that moment. Made for
gunicorn 27, whose inner parts it knows.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn import http, util  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from appliance import notify
from web.flood import client_of

if TYPE_CHECKING:
    from web.tls import Credentials

AT_ONCE = 12  # threads that one client's requests may have; a browser makes six at once
CONNECTIONS = 200  # of one client
PATIENCE = 5.0  # seconds to say who one is, encrypted, and again for the head of each request
SLOWEST = 10_000  # bytes a second that a body has to come at
LINGER = 1.0  # seconds in which who is still sending gets to read why that is no use
STALLED = 20_000  # milliseconds until a browser that takes nothing off the wire is cut off
STREAMS = ("/events", "/devices/levels")  # for as long as the page is open; bounded where they are made

_TOO_SLOW = ConnectionResetError(errno.ECONNRESET, "the client is too slow")


class Reader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Reads from a client for as long as it sends fast enough."""

    def __init__(self, sock: socket.socket) -> None:
        """Read from an open connection."""
        super().__init__(sock)
        self.begin()

    def begin(self) -> None:
        """Begin with another request."""
        self._deadline = time.monotonic() + PATIENCE

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what came; when that is too slow, fail as if the client had hung up."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _TOO_SLOW
        self.sock.settimeout(left)
        try:
            data: bytes = super().chunk(size_hint)
        except TimeoutError:
            raise _TOO_SLOW from None
        finally:
            self.sock.settimeout(None)
        self._deadline += len(data) / SLOWEST
        return data


class Connection(TConn):  # type: ignore[misc]
    """One client's connection."""

    sock: Any
    initialized: bool

    def __init__(self, worker: Worker, sock: socket.socket, address: Any, listener: Any) -> None:  # noqa: ANN401
        """Take over a connection that came to `listener`, a socket's name."""
        super().__init__(worker.cfg, sock, address, listener)
        self.owner = client_of(address[0]) if isinstance(address, tuple) else ""
        self.streaming = False
        self._worker, self._closed = worker, False
        worker.connections[self.owner] += 1

    def init(self) -> None:
        """Encrypt it where it came to the port for HTTPS, and prepare to read requests."""
        if self.initialized:
            return
        self.initialized = True
        credentials = self._worker.credentials
        if credentials and self.server[1] == self._worker.https_port:
            self.sock.settimeout(PATIENCE)
            context = credentials.context()
            self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
            self.sock.do_handshake()
        self.sock.setblocking(True)
        self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader = Reader(self.sock)

    def close(self, graceful: bool = False) -> None:
        """Close it, once; at once, for it is the main thread that does."""
        del graceful
        if not self._closed:
            self._closed = True
            self._worker.connections[self.owner] -= 1
            if not self._worker.connections[self.owner]:
                del self._worker.connections[self.owner]
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gives threads to clients, to each its share. All but `handle…` runs in the main thread."""

    credentials: Credentials | None = None
    https_port = 0
    service = ""  # where systemd listens: gunicorn, told of it, would be ready before there is a worker

    def __init__(self, *words: Any, **more: Any) -> None:  # noqa: ANN401 - as gunicorn makes it
        """Begin without clients."""
        super().__init__(*words, **more)
        self.connections: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[Connection]] = {}
        self._watchdog, self._shown = notify.Watchdog(self.ppid), 0.0

    def init_process(self) -> None:
        """Begin in a process of our own."""
        if self.service:
            os.environ["NOTIFY_SOCKET"] = self.service
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        notify.tell(notify.READY, notify.status("the pages are served"))
        super().run()

    def notify(self) -> None:
        """Show life: to gunicorn from the main thread, and to systemd from one that answers requests."""
        super().notify()
        now = time.monotonic()
        if self._watchdog.every and now - self._shown >= self._watchdog.every:
            self._shown = now
            self.tpool.submit(notify.tell, notify.ALIVE)

    def accept(self, listener: Any) -> None:  # noqa: ANN401 - gunicorn's socket
        """Take a connection, which waits without a thread until something comes."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        if isinstance(address, tuple) and self.connections[client_of(address[0])] >= CONNECTIONS:
            sock.close()
            return
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED)
        connection = Connection(self, sock, address, listener.getsockname())
        self.nr_conns += 1
        connection.timeout = time.monotonic() + PATIENCE
        self.pending_conns.append(connection)
        self.poller.register(sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def enqueue_req(self, connection: Connection) -> None:
        """Give a connection a thread, or let it wait until another one of this client's ends."""
        if self._busy[connection.owner] >= AT_ONCE:
            self._waiting.setdefault(connection.owner, deque()).append(connection)
            return
        self._busy[connection.owner] += 1
        connection.streaming = False
        super().enqueue_req(connection)

    def finish_request(self, connection: Connection, done: Any) -> None:  # noqa: ANN401 - a future
        """Take the thread back."""
        if not connection.streaming:
            self._free(connection.owner)
        super().finish_request(connection, done)

    def handle(self, connection: Connection) -> Any:  # noqa: ANN401 - gunicorn's
        """Read a request and answer it."""
        if connection.initialized:
            connection.parser.unreader.begin()
        goes_on = super().handle(connection)
        if not goes_on:  # gunicorn would do this in the main thread, where one slow client holds up all
            util.close_graceful(connection.sock, LINGER)
        return goes_on

    def handle_request(self, request: Any, connection: Connection) -> Any:  # noqa: ANN401
        """Answer a request; a stream counts no more, for it is bounded elsewhere."""
        if request.path in STREAMS:
            connection.streaming = True
            self.method_queue.defer(self._free, connection.owner)
        return super().handle_request(request, connection)

    def _free(self, owner: str) -> None:
        """Give a thread of a client's to the one that waits longest."""
        self._busy[owner] -= 1
        if not self._busy[owner]:
            del self._busy[owner]
        if waiting := self._waiting.get(owner):
            self.enqueue_req(waiting.popleft())
            if not waiting:
                del self._waiting[owner]
