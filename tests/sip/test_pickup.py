"""A call that rings elsewhere is taken here; one that rings here and is taken elsewhere is not missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import HoldCall, PlaceCall
from appliance.desk.events import CallReleased, PartyChanged
from appliance.desk.state import Party
from tests.sip.parties import (
    Phones,
    call_the_operator,
    hang_up,
    joined,
    talk_to_the_operator,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Operator

pytestmark = pytest.mark.exchange


@pytest.fixture(autouse=True)
def quiet_afterwards(exchange: Exchange, phones: Phones) -> Iterator[None]:
    yield
    for line in ("1001", "1002", "1003"):
        phones.register(line)
        phones.do(line, "hang_up")
    until(lambda: not exchange.channels(), "all calls are over")


def dialog_with(exchange: Exchange, line: str, *, early_only: bool = False) -> str:
    """The exchange's dialog with that telephone, as a Replaces header names it (RFC 3891)."""

    def leg() -> str:
        return next((c.name for c in exchange.channels() if c.name.startswith(f"PJSIP/{line}-")), "")

    until(lambda: bool(leg()), f"the exchange has a leg to {line}")

    def value(what: str) -> str:
        answer = exchange.ami("Getvar", Channel=leg(), Variable=f"CHANNEL(pjsip,{what})")
        return answer[0]["Value"]

    until(lambda: bool(value("remote_tag")), "the dialog is known")
    # To is the tag of whom the header is sent to: the exchange's own.
    named = f"{value('call-id')};to-tag={value('local_tag')};from-tag={value('remote_tag')}"
    return named + (";early-only" if early_only else "")


def ring_a_colleague(phones: Phones) -> None:
    """1001 calls 1002, whose telephone rings."""
    phones.register("1001")
    phones.register("1002")
    phones.do("1001", "tone", hz=1000)
    since = phones.mark()
    phones.do("1001", "call", number="1002")
    phones.wait("1002", "CallArrived", since=since)


@pytest.mark.parametrize("way", ["feature code", "replaces", "replaces, early only"])
def test_a_call_that_rings_at_a_colleague_is_taken(
    exchange: Exchange, operator: Operator, phones: Phones, tmp_path: Path, way: str
) -> None:
    ring_a_colleague(phones)
    since = phones.mark()
    if way == "feature code":
        operator.do(PlaceCall("out-1", "**1002"))
    else:
        dialog = dialog_with(exchange, "1002", early_only="early" in way)
        operator.do(PlaceCall("out-1", "1002", replaces=dialog))
    operator.talks("out-1")
    phones.wait("1001", "CallAnswered", since=since)
    if way == "feature code":  # else Asterisk does not tell; the desk knows whom the lamp showed
        operator.wait(PartyChanged, call="out-1", party=Party("1001", "User 1001"))
    operator.speaks(600)
    until(lambda: phones.hears("1001", 600, tmp_path) > 1000, "the caller hears the operator")
    hang_up(operator, "out-1")


def test_nothing_to_pick_up_is_a_call_that_fails(operator: Operator, phones: Phones) -> None:
    phones.register("1002")
    operator.do(PlaceCall("out-1", "**1002"))
    assert operator.wait(CallReleased, call="out-1").code >= 400
    operator.do(PlaceCall("out-2", "1002", replaces="gone@nowhere;to-tag=a;from-tag=b"))
    assert operator.wait(CallReleased, call="out-2").code == 481


def test_a_call_that_rings_here_and_is_taken_by_a_colleague_is_not_missed(
    operator: Operator, phones: Phones
) -> None:
    phones.register("1001")
    phones.register("1003")
    call = call_the_operator(operator, phones, "1001")
    phones.do("1003", "call", number="**200")
    released = operator.wait(CallReleased, call=call)
    assert released.elsewhere
    assert released.code == 487
    phones.wait("1003", "CallAnswered")


def test_a_call_that_a_colleague_takes_by_its_dialog_leaves_here(
    exchange: Exchange, operator: Operator, phones: Phones
) -> None:
    phones.register("1001")
    phones.register("1003")
    call = talk_to_the_operator(operator, phones, "1001")
    joined(exchange, "1001", "200")
    operator.do(HoldCall(call))
    since = phones.mark()
    phones.do("1003", "call", number="200", replaces=dialog_with(exchange, "200"))
    phones.wait("1003", "CallAnswered", since=since)
    assert operator.wait(CallReleased, call=call).code == 200


def test_a_call_that_another_telephone_of_ours_answers_is_not_missed(
    exchange: Exchange, operator: Operator
) -> None:
    phones = Phones(exchange)
    phones.register("200", answer_after=0.5)  # a second contact of this desk's number
    phones.register("1001")
    call = call_the_operator(operator, phones, "1001")
    assert operator.wait(CallReleased, call=call).elsewhere
    assert phones.close() == 0


def test_a_caller_who_gives_up_is_missed(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    call = call_the_operator(operator, phones, "1001")
    phones.do("1001", "hang_up")
    assert not operator.wait(CallReleased, call=call).elsewhere
