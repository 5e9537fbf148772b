"""Given a box, everything of it is in one file that only its passphrase opens, and comes back on another."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage  # type: ignore[import-untyped]
import pytest

from appliance import settings
from appliance.backup import archive, create, reset, restore
from appliance.backup.box import Box, finish
from appliance.backup.errors import BackupError
from appliance.store import durable, snapshots
from appliance.store.file import VERSION, StoreError, connect, writing
from appliance.users import accounts, sessions
from tests.backup.boxes import PASSPHRASE, SECRET, found, make
from tests.store import books
from tests.store.killing import MEMORY, killed_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Made:
    """A backup of the box `one`, its key, and the box."""

    def __init__(self, home: Path) -> None:
        self.box = make(home / "one", "one")
        self.file = home / "one.backup"
        self.manifest = create.create(self.box, self.file, PASSPHRASE)
        with self.file.open("rb") as file:
            self.key = archive.Backup(file).unlock(PASSPHRASE)

    def put(self, box: Box, file: Path | None = None) -> None:
        """Restore it without asking for the passphrase anew, which takes a second."""
        with (file or self.file).open("rb") as stream:
            restore.stage_unlocked(box, archive.Backup(stream), self.key)
        finish(box.settings)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("boxes"))


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in the memory: another disk than `tmp_path`, and a quick one."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def other(tmp_path: Path) -> Box:
    return make(tmp_path / "other", "other")


# --- what is in it


def test_the_file_tells_nobody_anything_of_the_box(made: Made) -> None:
    data = made.file.read_bytes()
    for secret in (SECRET, "pbx.example", "token of", "key of", "1001", "SQLite format", "authority"):
        assert secret.encode() not in data, secret
    assert made.file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(made.file) as tar:
        assert tar.getnames() == ["header.json", "key.age", "content.age"]
        header = tar.extractfile("header.json")
        assert header
        assert set(json.load(header)) == {"format", "deskbell", "key_sha256"}


def test_verify_reads_it_to_its_end_and_tells_what_is_in_it(made: Made) -> None:
    manifest = create.verify(made.file, PASSPHRASE)
    assert [name for name, _, _ in manifest["files"]] == [
        "deskbell.toml", "secrets.toml", "files/exchange.pem", "tokens/outlook-one.token",
        "certificates/web.key", "store.db",
    ]  # fmt: skip
    assert manifest == made.manifest


def test_when_there_is_too_little_memory_to_open_it_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "available", lambda: 1 << 20)
    with pytest.raises(BackupError, match=r"it takes \d+ MB of memory to open, .* and 1 are free"):
        create.verify(made.file, PASSPHRASE)


def test_what_it_was_made_from_is_not_left_behind(made: Made) -> None:
    assert not list(made.box.state.glob("*.backing-up*"))
    assert not list(made.file.parent.glob("*.part"))


def test_a_file_that_is_there_is_not_written_over(made: Made) -> None:
    with pytest.raises(BackupError, match="is there already"):
        create.create(made.box, made.file, PASSPHRASE)


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaaaaaaaaaa", "12121212121212"])
def test_a_weak_passphrase_is_refused(made: Made, tmp_path: Path, weak: str) -> None:
    with pytest.raises(BackupError, match="too weak"):
        create.create(made.box, tmp_path / "new.backup", weak)
    assert list(tmp_path.iterdir()) == []


def test_a_large_store_takes_no_memory(tmp_path: Path) -> None:
    """Given 60 MB in the store, when it is backed up and read, then a few MB are enough for all of it."""
    large = tmp_path / "store"
    large.write_bytes(os.urandom(1 << 20) * 60)
    script = f"""
