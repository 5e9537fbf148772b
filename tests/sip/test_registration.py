"""Whether the exchange would send us a call is known, and said in plain words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HangUpCall
from appliance.desk.events import CallReleased, RegistrationChanged
from appliance.desk.state import ExtensionState, RegistrationState
from tests.sip.parties import Operator, Phones, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange

REGISTERED, FAILED = RegistrationState.REGISTERED, RegistrationState.FAILED


@pytest.mark.exchange
def test_a_line_registers_and_gives_its_registration_back(exchange: Exchange) -> None:
    with Operator(config(exchange)) as operator:
        operator.registered()
        until(lambda: "200" in exchange.registered(), "the exchange knows the operator")
    assert "200" not in exchange.registered()


@pytest.mark.exchange
def test_a_wrong_password_is_named(exchange: Exchange) -> None:
    with Operator(config(exchange, password="wrong")) as operator:
        failed = operator.wait(RegistrationChanged, state=FAILED)
    assert failed.code in (401, 403)
    assert failed.reason == "the exchange refuses the user or the password"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that does not wait long for the exchange's answer."""
    monkeypatch.setattr("appliance.sip.registrar.ANSWER_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_missing_exchange_is_named() -> None:
    with ScriptedExchange(register=lambda _n: None) as silent, Operator(config(silent)) as operator:
        failed = operator.wait(RegistrationChanged, state=FAILED)
        assert (failed.code, failed.reason) == (408, "the exchange does not answer")


def test_a_refusal_is_tried_again_and_forgiven() -> None:
    refusing_twice = ScriptedExchange(register=lambda n: (403, "Forbidden") if n < 2 else (200, "OK"))
    with refusing_twice as exchange, Operator(config(exchange)) as operator:
        operator.wait(RegistrationChanged, state=FAILED, code=403)
        operator.registered()


@pytest.mark.exchange
@pytest.mark.usefixtures("impatient")
def test_after_a_restart_of_the_exchange_all_is_right_again(fresh_exchange: Exchange) -> None:
    settings = config(fresh_exchange, extensions=("1001",), orbits=("701",), watch=0.5)
    with Operator(settings) as operator:
        operator.registered().extension("1001", ExtensionState.AVAILABLE)
        fresh_exchange.kill()
        since = operator.mark()
        operator.wait(RegistrationChanged, state=FAILED)
        lost = operator.extension("1001", ExtensionState.UNKNOWN, since)
        assert lost.reason == "the exchange does not answer"
        fresh_exchange.start()
        since = operator.mark()
        operator.wait(RegistrationChanged, state=REGISTERED, since=since)
        operator.extension("1001", ExtensionState.AVAILABLE, since)
        operator.extension("701", ExtensionState.AVAILABLE, since)
        fresh_exchange.set_extension("1001", "RINGING")
        operator.extension("1001", ExtensionState.RINGING, since)


@pytest.mark.exchange
def test_a_restart_that_went_unseen_is_found_out(fresh_exchange: Exchange) -> None:
    with Operator(config(fresh_exchange, extensions=("1001", "1002"), watch=0.5)) as operator:
        operator.registered().extension("1002", ExtensionState.AVAILABLE)
        fresh_exchange.kill()
        fresh_exchange.start()
        fresh_exchange.set_extension("1002", "INUSE")
        operator.extension("1002", ExtensionState.BUSY)
        until(lambda: "200" in fresh_exchange.registered(), "the line is registered anew")


@pytest.mark.exchange
def test_a_call_outlives_its_exchange_until_the_operator_hangs_up(fresh_exchange: Exchange) -> None:
    phones = Phones(fresh_exchange)
    phones.register("1001")
    with Operator(config(fresh_exchange)) as operator:
        operator.registered()
        phones.do("1001", "call", number="200")
        call = operator.rings().call
        operator.do(AnswerCall(call))
        operator.talks(call)
        fresh_exchange.kill()
        time.sleep(0.5)
        assert not [event for event in operator.events if isinstance(event, CallReleased)]
        operator.do(HangUpCall(call))
        operator.wait(CallReleased, call=call)
    assert phones.close() == 0
