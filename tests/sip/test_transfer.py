"""A caller who is moved arrives where meant or is back with the operator, and is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.actions import (
    AnswerCall,
    DivertCall,
    HangUpCall,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RejectCall,
    ResumeCall,
    TransferCall,
)
from appliance.desk.events import CallArrived, CallReleased, TransferProgressed
from appliance.desk.state import Return
from tests.sip.parties import (
    Operator,
    Phones,
    call_the_operator,
    config,
    hang_up,
    joined,
    talk_to,
    talk_to_the_operator,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.exchange

OPERATOR, CALLER, TARGET = 600, 1000, 1500  # Hz: who says what
HEARD, UNHEARD = 1000, 60


@pytest.fixture(scope="module", params=[True, False], ids=["ringback", "no ringback"])
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    """An exchange that says 200 before anybody answered, and one that waits for the answer."""
    Exchange.prepare()
    with Exchange(users=10, ringback=request.param) as running:
        running.ami("Setvar", Variable="RING_SECS", Value="2")
        yield running


@pytest.fixture
def operator(exchange: Exchange) -> Iterator[Operator]:
    with Operator(config(exchange)) as operator:
        operator.registered().speaks(OPERATOR)
        yield operator


@pytest.fixture(params=["incoming", "outgoing"])
def caller(
    request: pytest.FixtureRequest, exchange: Exchange, operator: Operator, phones: Phones
) -> Iterator[str]:
    """A call with 1001, who says a tone."""
    phones.register("1001", answer_after=0.05)
    phones.do("1001", "tone", hz=CALLER)
    call = talk_to_the_operator if request.param == "incoming" else talk_to
    yield call(operator, phones, "1001")
    until_over(exchange, operator, phones)


def until_over(exchange: Exchange, operator: Operator, phones: Phones) -> None:
    """Let all hang up that still talk."""
    for event in operator.events:
        if hasattr(event, "call"):
            operator.do(HangUpCall(event.call))
    for line in ("1001", "1004"):
        phones.do(line, "hang_up")
    until(lambda: not exchange.channels(), "all calls are over")


def transfer(exchange: Exchange, operator: Operator, call: str, target: str) -> None:
    joined(exchange, "1001", "200")
    operator.do(TransferCall(call, target))


def the_caller_is_here(operator: Operator, phones: Phones, call: str, folder: Path) -> None:
    """Both hear each other again, by that call."""
    operator.do(ResumeCall(call))
    until(lambda: phones.hears("1001", OPERATOR, folder) > HEARD, "the caller hears the operator again")
    assert CallReleased not in [type(e) for e in operator.events if getattr(e, "call", "") == call]


def the_caller_has_arrived(phones: Phones, folder: Path, line: str = "1004") -> None:
    until(lambda: phones.hears(line, CALLER, folder) > HEARD, "the target hears the caller")
    until(lambda: phones.hears("1001", TARGET, folder) > HEARD, "the caller hears the target")
    assert phones.hears("1001", OPERATOR, folder) < UNHEARD


def answering(phones: Phones, **habits: Any) -> None:
    phones.register("1004", **habits)
    phones.do("1004", "tone", hz=TARGET)


def test_a_caller_is_connected_with_whom_answers(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    answering(phones, answer_after=0.1)
    transfer(exchange, operator, caller, "1004")
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    hang_up(operator, caller)
    the_caller_has_arrived(phones, tmp_path)


def test_a_caller_whom_the_operator_left_ringing_is_connected(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    answering(phones)
    since = phones.mark()
    transfer(exchange, operator, caller, "1004")
    phones.wait("1004", "CallArrived", since=since)
    operator.wait(TransferProgressed, call=caller, code=180)
    hang_up(operator, caller)
    phones.do("1004", "answer")
    the_caller_has_arrived(phones, tmp_path)


def test_a_caller_who_is_sent_on_right_after_the_answer_arrives(
    operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    answering(phones, answer_after=0.1)
    operator.do(TransferCall(caller, "1004"))
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    hang_up(operator, caller)
    the_caller_has_arrived(phones, tmp_path)


def test_a_caller_for_a_missing_number_stays_here(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    transfer(exchange, operator, caller, "999")
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 404
    the_caller_is_here(operator, phones, caller, tmp_path)
    since = operator.mark()
    operator.do(TransferCall(caller, "998"))
    assert operator.wait(TransferProgressed, call=caller, final=True, since=since).code == 404
    the_caller_is_here(operator, phones, caller, tmp_path)


@pytest.mark.parametrize(
    ("habits", "target"),
    [
        ({"refuse": 486}, "1004"),
        ({"refuse": 503}, "1004"),
        ({"refuse": 603}, "1004"),
        ({}, "1004"),  # nobody answers
        ({}, "1010"),  # no telephone is registered
    ],
    ids=["busy", "out of service", "declined", "no answer", "unregistered"],
)
def test_a_caller_whom_nobody_takes_is_rung_back_to_the_operator(
    exchange: Exchange,
    operator: Operator,
    phones: Phones,
    caller: str,
    tmp_path: Path,
    habits: dict[str, Any],
    target: str,
) -> None:
    answering(phones, **habits)
    since = operator.mark()
    transfer(exchange, operator, caller, target)
    back = operator.wait(CallArrived, since=since)
    assert (back.party.number, back.returned, back.origin) == ("1001", Return.TRANSFER, target)
    assert back.referred_by == "200"
    operator.do(AnswerCall(back.call))
    operator.talks(back.call)
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    hang_up(operator, caller)
    the_caller_is_here(operator, phones, back.call, tmp_path)


def test_an_announced_caller_is_connected_with_whom_the_operator_spoke(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    joined(exchange, "1001", "200")
    operator.do(HoldCall(caller))
    answering(phones, answer_after=0.05)
    consult = talk_to_target(operator, phones)
    until(lambda: phones.hears("1004", OPERATOR, tmp_path) > HEARD, "the target hears the operator")
    joined(exchange, "1004", "200")
    operator.do(JoinCalls(caller, consult))
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    operator.wait(CallReleased, call=consult)
    hang_up(operator, caller)
    the_caller_has_arrived(phones, tmp_path)


def talk_to_target(operator: Operator, phones: Phones) -> str:
    since = phones.mark()
    operator.do(PlaceCall("out-9", "1004"))
    operator.talks("out-9")
    phones.wait("1004", "CallAnswered", since=since)
    return "out-9"


def test_an_announced_caller_stays_here_when_the_target_has_just_hung_up(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    joined(exchange, "1001", "200")
    operator.do(HoldCall(caller))
    answering(phones, answer_after=0.05)
    consult = talk_to_target(operator, phones)
    joined(exchange, "1004", "200")
    phones.do("1004", "hang_up")
    operator.wait(CallReleased, call=consult)
    operator.do(JoinCalls(caller, consult))
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 481
    the_caller_is_here(operator, phones, caller, tmp_path)


def test_an_announcement_that_is_still_ringing_becomes_a_blind_transfer(
    exchange: Exchange, operator: Operator, phones: Phones, caller: str, tmp_path: Path
) -> None:
    joined(exchange, "1001", "200")
    operator.do(HoldCall(caller))
    answering(phones)
    since = phones.mark()
    operator.do(PlaceCall("out-9", "1004"))
    phones.wait("1004", "CallArrived", since=since)
    operator.do(HangUpCall("out-9"))
    operator.wait(CallReleased, call="out-9")
    phones.wait("1004", "CallReleased", since=since)
    since = phones.mark()
    operator.do(TransferCall(caller, "1004"))
    phones.wait("1004", "CallArrived", since=since)
    phones.do("1004", "answer")
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    hang_up(operator, caller)
    the_caller_has_arrived(phones, tmp_path)


def test_a_ringing_caller_who_is_diverted_rings_there(
    exchange: Exchange, operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    phones.register("1001")
    phones.do("1001", "tone", hz=CALLER)
    answering(phones, answer_after=0.05)
    since = phones.mark()
    call = call_the_operator(operator, phones, "1001")
    operator.do(DivertCall(call, "1004"))
    assert operator.wait(CallReleased, call=call).code == 302
    for line in ("1001", "1004"):
        phones.wait(line, "CallAnswered", since=since)
    the_caller_has_arrived(phones, tmp_path)
    until_over(exchange, operator, phones)


@pytest.mark.parametrize("code", [480, 486, 603])
def test_a_refused_caller_hears_that_nobody_comes(operator: Operator, phones: Phones, code: int) -> None:
    phones.register("1001")
    call = call_the_operator(operator, phones, "1001")
    operator.do(RejectCall(call, code))
    assert operator.wait(CallReleased, call=call).code == code
    phones.do("1001", "hang_up")