import io, pathlib, resource
from appliance.backup import archive
import pyrage
pyrage.passphrase.encrypt = lambda *_: b"it takes half a GB by itself"
path = pathlib.Path({str(large)!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with path.with_name("backup").open("w+b") as file:
    key = archive.write(file, "", {{}}, {{}}, {{"store.db": path}})
    file.seek(0)
    archive.Backup(file).read_through(key)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000


# --- on another box


def test_everything_comes_back_on_another_box(made: Made, other: Box) -> None:
    with made.file.open("rb") as stream:
        restore.stage_unlocked(other, archive.Backup(stream), made.key)
    assert found(other)["etc/deskbell.toml"].startswith("# of other"), "nothing has changed yet"
    assert finish(other.settings)
    loaded = settings.load(other.settings)
    assert loaded.desk.name == "one"
    assert loaded.line.password == f"{SECRET}-one"
    assert Path(loaded.desk.store) == other.store
    assert Path(loaded.line.ca_file).read_text() == "authority of one"
    assert "[line] # with a comment of its own" in other.settings.read_text()
    there = found(other)
    assert there["store"] == "to one"
    assert there["state/outlook-one.token"] == "token of one"
    assert there["state/certificates/web.key"] == "key of one"
    assert "state/outlook-other.token" not in there
    assert other.secrets.stat().st_mode & 0o077 == 0
    assert snapshots.listed(other.store) == [], "the old box must not come back when the store is damaged"
    assert not other.staging.exists()
    assert not finish(other.settings)


@pytest.mark.parametrize("busy", [1, 99])
def test_a_busy_moment_is_no_reason_to_refuse_a_backup_and_a_slow_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: int
) -> None:
    one = make(tmp_path, "one")
    create.create(one, tmp_path / "backup", PASSPHRASE)
    looks, decrypt = itertools.count(1), pyrage.passphrase.decrypt

    def measured(sealed: bytes, passphrase: str) -> object:
        if next(looks) <= busy:
            raise pyrage.DecryptError("Excessive work parameter for passphrase.")
        return decrypt(sealed, passphrase)

    monkeypatch.setattr("pyrage.passphrase.decrypt", measured)
    monkeypatch.setattr("appliance.backup.archive._PAUSE", 0.0)
    if busy == 1:
        restore.stage(one, tmp_path / "backup", PASSPHRASE)
    else:
        with pytest.raises(BackupError, match="would take minutes"):
            restore.stage(one, tmp_path / "backup", PASSPHRASE)


@pytest.mark.parametrize("how", ["backup", "snapshot"])
def test_no_session_comes_back_that_was_ended_since(tmp_path: Path, how: str) -> None:
    one = make(tmp_path, "one")
    with closing(connect(one.store)) as file, writing(file):
        user = accounts.get(file, accounts.add(file, "Ada", "Tulips on the desk", "admin"))
        assert user
        token = sessions.begin(file, user, 1000.0)
    if how == "backup":
        create.create(one, tmp_path / "backup", PASSPHRASE)
        restore.stage(one, tmp_path / "backup", PASSPHRASE)
    else:
        taken = snapshots.take(one.store, reserve=0)
        assert taken
        restore.stage_snapshot(one, taken.path)
    assert finish(one.settings)
    with closing(connect(one.store)) as file:
        assert [user.name for user in accounts.every(file)] == ["Ada"]
        assert sessions.find(file, token, 1001.0) is None


def test_a_box_that_never_had_settings_can_be_made_from_a_backup(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Box(tmp_path / "new" / "etc" / "deskbell.toml", tmp_path / "new" / "state" / "desk.db")
    with made.file.open("rb") as stream:
        restore.stage_unlocked(new, archive.Backup(stream), made.key)
    assert durable.finish(new.journal)
    assert found(new)["store"] == "to one"


def test_settings_and_state_may_lie_on_different_disks(made: Made, other: Box, memory: Path) -> None:
    """Given settings in the memory, so that no file is renamed from the one place to the other."""
    etc = memory / "etc"
    shutil.copytree(other.settings.parent, etc)
    apart = Box(etc / "deskbell.toml", other.store)
    assert etc.stat().st_dev != other.state.stat().st_dev
    made.put(apart)
    assert settings.load(apart.settings).desk.name == "one"
    assert books.read(other.store) == {"to one"}


def test_whoever_is_killed_while_restoring_leaves_the_old_box_or_the_new_one(
    made: Made, memory: Path
) -> None:
    home = memory / "other"
    make(home, "other")
    kept = home.rename(memory / "kept")
    outcomes = []
    for step in range(1, 1000):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(kept, home)
        box = Box(home / "etc" / "deskbell.toml", home / "state" / "desk.db")
        old = found(box)
        killed = killed_at(step, lambda box=box: made.put(box))  # type: ignore[misc]
        finish(box.settings)
        there = found(box)
        is_new = 'name = "one"' in there["etc/deskbell.toml"]
        outcomes.append(is_new)
        if is_new:
            assert there["store"] == "to one"
            assert there["etc/secrets.toml"] == f'[line]\npassword = "{SECRET}-one"\n'
            assert there["etc/files/exchange.pem"] == "authority of one"
            assert {name for name in there if "token" in name} == {"state/outlook-one.token"}
            assert not box.staging.exists()
        else:
            assert there == old
            assert not box.staging.exists()
        assert settings.load(box.settings)
        if not killed:
            break
        if step == 10:
            made.put(box)  # another try finds nothing in its way
    assert outcomes == sorted(outcomes), "the old one up to a moment, the new one from then on"
    assert outcomes.count(False) > 5
    assert outcomes.count(True) > 5


def test_what_cannot_be_put_in_place_is_said_and_done_at_the_next_start(made: Made, other: Box) -> None:
    kept = other.store.rename(other.state / "elsewhere")
    other.store.mkdir()
    with pytest.raises(StoreError, match=r"cannot be done: .*desk\.db"):
        made.put(other)
    with pytest.raises(BackupError, match="is not completed: restart the desk"):
        made.put(other)
    other.store.rmdir()
    kept.unlink()
    assert finish(other.settings)
    assert found(other)["store"] == "to one"


# --- what is refused, and leaves the box as it was


def damaged(made: Made, at: float, how: Callable[[bytes], bytes]) -> bytes:
    data = made.file.read_bytes()
    where = int(len(data) * at)
    return data[:where] + how(data[where:])


def flip(rest: bytes) -> bytes:
    return bytes([rest[0] ^ 1]) + rest[1:]


@pytest.mark.parametrize("at", [0.01, 0.3, 0.6, 0.95])
def test_a_backup_with_one_wrong_bit_is_refused(made: Made, other: Box, tmp_path: Path, at: float) -> None:
    refused(made, other, damaged(made, at, flip), "damaged", tmp_path)


@pytest.mark.parametrize("at", [0.0, 0.001, 0.004, 0.2, 0.7, 0.995])
def test_a_backup_that_is_cut_short_is_refused(made: Made, other: Box, tmp_path: Path, at: float) -> None:
    refused(made, other, damaged(made, at, lambda _: b""), "damaged", tmp_path)


def refused(made: Made, other: Box, data: bytes, why: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.backup"
    file.write_bytes(data)
    before = found(other)
    with pytest.raises(BackupError, match=why):
        made.put(other, file)
    assert not finish(other.settings)
    assert found(other) == before
    assert not other.staging.exists()


OUTSIDE = [
    "../evil", "/etc/evil", "files/../../evil", "tokens/desk.db", "evil", "files/", "files/.hidden",
    "tokens/a/b.token",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_does_not_belong_there_is_refused(
    made: Made, other: Box, tmp_path: Path, name: str
) -> None:
    hostile(made, other, tmp_path, {name: b"evil"}, "is nothing that belongs into a backup")


def test_a_file_that_is_there_twice_is_refused(made: Made, other: Box, tmp_path: Path) -> None:
    file = sealed(made, tmp_path, {}, twice="secrets.toml")
    refused(made, other, file, "nothing that belongs", tmp_path)


def test_too_many_files_are_refused(made: Made, other: Box, tmp_path: Path) -> None:
    many: dict[str, bytes | Path] = {f"files/{n}": b"" for n in range(restore.MOST + 10)}
    hostile(made, other, tmp_path, many, "too many files")


def test_a_large_file_is_refused(
    made: Made, other: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "LARGEST", 1000)
    hostile(made, other, tmp_path, {"files/bomb.wav": bytes(1001)}, "larger than it can be")


def test_a_backup_that_does_not_fit_is_refused(
    made: Made, other: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "SPARE", shutil.disk_usage(tmp_path).total)
    refused(made, other, made.file.read_bytes(), "too little space", tmp_path)


def test_a_link_or_a_device_is_refused(made: Made, other: Box, tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        refused(made, other, sealed(made, tmp_path, {}, kind=kind), "something else in it where", tmp_path)


def test_settings_that_cannot_be_used_are_refused_and_named(made: Made, other: Box, tmp_path: Path) -> None:
    wrong: dict[str, bytes | Path] = {
        "deskbell.toml": b'[line]\nserver = "pbx.example"\nuser = "200"\nport = 99999\n'
    }
    hostile(
        made, other, tmp_path, wrong, r"the settings in it cannot be used.*deskbell\.toml:\d+: line\.port"
    )


def test_a_store_that_is_damaged_is_refused(made: Made, other: Box, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    shutil.copy(made.box.store, broken)
    books.zero_a_page(broken)
    hostile(made, other, tmp_path, {"store.db": broken}, "the store in it is damaged: ")


def test_a_backup_of_a_newer_deskbell_is_refused(made: Made, other: Box, tmp_path: Path) -> None:
    refused(made, other, sealed(made, tmp_path, {}, store=VERSION + 1), "made by a newer Deskbell", tmp_path)
    data = made.file.read_bytes().replace(b'"format": 1', b'"format": 9', 1)
    refused(made, other, data, "made by a newer Deskbell", tmp_path)


def test_what_is_no_backup_is_refused(made: Made, other: Box, tmp_path: Path) -> None:
    refused(made, other, b"a letter to grandmother\n" * 1000, "not a backup of a Deskbell", tmp_path)
    with pytest.raises(BackupError, match="cannot be read: No such file"):
        create.verify(tmp_path / "nothing", PASSPHRASE)
    with pytest.raises(BackupError, match="cannot be read: Is a directory"):
        create.verify(tmp_path, PASSPHRASE)


def test_places_outside_the_box_are_not_taken_from_a_backup(made: Made, other: Box, tmp_path: Path) -> None:
    """Given settings that name a file elsewhere, and a manifest that would write there."""
    text = made.box.settings.read_text().replace(
        str(made.box.settings.parent / "exchange.pem"), "/etc/cron.d/evil"
    )
    file = tmp_path / "evil.backup"
    named = {"line.ca_file": "../../evil", "desk.socket": "exchange.pem", 7: "x"}
    file.write_bytes(sealed(made, tmp_path, {"deskbell.toml": text.encode()}, named=named))
    before = set(tmp_path.rglob("*"))
    made.put(other, file)
    assert not Path("/etc/cron.d/evil").exists()
    assert settings.load(other.settings).line.ca_file == "/etc/cron.d/evil"
    assert settings.load(other.settings).desk.socket == str(made.box.state / "desk.sock")
    new = {str(path.relative_to(tmp_path / "other")) for path in set(tmp_path.rglob("*")) - before}
    assert new == {"state/outlook-one.token", "etc/files", "etc/files/exchange.pem"}


def hostile(made: Made, other: Box, tmp_path: Path, more: dict[str, bytes | Path], why: str) -> None:
    refused(made, other, sealed(made, tmp_path, more), why, tmp_path)


def sealed(
    made: Made,
    tmp_path: Path,
    more: dict[str, Any],
    *,
    twice: str = "",
    kind: bytes = tarfile.REGTYPE,
    **changed: Any,
) -> bytes:
    """Return a backup made by somebody who knows the passphrase, with files that no box puts in."""
    files: dict[str, bytes | Path] = {}
    with made.file.open("rb") as stream, archive.Backup(stream).opened(made.key) as (manifest, members):
        for one, pieces in members:
            files[one.name] = b"".join(pieces)
    files |= more
    names = [*files, *([twice] if twice else [])]
    data = {name: one.read_bytes() if isinstance(one, Path) else one for name, one in files.items()}
    said = [archive.member(name, data[name]) for name in names]
    manifest = {**manifest, "files": [[one.name, one.size, one.sha256] for one in said], **changed}
    inner = io.BytesIO()
    for name, content in [
        ("manifest.json", json.dumps(manifest).encode()),
        *((name, data[name]) for name in names),
    ]:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        info.type = kind if name == "secrets.toml" else tarfile.REGTYPE
        inner.write(info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512))
    inner.write(bytes(1024))
    content_age = pyrage.encrypt(inner.getvalue(), [made.key.to_public()])
    with tarfile.open(made.file) as old:
        outer = [(name, old.extractfile(name).read()) for name in ("header.json", "key.age")]  # type: ignore[union-attr]
    whole = io.BytesIO()
    for name, content in [*outer, ("content.age", content_age)]:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        whole.write(info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512))
    whole.write(bytes(1024))
    return whole.getvalue()


# --- factory reset


def test_after_a_reset_nothing_of_the_box_is_left(other: Box) -> None:
    strange = other.state / "somebody else's"
    strange.write_text("not ours")
    reset.decide(other)
    assert finish(other.settings)
    assert found(other) == {"state/somebody else's": "not ours"}
    assert not snapshots.folder(other.store).exists()
    assert not other.store.exists()


def test_a_box_with_settings_that_are_wrong_can_be_reset(other: Box) -> None:
    other.settings.write_text(other.settings.read_text() + "\n[nonsense]\n")
    reset.decide(other)
    finish(other.settings)
    assert found(other) == {"etc/exchange.pem": "authority of other"}


def test_whoever_is_killed_while_erasing_erases_all_of_it_at_the_next_start(memory: Path) -> None:
    home = memory / "other"
    make(home, "other")
    kept = home.rename(memory / "kept")
    begun = []

    def erase(box: Box) -> None:
        reset.decide(box)
        finish(box.settings)

    for step in range(1, 1000):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(kept, home)
        box = Box(home / "etc" / "deskbell.toml", home / "state" / "desk.db")
        old = found(box)
        killed = killed_at(step, lambda box=box: erase(box))  # type: ignore[misc]
        durable.finish(box.journal)
        there = {name: text for name, text in found(box).items() if not name.endswith(".part")}
        begun.append(there != old)
        assert there in (old, {})
        if not killed:
            break
    assert begun == sorted(begun)
    assert begun.count(True) > 10


def test_a_journal_that_cannot_be_read_is_named(other: Box) -> None:
    other.journal.write_text("not a journal")
    with pytest.raises(StoreError, match=r"\.unfinished cannot be read: .*; remove it"):
        finish(other.settings)


def test_no_lock_of_the_store_is_lost(made: Made) -> None:
    """Given somebody who writes, a backup is made meanwhile, and is of one moment."""
    with closing(sqlite3.connect(made.box.store, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        file.execute("INSERT INTO levels VALUES ('half', 0.1, 0.1)")
        snapshots.copy_to(made.box.store, made.box.copy)
        file.execute("ROLLBACK")
    assert books.read(made.box.copy) == {"to one"}
    made.box.copy.unlink()
