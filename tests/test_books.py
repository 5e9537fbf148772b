"""Given a desk at work, its store knows who calls, keeps what happened, and never stands in a call's way."""

from __future__ import annotations

import json
import queue
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from appliance.books import Books
from appliance.desk import events
from appliance.desk.events import Answer, HangUp
from appliance.desk.state import NO_CALLS, Call, CallState, Direction, Party, Snapshot
from appliance.directory import monitored, people
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.history import records
from appliance.numbers import DialPlan
from appliance.store import file as store_file
from appliance.store import snapshots
from appliance.store.file import connect, prepare, writing
from drivers.audio.levels import Levels
from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

PLAN = DialPlan("DE")
KEYS = Keys(PLAN)
BAKERY = Person(last="Müller", first="Jonas", numbers=(Number("030 555 12 34"),))
ADA = Person(last="Lovelace", first="Ada", numbers=(Number("1001", "extension", speed_dial="1"),))


def put_in(store: Path, *entries: Person) -> list[int]:
    """Put people into the directory, as the page or the command line does."""
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        return people.insert(file, KEYS, entries)


# --- the running desk, at a real exchange


@pytest.fixture
def desk(exchange: Exchange, tmp_path: Path) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path, exchange.sip_port, dialling={"country": "DE"}) as running:
        running.until_registered()
        yield running


def history(desk: RunningDesk) -> list[dict[str, Any]]:
    """What a person gets to see of it."""
    done = desk.deskbell("history", "--json", "--settings", str(desk.settings))
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.exchange
def test_who_is_put_into_the_directory_while_it_rings_is_named_at_once(
    desk: RunningDesk, exchange: Exchange
) -> None:
    caller = exchange.originate("+49305551234", "200")
    state = desk.until_call("ringing")
    (call,) = state["calls"].values()
    assert call["person"] == 0
    (person,) = put_in(desk.home / "desk.db", BAKERY)

    def named(state: dict[str, Any]) -> bool:
        return any((c["name"], c["person"]) == ("Jonas Müller", person) for c in state["calls"].values())

    desk.until("the caller has a name", named)
    exchange.hang_up(caller)
    desk.until_call()


@pytest.mark.exchange
def test_whom_the_directory_monitors_is_watched_and_behind_a_key_without_a_restart(desk: RunningDesk) -> None:
    store = desk.home / "desk.db"
    ids = put_in(store, ADA)
    with closing(connect(store)) as file, writing(file):
        monitored.monitor(file, KEYS, ids)
    state = desk.until("Ada is watched", lambda state: state["extensions"].get("1001", {}).get("state"))
    assert state["extensions"]["1001"]["name"] == "Ada Lovelace"
    assert state["speed_dials"] == {"1": "1001"}
    with closing(connect(store)) as file, writing(file):
        people.delete(file, ids)
    desk.until("nobody is", lambda state: not state["extensions"] and not state["speed_dials"])


