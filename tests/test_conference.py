"""Given several parties at the desk, they all hear each other; one is muted or dropped; they go on alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Confer, Dial, HangUp, Hold, Leave, MuteParty, Resume
from tests.reception import Reception
from tests.sip.parties import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[Reception]:
    with Reception(tmp_path_factory.mktemp("desk"), exchange) as reception:
        yield reception


@pytest.fixture
def reception(place: Reception) -> Iterator[Reception]:
    yield place
    place.clear()


def of_three(reception: Reception) -> tuple[str, str]:
    """Bring a caller and a colleague whom the operator called into one conference; return their calls."""
    reception.has("1001")
    reception.has("1002", answer_after=0.1)
    first = reception.talks("1001")
    before = set(reception.desk.status()["calls"])
    reception.ask(Dial("1002"))
    second = reception.new_call(before)
    reception.until_call(second, "answered")
    joined(reception.exchange, "1002")
    reception.ask(Confer())
    for call in (first, second):
        reception.until_call(call, "conference")
    return first, second


def test_three_parties_hear_each_other_until_one_is_muted_or_dropped(reception: Reception) -> None:
    first, second = of_three(reception)
    reception.until_hears("1001", "1002")
    reception.until_hears("1002", "1001")
    reception.ask(MuteParty(first))
    reception.until_hears("1002")
    reception.until_hears("1001", "1002")
    reception.ask(MuteParty(first, False))
    reception.until_hears("1002", "1001")
    reception.ask(HangUp(second))
    assert reception.until_call(first, "answered")
    reception.until_hears("1001")


def test_a_fourth_joins_and_all_are_held_and_resumed_together(reception: Reception) -> None:
    first, second = of_three(reception)
    reception.has("1003")
    third = reception.talks("1003")
    for call in (first, second):
        reception.until_call(call, "held")
    reception.ask(Confer(first))
    for call in (first, second, third):
        reception.until_call(call, "conference")
    reception.until_hears("1003", "1001", "1002")
    reception.ask(Hold())
    for call in (first, second, third):
        reception.until_call(call, "held")
    reception.until_hears("1003")
    reception.ask(Resume(second))
    reception.until_hears("1001", "1002", "1003")


def test_the_operator_leaves_and_the_others_go_on(reception: Reception) -> None:
    first, _ = of_three(reception)
    reception.ask(Leave())
    assert reception.until_released(first)["outcome"] == "transferred"
    reception.desk.until_call()
    reception.until_hears("1001", "1002")
    reception.until_hears("1002", "1001")
