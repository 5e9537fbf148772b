"""Conference: three parties and more, held and resumed as one, and left without losing anybody."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock
from appliance.desk.keys import LONG_PRESS, Key
from appliance.desk.state import CallState, Outcome
from tests.desk.reception import ADA, BOB, HEADSET, ZOE, Reception, wire

HELD, ANSWERED, CONFERENCE = CallState.HELD, CallState.ANSWERED, CallState.CONFERENCE
ROOM = DeskConfig(conference_room="8000", conference_size=3)


def confers(desk: Reception, *calls: str) -> Reception:
    """Bring these callers into one conference."""
    for call, party in zip(calls, (ADA, BOB, ZOE), strict=False):
        desk.talks(call, party)
        if call != calls[0]:
            desk.asks(events.Confer())
    return desk


def test_a_held_call_joins_the_active_one(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    assert desk.asks(events.Confer()) == [actions.ResumeCall("a"), actions.MixCalls(("a", "b"))]
    assert desk.states("a", "b") == [CONFERENCE, CONFERENCE]


def test_whom_the_operator_called_joins_like_any_other(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.asks(events.Dial("030123"))
    assert desk.refuses(events.Confer()) == "nobody has answered yet"
    desk.happens(events.CallAnswered("out-1"))
    assert actions.MixCalls(("a", "out-1")) in desk.asks(events.Confer())


def test_whom_the_operator_consults_joins_and_is_then_a_member_like_any_other(desk: Reception) -> None:
    desk.talks("a", ADA)
    colleague = desk.consults()
    desk.asks(events.Confer())
    assert desk.call(colleague).consults == ""


def test_a_third_party_joins(desk: Reception) -> None:
    confers(desk, "a", "b", "c")
    assert desk.states("a", "b", "c") == [CONFERENCE] * 3


def test_answering_another_call_holds_the_conference_as_a_whole_and_any_member_brings_it_back(
    desk: Reception,
) -> None:
    confers(desk, "a", "b")
    desk.rings("c", ZOE)
    assert desk.asks(events.Answer()) == [
        actions.HoldCall("a"),
        actions.HoldCall("b"),
        actions.AnswerCall("c"),
        actions.MixCalls(()),
    ]
    assert desk.asks(events.Resume("b")) == [
        actions.HoldCall("c"),
        actions.ResumeCall("a"),
        actions.ResumeCall("b"),
        actions.MixCalls(("a", "b")),
    ]
    assert desk.states("a", "b", "c") == [CONFERENCE, CONFERENCE, HELD]


def test_the_hold_key_holds_and_resumes_the_conference(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.presses(Key.HOLD)
    assert desk.states("a", "b") == [HELD, HELD]
    desk.presses(Key.HOLD)
    assert desk.states("a", "b") == [CONFERENCE, CONFERENCE]


def test_the_active_call_joins_a_conference_on_hold(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.talks("c", ZOE)
    assert actions.MixCalls(("a", "b", "c")) in desk.asks(events.Confer())


def test_there_is_one_conference_at_a_time(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.talks("c", ZOE)
    desk.talks("d", ADA)
    assert desk.refuses(events.Confer("c")) == (
        "there is a conference on hold: take its parties, or resume it"
    )


def test_a_conference_has_a_size() -> None:
    desk = confers(Reception(ROOM), "a", "b", "c")
    desk.talks("d", BOB)
    assert desk.refuses(events.Confer()) == "a conference has 3 parties at most"


def test_one_party_can_be_muted_and_is_heard_again_as_soon_as_it_is_no_conference(desk: Reception) -> None:
    confers(desk, "a", "b")
    assert desk.asks(events.MuteParty("a")) == [actions.MuteCall("a", on=True)]
    assert desk.asks(events.MuteParty("a")) == []
    assert desk.call("a").muted
    done = wire(desk.happens(events.CallReleased("b")))
    assert done == [actions.MuteCall("a", on=False), actions.MixCalls(())]
    assert (desk.state("a"), desk.call("a").muted) == (ANSWERED, False)
    assert desk.refuses(events.MuteParty("a")) == "that call is not in the conference"


def test_one_party_can_be_dropped(desk: Reception) -> None:
    confers(desk, "a", "b", "c")
    assert desk.asks(events.HangUp("b")) == [actions.HangUpCall("b"), actions.MixCalls(("a", "c"))]


def test_when_one_is_left_it_is_a_call_like_any_other_also_on_hold(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.asks(events.Hold())
    since = desk.call("a").since
    desk.happens(events.CallReleased("b"))
    assert (desk.state("a"), desk.call("a").member, desk.call("a").since) == (HELD, False, since)
    assert desk.asks(events.Resume()) == [actions.ResumeCall("a")]
    assert desk.state("a") is ANSWERED


def test_who_was_muted_is_heard_again_when_alone_on_hold(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.asks(events.MuteParty("a"))
    desk.asks(events.Hold())
    assert wire(desk.happens(events.CallReleased("b"))) == [actions.MuteCall("a", on=False)]
    assert not desk.call("a").muted


def test_the_park_key_moves_nobody_out_of_a_conference_and_says_so(desk: Reception) -> None:
    confers(desk, "a", "b")
    assert wire(desk.presses(Key.PARK)) == []
    assert desk.notice() == "a conference cannot be parked, only one of its parties"


def test_nobody_in_a_conference_can_be_announced_or_connected(desk: Reception) -> None:
    confers(desk, "a", "b")
    assert desk.refuses(events.Consult("1002", "a")) == "a party of the conference cannot be announced"
    assert desk.refuses(events.Complete("a", "b")) == "leave the conference to connect its parties"


def test_leaving_connects_two_parties_with_each_other(desk: Reception) -> None:
    confers(desk, "a", "b")
    assert desk.asks(events.Leave()) == [actions.JoinCalls("a", "b"), actions.MixCalls(())]
    desk.happens(events.CallReleased("b"))
    assert desk.moved("a") == [actions.HangUpCall("a")]
    assert [desk.over(call).outcome for call in ("a", "b")] == [Outcome.TRANSFERRED] * 2


def test_when_leaving_fails_nobody_is_lost(desk: Reception) -> None:
    confers(desk, "a", "b")
    desk.asks(events.Leave())
    desk.ends(Clock.TRANSFER, "a")
    assert desk.states("a", "b") == [ANSWERED, HELD]


def test_leaving_sends_more_than_two_parties_to_the_meeting_room() -> None:
    desk = confers(Reception(ROOM), "a", "b", "c")
    sent = [actions.TransferCall(call, "8000") for call in ("a", "b", "c")]
    assert desk.asks(events.Leave()) == [*sent, actions.MixCalls(())]


def test_without_a_meeting_room_more_than_two_cannot_be_left(desk: Reception) -> None:
    assert desk.refuses(events.Leave()) == "there is no conference"
    confers(desk, "a", "b", "c")
    assert desk.refuses(events.Leave()) == (
        "more than two parties can only talk on in a meeting room of the exchange, and none is set"
    )


def test_when_the_headset_is_put_down_the_others_talk_on(desk: Reception) -> None:
    desk.rings("a", ADA)
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    desk.talks("b", BOB)
    desk.asks(events.Confer())
    done = desk.happens(events.KeyReleased(HEADSET, Key.HOOK), after=9)
    assert actions.JoinCalls("a", "b") in done


def test_hanging_up_ends_a_conference_that_cannot_be_left_and_every_call_is_kept_on_record(
    desk: Reception,
) -> None:
    confers(desk, "a", "b", "c")
    done = wire(desk.presses(Key.ANSWER, hold=LONG_PRESS))
    assert done[:3] == [actions.HangUpCall(call) for call in ("a", "b", "c")]
    assert [desk.over(call).outcome for call in ("a", "b", "c")] == [Outcome.ANSWERED] * 3


@pytest.mark.parametrize("ask", [events.Park(), events.Transfer("1002"), events.Consult("1002")])
def test_a_conference_cannot_be_moved_as_a_whole(desk: Reception, ask: events.Event) -> None:
    confers(desk, "a", "b")
    assert desk.refuses(ask).startswith("a conference cannot be ")


def test_one_party_of_it_can_be_moved_and_comes_back_on_hold_when_that_fails(desk: Reception) -> None:
    confers(desk, "a", "b", "c")
    assert desk.asks(events.Transfer("1002", "a")) == [
        actions.TransferCall("a", "1002"),
        actions.MixCalls(("b", "c")),
    ]
    desk.moved("a", 404, "Not Found")
    assert desk.states("a", "b", "c") == [HELD, CONFERENCE, CONFERENCE]
    assert not desk.call("a").member


def test_digits_go_to_every_party(desk: Reception) -> None:
    confers(desk, "a", "b")
    assert desk.asks(events.SendDigits("1")) == [actions.SendDtmf("a", "1"), actions.SendDtmf("b", "1")]
