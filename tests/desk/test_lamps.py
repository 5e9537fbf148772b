"""What the lamps and the ringer show: of several things the most urgent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from appliance import settings
from appliance.configuration import light_policy
from appliance.desk import events
from appliance.desk.config import DeskConfig
from appliance.desk.events import Clock
from appliance.desk.lamps import COLOURS, DARK, Colour, Lamp, LightPolicy, Pattern, Shine, lamps, shine
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


# How colours look to a dichromat, in linear RGB: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE Transactions on Visualization
# and Computer Graphics 15 (2009) 6, 1291-1298; the matrices of its supplement for severity 1.0.
EYES = {
    "trichromat": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanope": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranope": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanope": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
MUCH_LIGHTER = 15  # of the 100 of CIE L*; 1 is about what an eye can just see side by side


def lightness(colour: Colour, eye: str) -> float:
    """Return CIE L* of an sRGB colour (IEC 61966-2-1) as such an eye sees it."""
    parts = (part / 255 for part in colour)
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    seen = (sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in EYES[eye])
    red, green, blue = (min(1.0, max(0.0, part)) for part in seen)
    luminance: float = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


@pytest.mark.parametrize("eye", EYES)
def test_nobody_needs_colours_to_tell_what_the_busy_light_says(eye: str) -> None:
    for one, other in combinations(MOODS, 2):
        first, second = shown(one), shown(other)
        if first.pattern is second.pattern:
            apart = abs(lightness(first.colour, eye) - lightness(second.colour, eye))
            assert apart >= MUCH_LIGHTER, (one.__name__, other.__name__)


def test_the_light_shows_what_the_policy_says(desk: Reception) -> None:
    policy = LightPolicy(available=shine("#102030 slow"), talking=DARK)
    assert lamps(desk.seen, lights=policy)[HEADSET][Lamp.STATUS] == Shine(Pattern.SLOW, (16, 32, 48))
    desk.talks()
    assert lamps(desk.seen, lights=policy)[HEADSET][Lamp.STATUS] == DARK


def test_where_nothing_is_set_it_shows_what_was_tried_here() -> None:
    assert light_policy(settings.Settings()) == LightPolicy()


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("green", Shine(Pattern.ON, COLOURS["green"])),
        ("Green Blink", Shine(Pattern.BLINK, COLOURS["green"])),
        (" dim  green wink ", Shine(Pattern.WINK, COLOURS["dim green"])),
        ("#00c800", Shine(Pattern.ON, (0, 200, 0))),
        ("#00C800 fast", Shine(Pattern.FAST, (0, 200, 0))),
        ("red on", Shine(Pattern.ON, COLOURS["red"])),
        ("off", DARK),
    ],
)
def test_a_light_is_described_in_words(text: str, means: Shine) -> None:
    assert shine(text) == means


@pytest.mark.parametrize("text", ["", "pink", "blink", "red off", "#00c80", "red blink blink", "off blink"])
def test_what_is_no_light_is_refused_with_what_can_be_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"write off, or a colour .*green.* and how it burns .*blink"):
        shine(text)


# --- the lamps of headsets


def test_what_says_that_there_is_a_call_burns_at_the_device_that_has_the_audio(desk: Reception) -> None:
    desk.happens(events.DeviceAttached("spare", audio=True))
    says_so = (Lamp.OFF_HOOK, Lamp.SPEAKER, Lamp.ON_LINE)

    def burn(device: str) -> set[Lamp]:
        return {lamp for lamp in says_so if desk.lamp(lamp, device) is Pattern.ON}

    desk.rings()
    assert not burn(HEADSET)
    desk.asks(events.Answer())
    assert (burn(HEADSET), burn("spare")) == (set(says_so), set())
    desk.asks(events.Hold())
    assert burn(HEADSET) == set(says_so)
    desk.asks(events.HangUp("a"))
    assert not burn(HEADSET)


def test_the_microphone_lamp_says_muted_and_never_that_the_operator_is_heard(desk: Reception) -> None:
    desk.talks()
    assert desk.lamp(Lamp.MICROPHONE) is Pattern.OFF
    desk.asks(events.Mute(on=True))
    assert (desk.lamp(Lamp.MICROPHONE), desk.lamp(Lamp.MUTE)) == (Pattern.ON, Pattern.ON)


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
    desk.happens(events.DeviceAttached("buttons"))
    desk.asks(events.Resume("a"))
    assert lamps(desk.seen)["buttons"][Lamp.HOLD].pattern is Pattern.BLINK


def test_beside_a_held_call_a_telephone_shows_the_one_that_is_talked_in(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.asks(events.Hold())
    assert (desk.lamp(Lamp.OFF_HOOK), desk.lamp(Lamp.HOLD)) == (Pattern.ON, Pattern.BLINK)
    desk.talks("b", BOB)
    assert (desk.lamp(Lamp.OFF_HOOK), desk.lamp(Lamp.HOLD)) == (Pattern.ON, Pattern.OFF)


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
    assert (heard.tone, heard.volume, heard.beep, heard.internal) == ("in.wav", 0.7, False, True)
    desk.happens(events.CallReleased("a", 487))
    heard = ringing(desk.seen, POLICY)
    assert heard
    assert (heard.tone, heard.internal) == ("out.wav", False)


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
    assert not beep or (heard and heard.headset and not heard.ringer), "the tone is for one ear only"


def test_a_conference_is_a_call_as_well(desk: Reception) -> None:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    desk.asks(events.Confer())
    desk.rings("c", ZOE)
    heard = ringing(desk.seen, POLICY)
    assert heard
    assert heard.beep
    assert desk.lamp(Lamp.OFF_HOOK) is Pattern.ON
