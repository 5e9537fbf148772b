"""What the lamps and the ringer show: of several things the most urgent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from appliance.desk import events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock
from appliance.desk.lamps import Lamp, Pattern, Shine, lamps
from appliance.desk.ringing import RingPolicy, WhileTalking, ringing
from appliance.desk.state import RegistrationState
from tests.desk.reception import ADA, BOB, HEADSET, ZOE, Reception

REGISTERED, FAILED = RegistrationState.REGISTERED, RegistrationState.FAILED


Mood = Callable[[Reception], None]


def status(desk: Reception, policy: RingPolicy | None = None) -> Shine:
    return lamps(desk.seen, policy or RingPolicy())[HEADSET][Lamp.STATUS]


def idle(desk: Reception) -> None:
    """Nothing has happened."""


def rings(desk: Reception) -> None:
    desk.rings()


def talks(desk: Reception) -> None:
    desk.talks()


def talks_and_rings(desk: Reception) -> None:
    desk.talks()
    desk.rings("b", BOB)


def holds(desk: Reception) -> None:
    desk.talks()
    desk.asks(events.Hold())


def holds_for_long(desk: Reception) -> None:
    holds(desk)
    desk.ends(Clock.HOLD_ALERT, "a", 120.0)


def is_not_registered(desk: Reception) -> None:
    desk.happens(events.RegistrationChanged(FAILED))


def is_not_to_be_disturbed(desk: Reception) -> None:
    desk.asks(events.SetDnd(on=True))


def has_voicemail(desk: Reception) -> None:
    desk.happens(events.MessagesWaiting(1))


def is_away(desk: Reception) -> None:
    desk.ends(Clock.AWAY, "", 60.0)


MOODS = [
    *(rings, talks_and_rings, holds_for_long, talks, holds),
    *(is_not_registered, is_not_to_be_disturbed, has_voicemail, is_away, idle),
]


def shown(*moods: Mood) -> Shine:
    desk = Reception(DeskConfig(away_after=60.0))
    for mood in moods:
        mood(desk)
    return status(desk)


def test_the_busy_light_tells_all_of_these_apart() -> None:
    for one, other in combinations(MOODS, 2):
        assert shown(one) != shown(other), (one.__name__, other.__name__)


@pytest.mark.parametrize(
    ("urgent", "less"),
    [
        (rings, is_not_to_be_disturbed),
        (talks, is_not_to_be_disturbed),
        (holds, has_voicemail),
        (is_not_registered, is_not_to_be_disturbed),
        (is_not_to_be_disturbed, has_voicemail),
        (has_voicemail, is_away),
    ],
)
def test_the_more_urgent_of_two_is_shown(urgent: Mood, less: Mood) -> None:
    first, then = (urgent, less) if urgent in (rings, talks) else (less, urgent)  # else nobody could ring
    assert shown(first, then) == shown(urgent)


def test_the_message_lamp_burns_while_a_new_message_waits(desk: Reception) -> None:
    assert desk.lamp(Lamp.MESSAGE_WAITING) is Pattern.OFF
    desk.happens(events.MessagesWaiting(1, 3))
    assert desk.lamp(Lamp.MESSAGE_WAITING) is Pattern.ON
    desk.happens(events.MessagesWaiting(0, 4))
    assert desk.lamp(Lamp.MESSAGE_WAITING) is Pattern.OFF


def test_the_alert_stays_while_others_are_held_and_ends_with_the_call_that_waited(desk: Reception) -> None:
    holds_for_long(desk)
    desk.talks("b", BOB)
    desk.asks(events.Hold())
    assert desk.lamp(Lamp.HOLD) is Pattern.FAST
    desk.asks(events.Resume("a"))
    assert desk.lamp(Lamp.HOLD) is Pattern.BLINK


def test_a_desk_that_does_not_ring_by_light_still_shows_which_key_answers(desk: Reception) -> None:
    before = status(desk)
    desk.rings()
    dark = RingPolicy(light=False)
    plan = lamps(desk.seen, dark)[HEADSET]
    assert (plan[Lamp.RING].pattern, plan[Lamp.ANSWER].pattern) == (Pattern.OFF, Pattern.FAST)
    assert status(desk, dark) == before


# --- what is heard

POLICY = RingPolicy(tone_internal="in.wav", tone_external="out.wav", volume=0.7, waiting_volume=0.2)


def test_colleagues_and_others_ring_differently_and_the_oldest_call_is_the_one_that_rings(
    desk: Reception,
) -> None:
    assert ringing(desk.seen, POLICY) is None
    desk.happens(events.CallArrived("a", ADA, internal=True))
    desk.rings("b", ZOE)
    heard = ringing(desk.seen, POLICY)
    assert heard
    assert (heard.tone, heard.volume, heard.beep) == ("in.wav", 0.7, False)
    desk.happens(events.CallReleased("a", 487))
    heard = ringing(desk.seen, POLICY)
    assert heard
    assert heard.tone == "out.wav"


@pytest.mark.parametrize(
    ("way", "volume", "beep"),
    [(WhileTalking.RING, 0.7, False), (WhileTalking.BEEP, 0.2, True), (WhileTalking.SILENT, None, None)],
)
def test_during_a_call_it_is_heard_as_the_policy_says(
    desk: Reception, way: WhileTalking, volume: float | None, beep: bool | None
) -> None:
    talks_and_rings(desk)
    policy = RingPolicy(volume=0.7, waiting_volume=0.2, while_talking=way)
    heard = ringing(desk.seen, policy)
    assert (heard and heard.volume, heard and heard.beep) == (volume, beep)


def test_a_conference_is_a_call_as_well(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    desk.asks(events.Confer())
    desk.rings("c", ZOE)
    heard = ringing(desk.seen, POLICY)
    assert heard
    assert heard.beep
    assert desk.lamp(Lamp.OFF_HOOK) is Pattern.ON
