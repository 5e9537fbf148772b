"""Camp-on: callers wait for a busy colleague, are sent there in order, and come back in time."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import Key
from appliance.desk.state import CallState, ExtensionState, Outcome
from tests.desk.reception import ADA, BOB, HEADSET, ZOE, Reception, wire

CONFIG = DeskConfig(extensions=(("1001", "Ada"), ("1003", "Cem")), camp_patience=60.0)
AVAILABLE, BUSY, RINGING = ExtensionState.AVAILABLE, ExtensionState.BUSY, ExtensionState.RINGING
CAMPED, TRANSFERRING = CallState.CAMPED, CallState.TRANSFERRING


@pytest.fixture
def desk() -> Reception:
    """A desk whose colleague Cem, 1003, is talking."""
    desk = Reception(CONFIG)
    desk.becomes("1003", BUSY)
    return desk


def camps(desk: Reception, *calls: str) -> None:
    for call in calls:
        desk.talks(call, ZOE)
        desk.asks(events.Transfer("1003"))


@pytest.mark.parametrize(
    "state", [BUSY, RINGING, ExtensionState.HELD, ExtensionState.CONFERENCE], ids=lambda state: str(state)
)
def test_a_transfer_to_a_busy_colleague_camps(desk: Reception, state: ExtensionState) -> None:
    desk.becomes("1003", state)
    desk.talks("a", ZOE)
    assert desk.asks(events.Transfer("1003")) == [actions.HoldCall("a")]
    assert (desk.state("a"), desk.call("a").target) == (CAMPED, "1003")


@pytest.mark.parametrize("state", [AVAILABLE, ExtensionState.DND, ExtensionState.UNKNOWN])
def test_a_transfer_to_any_other_does_not(desk: Reception, state: ExtensionState) -> None:
    desk.becomes("1003", state)
    desk.talks("a", ZOE)
    assert desk.asks(events.Transfer("1003")) == [actions.TransferCall("a", "1003")]


def test_camp_on_can_be_switched_off() -> None:
    desk = Reception(DeskConfig(extensions=(("1003", "Cem"),), camp_on=False))
    desk.becomes("1003", BUSY)
    desk.talks("a", ZOE)
    assert desk.asks(events.Transfer("1003")) == [actions.TransferCall("a", "1003")]


def test_a_held_call_is_camped_without_holding_it_twice(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Hold())
    assert desk.asks(events.Camp("1003", "a")) == []
    assert desk.state("a") is CAMPED


def test_when_the_colleague_is_free_the_caller_is_sent(desk: Reception) -> None:
    camps(desk, "a")
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("a", "1003")]
    assert desk.moved("a") == [actions.HangUpCall("a")]
    assert desk.over("a").outcome is Outcome.TRANSFERRED


def test_a_caller_who_camps_on_a_free_colleague_is_sent_at_once(desk: Reception) -> None:
    desk.becomes("1003", AVAILABLE)
    desk.talks("a", ZOE)
    assert desk.asks(events.Camp("1003")) == [actions.HoldCall("a"), actions.TransferCall("a", "1003")]


def test_several_callers_are_sent_in_the_order_they_came_and_one_at_a_time(desk: Reception) -> None:
    camps(desk, "a", "b", "c")
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("a", "1003")]
    assert desk.moved("a") == [actions.HangUpCall("a")]  # and the lamp still says free: it lags
    assert desk.states("b", "c") == [CAMPED, CAMPED]
    assert desk.becomes("1003", BUSY) == []
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("b", "1003")]


def test_where_the_lamp_does_not_change_the_next_is_sent_some_seconds_later(desk: Reception) -> None:
    camps(desk, "a", "b")
    desk.becomes("1003", AVAILABLE)
    desk.moved("a")
    assert desk.ends(Clock.SERVE, "1003") == [actions.TransferCall("b", "1003")]


def test_while_one_is_on_the_way_no_other_is_sent(desk: Reception) -> None:
    camps(desk, "a", "b")
    desk.becomes("1003", AVAILABLE)
    assert desk.ends(Clock.SERVE, "1003") == []
    assert desk.moved("a") == [actions.HangUpCall("a"), actions.TransferCall("b", "1003")]


def test_callers_for_different_colleagues_do_not_wait_for_each_other(desk: Reception) -> None:
    desk.becomes("1001", BUSY)
    camps(desk, "a")
    desk.talks("b", BOB)
    desk.asks(events.Transfer("1001"))
    assert desk.becomes("1001", AVAILABLE) == [actions.TransferCall("b", "1001")]
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("a", "1003")]


@pytest.mark.parametrize("code", [486, 600])
def test_when_the_colleague_is_busy_again_the_caller_has_the_old_place_and_the_old_limit(
    desk: Reception, code: int
) -> None:
    camps(desk, "a", "b")
    since = desk.call("a").since
    desk.becomes("1003", AVAILABLE)
    desk.becomes("1003", BUSY)
    done = desk.happens(events.TransferProgressed("a", code, "Busy", final=True), after=20.0)
    assert actions.HoldCall("a") in done
    (limit,) = (a for a in done if isinstance(a, actions.StartTimer) and a.timer == Timer(Clock.CAMP, "a"))
    assert limit.seconds == pytest.approx(since + CONFIG.camp_patience - desk.now)
    assert (desk.state("a"), desk.call("a").since) == (CAMPED, since)
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("a", "1003")]


def test_unavailable_means_busy_only_where_the_lamp_says_so(desk: Reception) -> None:
    camps(desk, "a")
    desk.becomes("1003", AVAILABLE)
    desk.becomes("1003", BUSY)
    desk.moved("a", 480, "Temporarily Unavailable")
    assert desk.state("a") is CAMPED
    desk.becomes("1003", AVAILABLE)
    desk.moved("a", 480, "Temporarily Unavailable")
    assert desk.state("a") is CallState.ANSWERED


def test_when_the_transfer_fails_otherwise_the_caller_is_back(desk: Reception) -> None:
    camps(desk, "a")
    desk.becomes("1003", AVAILABLE)
    assert desk.moved("a", 404, "Not Found") == [actions.ResumeCall("a")]
    assert desk.notice() == "1003: 404 Not Found"


def test_when_the_limit_passed_on_the_way_the_caller_is_back_instead_of_camped_again(desk: Reception) -> None:
    camps(desk, "a")
    desk.becomes("1003", AVAILABLE)
    desk.happens(events.TransferProgressed("a", 486, "Busy", final=True), after=CONFIG.camp_patience)
    assert (desk.state("a"), desk.call("a").alert) == (CallState.HELD, True)


def test_when_nothing_can_be_known_of_the_colleague_the_caller_waits_on(desk: Reception) -> None:
    camps(desk, "a")
    assert desk.becomes("1003", ExtensionState.UNKNOWN, reason="the exchange restarted") == []
    assert desk.state("a") is CAMPED


def test_after_the_limit_the_caller_is_back(desk: Reception) -> None:
    camps(desk, "a")
    desk.ends(Clock.CAMP, "a", after=60.0)
    assert (desk.state("a"), desk.call("a").alert) == (CallState.HELD, True)
    assert desk.notice() == desk.call("a").note == "1003: was not free in time"


def test_given_the_operator_talks_then_after_the_limit_the_caller_is_on_hold_and_alerts(
    desk: Reception,
) -> None:
    camps(desk, "a")
    desk.talks("b", ADA)
    desk.ends(Clock.CAMP, "a", after=60.0)
    assert (desk.state("a"), desk.call("a").alert) == (CallState.HELD, True)
    assert desk.state("b") is CallState.ANSWERED


def test_cancelling_leaves_the_caller_on_hold(desk: Reception) -> None:
    camps(desk, "a")
    assert desk.asks(events.Uncamp()) == []
    assert desk.state("a") is CallState.HELD
    assert desk.becomes("1003", AVAILABLE) == []
    assert desk.refuses(events.Uncamp()) == "no call is camped"


def test_a_camped_caller_can_be_taken_back_or_hung_up(desk: Reception) -> None:
    camps(desk, "a", "b")
    assert desk.asks(events.Resume("a")) == [actions.ResumeCall("a")]
    assert desk.asks(events.HangUp("b")) == [actions.HangUpCall("b")]


def test_no_key_touches_a_camped_caller(desk: Reception) -> None:
    camps(desk, "a")
    for key in (Key.HOOK, Key.ANSWER, Key.HOLD, Key.FLASH, Key.REJECT):
        assert wire(desk.presses(key, HEADSET)) == []
    assert desk.state("a") is CAMPED


def test_given_the_first_caller_hangs_up_then_the_next_is_served(desk: Reception) -> None:
    camps(desk, "a", "b")
    desk.happens(events.CallReleased("a"))
    assert desk.becomes("1003", AVAILABLE) == [actions.TransferCall("b", "1003")]


def test_given_the_caller_on_the_way_hangs_up_then_the_next_is_served(desk: Reception) -> None:
    camps(desk, "a", "b")
    desk.becomes("1003", AVAILABLE)
    desk.happens(events.CallReleased("a"))
    assert desk.ends(Clock.SERVE, "1003") == [actions.TransferCall("b", "1003")]


def test_nobody_camps_where_nobody_can_tell_when_it_is_free(desk: Reception) -> None:
    desk.talks("a", ZOE)
    reason = "1099 is not monitored: nobody can tell when it is free"
    assert desk.refuses(events.Camp("1099")) == reason
