"""A call's sound through the operator's sound cards, as they come, go, are in use, or hang."""

from __future__ import annotations

import subprocess
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, HangUpCall, RouteAudio
from appliance.desk.events import CallReleased
from appliance.sip.card import Card
from tests.rig.audio import Format
from tests.rig.devices import Headset, eventually
from tests.rig.tone import Recording
from tests.sip.parties import Operator, config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange
    from appliance.demo.exchange.process import Speech

pytestmark = pytest.mark.exchange
CALLER_HZ, FIRST_HZ, SECOND_HZ = 1000, 440, 700
MOST_GAP = 0.5  # seconds
CLEAR = 0.8  # seconds in which there is neither a gap nor a click
FORMS = {
    "stereo 48 kHz": Format(),
    "mono 16 kHz": Format(rates=(16000,), playback_channels=1),
    "8 kHz": Format(rates=(8000,), playback_channels=1),
    "32 kHz, two microphones": Format(rates=(32000,), capture_channels=2),
}


class Talk:
    """The operator in a call whose other end says something and keeps what it hears."""

    def __init__(self, operator: Operator, exchange: Exchange, folder: Path, speaks: Speech = "tone") -> None:
        self.operator, self._exchange = operator, exchange
        self._file = folder / "caller.wav"
        self._since = since = operator.mark()
        self._caller = exchange.originate("0305551234", "200", speaks=speaks, record=self._file)
        self.call = operator.rings(since).call
        operator.do(AnswerCall(self.call))
        operator.talks(self.call)

    def route(self, card: str) -> None:
        self.operator.do(RouteAudio(card))

    def heard_by_the_caller(self) -> Recording:
        """End the call, and return what the caller heard."""
        assert not self.operator.count(CallReleased, self._since), "the call went on all the time"
        self.operator.do(HangUpCall(self.call))
        eventually("the caller is gone", lambda: not self._exchange.channels())
        with wave.open(str(self._file)) as file:
            return Recording(file.getframerate(), 1, file.readframes(file.getnframes()))


@pytest.fixture
def operator(exchange: Exchange) -> Iterator[Operator]:
    """An operator whose devices bear the names of their sound cards."""
    with Operator(config(exchange, null_audio=False), card_of=Card) as running:
        yield running.registered()


@pytest.fixture
def talk(operator: Operator, exchange: Exchange, tmp_path: Path) -> Talk:
    return Talk(operator, exchange, tmp_path)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_both_are_heard_through_any_kind_of_card(talk: Talk, form: Format) -> None:
    with Headset(audio=form) as headset:
        headset.hear_tone(FIRST_HZ)
        talk.route(headset.card)
        hears(headset)
        time.sleep(3)
        heard = headset.played(3)
        said = talk.heard_by_the_caller().cut(-3, -0.3)
    assert heard.clear_for(CALLER_HZ) >= CLEAR
    assert said.clear_for(FIRST_HZ) >= CLEAR


def test_what_is_too_high_for_a_telephone_is_not_folded_into_its_band(talk: Talk) -> None:
    """ALSA, asked for 16 kHz, would make 1 kHz of 15 kHz."""
    with Headset() as headset:
        headset.hear_tone(15000)
        talk.route(headset.card)
        hears(headset)
        time.sleep(2)
        said = talk.heard_by_the_caller().cut(-1.5, -0.5)
    assert said.measure(1000).dbfs < -60


def test_a_speaker_alone_lets_hear_and_a_microphone_alone_lets_speak(talk: Talk) -> None:
    with Headset("SPEAKER", audio=Format(capture_channels=0)) as speaker:
        talk.route(speaker.card)
        hears(speaker)
    with Headset("MICROPHONE", audio=Format(playback_channels=0)) as microphone:
        microphone.hear_tone(SECOND_HZ)
        talk.route(microphone.card)
        time.sleep(3)
        said = talk.heard_by_the_caller().cut(-3, -0.3)
    assert said.clear_for(SECOND_HZ) >= CLEAR


def test_a_call_moves_from_one_headset_to_another_and_back(talk: Talk) -> None:
    with Headset("FIRST") as first, Headset("SECOND", audio=Format(rates=(16000,))) as second:
        first.hear_tone(FIRST_HZ)
        second.hear_tone(SECOND_HZ)
        talk.route(first.card)
        hears(first)
        gaps = []
        for headset in (second, first):
            time.sleep(1)
            headset.played()
            moved = time.monotonic()
            talk.route(headset.card)
            hears(headset)
            gaps.append(time.monotonic() - moved)
        time.sleep(1)
        said = talk.heard_by_the_caller()
    silence = longest_silence(said, FIRST_HZ, SECOND_HZ)
    print(f"the operator hears nothing for {max(gaps):.3f} s at most, the caller {silence:.3f} s")
    assert max(gaps) < MOST_GAP
    assert silence < MOST_GAP


