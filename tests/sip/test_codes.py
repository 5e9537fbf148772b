"""Feature codes are dialled in the background: the exchange does what they say, and the desk is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import DialCode
from appliance.desk.events import CallAnswered, CallReleased, CodeDialled
from appliance.sip import feature_code
from tests.sip.parties import Operator, config, hang_up, talk_to_the_operator, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Phones


def stored(exchange: Exchange, key: str) -> str:
    """What the exchange's database holds."""
    found = exchange.cli(f"database get {key}").strip()
    return found.removeprefix("Value: ") if found.startswith("Value") else ""


def dial(operator: Operator, code: str) -> CodeDialled:
    since = operator.mark()
    operator.do(DialCode(code))
    return operator.wait(CodeDialled, code=code, since=since)


@pytest.mark.exchange
def test_do_not_disturb_and_forwarding_are_switched_at_the_exchange(
    exchange: Exchange, operator: Operator
) -> None:
    for code, key, value in (
        ("*78", "DND 200", "1"),
        ("*79", "DND 200", ""),
        ("*21*1003", "CFU 200", "1003"),
        ("*22", "CFU 200", ""),
    ):
        assert dial(operator, code).status == 200, code
        assert stored(exchange, key) == value, code
    assert not operator.count(CallAnswered) + operator.count(CallReleased)


@pytest.mark.exchange
def test_a_code_that_the_exchange_answers_is_hung_up_and_done(exchange: Exchange, operator: Operator) -> None:
    assert dial(operator, "800").status == 200
    until(lambda: not exchange.channels(), "the call is over")
    assert not operator.count(CallAnswered) + operator.count(CallReleased)


@pytest.mark.exchange
@pytest.mark.parametrize(("code", "status"), [("999", 404), ("803", 486), ("804", 503)])
def test_a_code_that_the_exchange_refuses_is_told_with_its_status(
    operator: Operator, code: str, status: int
) -> None:
    assert dial(operator, code).status == status


@pytest.mark.exchange
def test_a_code_does_not_disturb_a_call(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    call = talk_to_the_operator(operator, phones, "1001")
    since = operator.mark()
    assert dial(operator, "*79").status == 200
    assert [type(event) for event in operator.events[since:]] == [CodeDialled]
    hang_up(operator, call)


def test_a_code_that_rings_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_code, "AT_MOST_SECONDS", 0.3)
    exchange = ScriptedExchange(invite=lambda _n: (180, "Ringing"))
    with exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(DialCode("*78"))
        until(lambda: exchange.count("CANCEL") == 1, "the code is cancelled")
        assert operator.wait(CodeDialled).status >= 400


def test_a_code_on_a_line_that_is_not_there_is_refused() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.do(DialCode("*78", "night"))
        assert operator.wait(CodeDialled).reason == "there is no such line"
