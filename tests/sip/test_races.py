"""A call whose messages cross or come at once ends as it must, is told as it was, and disturbs no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, DivertCall, HangUpCall, HoldCall, PlaceCall, TransferCall
from appliance.desk.events import CallAnswered, CallArrived, CallReleased, PartyChanged, TransferProgressed
from appliance.desk.state import Party
from tests.sip.far_end import FarEnd
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import SDP, Request, ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator

INACTIVE = SDP + "a=inactive\r\n"


@pytest.fixture
def exchange() -> Iterator[ScriptedExchange]:
    with ScriptedExchange() as exchange:
        yield exchange


@pytest.fixture
def operator(exchange: ScriptedExchange) -> Iterator[Operator]:
    """An operator who talks, and goes on talking whatever happens to other calls."""
    with Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1002"))
        operator.talks("out-1")
        yield operator
        assert not [e for e in told(operator, "out-1") if isinstance(e, CallReleased)]
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1")


def told(operator: Operator, call: str) -> list[object]:
    return [event for event in operator.events if getattr(event, "call", "") == call]


def kinds(operator: Operator, call: str) -> list[type]:
    return [type(event) for event in told(operator, call)]


def test_a_call_that_is_cancelled_and_answered_at_once_is_over(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    for n in range(1, 21):
        far_end = FarEnd(exchange)
        far_end.invite()
        far_end.cancel()
        operator.do(AnswerCall(f"in-{n}"))
        operator.do(HoldCall(f"in-{n}"))
        operator.wait(CallReleased, call=f"in-{n}")
        assert kinds(operator, f"in-{n}") == [CallArrived, CallReleased]


def talking(exchange: ScriptedExchange, operator: Operator) -> FarEnd:
    """The far end of a call, in-1, that the operator has answered."""
    far_end = FarEnd(exchange)
    far_end.invite()
    operator.wait(CallArrived, call="in-1")
    operator.do(AnswerCall("in-1"))
    far_end.talk()
    operator.talks("in-1")
    return far_end


def test_a_call_that_is_answered_while_its_cancel_is_under_way_is_answered_or_over(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    for n in range(1, 21):
        call, far_end = f"in-{n}", FarEnd(exchange)
        invite = far_end.invite()
        operator.rings()
        operator.wait(CallArrived, call=call)
        operator.do(AnswerCall(call))
        far_end.cancel()
        if far_end.final("INVITE", invite) == 200:
            far_end.talk()
            operator.talks(call)
            far_end.answered("BYE", far_end.request("BYE"))
            operator.wait(CallReleased, call=call, code=200)
        else:
            assert operator.wait(CallReleased, call=call).code == 487


def test_a_re_invite_right_behind_the_ack_is_agreed_to(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    far_end = FarEnd(exchange)
    far_end.invite()
    operator.wait(CallArrived, call="in-1")
    operator.do(AnswerCall("in-1"))
    far_end.talk()
    for offer in (INACTIVE, SDP, INACTIVE, SDP):
        again = far_end.invite(sdp=offer)
        assert "m=audio" in far_end.answered("INVITE", again)
        far_end.ack()
    assert kinds(operator, "in-1") == [CallArrived, CallAnswered]
    far_end.answered("BYE", far_end.request("BYE"))
    operator.wait(CallReleased, call="in-1", code=200)


def test_a_bye_that_crosses_our_offer_ends_the_call_once(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    silent = talking(exchange, operator)
    exchange.answers["invite"] = lambda _n: None
    operator.do(HoldCall("in-1"))
    until(lambda: any("a=inactive" in r.text for r in exchange.asked), "hold is offered")
    bye = silent.request("BYE")
    operator.do(HangUpCall("in-1"))
    silent.answered("BYE", bye)
    operator.wait(CallReleased, call="in-1")
    operator.do(HangUpCall("in-1"))
    assert kinds(operator, "in-1") == [CallArrived, CallAnswered, CallReleased]


def test_an_answer_that_crosses_our_cancel_is_hung_up(exchange: ScriptedExchange, operator: Operator) -> None:
    exchange.answers["cancel"] = lambda _n: (481, "Too late")
    exchange.answers["invite"] = lambda _n: (180, "Ringing")
    operator.do(PlaceCall("out-2", "1003"))
    until(lambda: bool(invites_to(exchange, "1003")), "the INVITE")
    operator.do(HangUpCall("out-2"))
    until(lambda: exchange.count("CANCEL") == 1, "the CANCEL")
    accept(exchange, invites_to(exchange, "1003")[-1])
    operator.wait(CallReleased, call="out-2")
    until(lambda: exchange.count("BYE") == 1, "the answer is hung up")
    assert kinds(operator, "out-2") == [CallReleased]


def invites_to(exchange: ScriptedExchange, number: str) -> list[Request]:
    return [r for r in exchange.asked if r.method == "INVITE" and r.uri.startswith(f"sip:{number}@")]


def accept(exchange: ScriptedExchange, invite: Request) -> None:
    """Send 200 after all."""
    copied = "".join(f"{name}: {invite.header(name)}\r\n" for name in ("via", "from", "call-id", "cseq"))
    exchange.send(
        f"SIP/2.0 200 OK\r\n{copied}To: {invite.header('to')};tag=scripted\r\n"
        f"Contact: <sip:{exchange.host}:{exchange.sip_port}>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(SDP)}\r\n\r\n{SDP}",
        invite.source,
    )


def test_actions_on_calls_that_are_gone_are_forgotten(operator: Operator) -> None:
    for call in ("in-7", "out-7"):
        for action in (AnswerCall(call), DivertCall(call, "1"), HoldCall(call), TransferCall(call, "1")):
            operator.do(action)
    operator.in_the_sip_thread(lambda: None)
    assert not told(operator, "in-7") + told(operator, "out-7")


@pytest.mark.parametrize("target", ["sip:200@desk", "sip:900666@elsewhere", "tel:+1900"])
def test_whoever_asks_us_in_a_call_to_call_elsewhere_is_refused_and_stays(
    exchange: ScriptedExchange, operator: Operator, target: str
) -> None:
    far_end = talking(exchange, operator)
    refer = far_end.request("REFER", f"Refer-To: <{target}>")
    assert far_end.final("REFER", refer) == 603
    assert exchange.count("INVITE") == 1  # that of the operator's own call
    assert kinds(operator, "in-1") == [CallArrived, CallAnswered]
    far_end.answered("BYE", far_end.request("BYE"))
    operator.wait(CallReleased, call="in-1")


def test_who_asks_us_outside_a_call_to_call_elsewhere_is_refused(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    far_end = FarEnd(exchange)
    far_end.answered("REFER", far_end.request("REFER", "Refer-To: <sip:200@desk>"), 403)
    assert exchange.count("INVITE") == 1


def test_another_dialog_takes_over_a_call_and_it_is_the_same_call(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    old = talking(exchange, operator)
    ours = old.to.partition(";tag=")[2]
    new = FarEnd(exchange, "1005")
    new.invite(f"Replaces: {old.call_id};to-tag={ours};from-tag=far")
    new.talk()
    operator.wait(PartyChanged, call="in-1", party=Party("1005", "User 1005"))
    until(lambda: exchange.count("BYE") == 1, "the old dialog is ended")
    assert kinds(operator, "in-1") == [CallArrived, CallAnswered, PartyChanged]
    new.answered("BYE", new.request("BYE"))
    operator.wait(CallReleased, call="in-1")
    assert kinds(operator, "in-1").count(CallReleased) == 1


def test_a_call_that_is_taken_over_and_ends_can_be_hung_up(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    old = talking(exchange, operator)
    new = FarEnd(exchange, "1005")
    new.invite(f"Replaces: {old.call_id};to-tag={old.to.partition(';tag=')[2]};from-tag=far")
    new.talk()
    operator.wait(PartyChanged, call="in-1")
    operator.do(HangUpCall("in-1"))
    operator.wait(CallReleased, call="in-1")
    until(lambda: dialogs_ended(exchange) == {old.call_id, new.call_id}, "both dialogs are ended")


def dialogs_ended(exchange: ScriptedExchange) -> set[str]:
    return {r.header("call-id") for r in exchange.asked if r.method == "BYE"}


def test_a_dialog_that_is_not_there_cannot_be_taken_over(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    far_end = FarEnd(exchange)
    invite = far_end.invite("Replaces: nobody@nowhere;to-tag=a;from-tag=b")
    assert far_end.final("INVITE", invite) == 481
    assert not operator.count(CallArrived)


def test_a_ringing_call_is_taken_over_at_the_exchange_not_here(
    exchange: ScriptedExchange, operator: Operator
) -> None:
    ringing = FarEnd(exchange)
    invite = ringing.invite()
    ours = ringing.answered("INVITE", invite, 180)
    assert ours
    thief = FarEnd(exchange, "1005")
    stolen = thief.invite(
        f"Replaces: {ringing.call_id};to-tag={ringing.to.partition(';tag=')[2]};from-tag=far"
    )
    assert thief.final("INVITE", stolen) == 481
    assert kinds(operator, "in-1") == [CallArrived]
    ringing.cancel('Reason: SIP;cause=200;text="Call completed elsewhere"')
    assert operator.wait(CallReleased, call="in-1").elsewhere


@pytest.mark.parametrize(("fragment", "code"), [("SIP/2.0 503 Busy", 503), ("SIP/2.0 603 No", 603)])
def test_a_transfer_that_fails_late_is_told_and_the_call_kept(
    exchange: ScriptedExchange, operator: Operator, fragment: str, code: int
) -> None:
    far_end = talking(exchange, operator)
    exchange.answers["refer"] = lambda _n: (202, "Accepted")
    operator.do(TransferCall("in-1", "1003"))
    until(lambda: exchange.count("REFER") == 1, "the REFER")
    for body, state in (("SIP/2.0 180 Ringing", "active"), (fragment, "terminated;reason=noresource")):
        far_end.request(
            "NOTIFY",
            "Event: refer",
            f"Subscription-State: {state}",
            "Content-Type: message/sipfrag;version=2.0",
            body=body + "\r\n",
        )
        operator.wait(TransferProgressed, call="in-1", code=int(body.split()[1]))
    assert operator.wait(TransferProgressed, call="in-1", final=True).code == code
    assert CallReleased not in kinds(operator, "in-1")
    far_end.answered("BYE", far_end.request("BYE"))
    operator.wait(CallReleased, call="in-1")
