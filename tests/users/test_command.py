"""Users as an installer or Ansible sets them up: on the command line, with the password unseen."""

from __future__ import annotations

import io
import json
from contextlib import closing, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import pytest

from appliance.__main__ import main
from appliance.store.file import connect
from appliance.users import accounts, audit

if TYPE_CHECKING:
    from pathlib import Path


class Box:
    """A box that is set up, and where no desk runs."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.store = home / "deskbell.toml", home / "desk.db"
        self.settings.write_text(f'[desk]\nstore = "{self.store}"\n')
        self._monkeypatch = monkeypatch

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Return the exit code of a command, what it says, and what it says is wrong."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as wrong:
            code = main(["users", *words, "--settings", str(self.settings)])
        return code, said.getvalue(), wrong.getvalue()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    box = Box(tmp_path, monkeypatch)
    assert box.run("add", "Ada", "--admin", "--language", "de", typed="three quiet words\n")[0] == 0
    return box


def test_given_a_user_added_on_the_command_line_then_they_can_sign_in(box: Box) -> None:
    with closing(connect(box.store)) as file:
        user = accounts.verify(file, "ada", "three quiet words")
    assert user
    assert (user.role, user.language) == ("admin", "de")
    assert box.run("list") == (0, "Ada  admin\n", "")
    listed = json.loads(box.run("list", "--json")[1])
    assert listed == [{"id": user.id, "name": "Ada", "role": "admin", "language": "de", "theme": ""}]


def test_a_password_is_set_and_the_user_removed(box: Box) -> None:
    assert box.run("add", "Grace", typed="three other words\n")[1] == "Grace may sign in, as operator\n"
    assert box.run("password", "GRACE", typed="other quiet words\n")[0] == 0
    with closing(connect(box.store)) as file:
        assert accounts.verify(file, "Grace", "other quiet words")
    assert box.run("remove", "grace") == (0, "Grace is removed\n", "")
    assert box.run("list")[1] == "Ada  admin\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "Eve"), "a password needs at least 10 characters"),
        (("add", "ada"), "a password needs at least"),
        (("password", "Ada"), "a password needs at least"),
        (("password", "Eve"), "there is no user Eve"),
        (("remove", "Eve"), "there is no user Eve"),
        (("remove", "Ada"), "this is the last admin"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(box: Box, words: tuple[str, ...], why: str) -> None:
    code, said, wrong = box.run(*words, typed="short\n")
    assert (code, said) == (1, "")
    assert wrong.startswith(f"deskbell: {why}")
    assert box.run("list")[1] == "Ada  admin\n"


def test_who_did_it_is_in_the_audit_log_and_no_password(box: Box) -> None:
    box.run("password", "Ada", typed="other quiet words\n")
    with closing(connect(box.store)) as file:
        entries = audit.entries(file)
    assert [(entry.what, entry.details) for entry in entries] == [
        ("password reset", {"name": "Ada"}),
        ("user added", {"name": "Ada", "role": "admin"}),
    ]
    assert all(entry.who for entry in entries)
