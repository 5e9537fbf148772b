"""Given an exchange that refuses, is late or says nothing, the desk is always told how it ended."""

from __future__ import annotations

import random
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import HangUpCall, HoldCall, PlaceCall, ResumeCall, TransferCall
from appliance.desk.events import CallReleased, TransferProgressed
from appliance.sip import referral
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sip.scripted import Answer


@contextmanager
def talking(exchange: ScriptedExchange) -> Iterator[Operator]:
    """An operator in a call, out-1."""
    with exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        yield operator


def offers(exchange: ScriptedExchange) -> list[str]:
    """The directions that our offers asked for, the first INVITE's included."""
    asked = {r.header("cseq"): r for r in exchange.asked if r.method == "INVITE"}
    return ["inactive" if "a=inactive" in r.text else "sendrecv" for r in asked.values()]


def test_hold_is_offered_again_after_both_ends_offered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _high: low / 10)
    exchange = ScriptedExchange(invite=lambda n: (491, "Request Pending") if n in (2, 4) else (200, "OK"))
    with talking(exchange) as operator:
        operator.do(HoldCall("out-1"))
        until(lambda: len(offers(exchange)) == 3, "hold is offered again")
        operator.do(ResumeCall("out-1"))
        until(lambda: len(offers(exchange)) == 5, "the end of hold is offered again")
    assert offers(exchange) == ["sendrecv", "inactive", "inactive", "sendrecv", "sendrecv"]


def test_hold_and_resume_in_quick_succession_end_resumed() -> None:
    exchange = ScriptedExchange()
    with talking(exchange) as operator:
        for _ in range(3):
            operator.do(HoldCall("out-1"))
            operator.do(ResumeCall("out-1"))
        operator.do(HoldCall("out-1"))
        until(lambda: offers(exchange)[-1] == "inactive", "held")
        operator.do(ResumeCall("out-1"))
        until(lambda: offers(exchange)[-1] == "sendrecv", "resumed")
        assert not [event for event in operator.events if isinstance(event, CallReleased)]


def test_a_refused_hold_keeps_the_call() -> None:
    exchange = ScriptedExchange(invite=lambda n: (488, "Not Acceptable Here") if n == 2 else (200, "OK"))
    with talking(exchange) as operator:
        operator.do(HoldCall("out-1"))
        until(lambda: len(offers(exchange)) == 2, "hold is offered")
        operator.do(ResumeCall("out-1"))
        time.sleep(0.1)
        assert not [event for event in operator.events if isinstance(event, CallReleased)]


@pytest.mark.parametrize(
    ("refer", "code"),
    [
        (lambda _n: (403, "Forbidden"), 403),
        (lambda _n: (501, "Not Implemented"), 501),
        (lambda _n: None, 408),
    ],
)
def test_a_refused_or_unanswered_transfer_is_told_and_the_call_kept(
    monkeypatch: pytest.MonkeyPatch, refer: Callable[[int], Answer | None], code: int
) -> None:
    monkeypatch.setattr(referral, "ANSWER_SECONDS", 0.3)
    exchange = ScriptedExchange(refer=refer)
    with talking(exchange) as operator:
        operator.do(TransferCall("out-1", "1002"))
        assert operator.wait(TransferProgressed, final=True).code == code
        assert not [event for event in operator.events if isinstance(event, CallReleased)]
        assert exchange.count("BYE") == 0


def test_hanging_up_ends_in_bounded_time_though_nobody_answers() -> None:
    exchange = ScriptedExchange(bye=lambda _n: None)
    with talking(exchange) as operator:
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1", seconds=4)
        until(lambda: exchange.count("BYE") == 1, "BYE was sent")


def test_a_request_that_nobody_expects_is_answered() -> None:
    replies: list[str] = []
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        desk = exchange.asked[0].source
        send_and_keep_replies(desk, replies)
    assert [reply.split(" ")[1] for reply in replies] == ["489", "481", "405", "200"]


def send_and_keep_replies(desk: tuple[str, int], replies: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.settimeout(5)
        via = f"SIP/2.0/UDP 127.0.0.1:{stranger.getsockname()[1]}"
        for number, method in enumerate(("NOTIFY", "BYE", "PUBLISH", "OPTIONS")):
            stranger.sendto(
                (
                    f"{method} sip:200@desk SIP/2.0\r\nVia: {via};branch=z9hG4bKx{number}\r\n"
                    f"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:200@desk>\r\n"
                    f"Call-ID: x{number}\r\nCSeq: 1 {method}\r\nEvent: check-sync\r\n"
                    "Subscription-State: terminated\r\nContent-Length: 0\r\n\r\n"
                ).encode(),
                desk,
            )
            replies.append(stranger.recv(65535).decode())
