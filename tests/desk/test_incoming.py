"""Calls that come in: who rings, who is turned away, and what becomes of a call that nobody answers."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock, Timer
from appliance.desk.state import CallState, Outcome, Party, Return
from tests.desk.reception import ADA, BOB, ZOE, Reception

HELD, ANSWERED, RINGING = CallState.HELD, CallState.ANSWERED, CallState.RINGING


def test_who_waits_is_shown_in_the_order_they_came_and_for_whom(desk: Reception) -> None:
    desk.rings("a", ZOE)
    desk.happens(events.CallArrived("b", BOB, "600", "second", diverted_by=Party("1001"), internal=True))
    assert [call.id for call in desk.seen.waiting] == ["a", "b"]
    call = desk.call("b")
    assert (call.called, call.line, call.internal) == ("600", "second", True)
    assert call.diverted_by == ADA, "a colleague is shown by name"


def test_a_colleague_is_shown_by_name_where_the_exchange_tells_none(desk: Reception) -> None:
    desk.rings("a", Party("1001"))
    assert desk.call("a").party == ADA
    desk.rings("b", Party(withheld=True))
    assert desk.call("b").party == Party(withheld=True), "anonymous stays anonymous"
    desk.happens(events.PartyChanged("b", Party("1001")))
    assert desk.call("b").party == ADA


# --- limits


@pytest.mark.parametrize("overflow", ["", "600"])
def test_beyond_the_limit_a_call_is_diverted_or_refused_at_once_and_kept_on_record(overflow: str) -> None:
    desk = Reception(DeskConfig(max_incoming=2, overflow=overflow))
    desk.rings("a")
    desk.rings("b")
    turned_away = actions.DivertCall("c", "600") if overflow else actions.RejectCall("c", 486)
    assert desk.rings("c", BOB) == [turned_away]
    over = desk.over("c")
    assert (over.outcome, over.party) == (Outcome.DIVERTED if overflow else Outcome.REJECTED, BOB)
    assert over.target == overflow
    desk.asks(events.Answer())
    assert desk.rings("d") == [], "an answered call does not wait"


def test_who_comes_back_is_never_turned_away() -> None:
    desk = Reception(DeskConfig(max_incoming=1, divert_after=20.0))
    desk.rings("a")
    desk.asks(events.SetDnd(on=True))
    done = desk.happens(events.CallArrived("b", BOB, returned=Return.PARK))
    assert done == []
    assert desk.state("b") is RINGING


# --- divert


def test_a_waiting_call_is_diverted_to_a_number_or_to_where_such_calls_go() -> None:
    desk = Reception(DeskConfig(divert_to="600"))
    desk.rings("a")
    desk.rings("b")
    assert desk.asks(events.Divert("030 123")) == [actions.DivertCall("a", "030123")]
    assert desk.asks(events.Divert()) == [actions.DivertCall("b", "600")]
    assert (desk.over("b").outcome, desk.over("b").code) == (Outcome.DIVERTED, 302)
    assert desk.refuses(events.Divert()) == "no call is ringing"


def test_without_a_number_a_call_is_diverted_nowhere_and_rings_on(desk: Reception) -> None:
    desk.rings("a")
    assert desk.refuses(events.Divert()) == "there is no number to divert to"
    assert desk.state("a") is RINGING


def test_only_a_waiting_call_can_be_diverted(desk: Reception) -> None:
    desk.talks("a")
    assert desk.refuses(events.Divert("600", "a")) == "that call is not ringing here; transfer it instead"
    assert desk.refuses(events.Reject("a")) == "that call is not ringing here; hang it up instead"


# --- what happens by itself


def rung(desk: Reception, clock: Clock, seconds: float) -> list[actions.Action]:
    """Let a call ring until this timer ends; return what goes to the exchange then."""
    assert actions.StartTimer(Timer(clock, "a"), seconds) in desk.rings("a")
    return desk.ends(clock, "a", seconds)


def test_a_call_is_answered_by_itself_while_the_operator_is_free() -> None:
    desk = Reception(DeskConfig(auto_answer=5.0))
    assert rung(desk, Clock.AUTO_ANSWER, 5.0) == [actions.AnswerCall("a")]
    desk.rings("b", BOB)
    assert desk.ends(Clock.AUTO_ANSWER, "b") == []
    assert desk.states("a", "b") == [ANSWERED, RINGING]


def test_a_call_that_came_before_do_not_disturb_is_not_answered_by_itself() -> None:
    desk = Reception(DeskConfig(auto_answer=5.0))
    desk.rings("a")
    desk.asks(events.SetDnd(on=True))
    assert desk.ends(Clock.AUTO_ANSWER, "a") == []


def test_a_call_is_put_on_hold_by_itself_and_the_operator_hears_nothing_of_it() -> None:
    desk = Reception(DeskConfig(auto_hold=10.0))
    desk.talks("b", BOB)
    assert rung(desk, Clock.AUTO_HOLD, 10.0) == [actions.AnswerCall("a", held=True)]
    assert desk.states("a", "b") == [HELD, ANSWERED]
    assert desk.asks(events.Resume()) == [actions.HoldCall("b"), actions.ResumeCall("a")]


def test_given_a_call_on_hold_by_itself_when_the_caller_gives_up_then_it_was_missed() -> None:
    desk = Reception(DeskConfig(auto_hold=10.0))
    rung(desk, Clock.AUTO_HOLD, 10.0)
    desk.happens(events.CallReleased("a"))
    assert desk.over("a").outcome is Outcome.MISSED


def test_a_call_that_nobody_answers_is_diverted() -> None:
    desk = Reception(DeskConfig(divert_after=20.0, divert_to="600"))
    assert rung(desk, Clock.AUTO_DIVERT, 20.0) == [actions.DivertCall("a", "600")]
    assert desk.over("a").outcome is Outcome.DIVERTED


def test_without_a_number_a_call_that_nobody_answers_is_refused_and_was_missed() -> None:
    desk = Reception(DeskConfig(divert_after=20.0))
    assert rung(desk, Clock.AUTO_DIVERT, 20.0) == [actions.RejectCall("a", 480)]
    assert (desk.over("a").outcome, desk.over("a").seen) == (Outcome.MISSED, False)


def test_what_would_happen_by_itself_does_not_once_the_call_is_answered() -> None:
    desk = Reception(DeskConfig(auto_answer=5.0, auto_hold=10.0, divert_after=20.0))
    desk.rings("a")
    done = desk.happens(events.Answer())
    for clock in (Clock.AUTO_ANSWER, Clock.AUTO_HOLD, Clock.AUTO_DIVERT):
        assert actions.StopTimer(Timer(clock, "a")) in done


# --- how it went


@pytest.mark.parametrize(
    ("release", "outcome", "seen"),
    [
        (events.CallReleased("a", 487), Outcome.MISSED, False),
        (events.CallReleased("a", 408), Outcome.MISSED, False),
        (events.CallReleased("a", 487, elsewhere=True), Outcome.ELSEWHERE, True),
    ],
)
def test_a_call_that_the_caller_gives_up_was_missed_unless_somebody_else_took_it(
    desk: Reception, release: events.CallReleased, outcome: Outcome, seen: bool
) -> None:
    desk.rings("a", ZOE)
    desk.happens(release, after=3)
    over = desk.over("a")
    assert (over.state, over.outcome, over.code, over.seen) == (
        CallState.RELEASED,
        outcome,
        release.code,
        seen,
    )
    assert (over.party, over.since) == (ZOE, desk.now)


def test_how_an_outgoing_call_went_is_kept_as_well(desk: Reception) -> None:
    desk.asks(events.Dial("1002"))
    desk.happens(events.CallReleased("out-1", 486, "Busy Here"))
    assert (desk.over("out-1").outcome, desk.over("out-1").code) == (Outcome.UNANSWERED, 486)
    desk.asks(events.Dial("1002"))
    desk.happens(events.CallAnswered("out-2"))
    answered = desk.now
    desk.happens(events.CallReleased("out-2"))
    assert (desk.over("out-2").outcome, desk.over("out-2").answered) == (Outcome.ANSWERED, answered)


def test_the_last_fifty_are_kept_newest_first_and_the_missed_ones_beyond_until_somebody_looks(
    desk: Reception,
) -> None:
    desk.rings("missed")
    desk.happens(events.CallReleased("missed", 487))
    for number in range(60):
        desk.talks(f"call-{number}", ZOE)
        desk.asks(events.HangUp())
    kept = [call.id for call in desk.seen.released]
    assert kept == [*(f"call-{number}" for number in range(59, 9, -1)), "missed"]
    desk.asks(events.MarkSeen())
    desk.talks("last", ZOE)
    desk.asks(events.HangUp())
    assert len(desk.seen.released) == 50
    assert desk.seen.missed == ()


def test_no_more_than_two_hundred_missed_calls_are_kept(desk: Reception) -> None:
    for number in range(210):
        desk.rings(f"call-{number}")
        desk.happens(events.CallReleased(f"call-{number}", 487))
    assert len(desk.seen.released) == 200
    assert desk.seen.released[0].id == "call-209"
