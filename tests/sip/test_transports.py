"""A line works the same over UDP, TCP and TLS."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Literal

import pytest

from appliance.desk.actions import HangUpCall, PlaceCall
from appliance.desk.events import CallReleased, RegistrationChanged
from appliance.desk.state import ExtensionState, RegistrationState
from appliance.sip import SipConfig
from tests.sip.parties import Operator, config
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange


@pytest.mark.exchange
def test_a_call_over_tls_is_encrypted_and_answered(exchange: Exchange) -> None:
    settings = config(
        exchange,
        user="201",
        password=exchange.password("201"),
        port=exchange.tls_port,
        transport="tls",
        ca_file=str(exchange.ca_file),
        srtp="mandatory",
    )
    with Operator(settings) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1")


@pytest.mark.exchange
def test_an_exchange_that_cannot_prove_who_it_is_is_not_talked_to(exchange: Exchange) -> None:
    settings = config(exchange, port=exchange.tls_port, transport="tls")
    with Operator(settings) as operator:
        failed = operator.wait(RegistrationChanged, state=RegistrationState.FAILED)
    assert failed.reason.endswith("Deskbell demo authority is no authority that we believe")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_port_where_nobody_listens_is_told(transport: Literal["tcp", "tls"]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port: int = once.getsockname()[1]
    settings = SipConfig("200", "x", "127.0.0.1", port=port, transport=transport, null_audio=True)
    with Operator(settings) as operator:
        failed = operator.wait(RegistrationChanged, state=RegistrationState.FAILED)
    assert failed.reason == f"the exchange refuses the connection: nobody listens at 127.0.0.1:{port}"


@pytest.mark.exchange
def test_a_restarted_exchange_is_found_again_over_tcp(fresh_exchange: Exchange) -> None:
    settings = config(fresh_exchange, transport="tcp", extensions=("1001",), watch=0.5)
    with Operator(settings) as operator:
        operator.registered().extension("1001", ExtensionState.AVAILABLE)
        fresh_exchange.kill()
        operator.wait(RegistrationChanged, state=RegistrationState.FAILED)
        fresh_exchange.start()
        since = operator.mark()
        operator.wait(RegistrationChanged, state=RegistrationState.REGISTERED, since=since)
        operator.extension("1001", ExtensionState.AVAILABLE, since)
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")


@pytest.mark.parametrize(("seconds", "told"), [(1800, "1800"), (600, "600"), (10, "90"), (0, "")])
def test_the_session_timer_is_offered_as_set(seconds: int, told: str) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, session_expires=seconds)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
    invite = next(request for request in exchange.asked if request.method == "INVITE")
    assert invite.header("session-expires") == told
    assert ("timer" in invite.header("supported")) == bool(seconds)
