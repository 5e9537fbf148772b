"""A sound card is tried with nobody on the line: it is measured, what was said comes back, a call ends it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, PlaceCall
from appliance.sip import echo
from appliance.sip.meter import SILENT, Levels
from tests.sip.far_end import FarEnd
from tests.sip.parties import until
from tests.sip.scripted import ScriptedExchange
from tests.sip.sound import level
from tests.sip.test_meter import Metered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HZ = 1000


@pytest.fixture
def scripted() -> Iterator[ScriptedExchange]:
    with ScriptedExchange() as exchange:
        yield exchange


@pytest.fixture
def operator(scripted: ScriptedExchange) -> Iterator[Metered]:
    with Metered(scripted) as operator:
        operator.registered()
        operator.speaks(HZ)
        yield operator


def told(operator: Metered) -> Levels:
    return operator.levels[-1] if operator.levels else Levels()


def test_who_speaks_without_a_call_sees_the_level_until_it_is_ended(
    operator: Metered, tmp_path: Path
) -> None:
    operator.agent.meter(True)
    operator.agent.test_sound("", str(tmp_path / "echo.wav"), echo=False)
    until(lambda: told(operator).microphone > SILENT, "the microphone is measured")
    assert told(operator).test == "speak"
    operator.agent.end_sound_test()
    until(lambda: told(operator) == Levels(), "silence is told")


def test_what_was_said_is_heard_again_and_kept_nowhere(operator: Metered, tmp_path: Path) -> None:
    said, heard = tmp_path / "echo.wav", tmp_path / "ear.wav"
    operator.listens(heard)
    operator.agent.meter(True)
    operator.agent.test_sound("", str(said), echo=True)
    until(said.exists, "it is recorded")
    assert stat.S_IMODE(said.stat().st_mode) == 0o600, "nobody else reads what was said"
    until(lambda: told(operator).test == "listen", "it is played back")
    until(lambda: told(operator).test == "", "it is over", 2 * echo.LONGEST_SECONDS)
    operator.listened()
    assert not said.exists()
    assert level(heard, HZ) > 1000


def test_a_call_ends_it_and_another_is_not_begun(
    operator: Metered, scripted: ScriptedExchange, tmp_path: Path
) -> None:
    said = tmp_path / "echo.wav"
    operator.agent.meter(True)
    operator.agent.test_sound("", str(said), echo=False)  # which would go on for longer than is waited here
    until(said.exists, "it is recorded")
    far_end = FarEnd(scripted)
    far_end.invite()
    call = operator.rings().call
    until(lambda: not said.exists(), "the call has ended it")
    operator.agent.test_sound("", str(said), echo=True)
    operator.do(AnswerCall(call))
    far_end.talk()
    operator.talks(call)
    assert not said.exists()
    until(lambda: told(operator).microphone > SILENT, "the call has the microphone")
    assert told(operator).test == ""


def test_who_dials_is_not_kept_waiting_by_it(operator: Metered, tmp_path: Path) -> None:
    said = tmp_path / "echo.wav"
    operator.agent.test_sound("", str(said), echo=False)
    until(said.exists, "it is recorded")
    operator.do(PlaceCall("out-1", "1001"))
    until(lambda: not said.exists(), "the call has ended it")


def test_where_nothing_can_be_kept_it_ends_at_once(
    operator: Metered, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    operator.agent.test_sound("", str(tmp_path / "missing" / "echo.wav"), echo=True)
    operator.in_the_sip_thread(lambda: None)
    assert "missing/echo.wav" in caplog.text
    operator.agent.test_sound("", str(tmp_path / "echo.wav"), echo=True)
    until((tmp_path / "echo.wav").exists, "the next one works")
