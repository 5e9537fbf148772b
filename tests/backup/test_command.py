"""`deskbell backup` and `deskbell factory-reset`, as a person or a script types them."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from appliance.__main__ import main
from appliance.backup.box import box, finish
from appliance.store import health, snapshots
from tests.backup.boxes import PASSPHRASE, SECRET, found, make
from tests.running import PATIENCE, RunningDesk
from tests.store import books

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.backup.box import Box


@pytest.fixture
def one(tmp_path: Path) -> Box:
    return make(tmp_path / "one", "one")


def deskbell(one: Box, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *words, "--settings", str(one.settings)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,  # a passphrase takes seconds, on purpose
        check=False,
    )


def said(one: Box, *words: str) -> tuple[int, str, str]:
    """The same in this process, which is quicker: the exit code, and what is on the two outputs."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.StringIO()):
        code = main([*words, "--settings", str(one.settings)])
    return code, out.getvalue(), err.getvalue()


def test_from_one_box_to_another_by_the_command_line(one: Box, tmp_path: Path) -> None:
    file, other = str(tmp_path / "one.backup"), make(tmp_path / "other", "other")
    weak = deskbell(one, "backup", "create", file, typed="secret\n")
    assert (weak.returncode, "too weak" in weak.stderr) == (1, True)
    made = deskbell(one, "backup", "create", file, typed=f"{PASSPHRASE}\n")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{file} holds everything")
    wrong = deskbell(other, "backup", "restore", file, typed="another passphrase\n")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "deskbell: the passphrase is not the one it was made with\n"
    restored = deskbell(other, "backup", "restore", file, "--json", typed=f"{PASSPHRASE}\n")
    assert restored.returncode == 0, restored.stderr
    assert "store.db" in [name for name, _, _ in json.loads(restored.stdout)["files"]]
    assert found(other)["store"] == "to one"
    for said in (weak, made, wrong, restored):
        assert PASSPHRASE not in said.stdout + said.stderr
        assert SECRET not in said.stdout + said.stderr


def test_a_person_is_asked_for_the_passphrase_twice_and_it_is_not_shown(one: Box, tmp_path: Path) -> None:
    """Given a terminal, when the two are not the same, then there is no backup."""
    ours, theirs = pty.openpty()
    words = [
        sys.executable,
        "-m",
        "appliance",
        "backup",
        "create",
        str(tmp_path / "x"),
        "--settings",
        str(one.settings),
    ]
    child = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = ""
    for prompt, typed in (("Passphrase to be set: ", PASSPHRASE), ("Once more: ", "something else")):
        while prompt not in seen:
            seen += os.read(ours, 1000).decode()
        os.write(ours, f"{typed}\n".encode())
    while "not the same" not in seen:
        seen += os.read(ours, 1000).decode()
    assert child.wait(PATIENCE) == 1
    os.close(ours)
    assert PASSPHRASE not in seen
    assert not (tmp_path / "x").exists()


def test_snapshots_are_taken_and_listed(one: Box) -> None:
    books.write(one.store, "new")
    text = one.settings.read_text()
    one.settings.write_text(text + "\n[backup]\nreserve = 1000000\n")
    code, _, why = said(one, "backup", "snapshot")
    assert (code, "keeps free" in why) == (1, True)
    one.settings.write_text(text + "\n[backup]\nreserve = 0\nnewest = 1\ndays = 0\n")
    path = json.loads(said(one, "backup", "snapshot", "--json")[1])["path"]
    assert path.endswith(".db")
    assert said(one, "backup", "snapshot") == (0, "nothing has changed since the last one\n", "")
    (listed,) = json.loads(said(one, "backup", "snapshots", "--json")[1])
    assert listed["path"] == path
    assert listed["size"] > 0
    assert path in said(one, "backup", "snapshots")[1]


