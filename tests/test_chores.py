"""Given a desk that runs for weeks, what is to be done now and then is done beside it, not in its way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from appliance import chores
from appliance.chores import SETTLE, SNAPSHOT, SYNC, TIDY, Chore, Chores
from tests.running import RunningDesk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAND_IN = """
import os, pathlib, signal, sys, time
word, folder = sys.argv[3], pathlib.Path(sys.argv[5]).parent
with open(folder / "log", "a") as log:
    print("begin", word, os.getpriority(os.PRIO_PROCESS, 0) >= 10, file=log, flush=True)
    if word == "bad":
        sys.exit("line one\\nit does not work")
    time.sleep({"long": 600}.get(word, 0.05))
    print("end", word, file=log, flush=True)
"""


def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, done: Callable[[list[str]], bool], *todo: Chore
) -> list[str]:
    """What the chores write down until that is done."""
    stand_in = folder / "python"
    stand_in.write_text(f"#!{sys.executable}\n{STAND_IN}")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))

    def lines() -> list[str]:
        log = folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    async def desk() -> None:
        doing = Chores(folder / "settings.toml", todo)
        doing.start()
        deadline = time.monotonic() + 60
        while not done(lines()):
            assert time.monotonic() < deadline, lines()
            await asyncio.sleep(0.01)
        await doing.stop()

    asyncio.run(desk())
    return lines()


@pytest.mark.parametrize("chore", [SETTLE, SYNC, SNAPSHOT, TIDY], ids=lambda chore: chore.words[1])
def test_every_chore_is_a_command_that_has_nothing_to_do_at_a_new_desk(chore: Chore, tmp_path: Path) -> None:
    settings = RunningDesk(tmp_path, 5060).settings
    command = [sys.executable, "-m", "appliance", *chore.words, "--settings", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_chores_are_done_one_after_the_other_again_and_again_and_politely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(
        tmp_path, monkeypatch, lambda lines: len(lines) > 8, Chore(("a",), 0, 0.01), Chore(("b",), 0, 0.01)
    )
    assert {"begin a True", "begin b True"} <= set(done)
    pairs = [(before.split()[1], after) for before, after in zip(done[::2], done[1::2], strict=False)]
    assert all(after == f"end {name}" for name, after in pairs), "never two at once"


def test_one_that_fails_says_why_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = run(
        tmp_path,
        monkeypatch,
        lambda lines: "end good" in lines and "bad: it does not work" in caplog.text,
        *(Chore((word,), 0, 0.01) for word in ("bad", "good")),
    )
    assert done.count("begin bad True") >= 1


def test_a_chore_ends_with_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(tmp_path, monkeypatch, lambda lines: lines == ["begin long True"], Chore(("long",), 0, 1))
    assert done == ["begin long True"]


def test_a_chore_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chores, "LONGEST", 1.0)
    run(tmp_path, monkeypatch, lambda lines: lines.count("begin long True") > 1, Chore(("long",), 0, 0.01))
    assert "long hangs, and is ended" in caplog.text