@pytest.mark.exchange
def test_every_call_leaves_one_record_also_the_one_in_which_the_plug_was_pulled(
    desk: RunningDesk, exchange: Exchange
) -> None:
    missed = exchange.originate("0304445566", "200")
    desk.until_call("ringing")
    exchange.hang_up(missed)
    desk.until_call()
    exchange.originate("0305551234", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")
    desk.ask(HangUp())
    desk.until_call()
    cut = exchange.originate("0309998877", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")
    state = desk.until("it has a record", lambda state: all(map(state["records"].get, state["calls"])))
    (record,) = (state["records"][call] for call in state["calls"])
    deadline = time.monotonic() + PATIENCE
    while len(history(desk)) < 3:
        assert time.monotonic() < deadline
    desk.kill()
    exchange.hang_up(cut)
    desk.start()
    state = desk.until("the past is remembered", lambda state: len(state["released"]) == 3)
    assert state["counters"]["missed"] == 1
    assert [call["outcome"] for call in state["released"].values() if not call["seen"]] == ["missed"]
    found = {one["id"]: (one["number"], one["outcome"]) for one in history(desk)}
    assert len(found) == 3
    assert found[record] == ("0309998877", "interrupted")
    assert sorted(outcome for _, outcome in found.values()) == ["answered", "interrupted", "missed"]
    desk.until_registered()


@pytest.mark.exchange
def test_a_damaged_store_is_replaced_by_its_snapshot_and_the_desk_answers_meanwhile(
    desk: RunningDesk, exchange: Exchange
) -> None:
    store = desk.home / "desk.db"
    put_in(store, BAKERY)
    assert snapshots.take(store)
    desk.stop()
    for end in ("-wal", "-shm"):
        store.with_name(store.name + end).unlink(missing_ok=True)
    store.write_bytes(b"\0" * 8192)
    desk.start()
    desk.until_registered()
    exchange.originate("+49305551234", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")
    state = desk.until("the trouble is told", lambda state: state["troubles"])
    (trouble,) = state["troubles"].values()
    assert "was damaged" in trouble["what"]
    assert "snapshot" in trouble["what"]
    desk.until(
        "the snapshot knows the caller",
        lambda state: [call["name"] for call in state["calls"].values()] == ["Jonas Müller"],
    )
    assert "trouble: the store was damaged" in desk.deskbell("status").stdout
    desk.ask(HangUp())
    desk.until_call()


# --- the books alone, their loop in our hands


class Loop:
    """Books, and a loop that turns when it is told to."""

    def __init__(self, store: Path) -> None:
        self.told: list[events.Event] = []
        self.levels: dict[str, Levels] = {}
        self._next: queue.Queue[tuple[Callable[..., object], tuple[object, ...]]] = queue.Queue()
        self.books = Books(
            store,
            KEYS,
            soon=lambda call, *said: self._next.put((call, said)),
            happens=self.told.append,
            levels=self.levels.update,
            changed=lambda: None,
        )

    def turn_until(self, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            try:
                call, said = self._next.get(timeout=0.02)
            except queue.Empty:
                continue
            call(*said)

    @property
    def ready(self) -> bool:
        return any(isinstance(event, events.Remembered) for event in self.told)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    made = Loop(tmp_path / "store" / "desk.db")
    yield made
    made.books.close()


CALL = Call("in-1", Direction.IN, Party("030123"), "200", CallState.RINGING, 100.0, 100.0)
RINGING = Snapshot(calls=(CALL,))


def recorded(store: Path) -> list[tuple[str, str]]:
    with closing(connect(store)) as file:
        return [(record.number, record.state) for record in records.find(file)]


def test_what_happens_before_the_store_is_ready_is_written_down_all_the_same(
    loop: Loop, tmp_path: Path
) -> None:
    loop.books.open(lambda: 100.0)
    loop.books.keep(Snapshot(), RINGING, 100.0)
    loop.books.keep_levels("usb-headset", Levels(0.5, 0.5))
    assert loop.books.record("in-1") == 0
    loop.turn_until(lambda: loop.ready)
    assert loop.told[0] == events.Remembered((), (), NO_CALLS)
    assert loop.books.record("in-1") == 1
    loop.books.close()
    assert recorded(tmp_path / "store" / "desk.db") == [("030123", "ringing")]


def test_a_store_that_cannot_be_used_is_told_and_tried_again(loop: Loop, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.write_text("a file is where the folder should be")
    loop.books.open(lambda: 100.0)
    loop.turn_until(lambda: loop.books.troubles)
    (trouble,) = loop.books.troubles
    assert str(folder) in trouble.what
    loop.books.keep(Snapshot(), RINGING, 100.0)
    assert loop.books.callers.name(Party("030123")) == Party("030123")
    folder.unlink()
    loop.books.tick(130.0)
    loop.turn_until(lambda: loop.ready)
    assert loop.books.troubles == ()
    loop.books.close()
    assert recorded(folder / "desk.db") == [("030123", "ringing")]


def test_a_store_that_is_damaged_while_it_is_used_is_mended_and_the_past_is_told_once(
    loop: Loop, tmp_path: Path
) -> None:
    store = tmp_path / "store" / "desk.db"
    prepare(store)
    put_in(store, BAKERY)
    assert snapshots.take(store)
    loop.books.open(lambda: 100.0)
    loop.turn_until(lambda: loop.ready)
    assert loop.books.callers.name(Party("0305551234")).name == "Jonas Müller"
    with store.open("r+b") as file:  # every page but the first
        file.seek(4096)
        file.write(b"\xff" * (store.stat().st_size - 4096))
    loop.books.tick(100.0 + 25 * 3600)  # the whole file is looked through once a day
    loop.turn_until(lambda: loop.books.troubles)
    assert "was damaged" in loop.books.troubles[0].what
    loop.turn_until(lambda: loop.books.callers.name(Party("0305551234")).name == "Jonas Müller")
    loop.books.keep(Snapshot(), RINGING, 100.0)
    loop.books.close()
    assert recorded(store) == [("030123", "ringing")]
    assert sum(isinstance(event, events.Remembered) for event in loop.told) == 1


def test_what_cannot_be_written_for_a_while_is_written_later(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Given another process that writes for longer than anybody waits, as a large import on a slow card."""
    monkeypatch.setattr(store_file, "BUSY", 0.1)
    store = tmp_path / "store" / "desk.db"
    loop.books.open(lambda: 100.0)
    loop.turn_until(lambda: loop.ready)
    with closing(connect(store)) as file, writing(file):
        loop.books.keep(Snapshot(), RINGING, 100.0)
        loop.turn_until(lambda: "what is new waits" in caplog.text)
        held = replace(RINGING, calls=(replace(CALL, state=CallState.HELD),))
        loop.books.keep(RINGING, held, 101.0)
    loop.books.tick(130.0)
    loop.books.close()
    assert recorded(store) == [("030123", "held")]
    assert loop.books.troubles == ()
