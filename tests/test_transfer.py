"""Given a caller at the desk who is transferred, they talk to the other, or come back with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.events import ComeBack, Complete, Consult, Dial, HangUp, Resume, Transfer
from tests.reception import Reception
from tests.sip.parties import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.running import State

pytestmark = pytest.mark.exchange
NO_CAMPING = {"camp_on": False}


@pytest.fixture(scope="module", params=[True, False], ids=["200 at once", "200 on answer"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reception]:
    """A reception, at an exchange of each kind: one reports success before anybody answered."""
    Exchange.prepare()
    home = tmp_path_factory.mktemp("desk")
    with (
        Exchange(users=10, ringback=request.param) as exchange,
        Reception(home, exchange, calls=NO_CAMPING) as reception,
    ):
        yield reception


@pytest.fixture
def reception(place: Reception) -> Iterator[Reception]:
    yield place
    place.clear()


def test_a_caller_is_put_through_and_the_desk_is_free(reception: Reception) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=0.2)
    call = reception.talks("1001")
    reception.ask(Transfer("1002"))
    assert reception.until_released(call)["outcome"] == "transferred"
    reception.until_hears("1002", "1001")


def test_whom_the_operator_called_is_put_through_as_well(reception: Reception) -> None:
    reception.has("1001", answer_after=0.1)
    reception.has("1002", answer_after=0.2)
    reception.ask(Dial("1001"))
    reception.desk.until_call("answered")
    joined(reception.exchange, "1001")
    reception.ask(Transfer("1002"))
    reception.desk.until_call()
    joined(reception.exchange, "1001", "1002")


def test_a_number_that_does_not_exist_brings_the_caller_back(reception: Reception) -> None:
    reception.has("1001")
    call = reception.talks("1001")
    reception.ask(Transfer("999"))
    assert reception.until_call(call, "answered")["note"].startswith("999: 404")


def back(state: State, target: str) -> bool:
    """Whether the caller talks to the operator again, or rings as one who comes back."""
    return any(
        (call["state"] == "answered" and call["note"].startswith(target))
        or (call["state"] == "ringing" and call["returned"] == "transfer")
        for call in state["calls"].values()
    )


def consults(state: State) -> bool:
    """Whether the operator talks to whom the caller is announced."""
    return any(call["consults"] and call["state"] == "answered" for call in state["calls"].values())


@pytest.mark.parametrize("target", ["1003", "1009"], ids=["nobody answers", "no telephone there"])
def test_where_nobody_answers_the_caller_comes_back(reception: Reception, target: str) -> None:
    """By the exchange's last word, or, where it said yes too early, by a new call that says where from."""
    reception.exchange.ami("Setvar", Variable="RING_SECS", Value="2")
    reception.has("1001", "1003")
    reception.talks("1001")
    reception.ask(Transfer(target))
    state = reception.until("the caller is back", lambda state: back(state, target))
    (call,) = (name for name, call in state["calls"].items() if call["state"] in ("answered", "ringing"))
    if state["calls"][call]["returned"]:
        assert state["calls"][call]["number"] == "1001"
        reception.ask_answer(call)
    joined(reception.exchange, "1001")


def test_announced_then_put_through(reception: Reception) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=0.1)
    call = reception.talks("1001")
    reception.ask(Consult("1002"))
    reception.until_call(call, "held")
    state = reception.until("they talk", consults)
    assert len(state["calls"]) == 2
    joined(reception.exchange, "1002")
    reception.ask(Complete())
    assert reception.until_released(call)["outcome"] == "transferred"
    reception.desk.until_call()
    reception.until_hears("1001", "1002")
    reception.until_hears("1002", "1001")


def test_put_through_while_the_other_still_rings(reception: Reception) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=1.5)
    call = reception.talks("1001")
    reception.ask(Consult("1002"))
    reception.until_extension("1002", "ringing")
    reception.ask(Complete())
    assert reception.until_released(call)["outcome"] == "transferred"
    reception.desk.until_call()
    joined(reception.exchange, "1001", "1002")


def test_the_operator_comes_back_from_the_announcement(reception: Reception) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=0.1)
    call = reception.talks("1001")
    reception.ask(Consult("1002"))
    reception.until("they talk", consults)
    reception.ask(ComeBack())
    reception.until_call(call, "answered")
    reception.desk.until_call("answered")
    joined(reception.exchange, "1001")


def test_when_the_announced_party_refuses_the_caller_is_back_at_once(reception: Reception) -> None:
    reception.has("1001", "1002")
    call = reception.talks("1001")
    since = reception.phones.mark()
    reception.ask(Consult("1002"))
    reception.phones.wait("1002", "CallArrived", since=since)
    reception.phones.do("1002", "reject")
    assert "1002" in reception.until_call(call, "answered")["note"]


def test_the_operator_hangs_up_on_the_announced_party_and_the_caller_still_waits(
    reception: Reception,
) -> None:
    reception.has("1001")
    reception.has("1002", answer_after=0.1)
    call = reception.talks("1001")
    reception.ask(Consult("1002"))
    reception.until("they talk", consults)
    reception.ask(HangUp())
    reception.until_call(call, "held")
    reception.ask(Resume())
    reception.until_call(call, "answered")
