"""Given many callers, they wait in order; what is too much or too long is answered, held or diverted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from appliance.desk.events import Answer, Divert, Resume
from tests.reception import Reception
from tests.running import lit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


@contextmanager
def reception(home: Path, exchange: Exchange, **calls: Any) -> Iterator[Reception]:
    with Reception(home, exchange, calls=calls) as place:
        yield place
        place.clear()


def test_callers_wait_in_order_and_are_answered_swapped_and_held(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange) as place:
        place.has("1001", "1002", "1003")
        first, second, third = (place.rings(line) for line in ("1001", "1002", "1003"))
        place.ask(Answer())
        place.until_call(first, "answered")
        place.ask(Answer())
        place.until_call(second, "answered")
        place.until_call(first, "held")
        place.ask(Resume())
        place.until_call(first, "answered")
        place.until_call(second, "held")
        place.until_call(third, "ringing")


def test_one_call_too_many_is_diverted(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange, max_incoming=1, overflow="1004") as place:
        place.has("1001", "1002", "1004")
        place.rings("1001")
        since = place.phones.mark()
        place.phones.do("1002", "call", number="200")
        place.phones.wait("1004", "CallArrived", since=since)
        released = place.until("it is told", lambda s: s["released"])["released"]
        assert [(call["number"], call["outcome"]) for call in released.values()] == [("1002", "diverted")]


def test_one_call_too_many_is_rejected_where_there_is_no_other_number(
    tmp_path: Path, exchange: Exchange
) -> None:
    with reception(tmp_path, exchange, max_incoming=1) as place:
        place.has("1001", "1002")
        place.rings("1001")
        since = place.phones.mark()
        place.phones.do("1002", "call", number="200")
        assert place.phones.wait("1002", "CallReleased", since=since)["code"] == 486


def test_a_call_that_nobody_answers_is_diverted_after_a_while(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange, divert_after=1, divert_to="1004") as place:
        place.has("1001", "1004")
        since = place.phones.mark()
        call = place.rings("1001")
        place.phones.wait("1004", "CallArrived", since=since)
        assert place.until_released(call)["outcome"] == "diverted"


def test_a_call_is_answered_by_itself(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange, auto_answer=0.5) as place:
        place.has("1001")
        place.until_call(place.rings("1001"), "answered")


def test_a_waiting_caller_hears_music_by_itself(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange, auto_hold=0.5) as place:
        place.has("1001")
        call = place.rings("1001")
        place.until_call(call, "held")
        place.ask(Resume(call))
        place.until_call(call, "answered")


def test_the_operator_diverts_by_hand(tmp_path: Path, exchange: Exchange) -> None:
    with reception(tmp_path, exchange) as place:
        place.has("1001", "1004")
        since = place.phones.mark()
        call = place.rings("1001")
        place.ask(Divert("1004"))
        place.phones.wait("1004", "CallArrived", since=since)
        assert place.until_released(call)["outcome"] == "diverted"


def test_a_call_held_too_long_alerts_and_stays(tmp_path: Path, exchange: Exchange) -> None:
    with Reception(tmp_path, exchange, desk={"hold_alert": 5}) as place:
        place.has("1001")
        call = place.talks("1001")
        place.desk.press("hold")
        place.until("it alerts", lambda state: state["calls"][call]["alert"])
        place.until("the Hold lamp too", lambda state: lit(state, "sim-buttons").get("hold") == "fast")
        place.desk.press("hold")
        place.until_call(call, "answered")
        place.clear()
