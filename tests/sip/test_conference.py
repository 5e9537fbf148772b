"""Parties that confer hear each other and the operator; who is muted, held or gone is heard by nobody."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import (
    HangUpCall,
    HoldCall,
    JoinCalls,
    MixCalls,
    MuteCall,
    MuteMicrophone,
    ResumeCall,
)
from appliance.desk.events import CallReleased, TransferProgressed
from tests.sip.parties import Operator, config, joined, talk_to, talk_to_the_operator, until
from tests.sip.sound import level, samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Phones

pytestmark = pytest.mark.exchange

OPERATOR = 600
TONES = {"1001": 1000, "1002": 1500, "1003": 2100}  # Hz: who says what
HEARD, UNHEARD = 800, 80


@pytest.fixture
def operator(exchange: Exchange) -> Iterator[Operator]:
    with Operator(config(exchange)) as operator:
        operator.registered().speaks(OPERATOR)
        yield operator


@pytest.fixture
def members(exchange: Exchange, operator: Operator, phones: Phones) -> Iterator[dict[str, str]]:
    """Three talking parties, two who called and one who was called: their calls by extension."""
    for line, hz in TONES.items():
        phones.register(line)
        phones.do(line, "tone", hz=hz)
    calls = {
        "1001": talk_to_the_operator(operator, phones, "1001"),
        "1002": talk_to_the_operator(operator, phones, "1002"),
        "1003": talk_to(operator, phones, "1003"),
    }
    yield calls
    for line in TONES:
        phones.do(line, "hang_up")
    until(lambda: not exchange.channels(), "all calls are over")


def hear(phones: Phones, folder: Path, line: str, *others: str, operator: bool = True) -> None:
    """Wait until a party hears exactly these others, and the operator or not."""

    def is_so() -> bool:
        heard = phones.heard(line, folder)
        expected = {hz: other in others for other, hz in TONES.items() if other != line}
        expected[OPERATOR] = operator
        levels = {hz: level(heard, hz) for hz in expected}
        return all(levels[hz] > HEARD if wanted else levels[hz] < UNHEARD for hz, wanted in expected.items())

    until(is_so, f"{line} hears {others} and nobody else")


def test_calls_that_do_not_confer_hear_the_operator_alone(
    members: dict[str, str], phones: Phones, tmp_path: Path
) -> None:
    for line in members:
        hear(phones, tmp_path, line)


def test_all_who_confer_hear_each_other_until_they_are_parted(
    members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    operator.do(MixCalls(tuple(members.values())))
    for line in members:
        hear(phones, tmp_path, line, *(set(members) - {line}))
    operator.do(MixCalls((members["1001"], members["1003"])))
    hear(phones, tmp_path, "1001", "1003")
    hear(phones, tmp_path, "1003", "1001")
    hear(phones, tmp_path, "1002")
    operator.do(MixCalls())
    for line in members:
        hear(phones, tmp_path, line)


def test_the_operator_hears_all_of_them(members: dict[str, str], operator: Operator, tmp_path: Path) -> None:
    operator.do(MixCalls(tuple(members.values())))
    rounds = itertools.count()

    def hears_all() -> bool:
        file = tmp_path / f"operator-{next(rounds)}.wav"
        operator.listens(file)
        operator.listened(0.4)
        return bool(samples(file)[0]) and all(level(file, hz) > HEARD for hz in TONES.values())

    until(hears_all, "the operator hears all")


def test_a_muted_party_is_heard_by_nobody_and_hears_all(
    members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    operator.do(MixCalls(tuple(members.values())))
    operator.do(MuteCall(members["1002"], True))
    hear(phones, tmp_path, "1001", "1003")
    hear(phones, tmp_path, "1002", "1001", "1003")
    operator.do(MuteCall(members["1002"], False))
    hear(phones, tmp_path, "1001", "1002", "1003")


def test_a_muted_operator_hears_the_others_talk(
    members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    operator.do(MixCalls(tuple(members.values())))
    operator.do(MuteMicrophone(True))
    hear(phones, tmp_path, "1001", "1002", "1003", operator=False)
    operator.do(MuteMicrophone(False))
    hear(phones, tmp_path, "1001", "1002", "1003")


def test_a_held_member_is_out_until_resumed(
    exchange: Exchange, members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    joined(exchange, "1001", "1002", "1003", "200")
    operator.do(MixCalls(tuple(members.values())))
    operator.do(HoldCall(members["1001"]))
    hear(phones, tmp_path, "1002", "1003")
    hear(phones, tmp_path, "1001", operator=False)
    operator.do(ResumeCall(members["1001"]))
    hear(phones, tmp_path, "1001", "1002", "1003")
    hear(phones, tmp_path, "1002", "1001", "1003")


def test_a_member_who_was_held_by_the_other_end_is_back_in(
    exchange: Exchange, members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    joined(exchange, "1001", "1002", "1003", "200")
    operator.do(MixCalls(tuple(members.values())))
    hear(phones, tmp_path, "1002", "1001", "1003")
    phones.do("1001", "hold")
    until(lambda: phones.hears("1002", TONES["1001"], tmp_path) < UNHEARD, "1001 is away")
    phones.do("1001", "resume")
    hear(phones, tmp_path, "1002", "1001", "1003")
    hear(phones, tmp_path, "1001", "1002", "1003")


def test_a_member_who_is_dropped_leaves_the_others_talking(
    members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    operator.do(MixCalls(tuple(members.values())))
    operator.do(HangUpCall(members["1003"]))
    operator.wait(CallReleased, call=members["1003"])
    hear(phones, tmp_path, "1001", "1002")
    hear(phones, tmp_path, "1002", "1001")


def test_two_whom_the_operator_leaves_go_on_talking(
    exchange: Exchange, members: dict[str, str], operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    joined(exchange, "1001", "1002", "1003", "200")
    caller, called = members["1001"], members["1003"]
    operator.do(MixCalls((caller, called)))
    hear(phones, tmp_path, "1001", "1003")
    operator.do(JoinCalls(caller, called))
    assert operator.wait(TransferProgressed, call=caller, final=True).code == 200
    operator.do(HangUpCall(caller))
    operator.wait(CallReleased, call=called)
    hear(phones, tmp_path, "1001", "1003", operator=False)
    hear(phones, tmp_path, "1003", "1001", operator=False)
