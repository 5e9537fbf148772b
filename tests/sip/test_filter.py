"""Only the exchange may ring: others are refused and logged, and the desk hears nothing of it."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.events import CallArrived, RegistrationChanged
from appliance.sip import SipError
from appliance.sip.sources import DROPPED, FORBIDDEN, GO_ON, Sources
from tests.sip.parties import Operator, config
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator

STRANGER = "127.0.0.9"
METHODS = ("INVITE", "MESSAGE", "NOTIFY", "REFER", "OPTIONS", "SUBSCRIBE")


# --- the judgement


def sources(**more: Any) -> Sources:
    judge = Sources()
    judge.trust("", ["192.0.2.1", "198.51.100.0/24"])
    judge.direct_calls = more.get("direct_calls", False)
    return judge


@pytest.mark.parametrize(
    "source", ["192.0.2.1:5060", "198.51.100.77:40000", "[::ffff:192.0.2.1]:5060", "192.0.2.1"]
)
def test_the_exchange_may_ring(source: str) -> None:
    assert sources().judge("INVITE", source, 0.0).status == GO_ON


@given(st.ip_addresses(), st.integers(0, 65535), st.sampled_from(METHODS), st.booleans())
def test_nobody_else_may(address: Any, port: int, method: str, direct_calls: bool) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    known = address.version == 4 and (str(address) == "192.0.2.1" or str(address).startswith("198.51.100."))
    mapped = address.version == 6 and address.ipv4_mapped
    status = sources(direct_calls=direct_calls).judge(method, f"{host}:{port}", 0.0).status
    if not mapped:
        assert status == (GO_ON if (known or direct_calls) and method != "REFER" else FORBIDDEN)


@given(st.text(), st.sampled_from(METHODS))
def test_what_is_no_address_may_not_ring(source: str, method: str) -> None:
    assert sources().judge(method, "x" + source, 0.0).status == FORBIDDEN


def test_a_source_is_logged_once_a_minute_and_no_longer_answered_when_it_floods() -> None:
    judge = sources()
    verdicts = [judge.judge("INVITE", "203.0.113.5:5060", at / 100) for at in range(100)]
    assert [bool(verdict.entry) for verdict in verdicts] == [True] + [False] * 99
    assert verdicts[0].entry == "INVITE from 203.0.113.5 was refused: that is not the exchange"
    assert [verdict.status for verdict in verdicts] == [FORBIDDEN] * 20 + [DROPPED] * 80
    assert judge.judge("INVITE", "203.0.113.6:5060", 1.0).status == FORBIDDEN
    later = judge.judge("INVITE", "203.0.113.5:5060", 61.0)
    assert later.status == FORBIDDEN
    assert later.entry


def test_a_flood_from_forged_sources_costs_no_memory_and_no_answer() -> None:
    judge = sources()
    verdicts = [judge.judge("INVITE", f"10.0.{n // 256}.{n % 256}:5060", 0.0) for n in range(2000)]
    assert [verdict.status for verdict in verdicts] == [FORBIDDEN] * 1000 + [DROPPED] * 1000
    assert judge.judge("INVITE", "192.0.2.1:5060", 0.0).status == GO_ON
    assert judge.judge("INVITE", "10.9.9.9:5060", 61.0).status == FORBIDDEN


def test_a_refer_outside_any_call_is_refused_even_from_the_exchange() -> None:
    assert sources().judge("REFER", "192.0.2.1:5060", 0.0) == (
        FORBIDDEN,
        "REFER from 192.0.2.1 was refused: that is the exchange, outside any call",
    )


def test_lines_trust_their_own_exchanges_and_forget_former_ones() -> None:
    judge = sources()
    judge.trust("second", ["203.0.113.1"])
    judge.trust("", ["192.0.2.2"])
    status = {address: judge.judge("INVITE", f"{address}:5060", 0.0).status for address in
              ("192.0.2.1", "192.0.2.2", "203.0.113.1")}  # fmt: skip
    assert status == {"192.0.2.1": FORBIDDEN, "192.0.2.2": GO_ON, "203.0.113.1": GO_ON}


def test_what_is_no_network_is_told() -> None:
    with pytest.raises(SipError, match="not an address or network"):
        sources().trust("", ["pbx.test"])


# --- on the wire


class Stranger:
    """Sends requests from an address of its own, and keeps the replies."""

    def __init__(self, address: str, over: str = "udp") -> None:
        self._over = over
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM if over == "tcp" else socket.SOCK_DGRAM
        )
        self._socket.bind((address, 0))
        self._socket.settimeout(5)
        self._sent = 0

    def close(self) -> None:
        self._socket.close()

    def asks(self, method: str, desk: tuple[str, int]) -> str:
        """Sends a request out of the blue; the status of the first reply."""
        if self._sent == 0:
            self._socket.connect(desk)
        self._sent += 1
        host, port = self._socket.getsockname()
        here, body = f"{host}:{port}", "hello" if method == "MESSAGE" else ""
        more = "Event: dialog\r\nSubscription-State: active\r\nRefer-To: <sip:1002@desk>\r\n"
        self._socket.send(
            (
                f"{method} sip:200@{desk[0]}:{desk[1]} SIP/2.0\r\n"
                f"Via: SIP/2.0/{self._over.upper()} {here};branch=z9hG4bK{port}n{self._sent}\r\n"
                "Max-Forwards: 70\r\n"
                f"From: <sip:x@{here}>;tag={self._sent}\r\nTo: <sip:200@desk>\r\n"
                f"Call-ID: {port}-{self._sent}\r\nCSeq: 1 {method}\r\nContact: <sip:{here}>\r\n{more}"
                f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
        return self._socket.recv(65535).decode().split(" ")[1]


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    one = Stranger(STRANGER)
    yield one
    one.close()


def news(operator: Operator) -> list[Any]:
    """What the desk heard, other than of its registration."""
    return [event for event in operator.events if not isinstance(event, RegistrationChanged)]


def test_a_stranger_is_refused_and_logged_and_nothing_rings(
    stranger: Stranger, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        desk = exchange.asked[0].source
        assert {method: stranger.asks(method, desk) for method in METHODS} == dict.fromkeys(METHODS, "403")
        assert news(operator) == []
    entries = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert entries == [f"INVITE from {STRANGER} was refused: that is not the exchange"]


def test_the_exchange_rings_but_refers_nowhere_out_of_the_blue() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        desk = exchange.asked[0].source
        friend = Stranger(exchange.host)
        assert friend.asks("REFER", desk) == "403"
        assert friend.asks("OPTIONS", desk) == "200"
        assert friend.asks("INVITE", desk) in ("100", "180")
        operator.rings()
        friend.close()


@pytest.mark.parametrize("changes", [{"direct_calls": True}, {"sources": ("127.0.0.8/31",)}])
def test_a_switch_and_a_network_admit_others(stranger: Stranger, changes: dict[str, Any]) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, **changes)) as operator:
        operator.registered()
        assert stranger.asks("INVITE", exchange.asked[0].source) in ("100", "180")
        operator.rings()


@pytest.mark.exchange
def test_a_stranger_is_refused_over_tcp_too(exchange: Any) -> None:
    with socket.create_server((exchange.host, 0)) as free:
        port: int = free.getsockname()[1]
    with Operator(config(exchange, transport="tcp", local_port=port)) as operator:
        operator.registered()
        one = Stranger(STRANGER, over="tcp")
        assert one.asks("INVITE", (exchange.host, port)) == "403"
        one.close()
        exchange.originate("0301234567", "200")
        operator.wait(CallArrived)
