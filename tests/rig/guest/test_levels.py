"""Volume and gain of a headset's sound card, set and noticed through the kernel's own mixer."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from drivers.audio.levels import CardLevels, Levels
from tests.rig.audio import Format
from tests.rig.devices import Headset, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Open = Callable[..., "Told"]


class Told:
    """A card's levels, and what they tell."""

    def __init__(self, card: str, wanted: Levels | None = None) -> None:
        self.told: list[tuple[str, Levels]] = []
        self.levels = CardLevels(card, lambda name, found: self.told.append((name, found)), wanted)

    @property
    def last(self) -> Levels:
        return self.told[-1][1] if self.told else Levels()


@pytest.fixture
def headset() -> Iterator[Headset]:
    with Headset() as headset:
        subprocess.run(["udevadm", "settle"], check=True)  # alsactl sets volumes of its own at first
        yield headset


@pytest.fixture
def follow() -> Iterator[Open]:
    followed: list[Told] = []

    def begin(card: str, wanted: Levels | None = None) -> Told:
        followed.append(Told(card, wanted))
        return followed[-1]

    yield begin
    for each in followed:
        each.levels.close()
        each.levels._thread.join(10)


def amixer(headset: Headset, *words: str) -> None:
    subprocess.run(["amixer", "-q", "-c", headset.card, "set", *words], check=True)


def test_a_card_left_muted_is_unmuted_and_gets_the_levels_that_were_stored(
    headset: Headset, follow: Open
) -> None:
    amixer(headset, "PCM", "10%", "mute")
    amixer(headset, "Mic", "10%", "nocap")
    told = follow(headset.card, Levels(0.5, 1.0))
    eventually("the levels", lambda: headset.mixer["capture"] == {"muted": False, "decibel": 0})
    playback = headset.mixer["playback"]
    assert not playback["muted"]
    shown = subprocess.run(
        ["amixer", "-M", "-c", headset.card, "get", "PCM"], capture_output=True, text=True, check=True
    )
    assert re.search(r"\[(49|50|51)%\]", shown.stdout), "half, as alsamixer shows it"
    eventually("it is told", lambda: bool(told.told))
    assert told.last.speaker == pytest.approx(0.5, abs=0.02)
    assert told.last.microphone == 1.0


def test_what_others_set_while_a_card_comes_up_is_put_right(headset: Headset, follow: Open) -> None:
    follow(headset.card, Levels(0.5, 0.5))
    eventually("the level", lambda: headset.mixer["playback"]["decibel"] > -20)
    amixer(headset, "PCM", "0%", "mute")
    eventually("it is put right", lambda: headset.mixer["playback"]["decibel"] > -20)
    eventually("it is unmuted", lambda: not headset.mixer["playback"]["muted"])


def test_what_others_set_later_is_told_and_stays(headset: Headset, follow: Open) -> None:
    told = follow(headset.card, Levels(0.5, 0.5))
    eventually("it is told", lambda: bool(told.told))
    time.sleep(3.5)
    amixer(headset, "Mic", "100%", "nocap")  # as a headset's own wheel and key
    eventually("it is told", lambda: told.last.microphone == 1.0)
    assert headset.mixer["capture"]["muted"], "the headset's own mute is its own affair"


def test_the_volume_keys_step_and_end_at_the_ends(headset: Headset, follow: Open) -> None:
    told = follow(headset.card, Levels(0.5, 0.5))
    eventually("it is told", lambda: bool(told.told))
    before = told.last.speaker or 0
    for _ in range(3):
        told.levels.step(Levels(speaker=0.1))
    eventually("three steps", lambda: (told.last.speaker or 0) > before + 0.2)
    for _ in range(20):
        told.levels.step(Levels(speaker=0.1))
    eventually("the end", lambda: told.last.speaker == 1.0)
    told.levels.set(Levels(microphone=0.0))
    eventually("the other end", lambda: told.last.microphone == 0.0)
    assert headset.mixer["capture"]["decibel"] == -40


def test_a_card_that_comes_back_has_its_levels(headset: Headset, follow: Open) -> None:
    told = follow(headset.card, Levels(0.3, 0.7))
    eventually("it is told", lambda: bool(told.told))
    headset.unplug()
    headset.plug()
    assert headset.card
    amixer(headset, "PCM", "100%", "mute")
    eventually("the level", lambda: -30 < headset.mixer["playback"]["decibel"] < -10, 10)
    assert not headset.mixer["playback"]["muted"]


def test_a_speaker_alone_has_no_gain_and_a_loopback_no_levels(follow: Open) -> None:
    with Headset(audio=Format(capture_channels=0)) as speaker:
        told = follow(speaker.card, Levels(0.5, 0.5))
        eventually("it is told", lambda: bool(told.told))
        assert told.last.microphone is None
        assert told.last.speaker == pytest.approx(0.5, abs=0.02)
    loopback = follow("Loopback")
    eventually("it is told", lambda: bool(loopback.told))
    assert loopback.last == Levels()


def test_a_card_that_hangs_keeps_its_own_thread_and_nobody_else(headset: Headset, follow: Open) -> None:
    told = follow(headset.card)
    eventually("it is told", lambda: bool(told.told))
    headset.hang()
    begun = time.monotonic()
    told.levels.set(Levels(0.5, 0.5))
    told.levels.step(Levels(speaker=0.1))
    told.levels.close()
    ticks = 0
    beat = threading.Event()
    while ticks < 20:  # Python goes on in other threads
        beat.wait(0.01)
        ticks += 1
    assert time.monotonic() - begun < 2
    headset.hang(False)
