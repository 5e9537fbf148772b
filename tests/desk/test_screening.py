"""Given a rule that a call must not ring, the desk turns it away as the rule says; for others it rings."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import CallArrived, Screened
from appliance.desk.state import Counters, Outcome, Return, Snapshot
from tests.desk.reception import ADA, BOB, ZOE, Reception, wire

BLOCKED = Screened("blocked: matches +39 199*, added by Anna on 3 Nov 2026 (sales calls)")


def test_a_screened_call_is_declined_and_listed_with_its_reason_and_was_not_missed(desk: Reception) -> None:
    assert desk.happens(CallArrived("a", ZOE, screened=BLOCKED)) == [actions.RejectCall("a", 603)]
    over = desk.over("a")
    assert (over.outcome, over.code, over.note, over.party) == (
        Outcome.SCREENED,
        603,
        BLOCKED.reason,
        ZOE,
    )
    assert (desk.seen.calls, desk.seen.missed, desk.seen.counters) == ((), (), Counters())


def test_outside_opening_hours_the_caller_hears_that_nobody_is_here(desk: Reception) -> None:
    closed = Screened("outside opening hours: Sunday", closed=True)
    assert desk.happens(CallArrived("a", ZOE, screened=closed)) == [actions.RejectCall("a", 480)]
    assert (desk.over("a").outcome, desk.seen.missed) == (Outcome.SCREENED, ())


def test_a_rule_may_divert_instead(desk: Reception) -> None:
    done = desk.happens(CallArrived("a", ZOE, screened=Screened("holiday: Ferragosto", "600", closed=True)))
    assert done == [actions.DivertCall("a", "600")]
    over = desk.over("a")
    assert (over.outcome, over.code, over.target) == (Outcome.SCREENED, 302, "600")


def test_a_call_that_is_not_to_be_shown_is_there_for_the_record_until_the_next(desk: Reception) -> None:
    hidden = Screened("all calls are refused", shown=False)
    desk.talks("before", BOB)
    desk.asks(events.HangUp())
    desk.happens(CallArrived("a", ZOE, screened=hidden))
    assert [(call.id, call.shown) for call in desk.seen.released] == [("a", False), ("before", True)]
    for number in range(60):
        desk.happens(CallArrived(f"b{number}", ZOE, screened=hidden))
    assert [call.id for call in desk.seen.released] == ["b59", "before"]


def test_calls_that_are_not_to_be_shown_push_nobody_out_of_the_list(desk: Reception) -> None:
    for number in range(50):
        desk.happens(CallArrived(f"shown-{number}", ZOE, screened=BLOCKED))
    desk.happens(CallArrived("hidden", ZOE, screened=Screened("no", shown=False)))
    desk.happens(CallArrived("last", ZOE, screened=BLOCKED))
    kept = [call.id for call in desk.seen.released]
    assert kept == ["last", *(f"shown-{number}" for number in range(49, 0, -1))]


def test_screening_comes_before_do_not_disturb_limits_and_everything_that_happens_by_itself() -> None:
    desk = Reception(DeskConfig(max_incoming=1, overflow="600", dnd_divert_to="601", auto_answer=1.0))
    desk.rings("a")
    desk.asks(events.SetDnd(on=True))
    assert desk.happens(CallArrived("b", ZOE, screened=BLOCKED)) == [actions.RejectCall("b", 603)]


@pytest.mark.parametrize("told", [True, False])
def test_a_caller_of_ours_who_comes_back_rings_whatever_the_rules_say(told: bool) -> None:
    desk = Reception(DeskConfig(numbers=("200",)))
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1002"))
    desk.moved("a")
    back = CallArrived(
        "b",
        ZOE,
        returned=Return.TRANSFER if told else Return.NO,
        referred_by="" if told else "200",
        screened=BLOCKED,
    )
    assert wire(desk.happens(back)) == []
    assert [call.id for call in desk.seen.waiting] == ["b"]
    assert "matches" not in desk.call("b").note


def test_the_next_caller_rings(desk: Reception) -> None:
    desk.happens(CallArrived("a", ZOE, screened=BLOCKED))
    before: Snapshot = desk.seen
    assert desk.rings("b", ADA) == []
    assert [call.id for call in desk.seen.waiting] == ["b"]
    assert desk.seen.released == before.released
