"""One watch connection feeds every browser, and none of them can hold up the others."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from appliance.control.client import Client
from appliance.control.protocol import Ping
from appliance.control.server import ControlServer
from tests.web import states
from web import feed as feed_module
from web.feed import BACKLOG, BROWSERS, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.control.protocol import Ask
    from tests.web.daemon import StandInDaemon


@pytest.fixture
def feed(socket_path: Path, daemon: StandInDaemon) -> Iterator[Feed]:
    feed = Feed(socket_path)
    yield feed
    feed.close()


def read(stream: Iterator[bytes]) -> tuple[str, dict[str, Any]]:
    """Return the next event of a stream that is not a sign of life."""
    while True:
        fields = dict(line.split(": ", 1) for line in next(stream).decode().splitlines() if line)
        if fields["event"] != "beat":
            return fields["event"], json.loads(fields["data"])


def read_until(stream: Iterator[bytes], event: str) -> dict[str, Any]:
    while True:
        name, data = read(stream)
        if name == event:
            return data


def test_a_browser_gets_the_whole_state_first_and_then_what_changes(
    feed: Feed, daemon: StandInDaemon
) -> None:
    stream = feed.stream()
    first = read_until(stream, "state")
    daemon.change(muted=True)
    name, second = read(stream)
    assert first["state"] == states.idle()
    assert (name, second["change"]) == ("change", {"muted": True})
    assert second["now"] >= first["now"]


def test_a_daemon_that_hangs_is_seen_to_be_away_and_back_when_it_goes_on(
    feed: Feed, daemon: StandInDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "BEAT", 0.1)
    monkeypatch.setattr(feed_module, "Client", partial(Client, timeout=0.3))
    stream = feed.stream()
    read_until(stream, "state")
    with daemon.hangs():
        assert "does not answer" in read_until(stream, "away")["reason"]
    daemon.change(muted=True)
    assert read_until(stream, "state")["state"]


def test_a_daemon_that_has_nothing_to_say_is_not_away(
    feed: Feed, daemon: StandInDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    ping = ControlServer._do
    monkeypatch.setattr(feed_module, "BEAT", 0.02)

    def told(server: ControlServer, ask: Ask, *more: Any) -> dict[str, Any]:
        if isinstance(ask, Ping):
            asked.set()
        return ping(server, ask, *more)

    monkeypatch.setattr(ControlServer, "_do", told)
    stream = feed.stream()
    read_until(stream, "state")
    assert asked.wait(10)
    asked.clear()
    assert asked.wait(10), "and asked again and again"
    daemon.change(muted=True)
    assert read(stream)[0] == "change"


def test_one_that_comes_later_gets_the_state_of_that_moment(feed: Feed, daemon: StandInDaemon) -> None:
    stream = feed.stream()
    read_until(stream, "state")
    daemon.change(calls={"c1": states.call("1001")})
    read_until(stream, "change")
    assert list(read_until(feed.stream(), "state")["state"]["calls"]) == ["c1"]


def test_given_a_daemon_that_dies_and_returns_browsers_are_told_both(
    feed: Feed, daemon: StandInDaemon
) -> None:
    stream = feed.stream()
    read_until(stream, "state")
    daemon.stop()
    try:
        assert read_until(stream, "away")["reason"] == "the daemon closed the connection"
        assert feed.current()[0] is None
    finally:
        daemon.start()
    assert read_until(stream, "state")["state"] == states.idle()


def test_a_browser_that_reads_too_slowly_is_dropped_and_the_others_go_on(
    feed: Feed, daemon: StandInDaemon
) -> None:
    slow, quick = feed.stream(), feed.stream()
    read_until(slow, "state")
    read_until(quick, "state")
    for round_ in range(BACKLOG + 2):
        daemon.change(notice=f"{round_}")
        assert read_until(quick, "change")["change"] == {"notice": f"{round_}"}
    assert list(slow) == []


def test_one_browser_too_many_is_told_so_and_the_others_go_on(feed: Feed, daemon: StandInDaemon) -> None:
    streams = [feed.stream() for _ in range(BROWSERS)]
    for stream in streams:
        read_until(stream, "state")
    more = feed.stream()
    assert next(more) == b'retry: 10000\nevent: full\ndata: {"most":32}\n\n'
    assert list(more) == []
    daemon.change(muted=True)
    for stream in streams:
        assert read_until(stream, "change")["change"] == {"muted": True}


def test_who_closes_the_page_makes_room_for_another(feed: Feed) -> None:
    streams = [feed.stream() for _ in range(BROWSERS)]
    for stream in streams:
        read_until(stream, "state")
    streams[0].close()  # type: ignore[attr-defined]  # it is a generator
    assert read_until(feed.stream(), "state")["state"]


def test_when_nothing_happens_there_is_a_sign_of_life(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "BEAT", 0.01)
    stream = feed.stream()
    assert any(b"event: beat" in next(stream) for _ in range(3))
