"""Several devices at one desk: where the audio is, who takes it, and what their switches and lamps say."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import Key
from appliance.desk.lamps import Lamp, Pattern, lamps
from appliance.desk.state import CallState
from tests.desk.reception import ADA, BOB, BUTTONS, HEADSET, Reception, wire

HANDSET, SPEAKER, PHANTOM = "handset", "speaker", "phantom"
LATER = 5.0  # seconds after which nothing is an echo any more
TALKS, ON_HOLD = CallState.ANSWERED, CallState.HELD


@pytest.fixture
def desk() -> Reception:
    """A desk with a headset, a handset and a speakerphone, preferred in this order."""
    desk = Reception()
    plug(desk, SPEAKER, 3)
    plug(desk, HANDSET, 2)
    desk.happens(events.DeviceAttached(HEADSET, audio=True, rank=1))
    return desk


def plug(desk: Reception, device: str, rank: int = 0, audio: bool = True) -> list[actions.Action]:
    return desk.happens(events.DeviceAttached(device, audio, rank))


def pull(desk: Reception, device: str) -> list[actions.Action]:
    return desk.happens(events.DeviceDetached(device))


def lift(desk: Reception, device: str, after: float = LATER) -> list[actions.Action]:
    return desk.happens(events.KeyPressed(device, Key.HOOK), after)


def put_back(desk: Reception, device: str, after: float = LATER) -> list[actions.Action]:
    return desk.happens(events.KeyReleased(device, Key.HOOK), after)


def seized(desk: Reception) -> set[str]:
    """Return the devices whose Off-Hook lamp burns."""
    return {device for device, plan in lamps(desk.seen).items() if plan[Lamp.OFF_HOOK].pattern is Pattern.ON}


# --- the order of preference


def test_devices_are_listed_in_the_order_of_preference_those_of_one_rank_as_they_came(
    desk: Reception,
) -> None:
    plug(desk, "another", 2)
    assert [device.id for device in desk.seen.devices] == [BUTTONS, HEADSET, HANDSET, "another", SPEAKER]


def test_while_nobody_calls_the_audio_belongs_to_the_best_device_that_is_there(desk: Reception) -> None:
    assert desk.seen.audio == HEADSET
    assert pull(desk, HEADSET) == [actions.RouteAudio(HANDSET)]
    assert pull(desk, SPEAKER) == []
    assert pull(desk, HANDSET) == [actions.RouteAudio("")]
    assert plug(desk, SPEAKER, 3) == [actions.RouteAudio(SPEAKER)]
    assert plug(desk, HEADSET, 1) == [actions.RouteAudio(HEADSET)]
    assert plug(desk, HANDSET, 2) == []


def test_what_has_no_microphone_never_gets_the_audio(desk: Reception) -> None:
    assert plug(desk, PHANTOM, 0, audio=False) == []
    for device in (HEADSET, HANDSET, SPEAKER):
        pull(desk, device)
    assert desk.seen.audio == ""
    desk.rings()
    assert lift(desk, PHANTOM) == [actions.AnswerCall("a")]
    assert desk.seen.audio == ""
    assert not seized(desk)


def test_a_device_whose_sound_card_comes_late_or_goes_is_used_while_it_has_one(desk: Reception) -> None:
    assert plug(desk, HEADSET, 1, audio=False) == [actions.RouteAudio(HANDSET)]
    assert plug(desk, HEADSET, 1) == [actions.RouteAudio(HEADSET)]
    assert plug(desk, HEADSET, 1) == [actions.RouteAudio(HEADSET)], "its card may be another one now"


def test_a_lifted_handset_stays_lifted_while_its_sound_card_changes(desk: Reception) -> None:
    desk.rings()
    lift(desk, HANDSET)
    plug(desk, HANDSET, 2)
    assert next(device for device in desk.seen.devices if device.id == HANDSET).lifted
    assert wire(put_back(desk, HANDSET)) == [actions.HangUpCall("a")]


# --- where a call is


def test_the_device_that_answers_has_the_audio_until_all_calls_are_over(desk: Reception) -> None:
    desk.rings()
    assert lift(desk, HANDSET) == [actions.RouteAudio(HANDSET), actions.AnswerCall("a")]
    desk.talks("b", BOB)
    assert desk.seen.audio == HANDSET
    desk.happens(events.CallReleased("a"))
    assert desk.seen.audio == HANDSET
    assert desk.happens(events.CallReleased("b")) == [actions.RouteAudio(HEADSET)]


def test_given_flash_answers_then_the_audio_is_at_the_device_that_has_the_key(desk: Reception) -> None:
    desk.rings()
    done = desk.happens(events.KeyPressed(SPEAKER, Key.FLASH))
    assert done == [actions.RouteAudio(SPEAKER), actions.AnswerCall("a")]


@pytest.mark.parametrize("key", [Key.REDIAL, Key.VOICE_MAIL, Key.SPEED_DIAL])
def test_who_is_refused_a_call_leaves_the_audio_where_it_is(desk: Reception, key: Key) -> None:
    assert desk.happens(events.KeyPressed(HANDSET, key)) == []
    assert desk.notice()
    assert desk.seen.audio == HEADSET


def test_answered_at_the_buttons_or_the_page_it_is_at_the_preferred_device(desk: Reception) -> None:
    desk.rings()
    assert wire(desk.presses(Key.ANSWER)) == [actions.AnswerCall("a")]
    assert (desk.seen.audio, desk.seen.owner) == (HEADSET, HEADSET)
    desk.asks(events.HangUp())
    desk.rings("b")
    desk.asks(events.Answer())
    assert desk.seen.audio == HEADSET


def test_another_call_that_the_page_answers_is_where_the_operator_talks(desk: Reception) -> None:
    desk.rings()
    lift(desk, HANDSET)
    desk.talks("b", BOB)
    assert desk.seen.audio == HANDSET


def test_a_better_device_that_is_plugged_in_takes_no_call_away(desk: Reception) -> None:
    desk.talks()
    assert plug(desk, "best", 0) == []
    assert desk.seen.audio == HEADSET
    assert desk.asks(events.HangUp()) == [actions.HangUpCall("a")]
    assert desk.seen.audio == "best"


def test_no_waiting_call_keeps_the_audio_at_a_device(desk: Reception) -> None:
    desk.rings()
    lift(desk, HANDSET)
    desk.rings("b", BOB)
    desk.happens(events.CallReleased("a"))
    assert desk.seen.audio == HEADSET


# --- plugged and unplugged in a call


def test_while_its_device_is_away_the_call_is_at_the_next_one_and_then_back(desk: Reception) -> None:
    desk.rings()
    lift(desk, SPEAKER)
    assert pull(desk, SPEAKER) == [actions.RouteAudio(HEADSET)]
    assert seized(desk) == {HEADSET}
    assert pull(desk, HEADSET) == [actions.RouteAudio(HANDSET)]
    assert plug(desk, HEADSET, 1) == [], "it is well where it is"
    assert plug(desk, SPEAKER, 3) == [actions.RouteAudio(SPEAKER)]
    assert desk.state("a") is TALKS
    assert seized(desk) == {SPEAKER}


def test_a_call_goes_on_in_silence_while_no_device_is_there(desk: Reception) -> None:
    desk.talks()
    for device in (HANDSET, SPEAKER, HEADSET):
        pull(desk, device)
    assert (desk.seen.audio, desk.seen.owner, desk.state("a")) == ("", HEADSET, TALKS)
    assert plug(desk, SPEAKER, 3) == [actions.RouteAudio(SPEAKER)]
    assert plug(desk, HEADSET, 1) == [actions.RouteAudio(HEADSET)]


def test_a_call_begun_without_any_device_belongs_to_the_first_that_comes(desk: Reception) -> None:
    for device in (HANDSET, SPEAKER, HEADSET):
        pull(desk, device)
    desk.talks()
    plug(desk, SPEAKER, 3)
    assert plug(desk, HEADSET, 1) == []
    assert desk.seen.owner == SPEAKER


def test_the_call_that_comes_back_to_a_held_device_is_not_taken_from_the_hand(desk: Reception) -> None:
    desk.talks()
    pull(desk, HEADSET)
    assert lift(desk, HANDSET) == []
    assert plug(desk, HEADSET, 1) == [], "the operator has lifted the handset since"
    assert desk.seen.audio == HANDSET


def test_the_headset_that_helps_out_answers_its_lamp_and_that_is_nobody(desk: Reception) -> None:
    desk.talks()
    pull(desk, HEADSET)
    lift(desk, HANDSET, after=1.0)
    assert plug(desk, HEADSET, 1) == [actions.RouteAudio(HEADSET)]
    assert put_back(desk, HANDSET, after=1.0) == []
    assert desk.state("a") is TALKS


# --- lifted while another talks


def test_who_lifts_the_handset_in_a_call_goes_on_talking_there(desk: Reception) -> None:
    desk.talks()
    assert lift(desk, HANDSET) == [actions.RouteAudio(HANDSET)]
    assert seized(desk) == {HANDSET}
    assert put_back(desk, HEADSET, after=0.1) == [], "the headset follows its lamp"
    assert desk.state("a") is TALKS
    assert put_back(desk, HANDSET) == [actions.HangUpCall("a"), actions.RouteAudio(HEADSET)]


def test_who_goes_back_to_the_headset_may_put_the_handset_down(desk: Reception) -> None:
    desk.talks()
    lift(desk, HANDSET)
    put_back(desk, HEADSET, after=0.1)
    assert lift(desk, HEADSET) == [actions.RouteAudio(HEADSET)]
    assert put_back(desk, HANDSET) == []
    assert desk.state("a") is TALKS


def test_who_lifts_the_handset_while_dialling_hears_it_ring_there(desk: Reception) -> None:
    desk.asks(events.Dial("1002"))
    assert lift(desk, HANDSET) == [actions.RouteAudio(HANDSET)]


def test_who_lifts_the_handset_while_another_call_rings_answers_it(desk: Reception) -> None:
    desk.talks()
    desk.rings("b", BOB)
    done = lift(desk, HANDSET)
    assert [a for a in done if not isinstance(a, actions.StartTimer)] == [
        actions.RouteAudio(HANDSET),
        actions.HoldCall("a"),
        actions.AnswerCall("b"),
    ]


def test_what_has_no_microphone_takes_no_call(desk: Reception) -> None:
    plug(desk, PHANTOM, audio=False)
    desk.talks()
    assert lift(desk, PHANTOM) == []
    assert put_back(desk, PHANTOM) == []
    assert (desk.seen.audio, desk.state("a")) == (HEADSET, TALKS)
    desk.rings("b", BOB)
    lift(desk, PHANTOM)
    assert desk.states("a", "b") == [TALKS, CallState.RINGING]


def test_a_muted_call_stays_muted_at_the_handset_and_both_show_it(desk: Reception) -> None:
    desk.talks()
    desk.presses(Key.MUTE, HEADSET)
    lift(desk, HANDSET)
    assert desk.seen.muted
    assert {desk.lamp(Lamp.MUTE, device) for device in (HEADSET, HANDSET, SPEAKER)} == {Pattern.ON}


def test_what_the_handset_holds_is_at_the_headset_once_it_is_put_back(desk: Reception) -> None:
    desk.rings()
    lift(desk, HANDSET)
    desk.asks(events.Hold())
    assert put_back(desk, HANDSET) == [actions.RouteAudio(HEADSET)]
    assert (desk.state("a"), seized(desk)) == (ON_HOLD, {HEADSET})
    assert desk.asks(events.Resume()) == [actions.ResumeCall("a")]
    assert desk.seen.audio == HEADSET


def test_who_hangs_up_the_handset_leaves_the_others_on_hold_to_the_headset(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    lift(desk, HANDSET)
    put_back(desk, HANDSET)
    assert desk.states("a", "b") == [ON_HOLD, None]
    assert desk.seen.audio == HEADSET
    lift(desk, HANDSET)
    assert (desk.states("a"), desk.seen.audio) == ([TALKS], HANDSET)


def test_who_resumes_at_another_device_talks_there(desk: Reception) -> None:
    desk.talks()
    desk.asks(events.Hold())
    done = desk.happens(events.KeyPressed(SPEAKER, Key.FLASH))
    assert (done[0], wire(done)) == (actions.RouteAudio(SPEAKER), [actions.ResumeCall("a")])


def test_who_only_holds_or_mutes_at_another_device_takes_nothing(desk: Reception) -> None:
    desk.talks()
    desk.presses(Key.MUTE, SPEAKER)
    desk.presses(Key.HOLD, SPEAKER)
    assert (desk.state("a"), desk.seen.audio) == (ON_HOLD, HEADSET)


# --- ringing, and stopping to


def test_all_ring_and_all_stop_when_one_answers_or_the_caller_gives_up(desk: Reception) -> None:
    def ring() -> set[str]:
        return {
            device for device, plan in lamps(desk.seen).items() if plan[Lamp.RING].pattern is not Pattern.OFF
        }

    everybody = {HEADSET, HANDSET, SPEAKER, BUTTONS}
    for call, ends in (("a", events.CallReleased("a", 487)), ("b", events.KeyPressed(SPEAKER, Key.HOOK))):
        desk.rings(call)
        assert ring() == everybody
        plug(desk, "late")
        assert ring() == {*everybody, "late"}
        pull(desk, "late")
        desk.happens(ends)
        assert not ring()


# --- devices that echo, that do not, and that take it back


@pytest.mark.parametrize("echo", [True, False])
def test_ten_fast_holds_and_resumes_are_ten(desk: Reception, echo: bool) -> None:
    desk.rings()
    desk.asks(events.Answer())
    if echo:
        lift(desk, HEADSET, after=0.05)
    for time in range(20):
        desk.happens(events.KeyPressed(HEADSET, Key.FLASH), after=0.1)
        desk.happens(events.KeyReleased(HEADSET, Key.FLASH), after=0.02)
        assert desk.state("a") is (TALKS if time % 2 else ON_HOLD)
        assert seized(desk) == {HEADSET}, "Jabra hangs up when it goes dark"
    assert put_back(desk, HEADSET) == [actions.HangUpCall("a")]


def test_a_hook_that_nobody_wanted_and_that_comes_back_after_two_seconds_hangs_up_nobody(
    desk: Reception,
) -> None:
    lift(desk, HEADSET)
    desk.rings()
    desk.asks(events.Answer(), after=1.0)
    assert put_back(desk, HEADSET, after=1.2) == []
    assert desk.state("a") is TALKS


def test_a_headset_that_did_not_echo_hangs_up_all_the_same(desk: Reception) -> None:
    desk.rings()
    desk.asks(events.Answer())
    assert put_back(desk, HEADSET) == [actions.HangUpCall("a")]


def test_given_the_caller_gave_up_when_the_hook_lifts_too_late_then_nothing_happens(desk: Reception) -> None:
    desk.rings()
    desk.happens(events.CallReleased("a", 487))
    assert lift(desk, HANDSET, after=0.01) == []
    assert put_back(desk, HANDSET, after=2.1) == []
    assert not seized(desk)


# --- mute


def test_a_boom_arm_that_refuses_to_be_unmuted_keeps_the_operator_muted_and_that_is_all(
    desk: Reception,
) -> None:
    desk.talks()
    desk.asks(events.Mute(on=True))
    assert desk.asks(events.Mute(on=False), after=1.0) == [actions.MuteMicrophone(on=False)]
    assert desk.presses(Key.MUTE, HEADSET) == [actions.MuteMicrophone(on=True)]
    assert desk.presses(Key.MUTE, HEADSET) == [], (
        "not even a device that answers every change starts a cascade"
    )
    assert desk.seen.muted
    desk.now += 1.0
    assert desk.presses(Key.MUTE, HEADSET) == [actions.MuteMicrophone(on=False)], "that is a person again"


def test_no_device_undoes_at_once_that_the_operator_was_muted_elsewhere(desk: Reception) -> None:
    desk.talks()
    desk.asks(events.Mute(on=True))
    assert desk.presses(Key.MUTE, HEADSET) == []
    assert desk.seen.muted


def test_two_boom_arms_agree_that_the_operator_is_muted(desk: Reception) -> None:
    desk.talks()
    desk.asks(events.Mute(on=True))
    desk.asks(events.Mute(on=False), after=1.0)
    desk.happens(events.KeyPressed(HEADSET, Key.MUTE))
    desk.happens(events.KeyPressed(SPEAKER, Key.MUTE))
    assert desk.seen.muted


def test_mute_presses_at_two_devices_take_turns(desk: Reception) -> None:
    desk.talks()
    for time in range(20):
        desk.happens(events.KeyPressed((HEADSET, SPEAKER)[time % 2], Key.MUTE), after=0.5)
        assert desk.seen.muted is (time % 2 == 0)


def test_who_is_muted_for_one_caller_is_heard_by_the_next(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.presses(Key.MUTE, HEADSET)
    desk.rings("b", BOB)
    assert actions.MuteMicrophone(on=False) in desk.asks(events.Answer())
    desk.presses(Key.MUTE, HEADSET)
    assert actions.MuteMicrophone(on=False) in desk.asks(events.Resume("a"))


def test_who_is_muted_stays_so_when_another_joins_the_call(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    desk.presses(Key.MUTE, HEADSET)
    desk.asks(events.Confer())
    assert desk.seen.muted


def test_mute_is_not_carried_over_from_call_to_call(desk: Reception) -> None:
    desk.talks()
    desk.presses(Key.MUTE, HEADSET)
    desk.happens(events.CallReleased("a"))
    assert desk.presses(Key.MUTE, HEADSET) == []
    desk.talks("b", BOB)
    assert (desk.seen.muted, desk.lamp(Lamp.MUTE)) == (False, Pattern.OFF)


# --- what is pressed at a device that is pulled out


def test_a_long_press_ends_with_its_device(desk: Reception) -> None:
    desk.rings()
    desk.happens(events.KeyPressed(SPEAKER, Key.HOLD))
    timer = Timer(Clock.LONG_PRESS, f"{SPEAKER} {Key.HOLD}")
    assert actions.StopTimer(timer) in pull(desk, SPEAKER)
    desk.happens(events.TimerEnded(timer))
    assert desk.seen.waiting
