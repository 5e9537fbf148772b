"""Given a store that is in use, then its snapshots are whole and few, and never fill the card."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.store import snapshots
from appliance.store.file import Damaged, StoreError, connect, prepare, writing
from tests.store import books
from tests.store.killing import killed_at

if TYPE_CHECKING:
    from pathlib import Path

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a message."""
    path = tmp_path / "state" / "desk.db"
    prepare(path)
    books.write(path, "first")
    return path


def take(path: Path, newest: int = 6, days: int = 7) -> snapshots.Snapshot | None:
    return snapshots.take(path, newest, days, reserve=0)


def test_a_snapshot_holds_what_was_written_and_only_the_desk_reads_it(path: Path) -> None:
    with closing(connect(path)) as file:  # what is written stands in the log alone
        books.write(path, "second")
        made = take(path)
        assert file.execute("PRAGMA wal_checkpoint").fetchone()["log"] > 0
    assert made
    assert books.read(made.path) == {"first", "second"}
    assert made.path.stat().st_mode & 0o077 == 0
    assert made.path.parent.stat().st_mode & 0o077 == 0


def test_when_nothing_has_changed_none_is_taken(path: Path) -> None:
    assert take(path)
    assert take(path) is None
    with closing(connect(path)) as file:
        file.execute("SELECT * FROM message").fetchall()
        assert take(path) is None, "reading is no change"
    books.write(path, "second")
    assert take(path)
    assert take(path) is None


def test_who_writes_meanwhile_is_not_held_up_and_does_not_make_it_begin_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a large store, when somebody writes between all of its pages, it is of the moment it began."""
    monkeypatch.setattr(snapshots, "PAGES", 4)
    monkeypatch.setattr(snapshots, "PAUSE", 0)
    books.write(path, *(f"large-{n}" for n in range(100)), size=10_000)
    seen: list[int] = []
    fdatasync = os.fdatasync

    def write_too(descriptor: int) -> None:
        fdatasync(descriptor)
        if len(seen) < 20:
            seen.append(len(seen))
            with closing(connect(path)) as file, writing(file):
                file.execute("INSERT INTO levels VALUES (?, 0.5, 0.5)", (f"device-{len(seen)}",))

    monkeypatch.setattr(os, "fdatasync", write_too)
    made = take(path)
    assert made
    assert len(seen) == 20
    assert len(books.read(made.path)) == 101
    with closing(connect(made.path)) as file:
        assert file.execute("SELECT count(*) FROM levels").fetchone()[0] == 0
    with closing(connect(path)) as file:
        assert file.execute("SELECT count(*) FROM levels").fetchone()[0] == 20


def test_the_newest_are_kept_and_the_last_of_each_day(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 20_000 * DAY
    monkeypatch.setattr("appliance.store.snapshots.time.time", lambda: clock)
    for hour in range(0, 5 * 24, 6):
        clock = 20_000 * DAY + hour * HOUR
        books.write(path, f"at-{hour}")
        assert take(path, newest=2, days=3)
    kept = [(int(one.at - 20_000 * DAY) // 3600) for one in snapshots.listed(path)]
    assert kept == [114, 108, 90, 66]


def test_what_was_erased_from_the_store_is_in_no_snapshot(path: Path) -> None:
    assert take(path)
    books.write(path, "second")
    assert take(path)
    with closing(connect(path)) as file, writing(file):
        file.execute("DELETE FROM message WHERE id = 'first'")
    for _ in range(2):
        snapshots.forget_past(path)
        assert [books.read(one.path) for one in snapshots.listed(path)] == [{"second"}]


def test_a_clock_that_goes_back_does_not_make_an_old_snapshot_the_newest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take(path)
    books.write(path, "second")
    monkeypatch.setattr("appliance.store.snapshots.time.time", lambda: 0.0)
    assert take(path)
    newest = snapshots.newest_good(path)
    assert newest
    assert books.read(newest.path) == {"first", "second"}


def test_the_oldest_make_room_but_the_card_is_never_filled(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        books.write(path, name)
        assert take(path)
    books.write(path, "four")
    usage = shutil.disk_usage(path.parent)
    free = 10_000_000

    def scarce(_: Path) -> object:
        held = sum(one.path.stat().st_size for one in snapshots.listed(path))
        return usage._replace(free=free - held)

    monkeypatch.setattr(shutil, "disk_usage", scarce)
    with pytest.raises(StoreError, match=r"no snapshot of .* can be taken: 9 MB are free, and it needs"):
        snapshots.take(path, reserve=10)
    assert len(snapshots.listed(path)) == 1, "the newest stays"
    free = 11_000_000
    assert snapshots.take(path, reserve=10)


def test_of_a_damaged_store_there_is_no_snapshot(path: Path) -> None:
    books.zero_a_page(path)
    with pytest.raises(Damaged):
        take(path)
    assert list(snapshots.folder(path).iterdir()) == []


def test_who_is_killed_leaves_no_half_snapshot(path: Path) -> None:
    for step in range(1, 100):
        books.write(path, f"message-{step}")
        killed = killed_at(step, lambda: take(path, newest=100))
        for one in snapshots.listed(path):
            assert snapshots.faults(one.path) == ""
        if not killed:
            break
    assert step > 3, "it took steps"
    names = [entry.name for entry in snapshots.folder(path).iterdir()]
    assert [name for name in names if not name.endswith(".db")] == []


def test_two_at_once_are_one_after_the_other(path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        taken = [threads.submit(take, path) for _ in range(4)]
    assert sum(one.result() is not None for one in taken) == 1, "nothing has changed for the others"
    assert snapshots.newest_good(path) == snapshots.listed(path)[0]