def test_a_headset_pulled_out_gives_way_to_another(talk: Talk) -> None:
    with Headset("FIRST") as first, Headset("SECOND") as second:
        first.hear_tone(FIRST_HZ)
        second.hear_tone(SECOND_HZ)
        talk.route(first.card)
        hears(first)
        time.sleep(1)
        pulled = time.monotonic()
        first.unplug()
        talk.route(second.card)  # as the desk does when it hears of it
        hears(second)
        gap = time.monotonic() - pulled
        time.sleep(1)
        said = talk.heard_by_the_caller()
    silence = longest_silence(said, FIRST_HZ, SECOND_HZ)
    print(f"the operator hears nothing for {gap:.3f} s at most, the caller {silence:.3f} s")
    assert max(gap, silence) < MOST_GAP


def test_a_card_that_vanishes_costs_the_sound_and_not_the_call_and_is_taken_again(talk: Talk) -> None:
    with Headset() as headset:
        headset.hear_tone(FIRST_HZ)
        talk.route(headset.card)
        hears(headset)
        headset.unplug()
        time.sleep(3)
        headset.plug()
        assert headset.card
        hears(headset)  # nobody but Sound itself knows
        time.sleep(3)
        said = talk.heard_by_the_caller().cut(-3, -0.3)
    assert said.clear_for(FIRST_HZ) >= CLEAR


def test_a_card_in_use_by_another_program_is_named_and_taken_when_it_is_free(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    with Headset() as headset:
        command = [
            "arecord",
            "-q",
            "-D",
            f"hw:CARD={headset.card}",
            "-f",
            "S16_LE",
            "-r",
            "48000",
            "/dev/null",
        ]
        with subprocess.Popen(command) as other:
            eventually("the other program has it", lambda: running(headset, "pcm0c"))
            talk.route(headset.card)
            text = f"sound card {headset.card} cannot be used: another program uses it"
            eventually("it is named", lambda: text in caplog.text)
            other.terminate()
        hears(headset)
    assert caplog.text.count("another program uses it") == 1


@pytest.mark.parametrize("when", ["before it is opened", "while it is used"])
def test_a_card_that_hangs_stalls_neither_sip_nor_the_call(talk: Talk, when: str) -> None:
    """The other card has to wait: the kernel sets up one device of a USB bus at a time, 5 s at most."""
    with Headset("HANGS") as bad, Headset("WORKS") as good:
        good.hear_tone(SECOND_HZ)
        assert bad.card
        if when == "while it is used":
            talk.route(bad.card)
            hears(bad)
        bad.hang()
        talk.route(bad.card)
        waits = []
        for _ in range(10):
            asked = time.monotonic()
            talk.operator.in_the_sip_thread(lambda: None)
            waits.append(time.monotonic() - asked)
            time.sleep(0.1)
        moved = time.monotonic()
        talk.route(good.card)
        hears(good, 20)
        gap = time.monotonic() - moved
        time.sleep(3)
        said = talk.heard_by_the_caller().cut(-3, -0.3)
    print(f"the SIP thread waits {max(waits):.3f} s at most, the operator {gap:.3f} s for the other card")
    assert max(waits) < MOST_GAP
    assert said.clear_for(SECOND_HZ) >= CLEAR


def hears(headset: Headset, seconds: float = 5) -> None:
    """Wait until the caller's tone comes out of a headset."""
    eventually("the caller's tone", lambda: headset.played(0.02).measure(CALLER_HZ).snr > 10, seconds)


def running(headset: Headset, pcm: str) -> bool:
    """Whether one direction of a headset's card is open and runs."""
    (folder,) = headset.folder.glob("*/sound/card*")
    return "RUNNING" in Path(f"/proc/asound/{folder.name}/{pcm}/sub0/status").read_text()


def longest_silence(recording: Recording, *tones: int) -> float:
    """The longest time in seconds, after the first tone, in which none of them is heard."""
    piece = 0.02
    longest, since = 0.0, None
    for index in range(int(recording.seconds / piece)):
        part = recording.cut(index * piece, (index + 1) * piece)
        if any(part.measure(hz).dbfs > -40 for hz in tones):
            longest = max(longest, index * piece - since) if since is not None else 0.0
            since = (index + 1) * piece
    return longest
