"""Given a server whose certificate does not prove who it is, nothing is said to it and the desk tells why."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.exchange import Exchange
from appliance.desk.actions import PlaceCall
from appliance.desk.events import RegistrationChanged
from appliance.desk.state import RegistrationState
from appliance.sip import SipAgent, SipConfig, SipError
from appliance.sip.tls import fingerprint as digits
from tests.sip.certificates import Authority, TlsServer, fingerprint
from tests.sip.dns_server import DnsServer
from tests.sip.parties import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody believes."""
    return Authority(tmp_path_factory.mktemp("tls") / "stranger")


@pytest.fixture(scope="module")
def names() -> Iterator[DnsServer]:
    with DnsServer({("pbx.test", "A"): ["127.0.0.1"]}) as server:
        yield server


def line(port: int, names: DnsServer, **changes: Any) -> SipConfig:
    """The operator's line at pbx.test over TLS."""
    settings: dict[str, Any] = {"host": "pbx.test", "name_server": names.address, "port": port} | changes
    return SipConfig("200", "secret200", transport="tls", null_audio=True, **settings)


def refusal(folder: Path, settings: SipConfig, **server: Any) -> str:
    """Why the line does not register at a server with that certificate, which hears nothing from us."""
    with TlsServer(folder, **server) as listening:
        with Operator(replace(settings, port=listening.port)) as operator:
            failed = operator.wait(RegistrationChanged, state=RegistrationState.FAILED)
        assert listening.connections > 0
        assert listening.received == b""
    return failed.reason


def test_an_expired_certificate_is_told_with_its_date(authority: Authority, names: DnsServer) -> None:
    expired = authority.issue("DNS:pbx.test", days=-1)
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    reason = refusal(expired, line(0, names, ca_file=str(authority.file)))
    assert reason == f"the certificate of pbx.test is not valid: it expired on {yesterday}"


def test_a_certificate_for_another_name_is_told_with_that_name(
    authority: Authority, names: DnsServer
) -> None:
    other = authority.issue("DNS:other.test,IP:127.0.0.1")
    reason = refusal(other, line(0, names, ca_file=str(authority.file)))
    assert reason == "the certificate of pbx.test is not valid: it was issued for other.test, 127.0.0.1"


def test_a_wildcard_is_no_name_for_sip(authority: Authority, names: DnsServer) -> None:
    wildcard = authority.issue("DNS:*.test")
    assert "RFC 5922" in refusal(wildcard, line(0, names, ca_file=str(authority.file)))


@pytest.mark.parametrize("own_file", [True, False])
def test_an_unknown_authority_is_told_by_name(
    authority: Authority, stranger: Authority, names: DnsServer, own_file: bool
) -> None:
    folder = stranger.issue(f"DNS:pbx.test,DNS:{own_file}.test")
    reason = refusal(folder, line(0, names, ca_file=str(authority.file) if own_file else ""))
    assert reason.endswith("The authority is no authority that we believe")


def test_another_certificate_than_the_pinned_one_is_told(authority: Authority, names: DnsServer) -> None:
    pinned, shown = authority.issue("DNS:pbx.test,DNS:a.test"), authority.issue("DNS:pbx.test,DNS:b.test")
    reason = refusal(shown, line(0, names, ca_file=str(authority.file), pin=fingerprint(pinned)))
    assert reason.startswith("pbx.test shows another certificate than the pinned one")
    assert reason.endswith(digits(fingerprint(shown)))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_nothing_older_than_tls_1_2_is_spoken(authority: Authority, names: DnsServer) -> None:
    right = authority.issue("DNS:pbx.test,DNS:old.test")
    settings = line(0, names, ca_file=str(authority.file))
    assert "no connection by TLS 1.2 or newer" in refusal(right, settings, newest=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ca_file": "/nonexistent/ca.pem"}, "the authorities in /nonexistent/ca.pem cannot be read"),
        ({"pin": "AB:CD"}, "is no SHA-256 fingerprint"),
    ],
)
def test_settings_that_prove_nothing_are_refused(names: DnsServer, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(SipError, match=told):
        SipAgent(line(5061, names, **wrong), lambda _event: None).start()


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", ":", " "]), st.booleans())
def test_a_fingerprint_is_taken_as_every_program_writes_it(raw: bytes, between: str, upper: bool) -> None:
    written = raw.hex(between) if between else raw.hex()
    assert digits(written.upper() if upper else written) == raw.hex()


@pytest.fixture
def exchange_with(tmp_path: Path) -> Iterator[Any]:
    """Starts an exchange with that certificate."""
    running: list[Exchange] = []

    def start(folder: Path) -> Exchange:
        Exchange.prepare()
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "keys").symlink_to(folder)
        running.append(Exchange(run=tmp_path / "run"))
        running[0].start()
        return running[0]

    yield start
    for exchange in running:
        exchange.stop()


@pytest.mark.exchange
def test_an_exchange_that_proves_its_name_is_registered_with(
    authority: Authority, names: DnsServer, exchange_with: Any
) -> None:
    exchange = exchange_with(authority.issue("DNS:other.test,DNS:PBX.test"))
    with Operator(line(exchange.tls_port, names, ca_file=str(authority.file))) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")


@pytest.mark.exchange
def test_a_pinned_certificate_needs_no_authority_no_name_and_no_date(
    stranger: Authority, names: DnsServer, exchange_with: Any
) -> None:
    folder = stranger.issue("DNS:other.test", days=-1)
    exchange = exchange_with(folder)
    with Operator(line(exchange.tls_port, names, pin=fingerprint(folder))) as operator:
        operator.registered()
