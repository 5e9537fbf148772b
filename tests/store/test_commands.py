"""Given a store that cannot be used, whoever asks it something hears why, and what to do."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.store import file as store_file
from appliance.store.file import connect, prepare, writing
from tests.running import RunningDesk

if TYPE_CHECKING:
    from pathlib import Path

ASKING = {
    "directory": ("directory", "search", "rossi"),
    "blacklist": ("blacklist", "list"),
    "hours": ("hours", "show"),
    "history": ("history",),
    "stats": ("stats",),
}


@pytest.mark.parametrize("words", ASKING.values(), ids=ASKING)
def test_a_damaged_store_is_mended_by_the_desk(tmp_path: Path, words: tuple[str, ...]) -> None:
    desk = RunningDesk(tmp_path, 5060)
    (tmp_path / "desk.db").write_bytes(b"no database " * 1000)
    done = desk.deskbell(*words, "--settings", str(desk.settings))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path / 'desk.db'} cannot be used" in done.stderr
    assert "start the desk anew" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_another_process_writes_for_long_is_said_to_be_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from appliance.__main__ import main

    monkeypatch.setattr(store_file, "BUSY", 0.1)
    desk = RunningDesk(tmp_path, 5060)
    store = tmp_path / "desk.db"
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        assert main(["blacklist", "add", "0199", "--settings", str(desk.settings)]) == 1
    assert "another process has written to it for long: try again" in capsys.readouterr().err
    assert main(["blacklist", "add", "0199", "--settings", str(desk.settings)]) == 0
