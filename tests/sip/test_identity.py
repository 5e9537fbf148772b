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
    connected_party,
    diversions,
    is_cleared_normally,
    is_completed_elsewhere,
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
        ('"Unknown" <sip:unknown@pbx>', NOBODY),
        ('"Unavailable" <sip:unavailable@unknown.invalid>', NOBODY),
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
        (
            ['From: "Me" <sip:9@pbx>', 'Remote-Party-ID: "Ann" <sip:1001@pbx>;party=calling'],
            Party("1001", "Ann"),
        ),
        (["Remote-Party-ID: <sip:1@pbx>", "P-Asserted-Identity: <sip:2@pbx>"], Party("2")),
        (["From: <sip:9@pbx>", "P-Preferred-Identity: <sip:1001@pbx>"], Party("9")),
        (["From: <sip:anonymous@pbx>", "P-Asserted-Identity: <sip:1@pbx>"], Party("1")),
        (["From: <sip:anonymous@pbx>", "P-Asserted-Identity: <sip:1@pbx>", "Privacy: none"], Party("1")),
    ],
)
def test_the_best_word_of_who_calls_is_taken(headers: list[str], expected: Party) -> None:
    assert remote_party(message(request(*headers))) == expected


@pytest.mark.parametrize(
    "headers",
    [
        ['From: "Anonymous" <sip:anonymous@anonymous.invalid>'],
        ["From: <sip:x9@anonymous.invalid;user=phone>"],
        ['From: "Ann" <sip:restricted@pbx>'],
        ["From: <sip:1001@pbx>", "Privacy: id"],
        ["From: <sip:1001@pbx>", "Privacy: critical; User"],
        ["From: <sip:1001@pbx>", "P-Asserted-Identity: <sip:1001@pbx>", "Privacy: header;id"],
        ["From: <sip:1001@pbx>", "Remote-Party-ID: <sip:1001@pbx>;party=calling;privacy=full;screen=yes"],
    ],
)
def test_whoever_withholds_the_number_is_not_unknown_but_withheld(headers: list[str]) -> None:
    assert remote_party(message(request(*headers))) == Party(withheld=True)
    assert asserted_party(message(request(*headers))) is None


@pytest.mark.parametrize(
    "headers",
    [[], ["From: <sip:pbx>"], ['From: "unknown" <sip:Unknown@pbx>'], ["From: <sip:unavailable@pbx>"]],
)
def test_whom_the_exchange_does_not_know_is_nobody(headers: list[str]) -> None:
    assert remote_party(message(request(*headers))) == NOBODY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIP/2.0 200 OK\r\nFrom: <sip:200@pbx>\r\nP-Asserted-Identity: <sip:5@pbx>\r\n\r\n", Party("5")),
        ('SIP/2.0 180 Ringing\r\nRemote-Party-ID: "Bo" <sip:5@pbx>;party=called\r\n\r\n', Party("5", "Bo")),
        ("SIP/2.0 200 OK\r\nFrom: <sip:200@pbx>\r\n\r\n", None),
        ('UPDATE sip:200@desk SIP/2.0\r\nFrom: "Bo" <sip:5@pbx>;tag=a\r\n\r\n', Party("5", "Bo")),
        ("UPDATE sip:200@desk SIP/2.0\r\nFrom: <sip:1001@elsewhere>;tag=a\r\n\r\n", None),
        ("BYE sip:200@desk SIP/2.0\r\nFrom: <sip:anonymous@anonymous.invalid>\r\n\r\n", None),
    ],
)
def test_who_is_connected_now(text: str, expected: Party | None) -> None:
    assert connected_party(message(text), '"Ann" <sip:1001@pbx>') == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], []),
        (
            ["Diversion: <sip:1003@pbx>;reason=no-answer;counter=2", "Diversion: <sip:1004@pbx>"],
            ["1004", "1003"],
        ),
        (["Diversion: <sip:1003@pbx>;reason=no-answer;privacy=full"], [""]),
        (["History-Info: <sip:200@pbx>;index=1"], []),
        (["History-Info: <sip:1005@pbx>;index=1, <sip:200@pbx;cause=302>;index=1.1"], ["1005"]),
        (["History-Info: <sip:200@a>;index=1, <sip:200@b>;index=1.1;rc=1"], []),
        (["Diversion: nonsense", "History-Info: <sip:1005@pbx>, <sip:200@pbx>"], ["1005"]),
    ],
)
def test_who_was_called_before_us(headers: list[str], expected: list[str]) -> None:
    found = diversions(message(request(*headers)))
    assert [who.number for who in found] == expected
    assert all(who.withheld == (not who.number) for who in found)


@pytest.mark.parametrize(
    ("reason", "elsewhere", "normal"),
    [
        ('SIP;cause=200;text="Call completed elsewhere"', True, False),
        ('Q.850;text="a, b";cause=26', True, False),
        ('SIP ;text="x" ; cause = 200', True, False),
        ("Q.850;cause=16", False, True),
        ("SIP;cause=600, Q.850;cause=17", False, False),
        ("Q.850", False, False),
    ],
)
def test_why_a_call_ended(reason: str, elsewhere: bool, normal: bool) -> None:
    ended = message(request(f"Reason: {reason}"))
    assert (is_completed_elsewhere(ended), is_cleared_normally(ended)) == (elsewhere, normal)


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
    assert found["invite-anonymous"] == Party(withheld=True)
    assert all(who != NOBODY for who in found.values())


@given(st.text())
def test_any_text_has_some_party(text: str) -> None:
    assert isinstance(remote_party(message(text)), Party)
    assert isinstance(party(text), Party)
    names = ("To", "Diversion", "P-Asserted-Identity", "Remote-Party-ID", "History-Info", "Privacy", "Reason")
    heard = message(request(*(f"{name}: {text}" for name in names)))
    called_number(heard)
    diversions(heard)
    connected_party(heard, text)
    is_completed_elsewhere(heard)


def number_is_known(number: str) -> bool:
    return number.lower() not in {"anonymous", "restricted", "private", "unknown", "unavailable"}


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(number_is_known))
def test_every_number_survives_its_uri(number: str) -> None:
    line = SipConfig("200", "x", "pbx")
    # What follows ; or : in a user part is a parameter or a password, and no part of a number.
    assert number_of(line.uri(number)) == number.partition(";")[0].partition(":")[0] or ":" in number
