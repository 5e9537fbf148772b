"""Waiting calls are heard in the operator's headset, as the policy says, and by nobody else."""

from __future__ import annotations

import array
import itertools
import math
import wave
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.desk.ringing import Ringing
from tests.sip.parties import Operator, config, talk_to
from tests.sip.scripted import ScriptedExchange
from tests.sip.sound import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Listen = Callable[[Ringing | None, float], "Heard"]

    from tests.sip.parties import Phones

RINGS, BEEPS, FILE, TALK = (660, 880), 425, 1200, 1900  # Hz
HEADSET = Ringing("", 0.8, 0.2, headset=True, ringer=True)
CALL_WAITS = Ringing("", 0.3, 0.2, headset=True, ringer=False, beep=True)


class Heard:
    """A recording, in pieces of a tenth of a second: tones that come and go have no level over all of it."""

    def __init__(self, file: Path) -> None:
        values, rate = samples(file)
        step = rate // 10
        self._rate = rate
        self._pieces = [values[at : at + step] for at in range(0, len(values) - step + 1, step)]

    def tone(self, hz: float) -> float:
        """The amplitude of a tone where it is loudest."""
        return max((self._level(piece, hz) for piece in self._pieces), default=0.0)

    def times(self) -> int:
        """How often silence was broken."""
        loud = [max(map(abs, piece)) > 200 for piece in self._pieces]
        return sum(now and not before for before, now in itertools.pairwise([False, *loud]))

    def _level(self, piece: array.array[int], hz: float) -> float:
        turn = 2 * math.pi * hz / self._rate
        sine = sum(value * math.sin(turn * n) for n, value in enumerate(piece))
        cosine = sum(value * math.cos(turn * n) for n, value in enumerate(piece))
        return 2 * math.hypot(sine, cosine) / len(piece)


@pytest.fixture
def desk() -> Iterator[Operator]:
    """An operator at an exchange that says yes to all."""
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        yield operator.registered()


@pytest.fixture
def listen(desk: Operator, tmp_path: Path) -> Listen:
    return lambda ringing, seconds: heard_by(desk, tmp_path, ringing, seconds)


def heard_by(operator: Operator, folder: Path, ringing: Ringing | None, seconds: float) -> Heard:
    """What the operator hears while it rings."""
    file = folder / "ear.wav"
    operator.listens(file)
    operator.agent.ring(ringing)
    operator.listened(seconds)
    operator.agent.ring(None)
    return Heard(file)


def wav(file: Path, hz: int, *, channels: int = 1) -> str:
    values = [round(9000 * math.sin(2 * math.pi * hz * n / 16000)) for n in range(4800)]
    with wave.open(str(file), "w") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(16000)
        written.writeframes(array.array("h", [v for v in values for _ in range(channels)]).tobytes())
    return str(file)


def test_a_waiting_call_rings_in_two_tones(listen: Listen) -> None:
    heard = listen(HEADSET, 1.0)
    assert all(heard.tone(hz) > 3000 for hz in RINGS)


def test_it_rings_again_and_again_with_a_pause(listen: Listen) -> None:
    assert listen(replace(CALL_WAITS, every=0.3), 3.0).times() >= 3


def test_it_rings_once_where_that_is_wished(listen: Listen) -> None:
    heard = listen(replace(CALL_WAITS, every=0.0), 2.5)
    assert heard.times() <= 2  # the call-waiting tone is a pair of beeps
    assert heard.tone(BEEPS) > 1000


def test_the_volume_is_the_one_that_was_set(listen: Listen, tmp_path: Path) -> None:
    loud, soft = (listen(replace(HEADSET, volume=volume), 0.8).tone(RINGS[0]) for volume in (0.9, 0.3))
    assert loud > 2 * soft > 1000
    file = wav(tmp_path / "ring.wav", FILE)
    loud, soft = (listen(replace(HEADSET, tone=file, volume=volume), 0.8).tone(FILE) for volume in (0.9, 0.3))
    assert loud > 2 * soft > 500


@pytest.mark.parametrize("channels", [1, 2])
def test_a_sound_file_rings(listen: Listen, tmp_path: Path, channels: int) -> None:
    heard = listen(replace(HEADSET, tone=wav(tmp_path / "ring.wav", FILE, channels=channels)), 1.5)
    assert heard.tone(FILE) > 3000
    assert heard.times() >= 2
    assert heard.tone(RINGS[0]) < 500


@pytest.mark.parametrize("content", [None, b"", b"RIFF\0\0\0\0WAVE", b"nonsense" * 100])
def test_a_file_that_cannot_be_played_is_told_once_and_it_rings_all_the_same(
    listen: Listen,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes | None,
) -> None:
    file = tmp_path / "bad.wav"
    if content is not None:
        file.write_bytes(content)
    heard = listen(replace(HEADSET, tone=str(file)), 3.0)
    assert heard.tone(RINGS[0]) > 3000
    assert caplog.text.count(f"the ring tone {file} cannot be played") == 1


def test_a_headset_that_is_not_to_ring_is_silent(listen: Listen, desk: Operator) -> None:
    desk.speaks(TALK)
    assert listen(replace(HEADSET, headset=False), 0.6).times() == 0
    assert listen(None, 0.6).times() == 0


def test_ringing_ends_at_once(desk: Operator, tmp_path: Path) -> None:
    desk.agent.ring(HEADSET)
    assert heard_by(desk, tmp_path, None, 0.6).times() == 0


@pytest.mark.exchange
@pytest.mark.parametrize("ringing", [CALL_WAITS, HEADSET])
def test_who_talks_to_the_operator_hears_nothing_of_it(
    operator: Operator, phones: Phones, tmp_path: Path, ringing: Ringing
) -> None:
    operator.speaks(TALK)
    talk_to(operator, phones, "1002")
    operator.agent.ring(ringing)
    far_end = Heard(phones.heard("1002", tmp_path, 1.5))
    assert far_end.tone(TALK) > 3000
    assert all(far_end.tone(hz) < 100 for hz in (*RINGS, BEEPS))
    near_end = heard_by(operator, tmp_path, replace(ringing, every=0.1), 1.5)
    assert near_end.tone(BEEPS if ringing.beep else RINGS[0]) > 1000
    phones.do("1002", "hang_up")
