"""Enough for everybody who works here, and no more: requests beyond that are answered 429 before Flask.

A token bucket for each client and one for all: a page and its scripts at once, many pages a minute. A
network of IPv6 that one machine may have to itself (/64) is one client.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ONE = (100.0, 600.0)  # requests a second that a client may make for long, and at once
ALL = (300.0, 2000.0)
NOTHING = 1e-6  # seconds that nobody has to wait for: tokens are counted in floating point
CLIENTS = 4096  # that are remembered; the least recent goes


class Bucket:
    """Fills with `rate` tokens a second up to `burst`; each request takes one."""

    __slots__ = ("at", "tokens")

    def __init__(self, burst: float, at: float) -> None:
        """Begin full, at a time."""
        self.tokens, self.at = burst, at

    def fill(self, rate: float, burst: float, at: float) -> None:
        """Bring it up to a time."""
        self.tokens = min(burst, self.tokens + rate * max(0.0, at - self.at))
        self.at = at


class Buckets:
    """Says how long a client has to wait."""

    def __init__(self, one: tuple[float, float] = ONE, every: tuple[float, float] = ALL) -> None:
        """`one` and `every`: requests a second and at once, of one client and of all."""
        self._one, self._every = one, every
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, Bucket] = OrderedDict()
        self._all = Bucket(every[1], 0.0)

    def take(self, client: str, at: float) -> float:
        """Take a token; return 0, or the seconds until there is one. `at`: a clock that only goes on."""
        with self._lock:
            own = self._clients.setdefault(client, Bucket(self._one[1], at))
            self._clients.move_to_end(client)
            if len(self._clients) > CLIENTS:
                self._clients.popitem(last=False)
            own.fill(*self._one, at)
            self._all.fill(*self._every, at)
            wait = max((1 - own.tokens) / self._one[0], (1 - self._all.tokens) / self._every[0])
            if wait > NOTHING:
                return wait
            own.tokens -= 1
            self._all.tokens -= 1
            return 0.0


class Floodgate:
    """WSGI: lets through what the buckets allow."""

    def __init__(self, app: WSGIApplication, buckets: Buckets | None = None) -> None:
        """Stand before `app`."""
        self._app, self._buckets = app, buckets or Buckets()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        wait = self._buckets.take(client_of(environ.get("REMOTE_ADDR", "")), time.monotonic())
        if not wait:
            return self._app(environ, start_response)
        text = b"Too many requests: wait a moment, then load the page anew.\n"
        start_response(
            "429 Too Many Requests",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(text))),
                ("Retry-After", str(math.ceil(wait))),
                ("Cache-Control", "no-store"),
            ],
        )
        return [text]


def client_of(address: str) -> str:
    """Return what stands for a client: its IPv4 address, or its network of IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
