"""`deskbell directory` with files of people, as a person gives it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Shell:
    """Gives commands to a box whose store is in a folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = home / "deskbell.toml"
        self.settings.write_text(
            f'[desk]\nstore = "{home}/desk.db"\n[line]\nserver = "127.0.0.1"\nuser = "200"\n'
            '[dialling]\ncountry = "IT"\n'
        )
        secrets = home / "secrets.toml"
        secrets.touch(0o600)
        secrets.write_text('[line]\npassword = "secret"\n')

    def words(self, *words: str) -> list[str]:
        first, *rest = words
        command = [sys.executable, "-m", "appliance", "directory", first]
        return [*command, "--settings", str(self.settings), *rest]

    def run(self, *words: str, code: int = 0, stdin: str = "") -> str:
        """Return what a command prints: on standard output or, where it refuses, on standard error."""
        done = subprocess.run(self.words(*words), input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_from_the_sample_to_the_directory_and_back(shell: Shell) -> None:
    sample, cards = str(shell.home / "sample.csv"), str(shell.home / "people.vcf")
    shell.run("sample", sample)

    assert "2 would be new, 0 would be merged" in shell.run("preview", sample)
    assert shell.run("imports") == "no imports\n"
    assert "2 new, 0 merged, 0 unchanged, 0 faulty" in shell.run("import", sample)
    assert shell.run("export", cards) == f"2 people written to {cards}\n"
    assert "0 new, 0 merged, 2 unchanged" in shell.run("import", cards)
    assert shell.run("undo", "1") == "2 people removed, 0 put back as they were\n"
    assert "taken back already" in shell.run("undo", "1", code=1)
    assert [one["state"] for one in json.loads(shell.run("imports", "--json"))] == ["done", "undone"]


def test_bad_rows_are_told_by_line_for_people_and_programs(shell: Shell) -> None:
    name = shell.home / "people.csv"
    name.write_bytes(
        "Nome;Cognome;Società;Ufficio\nAnna;Rossi;Caffè;3,9E+11\nBruno;Bianchi;;02 1\n".encode("cp1252")
    )

    said = shell.run("preview", str(name))
    assert "people.csv: outlook, cp1252" in said
    assert "line 2: 3,9E+11 is what a spreadsheet made of a long number" in said
    assert "Bruno Bianchi; work 02 1" in said
    done = json.loads(shell.run("import", str(name), "--owner", "bob", "--category", "VIP", "--json"))
    assert (done["added"], done["faulty"], done["faults"][0]["line"]) == (1, 1, 2)
    assert (done["first"][0]["owner"], done["first"][0]["categories"]) == ("bob", ["VIP"])


def test_an_export_is_whole_or_not_there(shell: Shell) -> None:
    shell.run("sample", str(shell.home / "sample.csv"))
    shell.run("import", str(shell.home / "sample.csv"))

    assert "cannot be written: No such file or directory" in shell.run(
        "export", "/no/such/folder/a.csv", code=1
    )
    assert shell.run("export", "-", "--format", "outlook", "--language", "it").startswith(
        "\ufeffNome,Cognome,"
    )
    assert "BEGIN:VCARD\nVERSION:4.0" in shell.run("export", "-", "--format", "vcard", "--vcard", "4.0")
    assert shell.run("export", str(shell.home / "one.csv"), "--people", "2").startswith("1 person written")
    assert "no person 9" in shell.run("export", str(shell.home / "none.csv"), "--people", "9", code=1)
    listed = shell.run("export", "-", "--listed", stdin="2\n")
    assert ("Porter's lodge" in listed, "Anna" in listed) == (True, False)
    assert "line 2 of standard input is no id" in shell.run("export", "-", "--listed", stdin="2\nx", code=1)
    left = {path.name for path in shell.home.iterdir() if path.suffix != ".db" and "desk" not in path.name}
    assert left == {"sample.csv", "one.csv", "secrets.toml"}


def test_what_cannot_be_imported_is_refused_with_a_reason(shell: Shell) -> None:
    (shell.home / "people.xlsx").write_bytes(b"PK\x03\x04...")
    shell.run("imports")

    assert "save it as CSV" in shell.run("import", str(shell.home / "people.xlsx"), code=1)
    assert "is no file" in shell.run("import", str(shell.home / "nothing"), code=1)
    assert "is no file" in shell.run("import", "/dev/zero", code=1)
    assert "is the store itself" in shell.run("import", str(shell.home / "desk.db"), code=1)
    assert "there is no encoding" in shell.run("import", str(shell.settings), "--encoding", "x", code=1)
    assert "there is no import 7" in shell.run("undo", "7", code=1)


def test_on_a_terminal_progress_is_shown(shell: Shell) -> None:
    name = shell.home / "people.csv"
    name.write_text("last name\n" + "".join(f"P{at}\n" for at in range(2500)))
    ours, theirs = pty.openpty()
    subprocess.run(shell.words("import", str(name)), stderr=theirs, stdout=subprocess.PIPE, check=True)
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "2000 rows" in said
    assert "100%, 2500 rows" in said
