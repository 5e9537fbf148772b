"""Texts go out and come in whole, whatever their script and length; what failed says why (RFC 3428)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.actions import SendText
from appliance.desk.events import TextAnswered, TextArrived
from appliance.desk.state import Party
from appliance.sip.texts import MAX_BYTES, PART_BYTES, parts, verdict
from tests.sip.far_end import FarEnd
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Phones

SCRIPTS = 'Grüße ✓ "q" \\ %s %00 你好 مرحبا שלום\r\nline two: \u2028 😀'
LONG = "Ünïcödé 長い ".ljust(20, "x") * 200  # 5 KB and more


@pytest.mark.exchange
@pytest.mark.parametrize("text", ["Hello", SCRIPTS, LONG, " "], ids=["short", "scripts", "long", "space"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_text_reaches_a_telephone_as_it_was_written(
    exchange: Exchange, phones: Phones, text: str, transport: str
) -> None:
    phones.register("1001")
    since = phones.mark()
    with Operator(config(exchange, transport=transport)) as operator:
        operator.registered()
        operator.do(SendText("m1", "1001", text))
        answered = operator.wait(TextAnswered, message="m1")
        assert 200 <= answered.status < 300
        until(lambda: texts(phones, since) == text, "the telephone has it all")


def texts(phones: Phones, since: int) -> str:
    return "".join(event["text"] for event in phones.told("1001", "TextArrived", since))


@pytest.mark.exchange
@pytest.mark.parametrize("text", ["Hello", SCRIPTS, LONG], ids=["short", "scripts", "long"])
def test_a_text_from_a_telephone_arrives_here(
    exchange: Exchange, operator: Operator, phones: Phones, text: str
) -> None:
    phones.register("1001")
    phones.do("1001", "message", message="m1", number="200", text=text)
    phones.do("1001", "message", message="m2", number="200", text="the end")
    operator.wait(TextArrived, text="the end")
    arrived = [event for event in operator.events if isinstance(event, TextArrived)]
    assert {event.party.number for event in arrived} == {"1001"}
    assert "".join(event.text for event in arrived) == text + "the end"
    assert len({event.message for event in arrived}) == len(arrived)


@pytest.mark.exchange
def test_each_text_gets_its_own_answer(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    for n in range(5):
        operator.do(SendText(f"same-{n}", "1001", "the same"))
        operator.do(SendText(f"other-{n}", "1001", f"text {n}"))
    for n in range(5):
        operator.wait(TextAnswered, message=f"same-{n}")
        operator.wait(TextAnswered, message=f"other-{n}")


@pytest.mark.exchange
def test_a_text_to_nobody_fails(operator: Operator) -> None:
    operator.do(SendText("m1", "nobody", "Hello"))
    answered = operator.wait(TextAnswered)
    assert answered.status == 404
    assert answered.reason == "the exchange does not know this number"


@pytest.mark.exchange
def test_a_text_to_a_telephone_that_is_switched_off_is_taken_all_the_same(operator: Operator) -> None:
    operator.do(SendText("m1", "1009", "Hello"))
    assert operator.wait(TextAnswered).status == 202


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "the exchange does not know this number"),
        (415, "the other end takes no text"),
        (486, "Busy"),
    ],
)
def test_a_refused_text_says_why(status: int, reason: str) -> None:
    exchange = ScriptedExchange(message=lambda _n: (status, "Busy"))
    with exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(SendText("m1", "1001", "Hello"))
        assert operator.wait(TextAnswered) == TextAnswered("m1", status, reason)


def test_a_text_that_nobody_answers_fails_in_the_end() -> None:
    exchange = ScriptedExchange(message=lambda _n: None)
    with exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(SendText("m1", "1001", "Hello"))
        answered = operator.wait(TextAnswered, seconds=40)
    assert (answered.status, answered.reason) == (408, "the exchange does not answer")


def test_a_text_that_is_too_long_is_not_sent() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(SendText("m1", "1001", "é" * (MAX_BYTES // 2 + 1)))
        assert operator.wait(TextAnswered).status == 413
        assert not exchange.count("MESSAGE")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 200),
        ("Text/Plain ;charset=utf-8", 200),
        ("text/html", 415),
        ("application/im-iscomposing+xml", 415),
        ("application/octet-stream;name=plain", 415),
        ("", 415),
    ],
)
def test_only_texts_are_taken(kind: str, status: int) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        far_end = FarEnd(exchange)
        content = (f"Content-Type: {kind}",) if kind else ()
        far_end.answered("MESSAGE", far_end.request("MESSAGE", *content, body="Grüße"), status)
        if status == 200:
            assert operator.wait(TextArrived).text == "Grüße"
            assert operator.wait(TextArrived).party == Party("1001", "User 1001")
        else:
            assert not operator.count(TextArrived)


def test_a_message_without_a_body_says_nothing_and_breaks_nothing() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        far_end = FarEnd(exchange)
        far_end.answered("MESSAGE", far_end.request("MESSAGE", "Content-Type: text/plain"))
        operator.do(SendText("m1", "1001", "Hello"))
        assert operator.wait(TextAnswered).status == 200
        assert not operator.count(TextArrived)


def test_a_content_type_is_read_in_compact_form_too() -> None:
    assert verdict("MESSAGE sip:a SIP/2.0\r\nc: text/plain\r\n\r\nx") == 0
    assert verdict("MESSAGE sip:a SIP/2.0\r\n\r\n") == 415


def test_a_failed_part_is_the_end_of_a_text() -> None:
    exchange = ScriptedExchange(message=lambda n: (200, "OK") if n < 3 else (503, "Overload"))
    with exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(SendText("m1", "1001", LONG))
        assert operator.wait(TextAnswered).status == 503
        assert exchange.count("MESSAGE") == 3


@given(st.text(st.characters(codec="utf-8"), max_size=2000))
def test_the_parts_of_a_text_are_short_and_make_it_whole(text: str) -> None:
    cut = parts(text)
    assert "".join(cut) == text
    assert all(len(part.encode()) <= PART_BYTES for part in cut)
    assert all(cut[:-1])
