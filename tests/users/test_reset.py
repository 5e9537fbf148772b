"""A lost admin password: whoever touches the box gets a code, for a quarter of an hour."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

from appliance.users import codes, reset

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW = time.time()


def test_given_nobody_touched_the_box_then_no_code_is_good(tmp_path: Path) -> None:
    assert reset.code(tmp_path, NOW) == ""
    reset.look(tmp_path, tmp_path / "none")
    assert reset.code(tmp_path, NOW) == ""


def test_a_code_is_good_for_a_quarter_of_an_hour(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        shown = reset.allow(tmp_path)
    made = codes.made(tmp_path, reset.RESET)
    assert shown in caplog.text
    assert (tmp_path / "reset-password-code").stat().st_mode & 0o777 == 0o600
    assert reset.code(tmp_path, made + 899) == shown
    assert reset.code(tmp_path, made + 901) == ""
    assert reset.code(tmp_path, made) == "", "what has ended does not come back with the clock"


def test_touching_it_again_makes_another_code_and_the_old_one_is_good_no_more(tmp_path: Path) -> None:
    first = reset.allow(tmp_path)
    second = reset.allow(tmp_path)
    assert first != second
    assert reset.code(tmp_path, codes.made(tmp_path, reset.RESET)) == second
    reset.end(tmp_path)
    assert reset.code(tmp_path, time.time()) == ""


def test_the_file_on_the_card_counts_once_and_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "deskbell-reset-password"
    file.touch()
    reset.look(tmp_path, file)
    assert not file.exists()
    first = reset.code(tmp_path, time.time())
    assert first
    reset.end(tmp_path)
    reset.look(tmp_path, file)
    assert reset.code(tmp_path, time.time()) == ""


def test_given_a_card_for_reading_only_the_file_counts_once_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "deskbell-reset-password"
    file.touch()

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    monkeypatch.setattr(codes, "drop", lambda *_: None)
    reset.look(tmp_path, file)
    first = reset.code(tmp_path, time.time())
    (tmp_path / "reset-password-code").rename(tmp_path / "gone")
    reset.look(tmp_path, file)
    assert first
    assert reset.code(tmp_path, time.time()) == ""
    os.utime(file, (NOW + 60, NOW + 60))  # laid there once more
    reset.look(tmp_path, file)
    assert reset.code(tmp_path, time.time())
