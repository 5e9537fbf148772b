"""Given several servers of one exchange, the desk is registered with the best that serves."""

from __future__ import annotations

import time
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.exchange import Exchange
from appliance.desk.actions import AnswerCall, HangUpCall, PlaceCall
from appliance.desk.events import CallReleased, RegistrationChanged
from appliance.desk.state import RegistrationState
from appliance.sip import SipConfig
from appliance.sip.config import Hop
from appliance.sip.servers import Found, NoServer, Server, Servers, find, ordered
from tests.sip.dns_server import DnsServer
from tests.sip.parties import Operator, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED, REGISTERING = RegistrationState.FAILED, RegistrationState.REGISTERING
HERE = ("one.test", "A"), ["127.0.0.1"]


def srv(*ports: int) -> dict[tuple[str, str], list[str]]:
    """A zone in which pbx.test has servers on these ports of this machine, the best first."""
    services = [f"{place * 10} 1 {port} one.test." for place, port in enumerate(ports)]
    return {("_sip._udp.pbx.test", "SRV"): services, HERE[0]: HERE[1]}


def line(dns: DnsServer, **changes: Any) -> SipConfig:
    settings: dict[str, Any] = {"host": "pbx.test", "port": 0, "name_server": dns.address, "watch": 0.3}
    return SipConfig("200", "secret200", null_audio=True, **(settings | changes))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that waits for nothing long."""
    monkeypatch.setattr("appliance.sip.registrar.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("appliance.sip.registrar.BETTER_SECONDS", 0.3)
    monkeypatch.setattr("appliance.sip.servers.PROBE_SECONDS", 0.3)
    monkeypatch.setattr("appliance.sip.servers.QUERY_SECONDS", 0.5)


# --- what the DNS tells


def test_services_are_tried_by_priority_and_an_address_comes_with_each() -> None:
    zone = {
        ("_sips._tcp.pbx.test", "SRV"): ["20 1 5071 two.test.", "10 1 5061 one.test."],
        ("one.test", "A"): ["192.0.2.1"],
        ("two.test", "A"): ["192.0.2.2"],
    }
    with DnsServer(zone, ttl=77) as dns:
        found = find(Hop("pbx.test", 0, "tls"), dns.address)
    assert found == Found((Server("192.0.2.1", 5061, 10), Server("192.0.2.2", 5071, 20)), 77)


def test_without_services_the_addresses_of_the_name_serve_on_the_usual_port() -> None:
    with DnsServer({("pbx.test", "A"): ["192.0.2.1", "192.0.2.2"]}) as dns:
        udp = find(Hop("pbx.test", 0, "udp"), dns.address)
        tls = find(Hop("pbx.test", 0, "tls"), dns.address)
    assert sorted(map(str, udp.servers)) == ["192.0.2.1:5060", "192.0.2.2:5060"]
    assert sorted(map(str, tls.servers)) == ["192.0.2.1:5061", "192.0.2.2:5061"]


def test_a_port_that_is_set_asks_for_no_services() -> None:
    with DnsServer({("pbx.test", "A"): ["192.0.2.1"]}) as dns:
        assert find(Hop("pbx.test", 5070, "udp"), dns.address).servers == (Server("192.0.2.1", 5070),)
    assert dns.asked == [("pbx.test", "A")]


def test_an_address_is_asked_of_nobody() -> None:
    assert find(Hop("192.0.2.1", 0, "tls")).servers == (Server("192.0.2.1", 5061),)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ({}, "the name pbx.test is not known"),
        (
            {("_sip._udp.pbx.test", "SRV"): ["0 0 0 ."]},
            "the DNS names no server of pbx.test for SIP over UDP",
        ),
    ],
)
def test_why_nobody_is_found_is_told(zone: dict[tuple[str, str], list[str]], told: str) -> None:
    with DnsServer(zone) as dns, pytest.raises(NoServer, match=told):
        find(Hop("pbx.test", 0, "udp"), dns.address)


records = st.lists(
    st.builds(SimpleNamespace, priority=st.integers(0, 3), weight=st.integers(0, 65535)), max_size=8
)


@given(records, st.data())
def test_services_are_ordered_by_priority_whatever_is_drawn(chosen: list[Any], data: st.DataObject) -> None:
    result = ordered(chosen, lambda top: data.draw(st.integers(0, top)))
    assert sorted(result, key=str) == sorted(chosen, key=str)
    assert all(first.priority <= then.priority for first, then in pairwise(result))


def test_the_heavier_service_comes_first_more_often() -> None:
    both: list[Any] = [SimpleNamespace(priority=1, weight=weight) for weight in (1, 9)]
    first = [ordered(both, lots.__getitem__)[0].weight for lots in ([lot] * 11 for lot in range(11))]
    assert first.count(9) == 9


places = st.lists(
    st.builds(Server, st.just("a"), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=4
)


@given(st.lists(st.one_of(places.map(tuple), st.sampled_from(["fail", "serve", "better"]))))
def test_there_is_always_a_server_in_use_and_each_is_tried_once_a_round(steps: list[Any]) -> None:
    servers, known, tried = Servers(), (), []
    for step in [(Server("a", 1),), *steps]:
        match step:
            case "fail":
                tried.append(servers.current)
                if servers.fail() is None:
                    tried = []
            case "serve":
                servers.serve()
                tried = []
            case "better" if servers.better:
                assert servers.better.priority < servers.current.priority  # type: ignore[union-attr]
                servers.use(servers.better)
                tried = []
            case tuple():
                if servers.current not in step:
                    tried = []
                known = step
                servers.update(step)
        assert servers.current in known
        assert servers.current not in tried


# --- what the desk makes of it


@pytest.mark.usefixtures("impatient")
def test_a_server_that_says_503_or_nothing_is_followed_by_the_next_at_once() -> None:
    refusing = ScriptedExchange(register=lambda _n: (503, "Service Unavailable"))
    silent = ScriptedExchange(register=lambda _n: None)
    with (
        refusing,
        silent,
        ScriptedExchange() as serving,
        DnsServer(srv(refusing.sip_port, silent.sip_port, serving.sip_port)) as dns,
        Operator(line(dns)) as operator,
    ):
        operator.registered()
        told = [event for event in operator.events if isinstance(event, RegistrationChanged)]
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        assert (refusing.count("INVITE"), silent.count("INVITE"), serving.count("INVITE")) == (0, 0, 1)
    assert [event.state for event in told[:3]] == [REGISTERING] * 3
    assert "out of service" in told[1].reason
    assert "does not answer" in told[2].reason
    assert not [event for event in told if event.state is FAILED]


@pytest.mark.usefixtures("impatient")
def test_when_all_are_dead_that_is_told_and_they_are_tried_again() -> None:
    silent = ScriptedExchange(register=lambda n: None if n < 2 else (200, "OK"))
    other = ScriptedExchange(register=lambda _n: None)
    with (
        silent,
        other,
        DnsServer(srv(silent.sip_port, other.sip_port)) as dns,
        Operator(line(dns)) as operator,
    ):
        failed = operator.wait(RegistrationChanged, state=FAILED)
        assert failed.reason == "the exchange does not answer"
        operator.registered()


@pytest.mark.usefixtures("impatient")
def test_an_unknown_name_is_told_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.sip.registrar.RETRY_SECONDS", 0.2)
    with ScriptedExchange() as exchange, DnsServer({}) as dns, Operator(line(dns)) as operator:
        failed = operator.wait(RegistrationChanged, state=FAILED)
        assert failed.reason == "the name pbx.test is not known"
        dns.records = srv(exchange.sip_port)
        operator.registered()


@pytest.mark.usefixtures("impatient")
def test_a_name_server_that_does_not_answer_holds_nothing_up_and_is_told() -> None:
    with DnsServer({}) as dns:
        dns.silent = True
        with Operator(line(dns)) as operator:
            failed = operator.wait(RegistrationChanged, state=FAILED)
    assert failed.reason == "_sip._udp.pbx.test cannot be looked up: no name server answers as it should"


NAME_SERVER = ("127.0.0.7", 53)  # the one port at which pjsip asks


@pytest.fixture
def named() -> Iterator[tuple[ScriptedExchange, DnsServer]]:
    """An exchange, and a name server that pjsip itself can ask."""
    with ScriptedExchange() as exchange:
        try:
            dns = DnsServer(srv(exchange.sip_port), at=NAME_SERVER)
        except PermissionError:
            pytest.skip("port 53 is for root: unshare -Urn pytest tests/sip/test_servers.py")
        with dns:
            yield exchange, dns


def test_a_name_that_the_exchange_tells_is_looked_up(named: tuple[ScriptedExchange, DnsServer]) -> None:
    exchange, dns = named
    exchange.contact = f"<sip:one.test:{exchange.sip_port}>"
    with Operator(line(dns)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        operator.do(HangUpCall("out-1"))
        until(lambda: exchange.count("BYE") == 1, "it reaches the exchange by its name")
    bye = next(request for request in exchange.asked if request.method == "BYE")
    assert bye.uri.startswith("sip:one.test")


def test_a_name_that_the_exchange_tells_and_nobody_knows_holds_nothing_up(
    named: tuple[ScriptedExchange, DnsServer],
) -> None:
    exchange, dns = named
    exchange.contact = f"<sip:two.test:{exchange.sip_port}>"
    with Operator(line(dns)) as operator:
        operator.registered()
        dns.silent = True
        operator.do(PlaceCall("out-1", "1001"))
        until(lambda: exchange.count("INVITE") == 1, "the exchange answers with that name")
        before, begun = exchange.count("REGISTER"), time.monotonic()
        until(lambda: exchange.count("REGISTER") > before + 2, "the line goes on registering")
        assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("impatient")
def test_what_the_dns_told_is_asked_again_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.sip.registrar._DNS_SECONDS", 0.0)
    with (
        ScriptedExchange() as first,
        ScriptedExchange() as second,
        DnsServer(srv(first.sip_port), ttl=1) as dns,
        Operator(line(dns)) as operator,
    ):
        operator.registered()
        dns.records = srv(second.sip_port)
        until(lambda: second.count("REGISTER") > 1, "the line has moved where the DNS says")
        asked = len(dns.asked)
    assert asked < 3 * 4  # not at every REGISTER


@pytest.mark.usefixtures("impatient")
def test_a_line_returns_to_the_better_server_but_not_in_the_middle_of_a_call() -> None:
    better = ScriptedExchange(register=lambda n: None if n < 2 else (200, "OK"), options=lambda _n: None)
    with (
        better,
        ScriptedExchange() as other,
        DnsServer(srv(better.sip_port, other.sip_port)) as dns,
        Operator(line(dns)) as operator,
    ):
        operator.registered()
        ring(other, other.asked[0].source)
        call = operator.rings().call
        operator.do(AnswerCall(call))
        before = other.count("REGISTER")
        better.answers["options"] = lambda _n: (200, "OK")
        until(lambda: other.count("REGISTER") > before + 4, "time goes by")
        assert better.count("REGISTER") == 1
        operator.do(HangUpCall(call))
        operator.wait(CallReleased, call=call)
        until(lambda: better.count("REGISTER") > 3, "the line has returned")


def ring(exchange: ScriptedExchange, desk: tuple[str, int]) -> None:
    """Call the desk."""
    here = f"{exchange.host}:{exchange.sip_port}"
    exchange.send(
        f"INVITE sip:200@{desk[0]}:{desk[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKring\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:1001@{here}>;tag=ring\r\nTo: <sip:200@{here}>\r\nCall-ID: ring\r\n"
        f"CSeq: 1 INVITE\r\nContact: <sip:{here}>\r\nContent-Length: 0\r\n\r\n",
        desk,
    )


@pytest.fixture
def two() -> Iterator[tuple[Exchange, Exchange]]:
    Exchange.prepare()
    with Exchange() as first, Exchange() as second:
        yield first, second


@pytest.mark.exchange
def test_when_an_exchange_dies_the_desk_rings_at_the_other_and_returns(
    two: tuple[Exchange, Exchange], monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    monkeypatch.setattr("appliance.sip.registrar.BETTER_SECONDS", 1.0)
    first, second = two
    with (
        DnsServer(srv(first.sip_port, second.sip_port)) as dns,
        Operator(line(dns, watch=2.0, extensions=("1001",))) as operator,
    ):
        operator.registered()
        assert "200" in first.registered()
        first.originate("0301234567", "200")
        kept = operator.rings().call
        operator.do(AnswerCall(kept))
        operator.talks(kept)
        since, died = operator.mark(), time.monotonic()
        first.kill()
        operator.wait(RegistrationChanged, state=RegistrationState.REGISTERED, since=since)
        second.originate("0307654321", "200")
        operator.rings(since)
        record_property("failover_seconds", round(time.monotonic() - died, 1))
        print(f"failover: {time.monotonic() - died:.1f} s from the exchange's death to ringing at the other")
        assert not [event for event in operator.events if isinstance(event, CallReleased)]
        first.start()
        for call in {event.call for event in operator.events if hasattr(event, "call")}:
            operator.do(HangUpCall(call))
        since = operator.mark()
        operator.wait(RegistrationChanged, state=RegistrationState.REGISTERED, since=since)
        until(lambda: "200" in first.registered(), "the desk has returned to the better exchange")
