"""The control socket: a desk that nobody's page can slow down."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from appliance.control import server as server_module
from appliance.control.client import Client
from appliance.control.protocol import Ask, ControlError, Refused
from appliance.control.server import AlreadyRunning, ControlServer
from appliance.desk import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Desk:
    """A control server on a loop of its own, with a state in our hands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state: dict[str, Any] = {"calls": {}, "muted": False}
        self.asked: list[Ask] = []
        self.loop = asyncio.new_event_loop()
        self.metered: list[bool] = []
        self.server = ControlServer(
            path, self.handle, lambda: self.state, self.loop.time, self.metered.append
        )
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def handle(self, ask: Ask) -> None:
        self.asked.append(ask)
        if isinstance(ask, events.Hold):
            raise Refused("no call is active")

    def start(self) -> None:
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self.loop).result(5)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def becomes(self, **members: Any) -> None:
        """Change the state, and wait until watchers were told."""
        self.state = {**self.state, **members}

        async def publish() -> None:
            self.server.publish()

        asyncio.run_coroutine_threadsafe(publish(), self.loop).result(5)

    def quietly(self, work: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(5)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    running = Desk(tmp_path / "desk.sock")
    running.start()
    yield running
    running.stop()


def test_a_command_reaches_the_desk_and_a_refusal_comes_back_in_words(desk: Desk) -> None:
    with Client(desk.path) as client:
        client.ask(events.Dial("1001"))
        with pytest.raises(Refused, match="no call is active"):
            client.ask(events.Hold())
        client.ask(events.Answer())
    assert desk.asked == [events.Dial("1001"), events.Hold(), events.Answer()]


def test_a_watcher_sees_the_whole_state_then_only_what_changes(desk: Desk) -> None:
    with Client(desk.path) as client:
        messages = client.watch()
        assert next(messages)["state"] == {"calls": {}, "muted": False}
        desk.becomes(calls={"a": {"state": "ringing"}})
        assert next(messages)["change"] == {"calls": {"a": {"state": "ringing"}}}
        desk.becomes(calls={}, muted=True)
        assert next(messages)["change"] == {"calls": {"a": None}, "muted": True}


def test_one_who_joins_later_and_one_who_was_there_end_with_the_same_state(desk: Desk) -> None:
    with Client(desk.path) as early, Client(desk.path) as late:
        before = early.states()
        next(before)
        desk.becomes(muted=True)
        after = late.states()
        first = next(after)
        desk.becomes(calls={"b": {}})
        assert next(before)["muted"] is True
        assert {**next(before), "now": 0} == {**next(after), "now": 0} != {**first, "now": 0}


def test_a_reader_that_does_not_read_is_dropped_and_others_see_everything(desk: Desk) -> None:
    lazy = socket.socket(socket.AF_UNIX)
    lazy.connect(str(desk.path))
    lazy.sendall(b'{"id": 1, "ask": "watch"}\n')
    assert lazy.recv(10)
    with Client(desk.path) as keen:
        states = keen.states()
        next(states)
        for turn in range(60):
            desk.becomes(calls={"x": {"note": str(turn) * 50_000}})
            assert next(states)["calls"]["x"]["note"] == str(turn) * 50_000
    assert desk.quietly(lambda: len(desk.server._watchers)) <= 1
    lazy.settimeout(5)
    with pytest.raises(ConnectionError):  # noqa: PT012 - what was sent before comes first
        while lazy.recv(1 << 20):
            pass
        raise ConnectionResetError("closed")
    lazy.close()


def test_garbage_gets_an_error_and_the_connection_goes_on(desk: Desk) -> None:
    with Client(desk.path) as client:
        client._socket.sendall(b'\x00garbage\n{"id": 9, "ask": "nothing"}\n')
        assert "not a JSON object" in client._read()["error"]
        reply = client._read()
        assert (reply["id"], reply["ok"]) == (9, False)
        client.ask(events.Answer())


def test_a_line_without_an_end_is_cut_off_and_the_desk_goes_on(desk: Desk) -> None:
    flood = socket.socket(socket.AF_UNIX)
    flood.connect(str(desk.path))
    with pytest.raises(OSError):  # noqa: PT012
        for _ in range(64):
            flood.sendall(b"x" * 65_536)
        assert flood.recv(10)
        raise ConnectionResetError("closed")
    flood.close()
    with Client(desk.path) as client:
        client.ask(events.Answer())


def test_when_all_places_are_taken_the_next_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_CLIENTS", 3)
    crowd = [Client(desk.path) for _ in range(3)]
    for client in crowd:
        client.ask(events.Answer())
    with Client(desk.path) as late:
        assert late._read()["error"] == "3 clients are connected already; close one"
    crowd[0].ask(events.Answer())
    crowd[1].close()
    crowd[0].ask(events.Answer())
    for client in crowd:
        client.close()


def test_a_second_desk_at_the_same_socket_is_refused_and_the_first_goes_on(desk: Desk) -> None:
    second = Desk(desk.path)
    second.thread.start()
    with pytest.raises(AlreadyRunning, match="a desk is running already"):
        asyncio.run_coroutine_threadsafe(second.server.start(), second.loop).result(5)
    second.loop.call_soon_threadsafe(second.loop.stop)
    with Client(desk.path) as client:
        client.ask(events.Answer())


def test_a_socket_left_behind_by_a_killed_desk_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "desk.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    heir = Desk(path)
    heir.start()
    with Client(path) as client:
        client.ask(events.Answer())
    heir.stop()


def test_no_desk_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="deskbell run"):
        Client(tmp_path / "desk.sock")


def test_the_socket_is_not_for_everybody(desk: Desk) -> None:
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user: run as root, as CI does")
def test_a_stranger_is_turned_away(desk: Desk) -> None:
    desk.path.chmod(0o666)
    for folder in [desk.path.parent, *desk.path.parent.parents[:3]]:
        folder.chmod(folder.stat().st_mode | 0o011)
    connect = (
        "import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        f"s = socket.socket(socket.AF_UNIX); s.connect({str(desk.path)!r}); print(s.recv(200).decode())"
    )
    said = subprocess.run(
        [sys.executable, "-c", connect], capture_output=True, text=True, timeout=10, check=False
    )
    assert "you may not use this desk" in said.stdout, said.stderr


def test_levels_go_to_who_asked_and_are_measured_only_while_somebody_listens(desk: Desk) -> None:
    with Client(desk.path) as listener, Client(desk.path) as other:
        first, second = listener.levels(), other.watch()
        assert "state" in next(second)
        got: list[dict[str, Any]] = []
        reader = threading.Thread(target=lambda: got.append(next(first)))
        reader.start()
        until(lambda: desk.metered == [True])
        desk.quietly(lambda: desk.server.send_levels({"microphone": -20.0}))
        reader.join(5)
        assert got == [{"microphone": -20.0}]
        desk.becomes(muted=True)
        assert "change" in next(second), "levels are for those who asked"
    until(lambda: desk.metered == [True, False])
    desk.quietly(lambda: desk.server.send_levels({"microphone": -20.0}))


def test_who_does_not_read_misses_levels_and_costs_no_memory(desk: Desk) -> None:
    with socket.socket(socket.AF_UNIX) as lazy:
        lazy.connect(str(desk.path))
        lazy.sendall(b'{"id": 1, "ask": "meter"}\n')
        until(lambda: desk.metered == [True])

        def flood() -> None:
            for _ in range(30_000):
                desk.server.send_levels({"microphone": -20.0})

        desk.quietly(flood)
        with Client(desk.path) as other:
            other.status()
        assert desk.metered == [True], "it was not sent away"


def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
