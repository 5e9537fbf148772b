"""The keypad of a device: digits in a call, and numbers that are typed before they are dialled."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock, Timer
from appliance.desk.keypad import FORGET, MOST, PAUSE
from appliance.desk.keys import Key
from appliance.desk.state import CallState
from tests.desk.reception import BUTTONS, HEADSET, Reception, wire

HANDSET = "handset"
TYPED = Timer(Clock.TYPED, "")
CALLED = actions.PlaceCall("out-1", "1002")


@pytest.fixture
def desk() -> Reception:
    """A desk with a headset, preferred, and a handset with a keypad."""
    desk = Reception(DeskConfig(speed_dials=(("1", "1001"),), voicemail_number="*98"))
    desk.happens(events.DeviceAttached(HANDSET, audio=True, rank=1))
    return desk


def types(desk: Reception, digits: str, device: str = HANDSET, after: float = 0.2) -> list[actions.Action]:
    done: list[actions.Action] = []
    for digit in digits:
        done += desk.happens(events.KeyPressed(device, Key(digit)), after)
        done += desk.happens(events.KeyReleased(device, Key(digit)))
    return done


def lift(desk: Reception, device: str = HANDSET) -> list[actions.Action]:
    return desk.happens(events.KeyPressed(device, Key.HOOK), 5.0)


def put_back(desk: Reception, device: str = HANDSET, after: float = 5.0) -> list[actions.Action]:
    return desk.happens(events.KeyReleased(device, Key.HOOK), after)


# --- in a call


def test_digits_are_sent_to_whom_the_operator_talks_to_and_are_not_kept(desk: Reception) -> None:
    desk.talks()
    assert types(desk, "1*#") == [actions.SendDtmf("a", digit) for digit in "1*#"]
    assert desk.seen.typed.number == ""


def test_digits_are_sent_to_nobody_before_the_far_end_has_answered(desk: Reception) -> None:
    desk.asks(events.Dial("1002"))
    assert types(desk, "1") == []
    assert desk.notice() == "nobody has answered yet"


# --- dialling


def test_a_number_typed_is_dialled_by_lifting_the_handset_and_heard_there(desk: Reception) -> None:
    types(desk, "1002")
    assert desk.seen.typed.number == "1002"
    done = lift(desk)
    assert done == [actions.RouteAudio(HANDSET), CALLED, actions.StopTimer(TYPED)]
    assert desk.seen.typed.number == ""


@pytest.mark.parametrize("ends", [Key.POUND, Key.FLASH, Key.ANSWER])
def test_a_key_dials_what_was_typed(desk: Reception, ends: Key) -> None:
    types(desk, "1002")
    done = desk.happens(events.KeyPressed(HANDSET, ends))
    assert (done[0], wire(done)) == (actions.RouteAudio(HANDSET), [CALLED])


def test_the_answer_button_dials_what_was_typed_and_the_audio_stays(desk: Reception) -> None:
    types(desk, "1002")
    assert wire(desk.presses(Key.ANSWER, BUTTONS)) == [CALLED]
    assert desk.seen.audio == HEADSET


def test_given_the_handset_was_lifted_before_then_a_pause_dials(desk: Reception) -> None:
    assert lift(desk) == []
    done = types(desk, "1002")
    assert [a for a in done if isinstance(a, actions.StartTimer)] == [actions.StartTimer(TYPED, PAUSE)] * 4
    done = desk.happens(events.TimerEnded(TYPED), PAUSE)
    assert done == [actions.RouteAudio(HANDSET), CALLED]


def test_given_the_handset_was_not_lifted_then_nothing_is_dialled_and_what_was_typed_is_forgotten(
    desk: Reception,
) -> None:
    assert actions.StartTimer(TYPED, FORGET) in types(desk, "1002")
    assert desk.happens(events.TimerEnded(TYPED), FORGET) == []
    assert desk.seen.typed.number == ""
    assert lift(desk) == []


def test_a_handset_put_back_dials_nothing(desk: Reception) -> None:
    lift(desk)
    types(desk, "10")
    assert put_back(desk) == [actions.StopTimer(TYPED)]
    assert desk.seen.typed.number == ""


def test_another_handset_put_back_leaves_what_was_typed(desk: Reception) -> None:
    desk.happens(events.DeviceAttached("spare", audio=True, rank=2))
    lift(desk, "spare")
    types(desk, "10")
    put_back(desk, "spare")
    assert desk.seen.typed.number == "10"


def test_what_may_be_the_echo_of_the_lamp_lets_go_on_typing_and_dials_nothing_by_itself(
    desk: Reception,
) -> None:
    lift(desk)
    types(desk, "10")
    put_back(desk, after=2.0 - 0.42)
    assert desk.seen.typed.number == "10"
    desk.happens(events.TimerEnded(TYPED), PAUSE)
    assert (desk.seen.typed.number, desk.seen.calls) == ("", ())


def test_the_reject_key_clears_what_was_typed(desk: Reception) -> None:
    types(desk, "10")
    desk.happens(events.KeyPressed(HANDSET, Key.REJECT))
    assert desk.seen.typed.number == ""


def test_what_was_typed_goes_with_its_device(desk: Reception) -> None:
    lift(desk)
    types(desk, "10")
    assert desk.happens(events.DeviceDetached(HANDSET)) == [actions.StopTimer(TYPED)]
    assert desk.seen.typed.number == ""


def test_a_call_that_is_answered_clears_what_was_typed(desk: Reception) -> None:
    types(desk, "10")
    desk.rings()
    assert desk.seen.typed.number == "10"
    assert lift(desk)[:2] == [actions.RouteAudio(HANDSET), actions.AnswerCall("a")]
    assert desk.seen.typed.number == ""


def test_with_a_caller_on_hold_a_number_can_be_typed_and_dialled(desk: Reception) -> None:
    desk.talks()
    desk.asks(events.Hold())
    types(desk, "1002")
    assert wire(lift(desk)) == [CALLED]
    assert desk.state("a") is CallState.HELD


def test_the_code_of_an_exchange_keeps_its_last_key(desk: Reception) -> None:
    types(desk, "*21*100#")
    assert desk.seen.typed.number == "*21*100#"
    assert wire(lift(desk)) == [actions.PlaceCall("out-1", "*21*100#")]


def test_a_number_is_not_typed_without_end(desk: Reception) -> None:
    types(desk, "1" * (MOST + 5))
    assert desk.seen.typed.number == "1" * MOST


def test_a_number_that_may_not_be_dialled_says_so_and_is_cleared() -> None:
    def deny(number: str) -> str:
        raise ValueError("not from here")

    desk = Reception(DeskConfig(dial=deny))
    types(desk, "0900#", HEADSET)
    assert (desk.notice(), desk.seen.typed.number, desk.seen.calls) == ("not from here", "", ())


def test_typing_is_being_here(desk: Reception) -> None:
    desk = Reception(DeskConfig(away_after=60.0))
    desk.ends(Clock.AWAY, "", 60.0)
    assert desk.seen.away
    types(desk, "1", HEADSET)
    assert not desk.seen.away


# --- keys that call


@pytest.mark.parametrize(
    ("key", "number"), [(Key.REDIAL, "1002"), (Key.VOICE_MAIL, "*98"), (Key.SPEED_DIAL, "1001")]
)
def test_keys_that_call_do_so_while_the_desk_is_idle(desk: Reception, key: Key, number: str) -> None:
    desk.asks(events.Dial("1002"))
    desk.asks(events.HangUp())
    desk.rings()
    assert wire(desk.presses(key, HANDSET)) == []
    desk.asks(events.Reject())
    done = desk.presses(key, HANDSET)
    assert (done[0], wire(done)) == (actions.RouteAudio(HANDSET), [actions.PlaceCall("out-2", number)])
    assert wire(desk.presses(key, HANDSET)) == []


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (Key.REDIAL, "no number was dialled yet"),
        (Key.VOICE_MAIL, "no mailbox number is set"),
        (Key.SPEED_DIAL, "no number is kept under '1'"),
    ],
)
def test_where_there_is_no_number_it_says_so(key: Key, why: str) -> None:
    desk = Reception()
    desk.presses(key, HEADSET)
    assert desk.notice() == why
