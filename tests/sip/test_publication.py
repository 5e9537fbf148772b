"""The exchange is told what the operator does, if it wants to know (PUBLISH, RFC 3903).

Asterisk takes no PUBLISH of presence, so the scripted exchange stands in.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from appliance.desk.state import ExtensionState
from appliance.sip.presence import parse
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import Request, ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sip.scripted import Answer

AVAILABLE, DND = ExtensionState.AVAILABLE, ExtensionState.DND
BUSY, AWAY = ExtensionState.BUSY, ExtensionState.AWAY


def published(exchange: ScriptedExchange) -> list[Request]:
    return [request for request in exchange.asked if request.method == "PUBLISH"]


def taken(times: int) -> Answer:
    return 200, "OK", f"SIP-ETag: tag{times}\r\n"


def told(exchange: ScriptedExchange, times: int) -> Request:
    until(lambda: len(published(exchange)) >= times, f"{times} PUBLISH")
    return published(exchange)[times - 1]


def test_what_the_operator_does_is_published_and_taken_back() -> None:
    with ScriptedExchange(publish=taken) as exchange:
        with Operator(config(exchange, publish=True)) as operator:
            operator.registered()
            for times, state in enumerate((AVAILABLE, DND, BUSY, AWAY), start=1):
                operator.agent.publish(state)
                request = told(exchange, times)
                assert parse(request.message.body).state is state
                assert request.header("event") == "presence"
                assert request.header("sip-if-match") == (f"tag{times - 1}" if times > 1 else "")
        last = told(exchange, 5)
    assert (last.header("expires"), last.header("sip-if-match"), last.message.body) == ("0", "tag4", "")


def test_of_what_passed_while_the_exchange_thought_only_the_last_is_told() -> None:
    thinks = threading.Event()
    with (
        ScriptedExchange(publish=lambda n: taken(n) if thinks.is_set() else None) as exchange,
        Operator(config(exchange, publish=True)) as operator,
    ):
        operator.registered()
        for state in (AVAILABLE, BUSY, AWAY, DND):
            operator.agent.publish(state)
        told(exchange, 1)
        thinks.set()
        until(lambda: exchange.count("PUBLISH") == 2, "what it is told then")
        states = [parse(request.message.body).state for request in published(exchange)]
    assert (states[0], states[-1], set(states)) == (AVAILABLE, DND, {AVAILABLE, DND})


def test_a_publication_is_refreshed_before_it_expires_without_its_body() -> None:
    with (
        ScriptedExchange(publish=lambda n: (200, "OK", f"SIP-ETag: tag{n}\r\nExpires: 1\r\n")) as exchange,
        Operator(config(exchange, publish=True)) as operator,
    ):
        operator.registered()
        operator.agent.publish(AWAY)
        refresh = told(exchange, 2)
    assert (refresh.message.body, refresh.header("sip-if-match")) == ("", "tag1")


def test_what_the_exchange_has_forgotten_is_published_anew() -> None:
    def forgetful(times: int) -> Answer:
        return (412, "Conditional Request Failed") if times == 2 else taken(times)

    with (
        ScriptedExchange(publish=forgetful) as exchange,
        Operator(config(exchange, publish=True)) as operator,
    ):
        operator.registered()
        operator.agent.publish(AVAILABLE)
        told(exchange, 1)
        operator.agent.publish(AWAY)
        anew = told(exchange, 3)
    assert (parse(anew.message.body).state, anew.header("sip-if-match")) == (AWAY, "")


def test_an_exchange_that_wants_it_to_last_longer_gets_that() -> None:
    def patient(times: int) -> Answer:
        return (423, "Interval Too Brief", "Min-Expires: 7200\r\n") if times == 1 else taken(times)

    with ScriptedExchange(publish=patient) as exchange, Operator(config(exchange, publish=True)) as operator:
        operator.registered()
        operator.agent.publish(AVAILABLE)
        assert told(exchange, 2).header("expires") == "7200"


def test_a_challenge_is_answered() -> None:
    def strict(times: int) -> Answer:
        challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5\r\n'
        return (401, "Unauthorized", challenge) if times == 1 else taken(times)

    with ScriptedExchange(publish=strict) as exchange, Operator(config(exchange, publish=True)) as operator:
        operator.registered()
        operator.agent.publish(BUSY)
        again = told(exchange, 2)
        assert 'username="200"' in again.header("authorization")
        operator.agent.publish(AWAY)
        assert told(exchange, 3).header("sip-if-match") == "tag2"


@pytest.mark.parametrize(
    "answer", [(489, "Bad Event"), (405, "Method Not Allowed"), (403, "Forbidden"), (412, "Failed")]
)
def test_an_exchange_that_takes_none_is_asked_once_and_that_is_logged_once(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    never: Callable[[int], Answer] = lambda _times: answer  # noqa: E731
    with (
        caplog.at_level(logging.WARNING, "deskbell.sip"),
        ScriptedExchange(publish=never) as exchange,
        Operator(config(exchange, publish=True)) as operator,
    ):
        operator.registered()
        operator.agent.publish(AVAILABLE)
        until(lambda: "no publication" in caplog.text, "it is logged")
        operator.agent.publish(DND)
        operator.agent.publish(AVAILABLE)
    assert exchange.count("PUBLISH") == 1
    assert caplog.text.count("takes no publication") == 1


def test_nothing_is_published_unless_the_exchange_is_said_to_take_it() -> None:
    with ScriptedExchange(publish=taken) as exchange:
        with Operator(config(exchange)) as operator:
            operator.registered()
            operator.agent.publish(DND)
        assert exchange.count("PUBLISH") == 0
