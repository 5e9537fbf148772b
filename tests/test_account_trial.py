"""Given an account, its trial tells whether the exchange takes it, or which part of it is wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import RunningDesk
from tests.sip.certificates import Authority, TlsServer, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


def trial(text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as the page does: nothing of the account is seen in the list of processes."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", "line", "test", *words],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def verdict(account: dict[str, Any]) -> dict[str, Any]:
    """Return what the trial says of an account."""
    done = trial(json.dumps(account), "--json")
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if said["outcome"] == "registered" else 1)
    assert said["reason"]
    assert bool(said["fix"]) == (said["outcome"] != "registered")
    return said


def account(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    """Return an account that the exchange takes."""
    where = {"server": exchange.host, "port": exchange.sip_port}
    return {**where, "user": "200", "password": "secret200", **changes}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_right_account_is_taken_and_nobody_stays_registered(exchange: Exchange, transport: str) -> None:
    assert verdict(account(exchange, transport=transport))["outcome"] == "registered"
    assert "200" not in exchange.registered()


def test_a_desk_that_runs_with_the_account_keeps_its_registration(tmp_path: Path, exchange: Exchange) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk:
        desk.until_registered()
        before = exchange.cli("pjsip show contacts")
        said = verdict(account(exchange))
        assert (said["outcome"], "a phone is registered" in said["reason"]) == ("registered", True)
        assert exchange.cli("pjsip show contacts") == before


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"user": "999"}])
def test_a_wrong_password_or_user_is_refused(exchange: Exchange, wrong: dict[str, str]) -> None:
    said = verdict(account(exchange, **wrong))
    assert (said["outcome"], said["code"]) == ("password", 401)
    assert "see user and password" in said["fix"]


def test_a_name_that_is_not_known_is_told(exchange: Exchange) -> None:
    said = verdict(account(exchange, server="pbx.invalid"))
    assert (said["outcome"], said["reason"]) == ("name", "the name pbx.invalid is not known")


@pytest.fixture
def deaf() -> Iterator[int]:
    """A UDP port where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_wrong_port_is_told(exchange: Exchange, deaf: int) -> None:
    said = verdict(account(exchange, port=deaf))
    assert (said["outcome"], said["reason"]) == ("network", "the exchange does not answer")
    said = verdict(account(exchange, port=deaf, transport="tcp"))
    assert (said["outcome"], "nobody listens at 127.0.0.1" in said["reason"]) == ("network", True)


def test_a_certificate_that_nobody_believes_is_told_and_can_be_pinned(exchange: Exchange) -> None:
    secure = account(exchange, port=exchange.tls_port, transport="tls", user="201", password="secret201")
    said = verdict(secure)
    assert (said["outcome"], "no authority that we believe" in said["reason"]) == ("certificate", True)
    assert verdict(secure | {"pin": said["fingerprint"]})["outcome"] == "registered"
    assert verdict(secure | {"ca_file": str(exchange.ca_file)})["outcome"] == "registered"
    other = verdict(secure | {"pin": "00" * 32})
    assert (other["outcome"], other["fingerprint"]) == ("certificate", said["fingerprint"])
    assert "another certificate than the pinned one" in other["reason"]


@pytest.mark.parametrize(
    ("names", "days", "reason"),
    [("IP:127.0.0.1", -1, "it expired on"), ("DNS:other.test", 30, "it was issued for other.test")],
)
def test_what_is_wrong_with_a_certificate_is_told(tmp_path: Path, names: str, days: int, reason: str) -> None:
    authority = Authority(tmp_path / "authority")
    shown = authority.issue(names, days)
    secure = {"server": "127.0.0.1", "transport": "tls", "user": "200", "ca_file": str(authority.file)}
    with TlsServer(shown) as server:
        said = verdict(secure | {"port": server.port, "password": "secret200"})
        assert server.received == b""
    assert (said["outcome"], reason in said["reason"]) == ("certificate", True)
    assert said["fingerprint"] == fingerprint(shown).replace(":", "").lower()


@pytest.mark.parametrize(
    "text",
    [
        '{"server": "127.0.0.1", "password": "planted", "user": "200", "port": -1}',
        '{"server": "127.0.0.1", "password": "planted", "user": ',
        '{"password": "planted"}',
        '["planted"]',
    ],
)
def test_what_is_no_account_is_refused_and_a_password_never_told_again(text: str) -> None:
    done = trial(text)
    assert done.returncode == 4
    assert done.stderr
    assert "planted" not in done.stdout + done.stderr
