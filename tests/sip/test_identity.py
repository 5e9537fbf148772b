"""Who calls, and whom they called, is read from whatever an exchange sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.state import NOBODY, Party
from appliance.sip.config import SipConfig
from appliance.sip.identity import (
    asserted_party,
    called_number,
    message,
    number_of,
    party,
    remote_party,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def request(*headers: str) -> str:
    return "INVITE sip:200@desk SIP/2.0\r\n" + "".join(f"{h}\r\n" for h in headers) + "\r\nv=0"


@pytest.mark.parametrize(
    ("name_addr", "expected"),
    [
        ('"Ann" <sip:1001@pbx>;tag=a', Party("1001", "Ann")),
        ("Ann Lee <sips:1001@pbx:5061;transport=tls>", Party("1001", "Ann Lee")),
        ("<sip:1001@pbx>", Party("1001")),
        ("sip:1001@pbx;tag=a", Party("1001")),
        (r'"Lee, \"Ann\" <VIP>" <sip:1001@pbx>', Party("1001", 'Lee, "Ann" <VIP>')),
        ('"Jörg" <sip:j%C3%B6rg@pbx>', Party("jörg", "Jörg")),
        ("<sip:+4930123;phone-context=x@pbx;user=phone>", Party("+4930123")),
        ("<tel:+49-30-123;isub=1>", Party("+4930123")),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', Party("", "Anonymous")),
        ("<sip:pbx>", NOBODY),
        ("", NOBODY),
    ],
)
def test_names_and_numbers(name_addr: str, expected: Party) -> None:
    assert party(name_addr) == expected


def test_what_the_exchange_asserts_counts_more_than_what_the_caller_says() -> None:
    text = request('From: "Me" <sip:9@pbx>', 'p-asserted-identity: "Ann" <sip:1001@pbx>, <tel:+491001>')
    assert remote_party(message(text)) == Party("1001", "Ann")


def test_a_caller_without_asserted_identity_is_who_it_says_also_in_compact_form() -> None:
    assert remote_party(message(request('f: "Ann"\r\n <sip:1001@pbx>;tag=x'))) == Party("1001", "Ann")


def test_a_message_without_assertion_asserts_nobody() -> None:
    assert asserted_party(message(request("From: <sip:1@pbx>"))) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["To: <sip:200@pbx>"], "200"),
        (["To: <sip:200@pbx>", "Diversion: <sip:1003@pbx>;reason=x, <sip:1004@pbx>"], "1004"),
        (["To: <sip:200@pbx>", "History-Info: <sip:1005@pbx>;index=1, <sip:200@pbx>;index=1.1"], "1005"),
        (["To: <sip:200@pbx>", "Diversion: nonsense"], "200"),
        ([], ""),
    ],
)
def test_the_number_that_was_dialled(headers: list[str], expected: str) -> None:
    assert called_number(message(request(*headers))) == expected


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured INVITEs are not in ../shared/samples")
def test_every_captured_invite_is_understood() -> None:
    found = {
        file.stem: remote_party(
            message(file.read_bytes().decode().replace("\r\n", "\n").replace("\n", "\r\n"))
        )
        for file in SAMPLES.glob("invite-*.txt")
        if not file.name.endswith(".body.txt")
    }
    assert found["invite-to-200"] == Party("1001", "User 1001")
    assert found["invite-anonymous"] == Party("", "Anonymous")
    assert all(who != NOBODY for who in found.values())


@given(st.text())
def test_any_text_has_some_party(text: str) -> None:
    assert isinstance(remote_party(message(text)), Party)
    assert isinstance(party(text), Party)
    called_number(message(request(f"To: {text}", f"Diversion: {text}", f"P-Asserted-Identity: {text}")))


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda n: n.lower() != "anonymous"))
def test_every_number_survives_its_uri(number: str) -> None:
    line = SipConfig("200", "x", "pbx")
    # What follows ; or : in a user part is a parameter or a password, and no part of a number.
    assert number_of(line.uri(number)) == number.partition(";")[0].partition(":")[0] or ":" in number
