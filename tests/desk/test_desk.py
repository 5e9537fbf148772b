"""The desk's promises, one call at a time."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import LONG_PRESS, Key
from appliance.desk.lamps import Lamp, Pattern
from appliance.desk.state import CallState, ExtensionState, OrbitState, Party
from tests.desk.reception import ADA, BOB, BUTTONS, CONFIG, HEADSET, Reception, refusal, wire

# --- answering


def test_given_a_caller_when_the_hook_lifts_then_the_call_is_answered(desk: Reception) -> None:
    desk.rings()
    assert desk.happens(events.KeyPressed(HEADSET, Key.HOOK)) == [actions.AnswerCall("a")]
    assert desk.state("a") is CallState.ANSWERED


def test_the_headset_rings_before_and_is_off_hook_after(desk: Reception) -> None:
    desk.rings()
    assert (desk.lamp(Lamp.RING), desk.lamp(Lamp.OFF_HOOK)) == (Pattern.BLINK, Pattern.OFF)
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    assert (desk.lamp(Lamp.RING), desk.lamp(Lamp.OFF_HOOK)) == (Pattern.OFF, Pattern.ON)


def test_given_the_answer_came_from_the_page_when_the_headset_echoes_off_hook_then_nothing_is_answered_twice(
    desk: Reception,
) -> None:
    desk.rings()
    desk.happens(events.Answer())
    desk.rings("b", BOB)
    assert desk.happens(events.KeyPressed(HEADSET, Key.HOOK)) == []
    assert desk.state("b") is CallState.RINGING


def test_given_a_held_call_when_the_echo_of_the_answer_comes_late_then_it_stays_held(desk: Reception) -> None:
    desk.rings()
    desk.happens(events.Answer())
    desk.happens(events.Hold())
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK), after=1.0)
    assert desk.state("a") is CallState.HELD


def test_given_the_far_end_hung_up_when_the_headset_echoes_on_hook_then_the_next_call_stays(
    desk: Reception,
) -> None:
    desk.rings()
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    desk.rings("b", BOB)
    desk.happens(events.CallReleased("a"))
    desk.happens(events.Answer("b"))
    desk.happens(events.KeyReleased(HEADSET, Key.HOOK))
    assert desk.state("b") is CallState.ANSWERED


def test_given_a_held_call_when_the_handset_is_replaced_and_lifted_then_the_call_is_resumed(
    desk: Reception,
) -> None:
    desk.rings()
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    desk.happens(events.Hold())
    assert desk.happens(events.KeyReleased(HEADSET, Key.HOOK), after=5) == []
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK), after=5)
    assert desk.state("a") is CallState.ANSWERED


def test_given_a_held_call_when_the_headset_is_put_back_then_the_echo_of_its_lamp_resumes_nothing(
    desk: Reception,
) -> None:
    desk.rings()
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    desk.happens(events.Hold())
    desk.happens(events.KeyReleased(HEADSET, Key.HOOK), after=5)
    assert desk.lamp(Lamp.OFF_HOOK) is Pattern.ON  # and is written again: Jabra answers with a lifted hook
    assert desk.happens(events.KeyPressed(HEADSET, Key.HOOK)) == []
    assert desk.state("a") is CallState.HELD


def test_when_the_hook_is_replaced_while_talking_then_the_call_ends(desk: Reception) -> None:
    desk.rings()
    desk.happens(events.KeyPressed(HEADSET, Key.HOOK))
    assert desk.happens(events.KeyReleased(HEADSET, Key.HOOK), after=9) == [actions.HangUpCall("a")]


def test_when_another_handset_is_replaced_then_the_call_goes_on(desk: Reception) -> None:
    desk.happens(events.DeviceAttached("handset", audio=True))
    desk.talks()
    desk.happens(events.KeyReleased("handset", Key.HOOK))
    assert desk.state("a") is CallState.ANSWERED


def test_given_no_call_when_the_hook_lifts_then_nothing_happens_and_the_lamp_stays_dark(
    desk: Reception,
) -> None:
    assert desk.happens(events.KeyPressed(HEADSET, Key.HOOK)) == []
    assert desk.lamp(Lamp.OFF_HOOK) is Pattern.OFF


def test_answering_with_another_device_moves_the_audio_there(desk: Reception) -> None:
    desk.happens(events.DeviceAttached("handset", audio=True))
    desk.rings()
    done = desk.happens(events.KeyPressed("handset", Key.HOOK))
    assert done == [actions.RouteAudio("handset"), actions.AnswerCall("a")]


def test_given_talking_and_another_rings_when_answer_is_pressed_then_hold_and_answer(desk: Reception) -> None:
    desk.talks()
    desk.rings("b", BOB)
    done = desk.happens(events.KeyPressed(BUTTONS, Key.ANSWER))
    assert wire(done) == [actions.HoldCall("a"), actions.AnswerCall("b")]
    assert (desk.state("a"), desk.state("b")) == (CallState.HELD, CallState.ANSWERED)


def test_given_dialling_and_another_rings_when_answer_is_pressed_then_the_dialled_call_is_given_up(
    desk: Reception,
) -> None:
    desk.happens(events.Dial("1002"))
    desk.rings()
    done = desk.happens(events.KeyPressed(BUTTONS, Key.ANSWER))
    assert done == [actions.HangUpCall("out-1"), actions.AnswerCall("a")]


def test_a_long_press_of_answer_hangs_up_and_a_short_one_does_not(desk: Reception) -> None:
    desk.talks()
    desk.presses(Key.ANSWER)
    assert desk.state("a") is CallState.ANSWERED
    desk.presses(Key.ANSWER, hold=LONG_PRESS)
    assert desk.state("a") is None


# --- hold


def test_hold_holds_then_resumes(desk: Reception) -> None:
    desk.talks()
    assert actions.HoldCall("a") in desk.presses(Key.HOLD)
    assert actions.ResumeCall("a") in desk.presses(Key.HOLD)
    assert desk.state("a") is CallState.ANSWERED


def test_hold_swaps_when_another_is_held(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    desk.presses(Key.HOLD)
    assert (desk.state("a"), desk.state("b")) == (CallState.ANSWERED, CallState.HELD)


def test_a_long_press_of_hold_while_it_rings_rejects(desk: Reception) -> None:
    desk.rings()
    assert actions.RejectCall("a") in desk.presses(Key.HOLD, hold=LONG_PRESS)
    assert desk.state("a") is None


def test_a_call_held_for_too_long_alerts_and_stays(desk: Reception) -> None:
    desk.talks()
    done = desk.presses(Key.HOLD)
    timer = Timer(Clock.HOLD_ALERT, "a")
    assert actions.StartTimer(timer, CONFIG.hold_alert) in done
    desk.happens(events.TimerEnded(timer), CONFIG.hold_alert)
    assert desk.state("a") is CallState.HELD
    assert desk.lamp(Lamp.HOLD) is Pattern.FAST


# --- park and transfer


def test_park_moves_the_call_to_the_first_free_orbit(desk: Reception) -> None:
    desk.happens(events.ExtensionChanged("701", ExtensionState.BUSY))
    desk.talks()
    assert actions.TransferCall("a", "*7702") in desk.presses(Key.PARK)
    assert desk.state("a") is CallState.PARKING
    assert desk.happens(events.TransferProgressed("a", 200, "OK", final=True))[0] == actions.HangUpCall("a")
    orbit = desk.desk.snapshot().orbits[1]
    assert (orbit.state, orbit.party) == (OrbitState.TAKEN, ADA)
    assert desk.lamp(Lamp.PARK) is Pattern.ON


def test_the_parked_callers_name_survives_the_exchanges_own_report(desk: Reception) -> None:
    desk.talks()
    desk.happens(events.Park())
    desk.happens(events.ExtensionChanged("701", ExtensionState.BUSY))
    desk.happens(events.TransferProgressed("a", 200, "OK", final=True))
    desk.happens(events.ExtensionChanged("701", ExtensionState.BUSY))
    assert desk.desk.snapshot().orbits[0].party == ADA


def test_when_the_park_fails_the_caller_is_back_with_the_operator(desk: Reception) -> None:
    desk.talks()
    desk.presses(Key.PARK)
    done = desk.happens(events.TransferProgressed("a", 404, "Not Found", final=True))
    assert actions.ResumeCall("a") in done
    assert desk.state("a") is CallState.ANSWERED
    assert desk.notice() == "701: 404 Not Found"


def test_when_the_exchange_is_silent_after_a_transfer_the_caller_waits_for_the_operator_and_alerts(
    desk: Reception,
) -> None:
    """Half a minute later the headset may lie on the table: nobody is given a caller unasked."""
    desk.talks()
    desk.happens(events.Transfer("1002"))
    done = desk.happens(events.TimerEnded(Timer(Clock.TRANSFER, "a")), CONFIG.transfer_patience)
    assert actions.HoldCall("a") in done
    assert (desk.state("a"), desk.desk.snapshot().calls[0].alert) == (CallState.HELD, True)
    assert desk.notice() == "1002: the exchange did not answer"


def test_while_the_target_rings_the_exchange_is_given_the_time_that_people_take(desk: Reception) -> None:
    desk.talks()
    desk.happens(events.Transfer("1002"))
    timer = Timer(Clock.TRANSFER, "a")
    done = desk.happens(events.TransferProgressed("a", 180, "Ringing", final=False), after=20.0)
    assert done == [actions.StartTimer(timer, 180.0)]
    assert desk.happens(events.TransferProgressed("a", 100, "Trying", final=False)) == []
    assert desk.state("a") is CallState.TRANSFERRING


def test_given_another_call_was_answered_when_a_transfer_fails_then_the_caller_is_held(
    desk: Reception,
) -> None:
    desk.talks()
    desk.happens(events.Transfer("1002"))
    desk.talks("b", BOB)
    done = desk.happens(events.TransferProgressed("a", 486, "Busy Here", final=True))
    assert actions.HoldCall("a") in done
    assert (desk.state("a"), desk.state("b")) == (CallState.HELD, CallState.ANSWERED)


def test_park_when_idle_retrieves_who_waits_longest(desk: Reception) -> None:
    desk.happens(events.ExtensionChanged("702", ExtensionState.BUSY))
    desk.happens(events.ExtensionChanged("701", ExtensionState.BUSY), after=5)
    assert desk.presses(Key.PARK) == [actions.PlaceCall("out-1", "702")]
    desk.happens(events.CallAnswered("out-1"))
    assert desk.desk.snapshot().orbits[1].state is OrbitState.FREE


def test_a_long_press_of_park_while_talking_holds_and_retrieves(desk: Reception) -> None:
    desk.happens(events.ExtensionChanged("701", ExtensionState.BUSY))
    desk.talks()
    done = desk.presses(Key.PARK, hold=LONG_PRESS)
    assert actions.HoldCall("a") in done
    assert actions.PlaceCall("out-1", "701") in done


def test_given_every_orbit_taken_when_park_is_pressed_then_it_says_so_and_the_call_goes_on(
    desk: Reception,
) -> None:
    for orbit in CONFIG.orbits:
        desk.happens(events.ExtensionChanged(orbit, ExtensionState.BUSY))
    desk.talks()
    desk.presses(Key.PARK)
    assert desk.notice() == "no park orbit is free"
    assert desk.state("a") is CallState.ANSWERED


def test_an_orbit_that_a_call_is_on_its_way_to_is_not_offered_again(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.happens(events.Park())
    desk.talks("b", BOB)
    assert actions.TransferCall("b", "*7702") in desk.happens(events.Park())


# --- devices


def test_given_a_call_when_the_headset_is_pulled_out_then_the_call_stays_and_audio_comes_back_with_it(
    desk: Reception,
) -> None:
    desk.talks()
    assert desk.happens(events.DeviceDetached(HEADSET)) == [actions.RouteAudio("")]
    assert desk.state("a") is CallState.ANSWERED
    assert desk.happens(events.DeviceAttached(HEADSET, audio=True)) == [actions.RouteAudio(HEADSET)]
    assert desk.lamp(Lamp.OFF_HOOK) is Pattern.ON


def test_given_two_headsets_when_one_is_pulled_out_then_audio_moves_to_the_other(desk: Reception) -> None:
    desk.happens(events.DeviceAttached("spare", audio=True))
    desk.talks()
    assert desk.happens(events.DeviceDetached(HEADSET)) == [actions.RouteAudio("spare")]


def test_a_button_pulled_out_while_pressed_does_nothing_later(desk: Reception) -> None:
    desk.talks()
    desk.happens(events.KeyPressed(BUTTONS, Key.PARK))
    timer = Timer(Clock.LONG_PRESS, f"{BUTTONS} {Key.PARK}")
    assert actions.StopTimer(timer) in desk.happens(events.DeviceDetached(BUTTONS))
    assert desk.happens(events.TimerEnded(timer)) == []


def test_mute_is_one_toggle_a_press_and_does_not_outlive_the_call(desk: Reception) -> None:
    desk.talks()
    for press in range(20):
        desk.presses(Key.MUTE, HEADSET)
        assert desk.desk.snapshot().muted is (press % 2 == 0)
    desk.presses(Key.MUTE, HEADSET)
    assert actions.MuteMicrophone(on=False) in desk.happens(events.HangUp())


# --- what cannot be is refused in words


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (events.Answer(), "no call is ringing"),
        (events.Reject(), "no call is ringing"),
        (events.HangUp(), "no call is active"),
        (events.Hold(), "no call is active"),
        (events.Resume(), "no call is on hold"),
        (events.Park(), "no call is active"),
        (events.Retrieve(), "nobody is parked"),
        (events.Retrieve("701"), "nobody is parked in 701"),
        (events.Transfer("1002"), "no call is active"),
        (events.SendDigits("1"), "no call is active"),
        (events.Mute(on=True), "no call is active"),
        (events.Answer("gone"), "that call is over"),
        (events.Dial(""), "'' is not a number that can be dialled"),
        (events.Dial("sip:x@y\r\nVia: z"), "'sip:x@y\\r\\nVia: z' is not a number that can be dialled"),
        (events.SendDigits("12 x"), "digits are 0 to 9, *, # and A to D, 32 at most"),
    ],
)
def test_what_cannot_be_is_refused_in_words(desk: Reception, ask: events.Event, reason: str) -> None:
    assert refusal(desk.happens(ask)) == reason


def test_numbers_are_dialled_as_people_write_them(desk: Reception) -> None:
    assert desk.happens(events.Dial(" (030) 12 34/56 ")) == [actions.PlaceCall("out-1", "030123456")]


def test_a_dialled_colleague_is_shown_by_name(desk: Reception) -> None:
    desk.happens(events.Dial("1001"))
    desk.happens(events.Dial("4711"))
    assert [call.party for call in desk.desk.snapshot().calls] == [Party("4711")]
    desk.happens(events.Dial("1001"))
    assert [call.party for call in desk.desk.snapshot().calls] == [ADA]


def test_a_number_that_does_not_answer_says_why(desk: Reception) -> None:
    desk.happens(events.Dial("1002"))
    desk.happens(events.CallReleased("out-1", 486, "Busy Here"))
    assert desk.notice() == "1002: Busy Here"
