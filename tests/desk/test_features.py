"""Do-not-disturb and call-forward in step with the exchange; away; the calls of the day; the mailbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock, Feature, Timer
from appliance.desk.keys import Key
from appliance.desk.state import Counters, Outcome, Party, Return, Voicemail
from tests.desk.reception import ADA, BOB, BUTTONS, ZOE, Reception

CODES = DeskConfig(
    dnd_on_code="*78", dnd_off_code="*79", forward_on_code="*21*", forward_off_code="#21#", away_after=60.0
)
AWAY = Timer(Clock.AWAY, "")


@pytest.fixture
def desk() -> Reception:
    """A desk whose exchange knows do-not-disturb and call-forward by code."""
    return Reception(CODES)


# --- do-not-disturb


@pytest.mark.parametrize(
    ("divert_to", "done", "outcome"),
    [
        ("", actions.RejectCall("a", 486), Outcome.REJECTED),
        ("600", actions.DivertCall("a", "600"), Outcome.DIVERTED),
    ],
)
def test_who_calls_a_desk_that_does_not_want_to_be_disturbed_is_sent_away_and_not_missed(
    divert_to: str, done: actions.Action, outcome: Outcome
) -> None:
    desk = Reception(DeskConfig(dnd_divert_to=divert_to))
    desk.asks(events.SetDnd(on=True))
    assert desk.rings("a") == [done]
    assert (desk.over("a").outcome, desk.seen.counters.missed) == (outcome, 0)
    desk.asks(events.SetDnd(on=False))
    assert desk.rings("b") == []


def test_the_exchange_is_told_once_and_what_it_says_itself_is_only_followed(desk: Reception) -> None:
    assert desk.asks(events.SetDnd(on=True)) == [actions.DialCode("*78")]
    assert desk.asks(events.SetDnd(on=True)) == []
    assert desk.happens(events.CodeDialled("*78", 200)) == []
    assert desk.happens(events.FeatureChanged(Feature.DND, on=True)) == []
    assert desk.happens(events.FeatureChanged(Feature.DND, on=False)) == []
    assert not desk.seen.dnd


def test_when_the_exchange_refuses_the_code_it_is_as_before_and_the_operator_reads_why(
    desk: Reception,
) -> None:
    desk.asks(events.SetDnd(on=True))
    desk.happens(events.CodeDialled("*78", 100, "Trying"))
    assert desk.seen.dnd
    desk.happens(events.CodeDialled("*78", 404, "Not Found"))
    assert (desk.seen.dnd, desk.notice()) == (False, "do-not-disturb: Not Found")


def test_given_the_exchange_said_so_itself_then_a_late_refusal_changes_nothing(desk: Reception) -> None:
    desk.asks(events.SetDnd(on=True))
    desk.happens(events.FeatureChanged(Feature.DND, on=True))
    desk.happens(events.CodeDialled("*78", 404, "Not Found"))
    assert desk.seen.dnd


def test_without_a_code_only_this_desk_knows() -> None:
    desk = Reception(DeskConfig())
    assert desk.asks(events.SetDnd(on=True)) == []
    assert desk.seen.dnd


# --- call-forward


def test_the_exchange_forwards_all_calls_until_it_is_told_otherwise(desk: Reception) -> None:
    assert desk.asks(events.SetForward("1002")) == [actions.DialCode("*21*1002")]
    assert desk.seen.forward == "1002"
    assert desk.asks(events.SetForward()) == [actions.DialCode("#21#")]
    assert desk.seen.forward == ""
    desk.happens(events.CodeDialled("#21#", 503))
    assert (desk.seen.forward, desk.notice()) == ("1002", "call-forward: 503")


def test_what_the_exchange_forwards_by_itself_is_shown(desk: Reception) -> None:
    desk.happens(events.FeatureChanged(Feature.FORWARD, on=True, target="1002"))
    assert desk.seen.forward == "1002"
    desk.happens(events.FeatureChanged(Feature.FORWARD, on=True))
    assert desk.seen.forward == "1002", "as long as it says nothing else"
    desk.happens(events.FeatureChanged(Feature.FORWARD, on=False))
    assert desk.seen.forward == ""
    desk.happens(events.FeatureChanged(Feature.FORWARD, on=True))
    assert desk.seen.forward == "elsewhere"


def test_without_a_code_nothing_can_be_forwarded() -> None:
    reason = "no code is set that tells the exchange to forward calls"
    assert Reception(DeskConfig()).refuses(events.SetForward("1002")) == reason


# --- away


def test_who_touches_nothing_for_a_while_is_away_and_back_at_the_first_touch(desk: Reception) -> None:
    assert actions.StartTimer(AWAY, 60.0) in desk.happens(events.MarkSeen())
    desk.ends(Clock.AWAY, "", 60.0)
    assert desk.seen.away
    assert actions.StartTimer(AWAY, 60.0) in desk.happens(events.KeyPressed(BUTTONS, Key.PARK))
    assert not desk.seen.away


def test_every_touch_starts_the_time_anew(desk: Reception) -> None:
    assert actions.StartTimer(AWAY, 60.0) in desk.happens(events.KeyReleased(BUTTONS, Key.PARK), after=30.0)
    assert actions.StartTimer(AWAY, 60.0) in desk.happens(events.SetDnd(on=False), after=30.0)


def test_nobody_is_away_during_a_call_and_the_time_starts_when_it_is_over(desk: Reception) -> None:
    assert actions.StopTimer(AWAY) in desk.rings()
    desk.asks(events.Answer())
    assert actions.StartTimer(AWAY, 60.0) in desk.happens(events.CallReleased("a"), after=300.0)
    assert not desk.seen.away


def test_a_desk_without_that_setting_is_never_away() -> None:
    desk = Reception(replace(CODES, away_after=0.0))
    assert desk.happens(events.MarkSeen()) == []


# --- the calls of the day


def test_calls_are_counted_by_day(desk: Reception) -> None:
    desk.rings("a", ADA)
    desk.happens(events.CallReleased("a", 487))
    desk.talks("b", BOB)
    desk.asks(events.Hold())
    desk.asks(events.Resume())
    desk.asks(events.Dial("1002"))
    assert desk.seen.counters == Counters(missed=1, incoming=1, outgoing=1)
    desk.happens(events.DayBegan())
    assert desk.seen.counters == Counters()
    assert [call.id for call in desk.seen.missed] == ["a"], "missed until somebody looks"


def test_who_comes_back_is_not_counted_twice(desk: Reception) -> None:
    desk.happens(events.CallArrived("a", ADA, returned=Return.PARK))
    desk.asks(events.Answer())
    assert desk.seen.counters.incoming == 0


def missed(desk: Reception, *parties: Party) -> None:
    for number, party in enumerate(parties):
        desk.rings(f"missed-{number}", party)
        desk.happens(events.CallReleased(f"missed-{number}", 487))


@pytest.mark.parametrize(
    ("look", "left"),
    [
        (events.MarkSeen(), []),
        (events.MarkSeen(ADA.number), [ZOE]),
        (events.Dial(ADA.number), [ZOE]),
        (events.Consult("none of them"), [ZOE, ADA]),
    ],
)
def test_a_missed_call_is_marked_until_somebody_looks_or_calls_back(
    desk: Reception, look: events.Event, left: list[Party]
) -> None:
    missed(desk, ADA, ZOE)
    desk.happens(look)
    assert [call.party for call in desk.seen.missed] == left


def test_a_missed_call_is_dealt_with_when_that_caller_is_answered(desk: Reception) -> None:
    missed(desk, ADA, ZOE, Party(withheld=True))
    desk.talks("a", ADA)
    assert [call.party for call in desk.seen.missed] == [Party(withheld=True), ZOE]
    desk.talks("b", Party(withheld=True))
    assert [call.party for call in desk.seen.missed] == [Party(withheld=True), ZOE], "it may be anybody"


# --- the mailbox


def test_what_is_in_the_mailbox_is_shown(desk: Reception) -> None:
    desk.happens(events.MessagesWaiting(2, 5))
    assert desk.seen.voicemail == Voicemail(new=2, old=5)
