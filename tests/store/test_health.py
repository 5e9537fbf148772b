"""Given a store that is damaged, when the desk starts, then the newest good snapshot is in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.store import health, snapshots
from appliance.store.file import Damaged, connect, prepare, writing
from tests.store import books
from tests.store.killing import MEMORY, killed_at

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN_AT_ONCE = [
    books.overwrite_header, books.cut, books.cut_within_a_page, books.fill_with_zeros,
    books.empty, books.lose, books.zero_schema,
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a message in its snapshot, and one that came after."""
    path = tmp_path / "state" / "desk.db"
    prepare(path)
    books.write(path, "old")
    assert snapshots.take(path, reserve=0)
    books.write(path, "new")
    return path


@pytest.mark.parametrize("damage", SEEN_AT_ONCE, ids=lambda damage: damage.__name__)
def test_damage_is_found_at_start_and_the_snapshot_restored(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    harmed = path.read_bytes() if path.exists() else None
    (trouble,) = health.make_ready(path)
    assert books.read(path) == {"old"}
    assert "the store was damaged on " in trouble.what
    assert "was restored, what was written later is missing" in trouble.what
    kept = path.with_name(trouble.id)
    if harmed is not None:
        assert kept.read_bytes() == harmed
        assert f"the damaged file is kept as {kept}" in trouble.what
    books.write(path, "newest")
    assert health.make_ready(path) == (trouble,), "it is told until somebody has seen to it, and once"
    assert books.read(path) == {"old", "newest"}
    assert health.forget(path) == [kept]
    assert health.standing(path) == ()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["desk.db", "snapshots"]


def test_damage_in_the_middle_is_found_by_the_whole_look(path: Path) -> None:
    books.zero_a_page(path)
    assert health.make_ready(path) == ()
    with pytest.raises(Damaged, match=r"is damaged: Page \d") as error:
        health.examine(path)
    health.recover(path, str(error.value))
    assert books.read(path) == {"old"}
    health.examine(path)
    assert len(health.standing(path)) == 1


def test_an_index_that_does_not_fit_together_is_made_anew(path: Path) -> None:
    """Given the words of three people of whom the index has lost one, all three are found again."""
    with closing(connect(path)) as file:
        for number, name in enumerate(("ada", "bea", "cleo"), 1):
            with writing(file):
                file.execute("INSERT INTO search (rowid, name) VALUES (?, ?)", (number, name))
        assert health.mend_indexes(path) == []
        with writing(file):
            file.execute("DELETE FROM search_data WHERE id = (SELECT max(id) FROM search_data)")
        assert health.damage(path) == ""
    assert health.mend_indexes(path) == ["search"]
    assert health.mend_indexes(path) == []
    with closing(connect(path)) as file:
        found = [
            row[0]
            for name in ("ada", "bea", "cleo")
            for row in file.execute("SELECT rowid FROM search(?)", (name,))
        ]
    assert found == [1, 2, 3]


def test_before_a_store_of_an_older_version_is_changed_a_snapshot_is_taken(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 1")
    health.make_ready(path)
    newest = snapshots.listed(path)[0]
    with closing(sqlite3.connect(newest.path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)


def test_nobody_else_on_the_box_may_read_the_store(path: Path) -> None:
    path.chmod(0o644)
    health.make_ready(path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_given_no_snapshot_then_a_new_store_is_begun_and_it_says_so(path: Path) -> None:
    shutil.rmtree(snapshots.folder(path))
    books.overwrite_header(path)
    (trouble,) = health.make_ready(path)
    assert "there was no snapshot, so a new one was begun" in trouble.what
    assert books.read(path) == set()


def test_a_snapshot_that_is_damaged_too_is_passed_over(path: Path) -> None:
    newer = snapshots.take(path, reserve=0)
    assert newer
    books.zero_a_page(newer.path)
    books.overwrite_header(path)
    health.make_ready(path)
    assert books.read(path) == {"old"}


def test_so_many_damaged_files_are_kept(path: Path) -> None:
    for day in range(health.KEPT + 2):
        books.overwrite_header(path)
        health.recover(path, "told so")
        for one in path.parent.glob("*.damaged-*"):  # they are of one second
            one.rename(one.with_name(one.name.replace(".damaged-2", f".damaged-1{day}", 1)))
    books.overwrite_header(path)
    health.recover(path, "told so")
    assert len(health.standing(path)) == health.KEPT


def test_a_log_that_was_cut_short_is_no_damage(path: Path) -> None:
    """Given a desk that was killed, what was committed before the cut is there."""
    script = (
        "import os, pathlib, sys; from tests.store import books; from appliance.store.file import connect;"
        "path = pathlib.Path(sys.argv[1]); too = connect(path); too.execute('SELECT * FROM message');"
        "books.write(path, 'one'); books.write(path, 'two'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=False)
    log = path.with_name("desk.db-wal")
    os.truncate(log, log.stat().st_size - 100)
    assert health.make_ready(path) == ()
    assert books.read(path) == {"old", "new", "one"}
    health.examine(path)


@pytest.mark.parametrize("kept", [True, False], ids=["snapshot", "no snapshot"])
def test_whoever_is_killed_while_mending_has_it_completed_at_the_next_start(path: Path, kept: bool) -> None:
    if not kept:
        shutil.rmtree(snapshots.folder(path))
    home = path.parent
    with tempfile.TemporaryDirectory(dir=MEMORY) as memory:
        mended_whenever_killed(home, Path(memory) / "state" / "desk.db", kept)


def mended_whenever_killed(home: Path, path: Path, kept: bool) -> None:
    for step in range(1, 1000, 1 if kept else 4):
        shutil.rmtree(path.parent, ignore_errors=True)
        shutil.copytree(home, path.parent)
        books.overwrite_header(path)
        path.with_name("desk.db-wal").write_bytes(b"a log that belongs to the damaged file")
        killed = killed_at(step, lambda: health.make_ready(path))
        (trouble,) = health.make_ready(path)
        assert books.read(path) == ({"old"} if kept else set())
        assert health.damage(path) == ""
        assert path.with_name(trouble.id).read_bytes().startswith(b"\xff")
        assert path.with_name(trouble.id + "-wal").exists()
        names = {entry.name for entry in path.parent.iterdir()}
        assert names <= {"desk.db", "snapshots", trouble.id, f"{trouble.id}-wal", f"{trouble.id}.json"}
        if not killed:
            break
    assert step > 10, "it took steps"


# --- what is no damage


def test_a_disk_that_is_full_is_no_damage(path: Path, tmp_path: Path) -> None:
    """Given a disk of 1 MB in a name space of our own, full to the last byte."""
    told = on_a_disk(path, tmp_path, "cat /dev/zero > filler 2>/dev/null; true")
    assert "the disk is full: remove what is not needed" in told
    assert told.endswith("untouched\n")


def test_a_disk_that_cannot_be_written_is_no_damage(path: Path, tmp_path: Path) -> None:
    told = on_a_disk(path, tmp_path, "cd /; mount -o remount,ro $OLDPWD; cd $OLDPWD")
    assert "the disk cannot be written" in told
    assert told.endswith("untouched\n")


def on_a_disk(path: Path, tmp_path: Path, then: str) -> str:
    """Start with a store of an older version on a disk to which something was done; return what was said."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"""
mount -t tmpfs -o size=1m none {disk} && cd {disk} && cp {path} desk.db
{sys.executable} -c 'import sqlite3; sqlite3.connect("desk.db").execute("PRAGMA user_version = 1")'
before=$(sha256sum desk.db)
{then}
cd {os.getcwd()}
{sys.executable} -c 'import pathlib; from appliance.store import health
try: print(health.make_ready(pathlib.Path("{disk}/desk.db")))
except health.Unusable as error: print(error)'
cd {disk}
[ "$before" = "$(sha256sum desk.db)" ] && [ -z "$(ls | grep damaged)" ] && echo untouched
"""
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def test_a_folder_where_the_store_should_be_is_named(tmp_path: Path) -> None:
    with pytest.raises(health.Unusable, match=r"let desk\.store name a file that can be written"):
        health.make_ready(tmp_path)


def test_a_store_of_a_newer_deskbell_stays_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 1000")
    with pytest.raises(health.Unusable, match="newer Deskbell"):
        health.make_ready(path)
    assert not list(path.parent.glob("*damaged*"))
