"""Session timers (RFC 4028): a call is kept alive, and one whose far end has vanished is ended and told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HangUpCall, PlaceCall
from appliance.desk.events import CallAnswered, CallReleased
from tests.sip.far_end import FarEnd
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 90  # seconds: RFC 4028 section 4; refreshed at half of it, given up at two thirds


@pytest.fixture
def exchange() -> Iterator[ScriptedExchange]:
    with ScriptedExchange() as exchange:
        yield exchange


@pytest.fixture
def operator(exchange: ScriptedExchange) -> Iterator[Operator]:
    with Operator(config(exchange)) as operator:
        yield operator.registered()


def refreshes(exchange: ScriptedExchange, call_id: str) -> int:
    """How often we have refreshed a session, by UPDATE or re-INVITE."""
    return len(
        {
            r.header("cseq")
            for r in exchange.asked
            if r.method in ("UPDATE", "INVITE")
            and r.header("call-id") == call_id
            and ";tag=" in r.header("to")
        }
    )


def test_sessions_are_refreshed_by_us_or_given_up_when_nobody_else_does(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    """All at once, since the shortest session lasts a minute and a half."""
    calls = {}
    for refresher in ("uas", "uac"):
        far_end = FarEnd(exchange)
        since = operator.mark()
        far_end.invite("Supported: timer", f"Session-Expires: {SHORTEST};refresher={refresher}")
        call = operator.rings(since).call
        operator.do(AnswerCall(call))
        far_end.talk()
        operator.talks(call)
        calls[refresher] = call, far_end
    exchange.answers["invite"] = lambda _n: (
        200,
        f"OK\r\nSession-Expires: {SHORTEST};refresher=uac\r\nRequire: timer",
    )
    operator.do(PlaceCall("out-1", "1002"))
    operator.talks("out-1")
    ours = next(r.header("call-id") for r in exchange.asked if r.method == "INVITE")
    kept, _ = calls["uas"]
    lost, vanished = calls["uac"]

    until(lambda: refreshes(exchange, calls["uas"][1].call_id) > 0, "we refresh a call that came", 60)
    until(lambda: refreshes(exchange, ours) > 0, "we refresh a call that we placed", 30)
    operator.wait(CallReleased, call=lost, seconds=30)
    until(
        lambda: vanished.call_id in {r.header("call-id") for r in exchange.asked if r.method == "BYE"}, "BYE"
    )
    for call in (kept, "out-1"):
        assert not [e for e in operator.events if isinstance(e, CallReleased) and e.call == call]
        operator.do(HangUpCall(call))


def test_a_session_that_is_too_short_for_us_is_refused_with_what_is_not(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    far_end = FarEnd(exchange)
    refusal = far_end.answered("INVITE", far_end.invite("Supported: timer", "Session-Expires: 30"), 422)
    assert re.search(rf"^Min-SE: {SHORTEST}\r$", refusal, re.MULTILINE)
    operator.wait(CallReleased, call="in-1", code=422)


def test_a_session_that_is_too_short_for_the_exchange_is_asked_for_again(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    exchange.answers["invite"] = lambda n: (
        (422, "Session Interval Too Small\r\nMin-SE: 4000") if n == 1 else (200, "OK")
    )
    operator.do(PlaceCall("out-1", "1002"))
    operator.talks("out-1")
    asked = [r.header("session-expires") for r in exchange.asked if r.method == "INVITE"]
    assert len(set(asked)) == 2
    assert int(asked[-1].partition(";")[0]) >= 4000
    assert operator.count(CallAnswered) == 1
