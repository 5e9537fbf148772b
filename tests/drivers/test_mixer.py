"""Levels from 0 to 1, as a person hears them, on controls that know decibels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.audio.levels import CardLevels, Levels, Steps
from drivers.audio.mixer import Mixer
from drivers.audio.scale import MUTE, Scale
from drivers.base import Unplugged

SCALES = st.builds(
    lambda highest, reach: Scale(highest - reach, highest), st.floats(-20, 30), st.floats(0.5, 120)
)


@given(SCALES, st.floats(0, 1))
def test_a_level_comes_back_as_it_was_set(scale: Scale, level: float) -> None:
    assert scale.level(scale.decibel(level)) == pytest.approx(level, abs=1e-6)


@given(SCALES, st.floats(0, 1), st.floats(0, 1))
def test_more_is_louder(scale: Scale, one: float, other: float) -> None:
    softer, louder = sorted((one, other))
    assert scale.decibel(softer) <= scale.decibel(louder) + 1e-9
    assert scale.lowest <= scale.decibel(softer) <= scale.highest + 1e-9


@pytest.mark.parametrize(
    ("scale", "level", "decibel"),
    [
        (Scale(-64, 0), 0.5, -15.9),  # alsamixer shows 50 at these
        (Scale(-40, 0), 0.5, -13.0),
        (Scale(-12, 12), 0.5, 0.0),
        (Scale(MUTE, 0), 0.5, -18.1),
    ],
)
def test_half_is_half_as_loud_as_alsamixer_has_it(scale: Scale, level: float, decibel: float) -> None:
    assert scale.decibel(level) == pytest.approx(decibel, abs=0.1)


def test_the_bottom_of_a_control_is_silence_where_it_has_one() -> None:
    assert Scale(MUTE, 0).decibel(0) == MUTE
    assert Scale(-30, 0).decibel(0) == -30


def test_steps_stay_between_nothing_and_all() -> None:
    assert Levels(0.9, None) + Steps(0.2, 0.2) == Levels(1.0, None)
    assert Levels(0.1, 0.5) + Steps(-0.2) == Levels(0.0, 0.5)
    assert Levels(0.1, 0.5).updated(Levels(speaker=0.3)) == Levels(0.3, 0.5)


def test_a_card_that_is_not_there_is_unplugged_and_its_levels_wait() -> None:
    with pytest.raises(Unplugged, match="NoSuchCard"):
        Mixer("NoSuchCard")
    told: list[Levels] = []
    levels = CardLevels("NoSuchCard", lambda _card, found: told.append(found))
    levels.set(Levels(0.5, 0.5))
    levels.close()
    levels._thread.join(5)
    assert not levels._thread.is_alive()
    assert not told
