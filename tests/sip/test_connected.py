"""Who is at the other end, for whom the call is and why it comes: told when it rings, and when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.actions import AnswerCall, HangUpCall, PlaceCall, TransferCall
from appliance.desk.events import CallArrived, PartyChanged, TransferProgressed
from appliance.desk.state import Party, Return
from tests.sip.far_end import FarEnd
from tests.sip.parties import (
    Operator,
    Phones,
    config,
    hang_up,
    joined,
    talk_to_the_operator,
    until,
)
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def desk() -> Iterator[tuple[ScriptedExchange, Operator]]:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        yield exchange, operator


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
@pytest.mark.parametrize(
    ("headers", "from_", "party"),
    [
        (['P-Asserted-Identity: "Bo" <sip:1005@pbx>'], "", Party("1005", "Bo")),
        (['Remote-Party-ID: "Bo" <sip:1005@pbx>;party=calling;privacy=off'], "", Party("1005", "Bo")),
        ([], '"Bo" <sip:1005@pbx>;tag=far', Party("1005", "Bo")),
    ],
    ids=["P-Asserted-Identity", "Remote-Party-ID", "From"],
)
def test_another_party_at_the_other_end_is_told(
    desk: tuple[ScriptedExchange, Operator], method: str, headers: list[str], from_: str, party: Party
) -> None:
    exchange, operator = desk
    far_end = FarEnd(exchange)
    far_end.invite()
    call = operator.rings().call
    operator.do(AnswerCall(call))
    far_end.talk()
    operator.talks(call)
    far_end.from_ = from_ or far_end.from_
    if method == "INVITE":
        far_end.answered("INVITE", far_end.invite(*headers))
        far_end.ack()
    else:
        far_end.answered("UPDATE", far_end.request("UPDATE", *headers))
    operator.wait(PartyChanged, call=call, party=party)


def test_a_party_who_stays_or_wants_privacy_changes_nothing(
    desk: tuple[ScriptedExchange, Operator],
) -> None:
    exchange, operator = desk
    far_end = FarEnd(exchange)
    far_end.invite()
    call = operator.rings().call
    operator.do(AnswerCall(call))
    far_end.talk()
    operator.talks(call)
    far_end.answered("UPDATE", far_end.request("UPDATE"))
    secret = ("P-Asserted-Identity: <sip:1005@pbx>", "Privacy: id")
    far_end.answered("UPDATE", far_end.request("UPDATE", *secret))
    assert not operator.count(PartyChanged)


@pytest.mark.parametrize("code", [180, 200])
def test_who_is_reached_is_told_while_it_rings_and_when_it_is_answered(
    desk: tuple[ScriptedExchange, Operator], code: int
) -> None:
    exchange, operator = desk
    exchange.answers["invite"] = lambda _n: (code, 'OK\r\nP-Asserted-Identity: "Bo" <sip:1005@pbx>')
    operator.do(PlaceCall("out-1", "1002"))
    operator.wait(PartyChanged, call="out-1", party=Party("1005", "Bo"))
    operator.do(HangUpCall("out-1"))


@pytest.mark.exchange
def test_a_forwarded_call_says_whom_it_was_for(
    exchange: Exchange, operator: Operator, phones: Phones
) -> None:
    phones.register("1001")
    phones.register("1002")
    phones.do("1002", "call", number="*21*200")
    until(lambda: "200" in exchange.cli("database get CFU 1002"), "1002 is forwarded")
    phones.do("1001", "call", number="1002")
    arrived = operator.rings()
    assert (arrived.diverted_by, arrived.called) == (Party("1002", "User 1002"), "1002")
    phones.do("1001", "hang_up")
    phones.do("1002", "call", number="*22")
    until(lambda: "200" not in exchange.cli("database get CFU 1002"), "1002 is forwarded no more")


@pytest.mark.exchange
def test_a_call_that_a_telephone_diverted_says_whom_it_was_for(operator: Operator, phones: Phones) -> None:
    phones.register("1001")
    phones.register("1002")
    since = phones.mark()
    phones.do("1001", "call", number="1002")
    phones.wait("1002", "CallArrived", since=since)
    phones.do("1002", "divert", number="200")
    arrived = operator.rings()
    assert (arrived.diverted_by.number, arrived.called) == ("1002", "1002")
    phones.do("1001", "hang_up")


@pytest.mark.exchange
@pytest.mark.parametrize(
    ("caller", "name", "party"),
    [
        ("0301234567", "Miller", Party("0301234567", "Miller")),
        ("", "", Party(withheld=True)),  # Asterisk writes unknown callers as anonymous ones
    ],
)
def test_callers_from_outside(
    exchange: Exchange, operator: Operator, caller: str, name: str, party: Party
) -> None:
    exchange.originate(caller, "200", name=name, by_trunk=True)
    arrived = operator.rings()
    assert not arrived.internal
    assert arrived.party == party
    operator.do(HangUpCall(arrived.call))


@pytest.mark.exchange
@pytest.mark.parametrize("origin", [True, False], ids=["rung back plainly", "rung back with Alert-Info"])
def test_a_caller_who_was_parked_too_long_comes_back_and_says_so(origin: bool) -> None:
    Exchange.prepare()
    with Exchange(users=2, park_seconds=2, park_origin=origin) as exchange:
        phones = Phones(exchange)
        phones.register("1001")
        with Operator(config(exchange)) as operator:
            call = talk_to_the_operator(operator.registered(), phones, "1001")
            joined(exchange, "1001", "200")
            since = operator.mark()
            operator.do(TransferCall(call, "*7703"))
            assert operator.wait(TransferProgressed, call=call, final=True).code == 200
            hang_up(operator, call)
            back = operator.wait(CallArrived, since=since)
            assert (back.returned, back.referred_by) == (Return.PARK, "200")
            assert back.origin == ("" if origin else "703")
            assert back.party.number == "1001"
            operator.do(HangUpCall(back.call))
        assert phones.close() == 0
