"""The busy lamp field shows what extensions and orbits do, and admits what it cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HangUpCall, HoldCall, ResumeCall
from appliance.desk.events import CallReleased, ExtensionChanged
from appliance.desk.state import ExtensionState, Party
from tests.sip.parties import Operator, Phones, config, joined, until
from tests.sip.scripted import ScriptedExchange
from tests.sip.test_dialog_info import dialog, document

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange

AVAILABLE, RINGING = ExtensionState.AVAILABLE, ExtensionState.RINGING
BUSY, HELD, UNKNOWN = ExtensionState.BUSY, ExtensionState.HELD, ExtensionState.UNKNOWN


@pytest.mark.exchange
def test_a_lamp_follows_a_phone_through_a_call(exchange: Exchange, phones: Phones) -> None:
    phones.register("1005")
    phones.register("1006")
    with Operator(config(exchange, extensions=("1006",))) as operator:
        operator.registered().extension("1006", AVAILABLE)
        since = phones.mark()
        phones.do("1005", "call", number="1006")
        assert operator.extension("1006", RINGING).party == Party("1005", "User 1005")
        phones.wait("1006", "CallArrived", since=since)
        phones.do("1006", "answer")
        operator.extension("1006", BUSY)
        phones.wait("1005", "CallAnswered", since=since)
        joined(exchange, "1005", "1006")
        phones.do("1005", "hold")
        operator.extension("1006", HELD)
        phones.do("1005", "hang_up")
        operator.extension("1006", AVAILABLE, operator.mark())


@pytest.mark.exchange
def test_the_lamp_of_a_caller_shows_that_the_operator_holds_it(exchange: Exchange, phones: Phones) -> None:
    phones.register("1005")
    with Operator(config(exchange, extensions=("1005",))) as operator:
        operator.registered().extension("1005", AVAILABLE)
        phones.do("1005", "call", number="200")
        call = operator.rings().call
        operator.do(AnswerCall(call))
        operator.talks(call)
        joined(exchange, "1005", "200")
        operator.do(HoldCall(call))
        operator.extension("1005", HELD)
        since = operator.mark()
        operator.do(ResumeCall(call))
        operator.extension("1005", BUSY, since)
        operator.do(HangUpCall(call))
        operator.wait(CallReleased, call=call)
        operator.extension("1005", AVAILABLE, since)


@pytest.mark.exchange
def test_an_extension_that_the_exchange_does_not_know_is_unknown(exchange: Exchange) -> None:
    with Operator(config(exchange, extensions=("4711",))) as operator:
        lost = operator.registered().extension("4711", UNKNOWN)
    assert lost.reason == "the exchange refuses the subscription (404 Not Found)"


@pytest.mark.exchange
def test_renewing_the_subscriptions_is_not_seen(exchange: Exchange) -> None:
    exchange.set_extension("1007", "INUSE")
    with Operator(config(exchange, extensions=("1007",), watch=0.05)) as operator:
        operator.registered().extension("1007", BUSY)
        until(lambda: "200" in exchange.registered(), "registered")
        exchange.set_extension("1007", "NOT_INUSE")
        operator.extension("1007", AVAILABLE)
        states = [event.state for event in operator.events if isinstance(event, ExtensionChanged)]
    assert states == [BUSY, AVAILABLE]


def test_a_refused_subscription_is_tried_again() -> None:
    once = ScriptedExchange(subscribe=lambda n: (403, "Forbidden") if n == 1 else (200, "OK"))
    once.bodies["1001"] = document(dialog("confirmed"))
    with once as exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        assert operator.extension("1001", UNKNOWN).reason.endswith("(403 Forbidden)")
        operator.extension("1001", BUSY)


@pytest.mark.parametrize("body", ["<dialog-info", "no xml at all", "<presence/>", "&" * 9000])
def test_a_lamp_that_gets_nonsense_is_unknown_and_recovers(body: str) -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = body
    with exchange, Operator(config(exchange, extensions=("1001",), watch=0.2)) as operator:
        assert operator.extension("1001", UNKNOWN).reason.startswith("the exchange sent")
        exchange.bodies["1001"] = document(dialog("early"))
        operator.extension("1001", RINGING)


def test_a_partial_state_without_a_whole_one_is_asked_for_again() -> None:
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("confirmed"), version="7", state="partial")
    with exchange, Operator(config(exchange, extensions=("1001",))) as operator:
        until(lambda: exchange.count("SUBSCRIBE") > 1, "a second subscription")
        assert not [event for event in operator.events if isinstance(event, ExtensionChanged)]
        exchange.bodies["1001"] = document(dialog("confirmed"), version="8")
        operator.extension("1001", BUSY)


def test_an_empty_state_is_not_taken_for_available() -> None:
    exchange = ScriptedExchange()
    with exchange, Operator(config(exchange, extensions=("1001",), watch=0.2)) as operator:
        until(lambda: exchange.count("SUBSCRIBE") > 2, "the subscription is renewed")
        assert not [event for event in operator.events if isinstance(event, ExtensionChanged)]


def test_a_lost_subscription_is_noticed_and_all_are_made_anew() -> None:
    forgetful = ScriptedExchange(
        subscribe=lambda n: (481, "Call/Transaction Does Not Exist") if n == 3 else (200, "OK")
    )
    forgetful.bodies = {number: document(dialog("terminated")) for number in ("1001", "1002")}
    with (
        forgetful as exchange,
        Operator(config(exchange, extensions=("1001", "1002"), watch=0.2)) as operator,
    ):
        operator.extension("1002", AVAILABLE)
        exchange.bodies = {number: document(dialog("confirmed")) for number in ("1001", "1002")}
        operator.extension("1001", BUSY)
        operator.extension("1002", BUSY)
