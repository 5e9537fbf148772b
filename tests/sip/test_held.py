"""A call can be answered for a caller who has to wait: held at once, the operator never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HoldCall, PlaceCall, ResumeCall
from tests.sip.parties import Operator, call_the_operator, config, hang_up, until
from tests.sip.sound import loudness, samples

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Phones

pytestmark = pytest.mark.exchange

OPERATOR = 600  # Hz
HEARD = 4000  # the operator speaks at 8000; the music has some of every tone


def test_a_caller_who_is_answered_held_hears_music_and_never_the_operator(
    operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    operator.speaks(OPERATOR)
    operator.listens(tmp_path / "ear.wav")
    phones.register("1001")
    phones.do("1001", "tone", hz=1000)
    call = call_the_operator(operator, phones, "1001")
    operator.do(AnswerCall(call, held=True))
    operator.talks(call)
    assert phones.hears("1001", OPERATOR, tmp_path) < HEARD
    until(lambda: loudness(phones.heard("1001", tmp_path)) > 200, "the caller hears music")
    assert phones.hears("1001", OPERATOR, tmp_path) < HEARD
    operator.listened()
    assert not any(samples(tmp_path / "ear.wav")[0])
    operator.do(ResumeCall(call))
    until(lambda: phones.hears("1001", OPERATOR, tmp_path) > HEARD, "the caller hears the operator")
    hang_up(operator, call)


def test_a_caller_who_is_held_right_after_the_answer_hears_music(
    operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    phones.register("1001")
    call = call_the_operator(operator, phones, "1001")
    operator.do(AnswerCall(call))
    operator.talks(call)
    operator.do(HoldCall(call))
    until(lambda: loudness(phones.heard("1001", tmp_path)) > 200, "the caller hears music")
    hang_up(operator, call)


def test_a_held_answer_leaves_the_call_that_talks_alone(
    exchange: Exchange, phones: Phones, tmp_path: Path
) -> None:
    phones.register("1001")
    phones.register("1002", answer_after=0.05)
    with Operator(config(exchange)) as operator:
        operator.registered().speaks(OPERATOR)
        operator.do(PlaceCall("out-1", "1002"))
        operator.talks("out-1")
        call = call_the_operator(operator, phones, "1001")
        operator.do(AnswerCall(call, held=True))
        operator.talks(call)
        assert phones.hears("1002", OPERATOR, tmp_path) > HEARD
        assert phones.hears("1001", OPERATOR, tmp_path) < HEARD
