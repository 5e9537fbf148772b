"""Several lines at once: each at an exchange and over a transport of its own, and none disturbs another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from appliance.desk.actions import AnswerCall, PlaceCall
from appliance.desk.events import CallArrived, RegistrationChanged
from appliance.desk.state import RegistrationState
from appliance.sip import SipConfig
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange

REGISTERED, FAILED = RegistrationState.REGISTERED, RegistrationState.FAILED


def over_tls(exchange: Exchange, **changes: Any) -> SipConfig:
    """Operator 201's line, who is taken over TLS with encrypted media only."""
    settings: dict[str, Any] = {
        "user": "201",
        "password": exchange.password("201"),
        "port": exchange.tls_port,
        "transport": "tls",
        "ca_file": str(exchange.ca_file),
        "srtp": "mandatory",
    }
    return config(exchange, **(settings | changes))


@pytest.mark.exchange
def test_lines_over_udp_tcp_and_tls_at_two_exchanges_ring_and_talk(
    exchange: Exchange, fresh_exchange: Exchange
) -> None:
    more = [
        over_tls(fresh_exchange, line="tls"),
        config(fresh_exchange, user="202", password="secret202", transport="tcp", line="tcp"),
    ]
    with Operator(config(exchange), more_lines=more) as operator:
        for line in ("", "tls", "tcp"):
            operator.wait(RegistrationChanged, line=line, state=REGISTERED)
        assert exchange.registered() == {"200"}
        assert fresh_exchange.registered() == {"201", "202"}
        for at, user, line in (
            (exchange, "200", ""),
            (fresh_exchange, "201", "tls"),
            (fresh_exchange, "202", "tcp"),
        ):
            at.originate("0301234567", user)
            call = operator.wait(CallArrived, line=line).call
            operator.do(AnswerCall(call))
            operator.talks(call)
        for line in ("", "tls", "tcp"):
            operator.do(PlaceCall(f"out-{line}", "800", line=line))
            operator.talks(f"out-{line}")


@pytest.mark.exchange
def test_lines_that_fail_disturb_no_other(exchange: Exchange) -> None:
    with ScriptedExchange(register=lambda _n: None) as silent:
        more = [
            config(exchange, user="202", password="wrong", line="password"),
            over_tls(exchange, ca_file="/nonexistent/ca.pem", line="authority"),
            over_tls(exchange, ca_file="", line="certificate"),
            over_tls(exchange, ca_file="", line="the same"),
            config(silent, line="silent"),
            config(exchange, user="1010", password="secret1010", line="right"),
        ]
        with Operator(config(exchange), more_lines=more) as operator:
            operator.wait(RegistrationChanged, line="", state=REGISTERED)
            operator.wait(RegistrationChanged, line="right", state=REGISTERED)
            reasons = {
                line: operator.wait(RegistrationChanged, line=line, state=FAILED).reason
                for line in ("password", "authority", "certificate", "the same", "silent")
            }
            assert reasons["password"] == "the exchange refuses the user or the password"
            assert reasons["authority"].startswith("the authorities in /nonexistent/ca.pem cannot be read")
            assert reasons["certificate"].endswith("is no authority that we believe")
            assert reasons["the same"] == reasons["certificate"]
            assert reasons["silent"] == "the exchange does not answer"
            exchange.originate("0301234567", "200")
            operator.wait(CallArrived, line="")
            since = [event for event in operator.events if getattr(event, "line", None) in ("", "right")]
            assert FAILED not in [getattr(event, "state", None) for event in since]


def test_all_requests_take_the_outbound_proxy_with_loose_routing() -> None:
    with ScriptedExchange() as proxy:
        settings = SipConfig(
            "200",
            "secret200",
            "pbx.test",
            port=0,
            outbound_proxy=f"127.0.0.1:{proxy.sip_port};transport=udp",
            extensions=("1001",),
            null_audio=True,
        )
        with Operator(settings) as operator:
            operator.registered()
            operator.do(PlaceCall("out-1", "1001"))
            operator.talks("out-1")
            until(lambda: proxy.count("SUBSCRIBE") > 0, "it subscribes")
    first = {request.method: request for request in reversed(proxy.asked)}
    route = f"<sip:127.0.0.1:{proxy.sip_port};transport=udp;lr>"
    assert [first[method].header("route") for method in ("REGISTER", "INVITE", "SUBSCRIBE")] == [route] * 3
    assert first["REGISTER"].uri == "sip:pbx.test"
    assert first["INVITE"].uri == first["SUBSCRIBE"].uri == "sip:1001@pbx.test"


def test_without_a_proxy_no_route_is_told_though_the_domain_is_not_the_host() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, domain="pbx.test")) as operator:
        operator.registered()
    register = exchange.asked[0]
    assert (register.uri, register.header("route")) == ("sip:pbx.test", "")
    assert "sip:200@pbx.test" in register.header("to")


@pytest.mark.parametrize("written", ["", "host", "host:5070", "192.0.2.1:5070;transport=TLS"])
def test_an_outbound_proxy_is_written_as_people_do(written: str) -> None:
    hop = SipConfig("200", "x", "pbx.test", outbound_proxy=written).first_hop
    assert (hop.host, hop.port, hop.transport) == {
        "": ("pbx.test", 5060, "udp"),
        "host": ("host", 0, "udp"),
        "host:5070": ("host", 5070, "udp"),
        "192.0.2.1:5070;transport=TLS": ("192.0.2.1", 5070, "tls"),
    }[written]


@pytest.mark.parametrize("written", ["a b", "host:port", "sip:host", "host;transport=ws", "host:123456"])
def test_an_outbound_proxy_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(OSError, match="outbound proxy"):
        _ = SipConfig("200", "x", "pbx.test", outbound_proxy=written).first_hop
