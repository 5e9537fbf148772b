"""A speakerphone's microphone hears its speaker; the caller hears the operator and not himself."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest

from appliance.sip.card import Card
from tests.rig.audio import Format
from tests.rig.devices import Headset
from tests.rig.guest.test_phone_sound import Talk
from tests.sip.parties import Operator, config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from tests.rig.tone import Recording

pytestmark = pytest.mark.exchange
OPERATOR_HZ = 700
ROOM = Format(rates=(16000,), playback_channels=1, echo=0.5)


@pytest.fixture
def operator(exchange: Exchange) -> Iterator[Operator]:
    """An operator to whom "Headset!" is that card, with the echo canceller."""

    def card_of(device: str) -> Card:
        return Card(device.rstrip("!"), echo=device.endswith("!"))

    with Operator(config(exchange, null_audio=False), card_of=card_of) as running:
        yield running.registered()


def heard(
    operator: Operator, exchange: Exchange, folder: Path, echo: str = ""
) -> tuple[Recording, Recording]:
    """What a caller who speaks hears: while the operator listens, and while both speak."""
    folder.mkdir()
    with Headset(audio=ROOM) as phone:
        talk = Talk(operator, exchange, folder, speaks="voice")
        talk.route(phone.card + echo)
        time.sleep(3)  # the canceller gets to know the room
        time.sleep(2)
        phone.hear_tone(OPERATOR_HZ, -20)
        time.sleep(2)
        recorded = talk.heard_by_the_caller()
        return recorded.cut(-4, -2.2), recorded.cut(-1.5, -0.3)


def test_the_caller_hears_the_operator_and_not_himself(
    operator: Operator, exchange: Exchange, tmp_path: Path
) -> None:
    alone, both = heard(operator, exchange, tmp_path / "without")
    cancelled, operator_alone = heard(operator, exchange, tmp_path / "with", "!")
    gained = level(alone) - level(cancelled)
    lost = both.measure(OPERATOR_HZ).dbfs - operator_alone.measure(OPERATOR_HZ).dbfs
    print(f"the echo is {gained:.0f} dB softer; the operator, while both speak, {lost:.0f} dB")
    assert level(alone) > -45, "there is an echo"
    assert gained > 20
    assert lost < 6


def level(recording: Recording) -> float:
    """Its mean power in dB of full scale."""
    samples = memoryview(recording.pcm).cast("h")
    return 10 * math.log10(max(1e-9, sum(sample * sample for sample in samples) / len(samples) / 32767**2))
