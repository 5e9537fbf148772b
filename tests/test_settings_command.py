"""`deskbell settings set`: how a program, such as Ansible, changes some of the settings."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from appliance import settings
from appliance.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct horse battery staple"
ACCOUNT = {
    "line": {"server": "pbx.example", "user": "200", "password": SECRET},
    "extensions": {"1001": "Ada"},
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path / "deskbell.toml", monkeypatch)


class Desk:
    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._monkeypatch = path, monkeypatch

    def set(self, said: dict[str, Any] | str, *words: str) -> int:
        text = said if isinstance(said, str) else json.dumps(said)
        self._monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return main(["settings", "set", "--settings", str(self.path), *words])


def test_each_option_finds_its_file_and_what_changes_is_told(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.set(ACCOUNT) == 0
    told = capsys.readouterr().out
    assert 'line.server = "pbx.example"\n' in told
    assert "line.password = …\n" in told
    assert SECRET not in told + desk.path.read_text()
    read = settings.load(desk.path)
    assert (read.line.password, read.extensions) == (SECRET, {"1001": "Ada"})
    assert desk.set(ACCOUNT) == 0
    assert capsys.readouterr().out == ""


def test_people_write_toml_and_null_takes_an_option_away(desk: Desk) -> None:
    assert desk.set('[lines.berlin]\nserver = "a.example"\nuser = "2"\npassword = "x"\n') == 0
    assert settings.load(desk.path).lines["berlin"].user == "2"
    assert desk.set({"desk": {"name": "Front"}}) == desk.set({"desk": {"name": None}}) == 0
    assert settings.load(desk.path).desk.name == settings.Settings().desk.name


@pytest.mark.parametrize(
    "wrong", [{"line": {"servr": "x"}}, {"line": "x"}, "line", "[line]\nserver = ", {"line": {"port": "a"}}]
)
def test_of_what_is_wrong_nothing_is_written(
    desk: Desk, wrong: dict[str, Any] | str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.set(ACCOUNT) == 0
    before = desk.path.read_text()
    assert desk.set(wrong) == 4
    assert desk.path.read_text() == before
    assert SECRET not in capsys.readouterr().err


def test_it_can_be_asked_first(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.set(ACCOUNT, "--check") == 0
    assert "line.user" in capsys.readouterr().out
    assert not desk.path.exists()
