"""Given a desk that is restarted, its messages are still there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.desk.state import Direction, Message, MessageState, Party
from appliance.store import KEPT, Store, StoreError
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    from pathlib import Path

HELLO = Message(
    "text-1", Direction.IN, Party("1001", "Ада"), "Привет ☎", MessageState.RECEIVED, 100.0, "", False
)


def reopened(path: Path, now: float = 1000.0) -> tuple[Message, ...]:
    store = Store(path)
    try:
        return store.messages(now)
    finally:
        store.close()


def test_messages_survive_a_restart_with_their_age(tmp_path: Path) -> None:
    path = tmp_path / "deskbell" / "desk.db"
    store = Store(path)
    store.keep([HELLO], now=110.0).result()
    store.keep([replace(HELLO, seen=True)], now=111.0).result()
    store.close()
    (read,) = reopened(path, now=1000.0)
    assert replace(read, at=HELLO.at) == replace(HELLO, seen=True)
    assert read.at == pytest.approx(989.0, abs=5.0)


def test_a_message_that_was_on_its_way_is_not_said_to_be_delivered(tmp_path: Path) -> None:
    store = Store(tmp_path / "desk.db")
    store.keep([replace(HELLO, direction=Direction.OUT, state=MessageState.SENDING)], now=110.0).result()
    store.close()
    (read,) = reopened(tmp_path / "desk.db")
    assert read.state is MessageState.FAILED
    assert "restarted" in read.reason


def test_the_oldest_messages_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "desk.db")
    store.keep([replace(HELLO, id=f"text-{n}", at=float(n)) for n in range(KEPT + 5)], now=300.0).result()
    store.close()
    read = reopened(tmp_path / "desk.db")
    assert [message.id for message in read] == [f"text-{n}" for n in range(5, KEPT + 5)]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.write_text("not a database at all, but long enough to be taken for a header" * 20)
    with pytest.raises(StoreError, match=r"desk\.db cannot be used: file is not a database"):
        Store(path)
    assert path.read_text().startswith("not a database")


def test_how_loud_a_device_is_survives_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "desk.db")
    assert store.levels() == {}
    store.keep_levels("usb-headset", Levels(0.5, 0.75)).result()
    store.keep_levels("usb-speaker", Levels(0.5)).result()
    store.keep_levels("usb-headset", Levels(0.25, 1.0)).result()
    store.close()
    again = Store(tmp_path / "desk.db")
    assert again.levels() == {"usb-headset": Levels(0.25, 1.0), "usb-speaker": Levels(0.5)}
    again.close()
