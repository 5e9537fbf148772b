"""Who may ring, and when, as a person or a script says it on the command line; no desk has to run."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from appliance.__main__ import main
from appliance.history.record import Record
from appliance.history.recorder import Changes, write
from appliance.store.file import connect, writing
from tests.running import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


class Box:
    """A box that is set up, and where no desk runs."""

    def __init__(self, home: Path) -> None:
        self.settings, self.store = home / "deskbell.toml", home / "desk.db"
        self.settings.write_text(
            f'[desk]\nstore = "{self.store}"\n[line]\nserver = "127.0.0.1"\nuser = "200"\n'
            '[extensions]\n1001 = "Ada"\n[dialling]\ncountry = "IT"\n'
        )
        secrets = home / "secrets.toml"
        secrets.touch(0o600)
        secrets.write_text('[line]\npassword = "x"\n')

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return the exit code of a command, what it says, and what it says is wrong."""
        with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as wrong:
            code = main([*words, "--settings", str(self.settings)])
        return code, said.getvalue(), wrong.getvalue()

    def says(self, *words: str) -> str:
        code, said, wrong = self.run(*words)
        assert (code, wrong) == (0, "")
        return said.rstrip("\n")

    def data(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def refuses(self, *words: str) -> str:
        code, said, wrong = self.run(*words)
        assert (code, said) == (1, "")
        return wrong.removeprefix("deskbell: ").rstrip("\n")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_number_is_blacklisted_looked_up_removed_and_brought_back(box: Box) -> None:
    assert box.says("blacklist", "list") == "the blacklist is empty"
    assert box.says("blacklist", "add", "+39 199*", "--note", "sales calls").startswith("added: +39 199*  20")
    assert box.says("blacklist", "check", "0039 199 123456").startswith(
        "refused: blocked: matches +39 199*, added by"
    )
    assert box.says("blacklist", "check", "02 1234567") == "rings"
    (entry,) = box.data("blacklist", "list")
    assert (entry["pattern"], entry["note"]) == ("+39 199*", "sales calls")
    assert box.data("blacklist", "remove", "0039199*")["done"] == "removed"
    assert box.data("blacklist", "list") == []
    assert box.says("blacklist", "undo").startswith("back on the list: +39 199*")
    assert box.says("blacklist", "undo").startswith("removed again: +39 199*")
    assert box.refuses("blacklist", "undo") == "there is no change of the blacklist to undo"


def test_the_caller_of_a_call_in_the_history_is_blacklisted(box: Box) -> None:
    assert box.refuses("blacklist", "add", "--call", "7") == "there is no call 7"
    with closing(connect(box.store)) as file, writing(file):
        caller = Record(
            id=7, direction="in", number="021234567", began=1.0, day=19700101, hour=0, state="released"
        )
        write(file, Changes((caller, replace(caller, id=8, number=""))))
    assert box.says("blacklist", "add", "--call", "7").startswith("added: 021234567")
    assert box.says("blacklist", "check", "+39 02 1234567").startswith("refused: blocked: matches 021234567")
    assert box.refuses("blacklist", "add", "--call", "8").startswith("no number came with call 8")
    assert box.refuses("blacklist", "add") == "say which number, or which call"


def test_what_must_not_be_blacklisted_is_refused_in_words(box: Box) -> None:
    assert (
        box.refuses("blacklist", "add", "112")
        == "112 matches the emergency number 112, which may always ring"
    )
    assert "an extension of your own" in box.refuses("blacklist", "add", "10XX")
    assert "an extension of your own" in box.refuses("blacklist", "add", "200")
    assert "would match everybody" in box.refuses("blacklist", "add", "*")
    assert "is not on the blacklist" in box.refuses("blacklist", "remove", "☎")


def test_rules_are_switched_diverted_and_hidden_each_by_itself(box: Box) -> None:
    assert box.says("screening", "show").splitlines()[1] == "anonymous: off; refused, listed"
    said = box.says("screening", "set", "anonymous", "on", "--divert", "600", "--shown", "off")
    assert said.splitlines()[1] == "anonymous: on; diverted to 600, not listed"
    assert box.says("blacklist", "check", "anonymous") == "diverted to 600: anonymous: the number is withheld"
    assert box.says("blacklist", "check", "unknown") == "rings"
    box.says("screening", "set", "anonymous", "--divert", "-")
    box.says("screening", "set", "colleagues", "on")
    rules = box.data("screening", "show")
    assert rules["anonymous"] == {"on": True, "divert": "", "shown": False}
    assert rules["colleagues"] is True
    assert box.refuses("screening", "set", "closed", "--divert", "200").startswith("200 is this desk itself")
    assert box.refuses("screening", "set", "colleagues") == "colleagues is on or off, and no more"


def test_hours_and_holidays_are_set_in_words(box: Box) -> None:
    box.says("hours", "zone", "Europe/Rome")
    box.says("hours", "set", "mon-fri", "09:00-13:00", "14:00-18:00")
    said = box.says("hours", "set", "wed", "closed").splitlines()
    assert "Tuesday: 09:00-13:00, 14:00-18:00" in said
    assert "Wednesday: closed" in said
    box.says("holidays", "add", "08-15", "Ferragosto")
    box.says("holidays", "add", "2026-04-05..2026-04-06", "Easter")
    assert box.says("holidays", "list") == "08-15  Ferragosto\n2026-04-05..2026-04-06  Easter"
    assert box.says("blacklist", "check", "02 1234567", "--at", "2026-08-15T10:00") == "rings", (
        "not switched on"
    )
    box.says("screening", "set", "closed", "on")
    for at, verdict in (
        ("2026-08-14T10:00", "rings"),
        ("2026-08-15T10:00", "refused: holiday: Ferragosto"),
        ("2026-08-12T10:00", "refused: outside opening hours: Wednesday"),
        ("2026-08-13T11:59:59Z", "refused: outside opening hours: Thursday 13:59"),
        ("2026-08-13T12:00:00+00:00", "rings"),
    ):
        assert box.says("blacklist", "check", "02 1234567", "--at", at) == verdict
    box.says("holidays", "remove", "08-15")
    assert [one["name"] for one in box.data("holidays", "list")] == ["Easter"]
    assert box.data("hours", "show")["hours"]["zone"] == "Europe/Rome"


@pytest.mark.parametrize(
    "words",
    [
        ("hours", "set", "mon", "09:00-25:00"),
        ("hours", "set", "someday", "09:00-10:00"),
        ("hours", "zone", "Europe/Roma"),
        ("holidays", "add", "15.8."),
        ("holidays", "remove", "08-16"),
        ("blacklist", "check", "1", "--at", "tomorrow"),
        ("screening", "set", "closed", "--divert", "no number!"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(box: Box, words: tuple[str, ...]) -> None:
    before = box.data("screening", "show")
    assert box.refuses(*words)
    assert box.data("screening", "show")["hours"] == before["hours"]


def test_a_store_that_cannot_be_used_is_named(box: Box) -> None:
    box.store.write_bytes(b"no database" * 500)
    assert "desk.db cannot be used" in box.refuses("blacklist", "list")


def test_the_command_itself_does_the_same(box: Box) -> None:
    words = ["blacklist", "add", "112", "--settings", str(box.settings)]
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "deskbell: 112 matches the emergency number 112, which may always ring\n"
