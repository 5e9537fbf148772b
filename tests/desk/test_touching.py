"""Two buttons held together for long: somebody has the box in their hands."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.events import Clock, Timer
from appliance.desk.keys import Key
from appliance.desk.lamps import Lamp, Pattern, lamps
from appliance.desk.touching import HELD
from tests.desk.reception import BUTTONS, HEADSET, Reception

TOGETHER = Timer(Clock.TOGETHER, BUTTONS)


def down(desk: Reception, key: Key, device: str = BUTTONS) -> list[actions.Action]:
    return desk.happens(events.KeyPressed(device, key))


def up(desk: Reception, key: Key, device: str = BUTTONS) -> list[actions.Action]:
    return desk.happens(events.KeyReleased(device, key))


def started(done: list[actions.Action]) -> list[float]:
    """For how long it is waited now."""
    return [a.seconds for a in done if isinstance(a, actions.StartTimer) and a.timer == TOGETHER]


def stopped(done: list[actions.Action]) -> bool:
    return actions.StopTimer(TOGETHER) in done


def ends(desk: Reception) -> list[actions.Action]:
    return desk.happens(events.TimerEnded(TOGETHER), HELD)


def test_given_both_are_held_for_ten_seconds_then_a_password_may_be_set_and_their_lamps_say_so(
    desk: Reception,
) -> None:
    assert started(down(desk, Key.PARK)) == []
    assert started(down(desk, Key.ANSWER)) == [HELD]
    assert actions.AllowReset() in ends(desk)
    shown = lamps(desk.seen)[BUTTONS]
    assert shown[Lamp.ANSWER].pattern is shown[Lamp.PARK].pattern is Pattern.FAST
    desk.happens(events.TimerEnded(Timer(Clock.TOUCHED, "")), 10)
    shown = lamps(desk.seen)[BUTTONS]
    assert shown[Lamp.ANSWER].pattern is shown[Lamp.PARK].pattern is Pattern.OFF


@pytest.mark.parametrize("key", [Key.ANSWER, Key.PARK])
def test_given_one_comes_up_before_then_nothing_comes_of_it(desk: Reception, key: Key) -> None:
    down(desk, Key.ANSWER)
    down(desk, Key.PARK)
    assert stopped(up(desk, key))
    assert actions.AllowReset() not in ends(desk)
    assert started(down(desk, key)) == [HELD]


def test_it_happens_once_until_they_are_pressed_again(desk: Reception) -> None:
    down(desk, Key.ANSWER)
    down(desk, Key.PARK)
    ends(desk)
    assert started(down(desk, Key.HOLD)) == []
    up(desk, Key.ANSWER)
    up(desk, Key.PARK)
    down(desk, Key.ANSWER)
    assert started(down(desk, Key.PARK)) == [HELD]


def test_the_two_have_to_be_on_one_device(desk: Reception) -> None:
    down(desk, Key.ANSWER, HEADSET)
    assert started(down(desk, Key.PARK, BUTTONS)) == []


def test_given_a_call_then_the_buttons_are_for_calls(desk: Reception) -> None:
    down(desk, Key.ANSWER)
    down(desk, Key.PARK)
    assert stopped(desk.rings())
    assert actions.AllowReset() not in ends(desk)
    assert not desk.seen.touched


def test_given_a_call_while_the_lamps_tell_then_they_are_for_the_call(desk: Reception) -> None:
    down(desk, Key.ANSWER)
    down(desk, Key.PARK)
    ends(desk)
    desk.rings()
    assert not desk.seen.touched
    assert lamps(desk.seen)[BUTTONS][Lamp.PARK].pattern is Pattern.OFF


def test_given_a_device_that_is_pulled_out_then_nothing_is_held(desk: Reception) -> None:
    down(desk, Key.ANSWER)
    down(desk, Key.PARK)
    assert stopped(desk.happens(events.DeviceDetached(BUTTONS)))
    desk.happens(events.DeviceAttached(BUTTONS))
    assert started(down(desk, Key.PARK)) == []
