"""`deskbell history` and `deskbell stats`, as a person gives them; no desk is running."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from appliance.__main__ import main
from appliance.history.record import Record, day_and_hour
from appliance.history.recorder import Changes, write
from appliance.store.file import connect, writing

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.datetime.now().replace(hour=12, minute=0, second=0, microsecond=0).timestamp()


@pytest.fixture
def home(path: Path, tmp_path: Path) -> Path:
    """Settings, and a store with a call of today and a missed one of eight days ago."""
    settings = tmp_path / "deskbell.toml"
    settings.write_text(
        f'[desk]\nstore = "{path}"\n[line]\nserver = "127.0.0.1"\nuser = "200"\n[history]\nkeep_days = 7\n'
    )
    secrets = tmp_path / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text('[line]\npassword = "secret"\n')
    with closing(connect(path)) as file, writing(file):
        write(file, Changes((_call(1, NOW - 8 * 86_400, missed=True), _call(2, NOW, missed=False))))
    return tmp_path


def _call(number: int, began: float, missed: bool) -> Record:
    day, hour = day_and_hour(began)
    return Record(
        id=number,
        direction="in",
        number="0301234567",
        name="=Zoe",
        began=began,
        answered=0.0 if missed else began + 5,
        ended=began + 35,
        day=day,
        hour=hour,
        duration=35.0,
        waited=35.0 if missed else 5.0,
        talked=0.0 if missed else 30.0,
        state="released",
        outcome="missed" if missed else "answered",
        seen=not missed,
        sought="=zoe\n0301234567",
    )


def deskbell(home: Path, *words: str) -> str:
    """Return what a command prints."""
    told = io.StringIO(newline="")
    with contextlib.redirect_stdout(told):
        assert main([*words, "--settings", str(home / "deskbell.toml")]) == 0
    return told.getvalue()


def listed(home: Path, *words: str) -> list[Any]:
    return list(json.loads(deskbell(home, "history", *words, "--json")))


def test_the_last_calls_are_listed_and_those_that_are_wanted(home: Path) -> None:
    lines = deskbell(home, "history").splitlines()
    assert len(lines) == 2
    assert "in   answered     0301234567 =Zoe" in lines[0]
    assert lines[0].endswith("waited 0:05, talked 0:30")
    assert [call["id"] for call in listed(home, "--day", "today")] == [2]
    assert [call["id"] for call in listed(home, "--missed")] == [1]
    assert [call["id"] for call in listed(home, "--to", "yesterday", "--number", "030 12")] == [1]
    assert listed(home, "--name", "nobody") == []


def test_a_note_is_written_and_exported_with_its_call(home: Path) -> None:
    deskbell(home, "history", "note", "2", "wants to be called back")
    assert [call["note"] for call in listed(home)] == ["wants to be called back", ""]
    words = ["history", "export", "--day", "today", "--settings", str(home / "deskbell.toml")]
    done = subprocess.run([sys.executable, "-m", "appliance", *words], capture_output=True, check=True)
    (row,) = csv.DictReader(io.StringIO(done.stdout.decode(), newline=""))
    assert (row["Name"], row["Note"]) == ("'=Zoe", "wants to be called back")
    table = home / "calls.csv"
    assert deskbell(home, "history", "--missed", "export", str(table)) == f"1 calls are in {table}\n"
    assert len(list(csv.DictReader(table.open(encoding="utf-8-sig")))) == 1


def test_what_calls_add_up_to_is_shown_and_stays_when_they_are_deleted(home: Path) -> None:
    week = (str(datetime.date.today() - datetime.timedelta(10)), "today")
    told = json.loads(deskbell(home, "stats", *week, "--json"))
    assert (told["incoming"]["calls"]["total"], told["missed"]["percent"]) == (2, 50.0)
    assert told["talk"]["total"] == 30
    assert sum(hour["incoming"] for hour in told["by_hour"]) == 2
    assert json.loads(deskbell(home, "history", "tidy", "--json")) == {"days": 1, "deleted": 1}
    assert [call["id"] for call in listed(home)] == [2]
    assert json.loads(deskbell(home, "stats", *week, "--json")) == told
    assert "talk                         0:30      0:30" in deskbell(home, "stats")


def test_who_asks_to_be_forgotten_is(home: Path) -> None:
    told = deskbell(home, "history", "erase", "030 123 45 67")
    assert "erased from 2 calls and 0 text messages" in told
    assert told.endswith("backups made before still have it\n")
    (snapshot,) = (home / "snapshots").glob("*.db")
    assert b"1234567" not in snapshot.read_bytes()
    assert [(call["number"], call["name"]) for call in listed(home)] == [("", "")] * 2


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("history", "note", "9", "x"), 1, "there is no call 9"),
        (("history", "note", "x", "y"), 2, "'x' is no number of a call"),
        (("history", "note", "9" * 30, "y"), 2, "is no number of a call"),
        (("history", "note", "2", "\udcff"), 1, "not UTF-8"),
        (("history", "erase", "+-"), 1, "'+-' is no number"),
        (("history", "--day", "2026-13-01"), 2, "is no day"),
        (("history", "--missed", "--outgoing"), 2, "not allowed"),
        (("history", "export", "/nowhere/calls.csv"), 1, "cannot be written: No such file"),
        (("stats", "today", "yesterday"), 1, "is before"),
        (("stats", "x"), 2, "is no day"),
    ],
)
def test_what_cannot_be_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, why: str
) -> None:
    try:
        assert main([*words, "--settings", str(home / "deskbell.toml")]) == code
    except SystemExit as left:
        assert left.code == code
    assert why in capsys.readouterr().err
