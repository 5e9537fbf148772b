"""Too much, too slow, too many: the pages bend, and no call is disturbed."""

from __future__ import annotations

import asyncio
import http.client
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import tomlkit
from werkzeug.test import create_environ, run_wsgi_app

from tests.running import RunningDesk
from web.flood import CLIENTS, ONE, Buckets, Floodgate, client_of
from web.worker import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from appliance.demo.exchange import Exchange

PATIENCE = 30.0  # seconds after which something that should have happened has not


# --- the buckets


def test_a_page_and_all_its_scripts_at_once_are_no_flood() -> None:
    buckets = Buckets()
    for second in range(60):
        assert not any(buckets.take("192.0.2.1", float(second)) for _ in range(90))


def test_who_asks_for_more_is_told_how_long_to_wait_and_others_are_not_kept_waiting() -> None:
    buckets = Buckets(one=(10, 20), every=(1000, 1000))
    waits = [buckets.take("192.0.2.1", 5.0) for _ in range(30)]
    assert waits[:20] == [0.0] * 20
    assert all(0 < wait <= 0.1 for wait in waits[20:])
    assert buckets.take("192.0.2.2", 5.0) == 0
    assert buckets.take("192.0.2.1", 5.1) == 0


def test_many_clients_together_get_no_more_than_the_box_can_do() -> None:
    buckets = Buckets(one=(10, 20), every=(100, 200))
    through = sum(not buckets.take(f"192.0.2.{number % 250}", 1.0) for number in range(5000))
    assert through == 200


def test_what_is_remembered_of_clients_is_bounded() -> None:
    buckets = Buckets()
    for number in range(3 * CLIENTS):
        buckets.take(f"client {number}", 0.0)
    assert len(buckets._clients) == CLIENTS


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_the_network_that_one_machine_has(address: str, client: str) -> None:
    assert client_of(address) == client


def test_a_refusal_says_when_to_come_back_and_does_not_reach_the_application() -> None:
    reached = []

    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        reached.append(1)
        start_response("200 OK", [])
        return []

    gate = Floodgate(application, Buckets(one=(0.25, 2), every=(100, 100)))
    replies = [
        run_wsgi_app(gate, create_environ(environ_base={"REMOTE_ADDR": "192.0.2.1"})) for _ in range(3)
    ]
    assert [status for _, status, _ in replies] == ["200 OK", "200 OK", "429 Too Many Requests"]
    assert replies[2][2]["Retry-After"] == "4"
    assert len(reached) == 2


# --- the running pages


@contextmanager
def serving(settings: Path) -> Iterator[tuple[str, int]]:
    """Serve the pages; yields where."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "web", "--settings", str(settings), "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + PATIENCE
        while status("127.0.0.1", port) != 200:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield "127.0.0.1", port
    finally:
        server.terminate()
        server.wait(20)


def status(host: str, port: int, path: str = "/static/icon.svg") -> int:
    """Return the status of a page, 0 when none came."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        connection.request("GET", path)
        return connection.getresponse().status
    return 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    home = tmp_path_factory.mktemp("flood")
    settings = home / "deskbell.toml"
    settings.write_text(tomlkit.dumps({"desk": {"store": str(home / "desk.db"), "socket": str(home / "s")}}))
    with serving(settings) as found:
        yield found


def test_clients_that_say_nothing_or_little_hold_up_nobody_and_are_cut_off(place: tuple[str, int]) -> None:
    """Given connections that are silent, half said, or dripping, when a page is asked for, it comes."""
    beginnings = (
        b"",
        b"GET / HTTP/1.1\r\nHost: x",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nx",
    )
    slow = [
        socket.create_connection(place, source_address=(f"127.0.0.{number}", 0))
        for number in (2, 3, 4)
        for _ in range(21)
    ]
    try:
        for number, connection in enumerate(slow):
            connection.setblocking(False)
            connection.sendall(beginnings[number % 3])
        assert status(*place) == 200
        cut: set[socket.socket] = set()
        deadline = time.monotonic() + PATIENCE
        while len(cut) < 3 * AT_ONCE and time.monotonic() < deadline:
            cut |= {connection for connection in slow if is_cut_off(connection)}
            time.sleep(0.2)
        assert len(cut) >= 3 * AT_ONCE
        assert status(*place) == 200
    finally:
        for connection in slow:
            connection.close()


def is_cut_off(connection: socket.socket) -> bool:
    """Send one byte more, and say whether the other end has hung up."""
    try:
        connection.send(b"x")
        return connection.recv(1000) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Flood:
    """Asks as fast as can be on many connections, in a thread of its own, until it is stopped."""

    def __init__(self, host: str, port: int) -> None:
        self.place = (host, port)
        self.seen: Counter[str] = Counter()
        self.began = time.monotonic()
        self._over = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._pour()))
        self._thread.start()

    def stop(self) -> None:
        self._over = True
        self._thread.join()

    async def _pour(self, connections: int = 50) -> None:
        await asyncio.gather(*(self._one() for _ in range(connections)))

    async def _one(self) -> None:
        while not self._over:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(*self.place)
                try:
                    while not self._over:
                        writer.write(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        head = (await reader.readuntil(b"\r\n\r\n")).lower()
                        self.seen[head[9:12].decode()] += 1
                        length = next(
                            int(line[16:])
                            for line in head.split(b"\r\n")
                            if line.startswith(b"content-length: ")
                        )
                        await reader.readexactly(length)
                finally:
                    writer.close()


@pytest.mark.exchange
def test_given_a_flood_then_calls_are_answered_as_ever_and_the_page_comes_back(
    tmp_path: Path, exchange: Exchange
) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk, serving(desk.settings) as place:
        desk.until_registered()
        flood = Flood(*place)
        try:
            answered = 0
            deadline = time.monotonic() + 2 * PATIENCE
            while answered < 3 or flood.seen["429"] < 500:
                assert time.monotonic() < deadline, flood.seen
                exchange.originate("030", "200")
                desk.until_call("ringing")
                desk.lift()
                desk.until_call("answered")
                desk.replace()
                desk.until_call()
                answered += 1
        finally:
            flood.stop()
        through = flood.seen.total() - flood.seen["429"]
        assert set(flood.seen) <= {"200", "303", "429"}
        assert through <= ONE[1] + ONE[0] * (time.monotonic() - flood.began)
        deadline = time.monotonic() + PATIENCE
        while status(*place, "/login") not in (200, 303):
            assert time.monotonic() < deadline
            time.sleep(0.1)
