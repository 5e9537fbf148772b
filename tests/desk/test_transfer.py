"""Transfer, blind and attended: the caller is moved on, or is back with the operator and told why."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import LONG_PRESS, Key
from appliance.desk.state import CallState, Outcome
from appliance.desk.timers import GRACE
from tests.desk.reception import ADA, BOB, BUTTONS, HEADSET, ZOE, Reception

HELD, ANSWERED, TRANSFERRING = CallState.HELD, CallState.ANSWERED, CallState.TRANSFERRING


# --- blind


def test_a_transferred_callers_leg_is_kept_until_the_last_word_then_ended(desk: Reception) -> None:
    desk.talks("a", ZOE)
    assert desk.asks(events.Transfer("1002")) == [actions.TransferCall("a", "1002")]
    desk.happens(events.TransferProgressed("a", 100, "Trying", final=False))
    assert desk.state("a") is TRANSFERRING
    assert desk.moved("a") == [actions.HangUpCall("a")]
    assert (desk.over("a").outcome, desk.over("a").target) == (Outcome.TRANSFERRED, "1002")


@pytest.mark.parametrize(
    ("code", "reason"), [(404, "Not Found"), (486, "Busy Here"), (503, "Unavailable"), (603, "Decline")]
)
def test_whatever_a_transfer_fails_for_the_caller_is_back_and_the_operator_reads_why(
    desk: Reception, code: int, reason: str
) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1002"))
    assert desk.moved("a", code, reason) == [actions.ResumeCall("a")]
    assert desk.state("a") is ANSWERED
    assert desk.notice() == desk.call("a").note == f"1002: {code} {reason}"


def test_given_we_gave_up_waiting_when_the_transfer_succeeds_after_all_then_the_caller_has_moved(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1002"))
    assert desk.ends(Clock.TRANSFER, "a") == [actions.ResumeCall("a")]
    assert desk.moved("a") == [actions.HangUpCall("a")]
    assert desk.over("a").outcome is Outcome.TRANSFERRED


def test_an_outgoing_call_is_transferred_like_any_other(desk: Reception) -> None:
    desk.asks(events.Dial("030123"))
    desk.happens(events.CallAnswered("out-1"))
    assert desk.asks(events.Transfer("1002")) == [actions.TransferCall("out-1", "1002")]


def test_an_exchange_that_ends_with_a_provisional_answer_has_not_said_the_last_word(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1002"))
    assert desk.moved("a", 180, "Ringing") == []
    assert desk.ends(Clock.TRANSFER, "a") == [actions.ResumeCall("a")]


def test_given_the_leg_ends_on_the_way_by_the_caller_or_the_exchange_then_nothing_is_left_to_do(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1002"))
    desk.happens(events.CallReleased("a"))
    assert desk.over("a").outcome is Outcome.TRANSFERRED
    assert desk.moved("a") == []


# --- attended


def test_consulting_holds_the_caller_and_rings_the_colleague(desk: Reception) -> None:
    desk.talks("a", ZOE)
    assert desk.asks(events.Consult("1002")) == [actions.HoldCall("a"), actions.PlaceCall("out-1", "1002")]
    assert desk.states("a", "out-1") == [HELD, CallState.RINGING]
    assert desk.call("out-1").consults == "a"


def test_a_caller_is_announced_on_the_line_that_they_came_by(desk: Reception) -> None:
    desk.happens(events.CallArrived("a", ZOE, line="second"))
    desk.happens(events.Answer())
    assert actions.PlaceCall("out-1", "1002", line="second") in desk.asks(events.Consult("1002"))


def test_completing_after_the_colleague_answered_connects_the_two_and_ends_ours_on_the_last_word(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    assert desk.asks(events.Complete()) == [actions.JoinCalls("a", colleague)]
    assert desk.states("a", colleague) == [TRANSFERRING, TRANSFERRING]
    assert (desk.call("a").target, desk.call(colleague).target) == ("1002", "030123")
    desk.happens(events.CallReleased(colleague))  # the exchange has connected them
    assert desk.moved("a") == [actions.HangUpCall("a")]
    assert [desk.over(call).outcome for call in ("a", colleague)] == [Outcome.TRANSFERRED] * 2


def test_given_the_exchange_forgets_to_end_the_second_call_then_it_is_hung_up(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.asks(events.Complete())
    done = desk.happens(events.TransferProgressed("a", 200, "OK", final=True), after=20.0)
    assert actions.StartTimer(Timer(Clock.TRANSFER, colleague), GRACE) in done
    assert desk.state(colleague) is TRANSFERRING
    assert desk.ends(Clock.TRANSFER, colleague) == [actions.HangUpCall(colleague)]
    assert desk.over(colleague).outcome is Outcome.TRANSFERRED


def test_when_connecting_fails_the_caller_is_back_and_the_colleague_is_kept(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.asks(events.Complete())
    done = desk.moved("a", 603, "Decline")
    assert done == [actions.ResumeCall("a"), actions.HoldCall(colleague)]
    assert desk.states("a", colleague) == [ANSWERED, HELD]
    assert desk.notice() == "1002: 603 Decline"


@pytest.mark.parametrize("first", ["a", "out-1"])
def test_when_the_exchange_is_silent_about_connecting_them_both_are_back(desk: Reception, first: str) -> None:
    desk.talks("a", ZOE)
    desk.consults()
    desk.asks(events.Complete())
    desk.ends(Clock.TRANSFER, first)
    assert desk.states("a", "out-1") == [ANSWERED, HELD]


def test_given_the_caller_hangs_up_while_they_are_connected_then_the_colleague_is_back(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.asks(events.Complete())
    desk.happens(events.CallReleased("a"))
    assert desk.state(colleague) is ANSWERED


def test_completing_while_the_colleague_is_rung_transfers_the_caller_there_instead(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Consult("1002"))
    done = desk.asks(events.Complete())
    assert done == [actions.HangUpCall("out-1"), actions.TransferCall("a", "1002")]
    assert desk.over("out-1").outcome is Outcome.UNANSWERED
    assert desk.moved("a", 480, "Nobody answered") == [actions.ResumeCall("a")]


@pytest.mark.parametrize(("code", "reason"), [(486, "Busy Here"), (404, "Not Found"), (408, "")])
def test_when_the_colleague_does_not_take_the_call_the_caller_is_back_at_once(
    desk: Reception, code: int, reason: str
) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Consult("1002"))
    done = desk.happens(events.CallReleased("out-1", code, reason))
    assert actions.ResumeCall("a") in done
    assert desk.notice() == desk.call("a").note == f"1002: {reason or code}"


def test_when_the_colleague_hangs_up_the_caller_is_back(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.happens(events.CallReleased(colleague))
    assert desk.state("a") is ANSWERED
    assert desk.call("a").note == "1002: hung up"


def test_given_the_operator_talks_to_somebody_else_when_the_colleague_hangs_up_then_the_caller_stays_on_hold(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.talks("b", BOB)
    desk.happens(events.CallReleased(colleague))
    assert desk.states("a", "b") == [HELD, ANSWERED]
    assert desk.call("a").note == "1002: hung up"


def test_given_the_caller_hangs_up_then_the_consultation_is_a_call_like_any_other(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.happens(events.CallReleased("a"))
    assert desk.state(colleague) is ANSWERED
    assert desk.call(colleague).consults == ""
    assert desk.refuses(events.Complete()) == "there is no call to connect it with"


def test_hanging_up_on_the_colleague_leaves_the_caller_on_hold(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    assert desk.asks(events.HangUp()) == [actions.HangUpCall(colleague)]
    assert desk.state("a") is HELD


@pytest.mark.parametrize("named", ["", "a", "out-1"])
def test_coming_back_hangs_up_on_the_colleague_and_resumes_the_caller(desk: Reception, named: str) -> None:
    desk.talks("a", ZOE)
    desk.consults()
    assert desk.asks(events.ComeBack(named)) == [actions.HangUpCall("out-1"), actions.ResumeCall("a")]
    assert desk.refuses(events.ComeBack()) == "nobody is being asked about a caller"


def test_the_operator_may_change_between_the_two_and_then_complete(desk: Reception) -> None:
    desk.talks("b", BOB)
    desk.talks("a", ZOE)
    colleague = desk.consults("1003")
    desk.asks(events.Resume())  # not Bob, who is held longer
    assert desk.states("a", colleague, "b") == [ANSWERED, HELD, HELD]
    assert desk.asks(events.Complete()) == [actions.JoinCalls("a", colleague)]


def test_when_the_colleague_hangs_up_while_the_operator_talks_to_the_caller_nothing_changes_for_them(
    desk: Reception,
) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    desk.asks(events.Resume())
    desk.happens(events.CallReleased(colleague))
    assert (desk.state("a"), desk.call("a").note) == (ANSWERED, "")


def test_of_two_consultations_the_one_that_the_operator_is_in_is_meant(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.consults("1003")
    desk.talks("b", BOB)
    colleague = desk.consults("1004")
    assert desk.asks(events.Complete()) == [actions.JoinCalls("b", colleague)]
    assert desk.asks(events.Complete()) == [actions.JoinCalls("a", "out-1")]


def test_in_whichever_order_they_are_named_who_is_rung_is_whom_the_caller_is_sent_to(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Consult("1002"))
    done = desk.asks(events.Complete("out-1", "a"))
    assert done == [actions.HangUpCall("out-1"), actions.TransferCall("a", "1002")]


def test_any_two_calls_can_be_connected(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    assert desk.asks(events.Complete("a", "b")) == [actions.JoinCalls("a", "b")]


def test_a_held_call_alone_is_connected_with_the_active_one(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    assert desk.asks(events.Complete("a")) == [actions.JoinCalls("a", "b")]


def test_what_cannot_be_connected_is_refused_in_words(desk: Reception) -> None:
    assert desk.refuses(events.Complete()) == "there is no call to connect it with"
    desk.talks("a", ADA)
    assert desk.refuses(events.Complete("a", "a")) == "a call cannot be connected with itself"
    assert desk.refuses(events.Complete("a", "b")) == "that call is over"
    desk.rings("b", BOB)
    assert desk.refuses(events.Complete("a", "b")) == "only two answered or held calls can be connected"
    desk.asks(events.Consult("1003"))
    assert desk.refuses(events.Consult("1004", "a")) == "1003 is being asked already"


# --- by key


def test_from_the_buttons_park_completes_and_a_long_press_comes_back(desk: Reception) -> None:
    desk.talks("a", ZOE)
    colleague = desk.consults()
    assert actions.JoinCalls("a", colleague) in desk.presses(Key.PARK)
    desk.moved("a", 503, "Unavailable")
    assert desk.asks(events.HangUp(colleague)) == [actions.HangUpCall(colleague)]
    desk.asks(events.Consult("1002"))
    desk.presses(Key.PARK, hold=LONG_PRESS)
    assert desk.state("a") is ANSWERED


def test_hold_gives_up_a_colleague_who_does_not_answer(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Consult("1002"))
    assert desk.presses(Key.HOLD, BUTTONS)[:2] == [actions.HangUpCall("out-1"), actions.ResumeCall("a")]


def test_when_the_headset_is_put_down_on_the_colleague_the_caller_stays_on_hold(desk: Reception) -> None:
    desk.rings("a", ZOE)
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    colleague = desk.consults()
    assert desk.happens(events.KeyReleased(HEADSET, Key.HOOK), after=9) == [actions.HangUpCall(colleague)]
    assert desk.state("a") is HELD
