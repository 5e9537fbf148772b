"""Whether the exchange would send us a call is known, and said in plain words."""

from __future__ import annotations

import time
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HangUpCall
from appliance.desk.events import CallReleased, RegistrationChanged
from appliance.desk.state import ExtensionState, RegistrationState
from appliance.sip import registrar
from tests.sip.parties import Operator, Phones, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange
    from tests.sip.scripted import Answer

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


def challenge(stale: bool) -> str:
    more = ", stale=true" if stale else ""
    return (
        f'WWW-Authenticate: Digest realm="pbx.test", nonce="{time.monotonic_ns()}", algorithm=MD5{more}\r\n'
    )


@pytest.mark.exchange
def test_sha_256_is_answered_where_it_is_offered(exchange: Exchange) -> None:
    with Operator(config(exchange, user="202", password="secret202")) as operator:
        operator.registered()
        until(lambda: "202" in exchange.registered(), "the exchange knows the operator")


@pytest.mark.exchange
def test_an_unknown_user_is_told(exchange: Exchange) -> None:
    with Operator(config(exchange, user="nobody")) as operator:
        failed = operator.wait(RegistrationChanged, state=FAILED)
    assert failed.reason == "the exchange refuses the user or the password"


def test_a_user_whom_the_exchange_says_it_does_not_know_is_told() -> None:
    with (
        ScriptedExchange(register=lambda _n: (404, "Not Found")) as exchange,
        Operator(config(exchange)) as operator,
    ):
        assert operator.wait(RegistrationChanged, code=404).reason == "the exchange does not know this user"


def test_a_wrong_password_is_not_tried_so_often_that_the_exchange_bans_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (
        sum(at < 600 for at in accumulate((0, *registrar.REFUSED_SECONDS))) < 5
    )  # fail2ban: 5 in 10 minutes
    monkeypatch.setattr(registrar, "REFUSED_SECONDS", (0.2, 60.0))
    with (
        ScriptedExchange(register=lambda _n: (401, "Unauthorized", challenge(stale=False))) as exchange,
        Operator(config(exchange)) as operator,
    ):
        operator.wait(RegistrationChanged, state=FAILED, code=401)
        until(lambda: exchange.count("REGISTER") == 4, "it is tried once more")
        time.sleep(1.0)
    assert exchange.count("REGISTER") == 4  # with and without a digest, each time


def test_a_nonce_that_is_always_stale_is_no_endless_loop() -> None:
    with (
        ScriptedExchange(register=lambda _n: (401, "Unauthorized", challenge(stale=True))) as exchange,
        Operator(config(exchange)) as operator,
    ):
        operator.wait(RegistrationChanged, state=FAILED, code=401)
        asked = exchange.count("REGISTER")
    assert asked < 10


def test_a_registration_that_is_too_short_is_asked_for_longer() -> None:
    def register(n: int) -> Answer:
        return (423, "Interval Too Brief", "Min-Expires: 600\r\n") if n == 1 else (200, "OK")

    with ScriptedExchange(register=register) as exchange, Operator(config(exchange, expires=60)) as operator:
        operator.registered()
    asked = [request.header("expires") for request in exchange.asked if request.method == "REGISTER"]
    assert asked[:2] == ["60", "600"]


def test_an_exchange_that_asks_for_a_pause_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "RETRY_SECONDS", 0.1)
    begun = time.monotonic()

    def register(n: int) -> Answer:
        return (503, "Service Unavailable", "Retry-After: 2\r\n") if n == 1 else (200, "OK")

    with ScriptedExchange(register=register) as exchange, Operator(config(exchange)) as operator:
        failed = operator.wait(RegistrationChanged, state=FAILED)
        operator.registered()
    assert failed.reason == "the exchange is out of service"
    assert time.monotonic() - begun > 2


def test_a_redirection_is_told_and_not_followed() -> None:
    with ScriptedExchange() as elsewhere, ScriptedExchange(register=lambda _n: (302, "Moved")) as exchange:
        exchange.contact = f"<sip:200@127.0.0.1:{elsewhere.sip_port}>"
        with Operator(config(exchange)) as operator:
            failed = operator.wait(RegistrationChanged, state=FAILED, code=302)
    assert f"register at sip:200@127.0.0.1:{elsewhere.sip_port}" in failed.reason
    assert elsewhere.asked == []


def test_the_pauses_grow_and_are_not_the_same_for_every_desk() -> None:
    def pauses() -> list[float]:
        line = registrar.Registrar.__new__(registrar.Registrar)
        line._rounds = 0
        return [line._pause() for _ in range(20)]

    first, second = pauses(), pauses()
    assert first != second
    assert first[0] <= registrar.RETRY_SECONDS
    assert all(registrar.RETRY_SECONDS_MAX / 2 <= pause <= registrar.RETRY_SECONDS_MAX for pause in first[6:])
