"""Given a second, encrypted account at the same desk, calls come and go by either; each tells how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from appliance.desk.events import Answer, Confer, Dial, HangUp
from tests.reception import Reception
from tests.sip.parties import joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


def secure(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    """Return the options of the encrypted account."""
    return {
        "server": exchange.host,
        "port": exchange.tls_port,
        "transport": "tls",
        "user": "201",
        "ca_file": str(exchange.ca_file),
        "srtp": "mandatory",
    } | changes


@pytest.fixture
def reception(tmp_path: Path, exchange: Exchange) -> Iterator[Reception]:
    with Reception(tmp_path, exchange, lines={"secure": secure(exchange)}) as reception:
        reception.until(
            "both are registered",
            lambda state: [line["state"] for line in state["lines"].values()] == ["registered"] * 2,
        )
        yield reception
        reception.clear()


def test_a_call_comes_by_each_line_and_both_talk_in_one_conference(reception: Reception) -> None:
    reception.has("1001", "1002")
    plain = reception.talks("1001")
    before = set(reception.desk.status()["calls"])
    reception.phones.do("1002", "call", number="201")
    encrypted = reception.new_call(before)
    calls = reception.desk.status()["calls"]
    assert [calls[call]["line"] for call in (plain, encrypted)] == ["", "secure"]
    reception.ask(Answer(encrypted))
    reception.until_call(encrypted, "answered")
    joined(reception.exchange, "1002")
    reception.ask(Confer(plain))
    reception.until_hears("1001", "1002")
    reception.until_hears("1002", "1001")


def test_the_operator_chooses_the_line_to_call_by(reception: Reception) -> None:
    reception.has("1002")
    since = reception.phones.mark()
    reception.ask(Dial("1002", "secure"))
    arrived = reception.phones.wait("1002", "CallArrived", since=since)
    assert arrived["party"]["number"] == "201"
    reception.ask(HangUp())


def test_a_line_that_trusts_another_certificate_says_so_and_the_first_works(
    tmp_path: Path, exchange: Exchange
) -> None:
    wrong = secure(exchange, ca_file="", pin="00" * 32)
    with Reception(tmp_path, exchange, lines={"secure": wrong}) as reception:
        state = reception.until("it fails", lambda s: s["lines"]["secure"]["state"] == "failed")
        assert "pinned" in state["lines"]["secure"]["reason"]
        reception.has("1001")
        reception.talks("1001")
        reception.clear()
