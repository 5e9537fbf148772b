"""Given an operator's line at a real exchange, calls come, go, are held and moved."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import (
    AnswerCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SendDtmf,
    TransferCall,
)
from appliance.desk.events import CallReleased, PartyChanged, TransferProgressed
from appliance.desk.state import ExtensionState, Party
from tests.sip.parties import call_the_operator, hang_up, joined, talk_to_the_operator, until
from tests.sip.sound import level, loudness

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Operator, Phones

pytestmark = pytest.mark.exchange


def test_a_caller_is_told_by_number_and_name_and_is_answered(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    phones.do("1001", "call", number="200")
    arrived = operator.rings()
    assert arrived.party == Party("1001", "User 1001")
    assert arrived.called == "200"
    operator.do(AnswerCall(arrived.call))
    operator.talks(arrived.call)
    phones.wait("1001", "CallAnswered")
    hang_up(operator, arrived.call)
    phones.wait("1001", "CallReleased", code=200)


def test_a_caller_who_is_refused_hears_busy(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    since = phones.mark()
    call = call_the_operator(operator, phones, "1001")
    operator.do(RejectCall(call))
    operator.wait(CallReleased, call=call, code=486)
    assert phones.wait("1001", "CallReleased", since=since)["code"] == 486


def test_a_caller_who_gives_up_is_told(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    call = call_the_operator(operator, phones, "1001")
    phones.do("1001", "hang_up")
    assert operator.wait(CallReleased, call=call).code == 487


def test_a_caller_who_hangs_up_is_told(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    call = talk_to_the_operator(operator, phones, "1001")
    phones.do("1001", "hang_up")
    assert operator.wait(CallReleased, call=call).code == 200


def test_the_operator_calls_an_extension(operator: Operator, phones: Phones) -> None:
    phones.register("1002", answer_after=0.1)
    operator.do(PlaceCall("out-1", "1002"))
    operator.talks("out-1")
    hang_up(operator, "out-1")


def test_a_call_to_a_missing_number_ends_with_its_code(operator: Operator) -> None:
    operator.do(PlaceCall("out-1", "999"))
    assert operator.wait(CallReleased, call="out-1").code == 404


def test_the_operator_gives_up_while_the_far_end_rings(operator: Operator, phones: Phones) -> None:
    phones.register("1003")
    since = phones.mark()
    operator.do(PlaceCall("out-1", "1003"))
    phones.wait("1003", "CallArrived", since=since)
    hang_up(operator, "out-1")
    phones.wait("1003", "CallReleased", since=since)


def test_a_held_caller_hears_music_until_resumed(
    exchange: Exchange, operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    phones.register("1001")
    call = talk_to_the_operator(operator, phones, "1001")
    joined(exchange, "1001", "200")

    def heard() -> float:
        file = tmp_path / "heard.wav"
        since = phones.mark()
        phones.do("1001", "record", file=str(file))
        time.sleep(0.5)
        phones.do("1001", "stop_recording")
        phones.wait("1001", "Recorded", since=since)
        return loudness(file)

    assert heard() < 20
    operator.do(HoldCall(call))
    until(lambda: heard() > 200, "the caller hears music")
    operator.do(ResumeCall(call))
    until(lambda: heard() < 20, "the caller hears us again")
    hang_up(operator, call)


def test_digits_reach_the_far_end_in_order(operator: Operator, phones: Phones) -> None:
    phones.register("1002", answer_after=0.0)
    since = phones.mark()
    operator.do(PlaceCall("out-1", "1002"))
    operator.talks("out-1")
    operator.do(SendDtmf("out-1", "1#5"))
    for digit in "1#5":
        phones.wait("1002", "Digit", digit=digit, since=since)
    hang_up(operator, "out-1")


def test_a_blind_transfer_joins_caller_and_target(
    exchange: Exchange, operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    phones.register("1001")
    phones.register("1004", answer_after=0.1)
    phones.do("1001", "tone", hz=1000)
    phones.do("1004", "record", file=str(tmp_path / "heard.wav"))
    since = phones.mark()
    call = talk_to_the_operator(operator, phones, "1001")
    joined(exchange, "1001", "200")
    operator.do(TransferCall(call, "1004"))
    assert operator.wait(TransferProgressed, call=call, final=True).code == 200
    hang_up(operator, call)
    phones.wait("1004", "CallAnswered", since=since)
    time.sleep(0.8)
    phones.do("1004", "stop_recording")
    phones.wait("1004", "Recorded", since=since)
    phones.do("1001", "tone", hz=0)
    phones.do("1001", "hang_up")
    phones.wait("1004", "CallReleased", since=since)
    assert level(tmp_path / "heard.wav", 1000) > 1000
    assert level(tmp_path / "heard.wav", 1500) < 50


def test_a_transfer_to_a_missing_number_leaves_the_caller_here(
    exchange: Exchange, operator: Operator, phones: Phones
) -> None:
    phones.register("1001")
    call = talk_to_the_operator(operator, phones, "1001")
    joined(exchange, "1001", "200")
    operator.do(TransferCall(call, "999"))
    last = operator.wait(TransferProgressed, call=call, final=True)
    assert last.code == 404
    operator.do(ResumeCall(call))
    assert not [e for e in operator.events if isinstance(e, CallReleased)]
    hang_up(operator, call)


def test_a_parked_caller_is_seen_in_the_orbit_and_fetched_from_it(
    exchange: Exchange, operator: Operator, phones: Phones
) -> None:
    phones.register("1001")
    call = talk_to_the_operator(operator, phones, "1001")
    operator.extension("701", ExtensionState.AVAILABLE)
    since = operator.mark()
    joined(exchange, "1001", "200")
    operator.do(TransferCall(call, "*7701"))
    assert operator.wait(TransferProgressed, call=call, final=True).code == 200
    operator.extension("701", ExtensionState.BUSY, since)
    hang_up(operator, call)
    since = operator.mark()
    operator.do(PlaceCall("out-1", "701"))
    operator.talks("out-1", since)
    operator.extension("701", ExtensionState.AVAILABLE, since)
    operator.wait(PartyChanged, call="out-1", party=Party("1001", "User 1001"))
    hang_up(operator, "out-1")
