"""The code of the first run: whoever has the box can read it, nobody else can guess it."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, codes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_code_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    code = codes.shown(tmp_path, codes.FIRST_RUN)
    assert len(code) == 9
    assert code[4] == "-"
    assert not set(code) & set("01OIL")
    assert codes.shown(tmp_path, codes.FIRST_RUN) == code
    assert codes.shown(tmp_path, "lost-password") != code
    assert stat.S_IMODE((tmp_path / "first-run-code").stat().st_mode) == 0o600
    codes.drop(tmp_path, codes.FIRST_RUN)
    assert codes.read(tmp_path, codes.FIRST_RUN) == ""
    assert codes.shown(tmp_path, codes.FIRST_RUN) != code


def test_it_is_typed_as_people_type() -> None:
    for typed in ("K7QX-29MB", "k7qx29mb", " k7qx 29mb "):
        assert codes.is_right("K7QX-29MB", typed)


@given(st.text(max_size=20))
def test_nothing_else_is_right_and_without_a_code_nothing_is(typed: str) -> None:
    bare = "".join(sign for sign in typed.upper() if sign.isalnum())
    assert codes.is_right("K7QX-29MB", typed) == (bare == "K7QX29MB")
    assert not codes.is_right("", typed)


def test_the_command_shows_it_until_there_is_an_admin(tmp_path: Path) -> None:
    store, path = tmp_path / "state" / "desk.db", tmp_path / "deskbell.toml"
    path.write_text(tomlkit.dumps({"desk": {"store": str(store)}}))

    def deskbell() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "appliance", "code", "--settings", str(path)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    assert deskbell().stdout.strip() == codes.read(store.parent, codes.FIRST_RUN)
    secrets = tmp_path / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text('[page]\nfirst_run_code = "TULIP-2026"\n')
    assert deskbell().stdout == "TULIP-2026\n"
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        accounts.add(file, "reception", "Tulips on the desk", "admin")
    told = deskbell()
    assert (told.returncode, "there is an admin already" in told.stderr) == (1, True)