def test_damage_is_told_and_what_was_kept_can_be_removed(one: Box) -> None:
    assert said(one, "backup", "check") == (0, f"{one.store} is sound\n", "")
    books.zero_a_page(one.store)
    code, told, _ = said(one, "backup", "check", "--json")
    assert (code, "Page" in json.loads(told)["damage"]) == (1, True)
    code, _, why = said(one, "backup", "check")
    assert (code, "restart the desk, and the newest good snapshot" in why) == (1, True)
    code, _, why = said(one, "backup", "snapshot")
    assert (code, "is damaged" in why) == (1, True)
    books.overwrite_header(one.store)
    code, _, why = said(one, "backup", "snapshot")
    assert (code, "is not a database" in why) == (1, True)
    assert said(one, "backup", "forget") == (0, "there was none\n", "")
    health.make_ready(one.store)
    assert ".damaged-" in said(one, "backup", "forget")[1]


def test_the_doctor_tells_of_the_store(one: Box) -> None:
    def findings() -> list[tuple[str, str, str]]:
        told = json.loads(said(one, "doctor", "--json")[1])
        wanted = ("store", "snapshot", "backup")
        return [(f["check"], f["what"], f["remedy"]) for f in told if f["check"] in wanted]

    one.store.chmod(0o640)
    sound, copied, backed = findings()
    assert sound == ("store", f"{one.store} is sound", "")
    assert copied[1].startswith("snapshots: 1, the newest of ")
    assert backed[1] == "no backup was made yet"
    assert "run: deskbell backup create FILE; keep it elsewhere" in backed[2]
    (one.state / "backed-up").touch()
    one.store.chmod(0o644)
    (snapshot,) = snapshots.listed(one.store)
    snapshot.path.rename(snapshot.path.with_name("000001-20200101T000000Z.db"))
    books.write(one.store, "since then")
    _, readable, copied, backed = findings()
    assert readable[2] == f"run: chmod o-rwx {one.store}"
    assert "run: deskbell backup snapshot" in copied[2]
    assert (backed[1].startswith("the last backup was made on "), backed[2]) == (True, "")
    os.utime(one.state / "backed-up", (0, time.time() - 100 * 86400))
    books.zero_a_page(one.store)
    damaged, _, _, backed = findings()
    assert "Page" in damaged[1]
    assert "the newest good snapshot takes its place" in damaged[2]
    assert backed[1] == "the last backup was made 100 days ago"
    assert "run: deskbell backup create FILE" in backed[2]


def test_a_reset_needs_its_word(one: Box) -> None:
    before = found(one)
    for words in ((), ("erase",), ("yes",)):
        code, told, why = said(one, "factory-reset", *words)
        assert (code, told) == (1, "")
        assert "to erase everything: deskbell factory-reset ERASE" in why
    assert found(one) == before
    assert said(one, "factory-reset", "ERASE")[1].startswith("erased; ")
    assert found(one) == {}
    assert "there is no such file" in said(one, "backup", "snapshot")[2]


def test_a_desk_that_runs_is_restored_and_erased_when_it_starts_anew(tmp_path: Path) -> None:
    with RunningDesk(tmp_path, 9) as desk:
        this, file = box(desk.settings), str(tmp_path / "desk.backup")
        made = deskbell(this, "backup", "create", file, typed=f"{PASSPHRASE}\n")
        assert made.returncode == 0, made.stderr
        desk.stop()
        desk.settings.write_text(desk.settings.read_text().replace("[desk]\n", '[desk]\nname = "Another"\n'))
        desk.start()
        assert desk.status()["desk"]["name"] == "Another"
        restored = deskbell(this, "backup", "restore", file, typed=f"{PASSPHRASE}\n")
        assert "restart the desk, and it is restored" in restored.stdout, restored.stderr
        assert "Another" in desk.settings.read_text()
        desk.stop()
        desk.start()
        assert desk.status()["desk"]["name"] == "Reception"
        assert deskbell(this, "factory-reset", "ERASE").stdout == "restart the desk: then it is erased\n"
        assert desk.settings.exists()
        desk.stop()
        assert finish(desk.settings), "which is what a desk does first of all"
        assert {path.name for path in tmp_path.iterdir()} == {"desk.log", "desk.backup", "desk.sock.lock"}
