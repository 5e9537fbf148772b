"""A headset is tried with nobody on the line: through the kernel's USB audio driver and ALSA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.sip.card import Card
from appliance.sip.meter import Levels
from tests.rig.devices import Headset
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HZ = 440
SAID = -20  # dB of full scale


@pytest.fixture
def levels() -> list[Levels]:
    return [Levels()]


@pytest.fixture
def operator(levels: list[Levels]) -> Iterator[Operator]:
    """An operator whose devices go by the names of their cards."""
    with (
        ScriptedExchange() as exchange,
        Operator(config(exchange, null_audio=False), card_of=Card, on_levels=levels.append) as running,
    ):
        running.registered().agent.meter(True)
        yield running


def test_what_is_said_into_a_headset_is_measured_and_heard_in_it_again(
    operator: Operator, levels: list[Levels], tmp_path: Path
) -> None:
    with Headset() as headset:
        headset.hear_tone(HZ, SAID)
        operator.agent.test_sound(headset.card, str(tmp_path / "echo.wav"), echo=True)
        until(lambda: levels[-1].microphone > SAID - 10, "the microphone is measured")
        until(lambda: levels[-1].test == "listen", "it is played back")
        until(lambda: levels[-1].test == "", "it is over", 30)
        assert not any(told.fault for told in levels)
        heard = headset.played()
    spoken = heard.measure(HZ).dbfs
    print(f"said at {SAID} dB, heard at {spoken:.1f} dB on the average of all that was played")
    assert spoken > SAID - 15


def test_a_card_that_is_not_there_is_told_of(
    operator: Operator, levels: list[Levels], tmp_path: Path
) -> None:
    operator.agent.test_sound("Nothing", str(tmp_path / "echo.wav"), echo=False)
    until(lambda: "no sound card Nothing" in levels[-1].fault, "it is told")
    operator.agent.end_sound_test()
    until(lambda: levels[-1] == Levels(), "it is over")
