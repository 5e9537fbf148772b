"""The `deskbell` command, as a person or a script types it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[RunningDesk]:
    home = tmp_path_factory.mktemp("desk")
    with RunningDesk(home, exchange.sip_port, extensions={"1001": "Ada"}) as running:
        running.until_registered()
        yield running


@pytest.mark.exchange
def test_a_call_from_the_command_line_alone(desk: RunningDesk, exchange: Exchange) -> None:
    exchange.originate("030", "200", name="Miller")
    desk.until_call("ringing")
    assert desk.deskbell("answer").returncode == 0
    desk.until_call("answered")
    assert desk.deskbell("hold").returncode == 0
    said = desk.deskbell("calls").stdout.splitlines()
    assert said[0].split() == ["call", "way", "with", "state", "for", "note"]
    assert said[1].split()[1:5] == ["in", "Miller", "030", "held"]
    assert desk.deskbell("resume").returncode == 0
    assert desk.deskbell("digits", "12#").returncode == 0
    assert desk.deskbell("hangup").returncode == 0
    assert desk.deskbell("calls").stdout == "no calls\n"


@pytest.mark.exchange
def test_what_cannot_be_is_refused_with_exit_code_1_and_a_reason(desk: RunningDesk) -> None:
    refused = desk.deskbell("park")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "deskbell: refused: no call is active\n"


@pytest.mark.exchange
def test_status_and_devices_speak_to_people_and_to_programs(desk: RunningDesk) -> None:
    assert desk.deskbell("status").stdout.splitlines()[:2] == ["Reception (200): registered", "calls: none"]
    status = json.loads(desk.deskbell("status", "--json").stdout)
    assert status["registration"]["state"] == "registered"
    assert status["extensions"]["1001"]["name"] == "Ada"
    assert "sim-headset" in desk.deskbell("devices").stdout
    assert json.loads(desk.deskbell("devices", "--json").stdout)["sim-light"]["kind"] == "light"
    assert json.loads(desk.deskbell("calls", "--json").stdout)["calls"] == {}


@pytest.mark.exchange
@pytest.mark.parametrize("words", [["watch"], ["watch", "--json"]])
def test_watch_tells_what_happens_and_ends_with_its_reader(
    desk: RunningDesk, exchange: Exchange, words: list[str]
) -> None:
    with subprocess.Popen(desk.words(*words), stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        watching.stdout.readline()
        caller = exchange.originate("0301234", "200", name="Miller")
        while "0301234" not in (line := watching.stdout.readline()):
            assert line, "watch ended"
        exchange.hang_up(caller)
        desk.until_call()
        watching.terminate()


@pytest.mark.exchange
def test_the_doctor_says_what_is_well_and_what_to_do_about_the_rest(desk: RunningDesk) -> None:
    told = desk.deskbell("doctor", "--settings", str(desk.settings), "--json")
    findings = {finding["check"]: finding for finding in json.loads(told.stdout)}
    assert findings["line"]["well"]
    assert findings["desk"]["well"]
    assert findings["settings"]["well"]
    assert all(finding["remedy"] for finding in findings.values() if not finding["well"])
    assert told.returncode == (0 if all(finding["well"] for finding in findings.values()) else 1)


def deskbell(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_without_a_desk_every_command_says_how_to_start_one(tmp_path: Path) -> None:
    for command in ("status", "calls", "answer", "watch"):
        said = deskbell("--socket", str(tmp_path / "none.sock"), command)
        assert said.returncode == 3
        assert "start one with 'deskbell run'" in said.stderr


def test_wrong_words_are_exit_code_2() -> None:
    assert deskbell("anser").returncode == 2
    assert deskbell("dial").returncode == 2


def test_the_shell_can_complete_every_command() -> None:
    completion = deskbell("--completion", "bash").stdout
    words = subprocess.run(
        ["bash", "-c", f"{completion}\nCOMP_WORDS=(deskbell tra); COMP_CWORD=1\n"
         "_shtab_deskbell deskbell tra deskbell; printf '%s\\n' \"${COMPREPLY[@]}\""],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert words.stdout.split() == ["transfer"], words.stderr


def test_help_names_the_exit_codes() -> None:
    assert "exit codes:" in deskbell("--help").stdout
