"""The level meter says how loud it is while somebody looks, and costs nothing else."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest

from appliance.control.client import Client
from appliance.desk.actions import AnswerCall, MuteMicrophone
from appliance.desk.events import Dial
from appliance.sip.meter import SILENT, Levels, decibel
from tests.running import RunningDesk
from tests.sip.far_end import FarEnd
from tests.sip.parties import Operator, config, hang_up, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

AMPLITUDE = 8000  # of the tone that the operator says, of 32767
MEAN = 20 * math.log10(2 / math.pi * AMPLITUDE / 32767)  # dB


class Metered(Operator):
    """An operator whose levels are kept."""

    def __init__(self, exchange: ScriptedExchange) -> None:
        self.levels: list[Levels] = []
        super().__init__(config(exchange), on_levels=self.levels.append)


@pytest.fixture
def scripted() -> Iterator[ScriptedExchange]:
    with ScriptedExchange() as exchange:
        yield exchange


@pytest.fixture
def operator(scripted: ScriptedExchange) -> Iterator[Metered]:
    with Metered(scripted) as operator:
        operator.registered()
        operator.speaks(1000)
        yield operator


def in_a_call(operator: Metered, scripted: ScriptedExchange) -> str:
    far_end = FarEnd(scripted)
    far_end.invite()
    call = operator.rings().call
    operator.do(AnswerCall(call))
    far_end.talk()
    operator.talks(call)
    return call


def test_it_tells_how_loud_both_are_and_that_a_muted_microphone_is_silent(
    operator: Metered, scripted: ScriptedExchange
) -> None:
    in_a_call(operator, scripted)
    operator.agent.meter(True)
    until(lambda: bool(operator.levels) and operator.levels[-1].microphone > SILENT, "the tone is measured")
    assert operator.levels[-1].microphone == pytest.approx(MEAN, abs=1.5)
    assert operator.levels[-1].speaker == SILENT, "the far end says nothing"
    operator.do(MuteMicrophone(True))
    until(lambda: operator.levels[-1].microphone == SILENT, "it is muted")


def test_it_ends_with_silence_after_the_last_call_and_says_nothing_more(
    operator: Metered, scripted: ScriptedExchange
) -> None:
    call = in_a_call(operator, scripted)
    operator.agent.meter(True)
    until(lambda: len(operator.levels) > 3, "it measures")
    hang_up(operator, call)
    until(lambda: operator.levels[-1] == Levels(), "silence is told")
    told = len(operator.levels)
    time.sleep(0.5)
    assert len(operator.levels) == told


def test_nothing_is_told_before_anybody_looks_nor_after(
    operator: Metered, scripted: ScriptedExchange
) -> None:
    in_a_call(operator, scripted)
    time.sleep(0.4)
    assert not operator.levels
    operator.agent.meter(True)
    operator.agent.meter(True)
    until(lambda: len(operator.levels) > 3, "it measures")
    operator.agent.meter(False)
    operator.in_the_sip_thread(lambda: None)
    told = len(operator.levels)
    time.sleep(0.5)
    assert len(operator.levels) == told


def test_levels_are_decibels() -> None:
    levels = [decibel(percent) for percent in range(101)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (SILENT, 0.0)


@pytest.mark.exchange
def test_a_client_of_the_desk_gets_the_levels_of_its_calls(exchange: Exchange, tmp_path: Path) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk:
        desk.until_registered()
        desk.ask(Dial("801"))
        desk.until_call("answered")
        with Client(desk.socket) as client:
            levels = client.levels()
            assert next(levels).keys() == {"microphone", "speaker", "delay", "test", "fault"}
            loud = next(found for found in levels if found["speaker"] > SILENT)
        assert loud["microphone"] == SILENT, "nobody speaks at the desk"
