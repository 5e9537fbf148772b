"""Given a busy colleague, callers transferred there wait in music and are put through in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Camp, Transfer, Uncamp
from tests.reception import Reception
from tests.sip.parties import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[Reception]:
    with Reception(tmp_path_factory.mktemp("desk"), exchange, calls={"camp_limit": 10}) as reception:
        yield reception


@pytest.fixture
def reception(place: Reception) -> Iterator[Reception]:
    yield place
    place.clear()


def busy(reception: Reception, line: str) -> None:
    """Let a colleague speak with the clock: a number that always answers and never hangs up."""
    reception.phones.do(line, "call", number="808")
    reception.until_extension(line, "busy")


def test_a_caller_waits_for_a_busy_colleague_and_is_put_through(reception: Reception) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=0.2)
    busy(reception, "1002")
    call = reception.talks("1001")
    reception.ask(Transfer("1002"))
    assert reception.until_call(call, "camped")["target"] == "1002"
    reception.phones.do("1002", "hang_up")
    assert reception.until_released(call)["outcome"] == "transferred"
    joined(reception.exchange, "1001", "1002")


def test_two_wait_for_one_and_are_served_in_order(reception: Reception) -> None:
    reception.has("1001", "1003")
    reception.has("1002", answer_after=0.1)
    busy(reception, "1002")
    first = reception.talks("1001")
    reception.ask(Transfer("1002"))
    reception.until_call(first, "camped")
    second = reception.talks("1003")
    reception.ask(Transfer("1002"))
    reception.until_call(second, "camped")
    reception.phones.do("1002", "hang_up")
    reception.until_released(first)
    joined(reception.exchange, "1001", "1002")
    assert reception.until_call(second, "camped")
    reception.phones.do("1001", "hang_up")
    assert reception.until_released(second)["outcome"] == "transferred"
    joined(reception.exchange, "1003", "1002")


def test_a_caller_who_gives_up_lets_the_next_one_in(reception: Reception) -> None:
    reception.has("1001", "1003")
    reception.has("1002", answer_after=0.1)
    busy(reception, "1002")
    for line in ("1001", "1003"):
        call = reception.talks(line)
        reception.ask(Camp("1002"))
        reception.until_call(call, "camped")
    reception.phones.do("1001", "hang_up")
    reception.desk.until_call("camped")
    reception.phones.do("1002", "hang_up")
    assert reception.until_released(call)["outcome"] == "transferred"


def test_waiting_is_cancelled_and_has_a_limit(reception: Reception) -> None:
    reception.has("1001", "1002")
    busy(reception, "1002")
    call = reception.talks("1001")
    reception.ask(Camp("1002"))
    reception.until_call(call, "camped")
    reception.ask(Uncamp())
    reception.until_call(call, "held")
    reception.ask(Camp("1002", call))
    reception.until_call(call, "camped")
    reception.until("the caller is back", lambda state: state["calls"][call]["alert"])
    assert reception.until_call(call, "held")["note"] == "1002: was not free in time"
    reception.phones.do("1002", "hang_up")


def test_nobody_can_camp_where_nobody_watches(reception: Reception) -> None:
    reception.has("1001")
    reception.talks("1001")
    assert "1008 is not monitored" in reception.refused(Camp("1008"))
