"""Given a desk that is restarted, what it kept is still there; and the file itself, shared by processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database

from appliance.desk.state import Direction, Message, MessageState, Party
from appliance.store import kept, schema
from appliance.store.file import VERSION, Damaged, StoreError, connect, prepare, writing
from appliance.store.kept import KEPT
from appliance.store.watch import Watch
from appliance.store.writer import Writer
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    from pathlib import Path

HELLO = Message(
    "text-1", Direction.IN, Party("1001", "Ада"), "Привет ☎", MessageState.RECEIVED, 100.0, "", False
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that is ready to be used."""
    path = tmp_path / "deskbell" / "desk.db"
    prepare(path)
    return path


def keep(path: Path, *messages: Message, now: float = 110.0) -> None:
    writer = Writer(path)
    writer.write(kept.keep, messages, now).result()
    writer.close()


def reopened(path: Path, now: float = 1000.0) -> tuple[Message, ...]:
    with closing(connect(path)) as file:
        return kept.messages(file, now)


# --- what the desk keeps


def test_messages_survive_a_restart_with_their_age(path: Path) -> None:
    keep(path, HELLO)
    keep(path, replace(HELLO, seen=True), now=111.0)
    (read,) = reopened(path, now=1000.0)
    assert replace(read, at=HELLO.at) == replace(HELLO, seen=True)
    assert read.at == pytest.approx(989.0, abs=5.0)


def test_a_message_that_was_on_its_way_is_not_said_to_be_delivered(path: Path) -> None:
    keep(path, replace(HELLO, direction=Direction.OUT, state=MessageState.SENDING))
    (read,) = reopened(path)
    assert read.state is MessageState.FAILED
    assert "restarted" in read.reason


def test_the_oldest_messages_make_room(path: Path) -> None:
    keep(path, *(replace(HELLO, id=f"text-{n}", at=float(n)) for n in range(KEPT + 5)), now=300.0)
    assert [message.id for message in reopened(path)] == [f"text-{n}" for n in range(5, KEPT + 5)]


def test_how_loud_a_device_is_survives_a_restart(path: Path) -> None:
    writer = Writer(path)
    writer.write(kept.keep_levels, "usb-headset", Levels(0.5, 0.75)).result()
    writer.write(kept.keep_levels, "usb-speaker", Levels(0.5)).result()
    writer.write(kept.keep_levels, "usb-headset", Levels(0.25, 1.0)).result()
    writer.close()
    with closing(connect(path)) as file:
        assert kept.levels(file) == {"usb-headset": Levels(0.25, 1.0), "usb-speaker": Levels(0.5)}


# --- the file


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.write_text("not a database at all, but long enough to be taken for a header" * 20)
    with pytest.raises(Damaged, match=r"desk\.db cannot be used: file is not a database"):
        prepare(path)
    assert path.read_text().startswith("not a database")


def test_every_migration_counts(path: Path) -> None:
    with closing(connect(path)) as file:
        applied = sum(len(one.applied(Database(file))) for one in schema.SETS)
        assert file.execute("PRAGMA user_version").fetchone()[0] == VERSION == applied
        assert file.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_store_from_before_the_migrations_keeps_what_is_in_it(path: Path, tmp_path: Path) -> None:
    keep(path, HELLO)
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as file:
        file.execute("ATTACH ? AS new", (str(path),))
        (made,) = file.execute("SELECT sql FROM new.sqlite_master WHERE name = 'message'").fetchone()
        file.execute(made)
        file.execute("INSERT INTO message SELECT * FROM new.message")
        file.commit()
    prepare(old)
    assert [message.text for message in reopened(old)] == [HELLO.text]


def test_a_store_of_a_newer_deskbell_is_refused(path: Path) -> None:
    with closing(connect(path)) as file:
        file.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="made by a newer Deskbell"):
        prepare(path)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Given a table in the way of the last migration, then not even the first has happened."""
    path = tmp_path / "desk.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE audit (of_the_wild TEXT)")
        file.execute("INSERT INTO audit VALUES ('cuckoo')")
        file.commit()
    before = tables(path)
    with pytest.raises(StoreError, match="cannot be brought to this version: table audit already exists"):
        prepare(path)
    assert tables(path) == before == {"audit": 1}


def tables(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: file.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def test_two_processes_prepare_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    command = [sys.executable, "-m", "appliance.store.migrate", str(path)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate()[1] for one in both] == ["", ""]
    prepare(path)


def test_what_fails_halfway_is_not_there_at_all(path: Path) -> None:
    with closing(connect(path)) as file:
        with pytest.raises(sqlite3.IntegrityError), writing(file):
            kept.keep(file, [HELLO, replace(HELLO, id="text-2", text=None)], 110.0)  # type: ignore[arg-type]
        assert kept.messages(file, 110.0) == ()


def test_what_another_process_writes_is_noticed(path: Path) -> None:
    noticed = threading.Event()
    watch = Watch(path, noticed.set)
    script = (
        "import sys, pathlib; from appliance.store import kept; from appliance.store.writer import Writer;"
        "from drivers.audio.levels import Levels; writer = Writer(pathlib.Path(sys.argv[1]));"
        "writer.write(kept.keep_levels, 'usb', Levels(0.5, 0.5)).result(); writer.close()"
    )
    (path.parent / "other.db").write_bytes(b"none of ours")
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script, path], check=True)
        assert noticed.wait(30)
        noticed.clear()
    watch.close()
    with closing(connect(path)) as file, writing(file):
        kept.keep_levels(file, "usb", Levels(0.1, 0.1))
    assert not noticed.is_set(), "closed is closed"
