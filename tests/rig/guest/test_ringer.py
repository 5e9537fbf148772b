"""Ringers through ALSA on Linux's sound cards, snd-aloop and a USB speaker: what is played is measured."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Answer
from drivers.base import DeviceState, Ring
from tests.drivers.desk import Desk
from tests.drivers.wav import sine_wav
from tests.rig.devices import Headset, eventually
from tests.rig.hid import VENDOR_REPORTS
from tests.rig.tone import Recording
from tests.rig.usb import Identity
from tests.running import RunningDesk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange

ONLINE, OFFLINE, FAILED = DeviceState.ONLINE, DeviceState.OFFLINE, DeviceState.FAILED
SPEAKER, LOOPBACK = "ringer-Speaker", "ringer-Loopback"
HZ, BUILT_IN_HZ = 1000, 660
RATE = 48000
STATUS = Path("/proc/asound/Loopback/pcm1c/sub0/status")
FRAME_BYTES = 4


@pytest.fixture
def speaker() -> Iterator[Headset]:
    """A USB speaker: a sound card whose HID is no telephone."""
    who = Identity(0x0D8C, 0x0014, 0x0100, "Deskbell", "Rig Speaker", "S1")
    with Headset(identity=who, report_descriptor=VENDOR_REPORTS) as speaker:
        assert speaker.card == "Speaker"
        yield speaker
    eventually("empty bus", lambda: not list(Path("/sys/bus/usb/devices").glob("1-[1-9]*")))


@pytest.fixture
def tone(tmp_path: Path) -> str:
    """Half a second of 1 kHz in the kind of file that studios make."""
    file = tmp_path / "ring.wav"
    file.write_bytes(sine_wav(HZ, 0.5, rate=44100, channels=2, bits=24, extensible=True))
    return str(file)


@contextmanager
def listening(file: Path) -> Iterator[None]:
    """Record what the loopback card plays, silence too, while the block lasts."""
    words = ["-q", "-D", "hw:CARD=Loopback,DEV=1", "-f", "S16_LE", "-c", "2", "-r", str(RATE), "-t", "raw"]
    with subprocess.Popen(["arecord", *words, file]) as recorder:
        eventually("recording", lambda: "RUNNING" in STATUS.read_text())
        yield
        recorder.terminate()


def loud(file: Path) -> list[tuple[float, float, Recording]]:
    """From when to when in seconds it was not silent, to 20 ms, and what was heard then."""
    pcm, piece = file.read_bytes(), RATE // 50 * FRAME_BYTES
    sounds: list[tuple[int, int]] = []
    for at in range(0, len(pcm), piece):
        if any(pcm[at : at + piece]):
            joined = bool(sounds) and sounds[-1][1] == at
            sounds[-1:] = [(sounds[-1][0], at + piece)] if joined else [*sounds[-1:], (at, at + piece)]
    second = RATE * FRAME_BYTES
    return [(begin / second, end / second, Recording(RATE, 2, pcm[begin:end])) for begin, end in sounds]


def test_the_built_in_ring_is_heard_on_a_usb_speaker_and_stops_at_once(speaker: Headset) -> None:
    with Desk(ringers=("Speaker",)) as desk:
        found = desk.until_state(SPEAKER, ONLINE)
        assert (found.rings, found.lamps, found.keys) == (True, frozenset(), frozenset())
        desk.hub.ring(SPEAKER, Ring(volume=0.5))
        eventually("sound", lambda: speaker.played().seconds)
        heard = speaker.played(1)
        assert heard.seconds == pytest.approx(1, abs=0.05)
        notes = [heard.cut(at / 100, at / 100 + 0.05).measure(BUILT_IN_HZ).dbfs for at in range(90)]
        assert max(notes) == pytest.approx(-12.2, abs=0.3)
        assert min(notes) < -30, "the other note"
        speaker.played()
        desk.hub.ring(SPEAKER, None)
        after = 0.0

        def silent() -> bool:
            nonlocal after
            after += (more := speaker.played(0.02).seconds)
            return not more

        eventually("silence", silent)
        print(f"silent after {after:.3f} s of sound")
        assert after < 0.2
        assert desk.device(SPEAKER).state is ONLINE


def test_a_file_rings_in_its_rhythm_at_its_volume_until_it_is_stopped(tone: str, tmp_path: Path) -> None:
    with listening(tmp_path / "heard"), Desk(ringers=("Loopback",)) as desk:
        desk.until_state(LOOPBACK, ONLINE)
        desk.hub.ring(LOOPBACK, Ring(tone, volume=1, every=1))
        time.sleep(3.3)
        desk.hub.ring(LOOPBACK, None)
        time.sleep(1)
        desk.hub.ring(LOOPBACK, Ring(tone, volume=0.25, every=1))
        time.sleep(0.3)
        desk.hub.ring(LOOPBACK, None)
        time.sleep(2)
    first, second, third, quiet = loud(tmp_path / "heard")
    print([sound[:2] for sound in (first, second, third, quiet)])
    assert second[0] - first[0] == pytest.approx(1.5, abs=0.1)
    assert third[0] - second[0] == pytest.approx(1.5, abs=0.1)
    assert first[1] - first[0] == pytest.approx(0.5, abs=0.05)
    measured = [sound[2].cut(0.05, 0.18).measure(HZ) for sound in (first, second, third, quiet)]
    assert [one.dbfs for one in measured] == pytest.approx([-6, -6, -6, -18], abs=0.3)
    assert min(one.snr for one in measured) > 40
    assert quiet[1] - quiet[0] == pytest.approx(0.3, abs=0.1), "no more of it after the stop"


def test_it_rings_once_where_no_pause_is_given(tone: str, tmp_path: Path) -> None:
    with listening(tmp_path / "heard"), Desk(ringers=("Loopback",)) as desk:
        desk.until_state(LOOPBACK, ONLINE)
        desk.hub.ring(LOOPBACK, Ring(tone, every=0))
        time.sleep(3)
        assert desk.device(LOOPBACK).state is ONLINE
    assert len(loud(tmp_path / "heard")) == 1


def test_the_built_in_tone_rings_where_the_file_is_gone(speaker: Headset, tmp_path: Path) -> None:
    with Desk(ringers=("Speaker",)) as desk:
        desk.until_state(SPEAKER, ONLINE)
        desk.hub.ring(SPEAKER, Ring(str(tmp_path / "gone.wav")))
        eventually("the first note", lambda: speaker.played(0.05).measure(BUILT_IN_HZ).snr > 40)
        assert desk.device(SPEAKER).state is ONLINE


def test_several_ringers_ring_at_once_each_as_it_is_told(speaker: Headset, tone: str, tmp_path: Path) -> None:
    names = ("Speaker", "Loopback", "Dummy")
    with listening(tmp_path / "heard"), Desk(ringers=names) as desk:
        for name in names:
            desk.until_state(f"ringer-{name}", ONLINE)
            desk.hub.ring(f"ringer-{name}", Ring(tone, every=0.5))
        eventually("sound", lambda: speaker.played().seconds)
        desk.hub.ring(LOOPBACK, None)
        speaker.played()
        time.sleep(2)
        assert speaker.played().seconds > 0.9, "the others go on"
        states = {device.id: device.state for device in desk.hub.devices()}
        assert set(states.values()) == {ONLINE}
    assert sum(end - begin for begin, end, _ in loud(tmp_path / "heard")) < 0.5


def test_a_speaker_pulled_out_while_it_rings_is_offline_and_rings_again_when_it_is_back(
    speaker: Headset,
) -> None:
    with Desk(ringers=("Speaker",)) as desk:
        desk.until_state(SPEAKER, ONLINE)
        desk.hub.ring(SPEAKER, Ring())
        eventually("sound", lambda: speaker.played().seconds)
        speaker.unplug()
        desk.until_state(SPEAKER, OFFLINE)
        before = time.monotonic()
        desk.hub.ring(SPEAKER, None)
        desk.hub.ring(SPEAKER, Ring())
        assert time.monotonic() - before < 0.1, "it delays nobody"
        speaker.plug()
        desk.until_state(SPEAKER, ONLINE)
        eventually("sound again", lambda: speaker.played().seconds)

        speaker.unplug()
        desk.until_state(SPEAKER, OFFLINE)
        desk.hub.ring(SPEAKER, None)
        speaker.plug()
        desk.until_state(SPEAKER, ONLINE)
        assert not speaker.played(2).seconds, "the call was answered meanwhile"


def test_a_card_that_never_was_is_named_with_those_that_are(speaker: Headset) -> None:
    with Desk(ringers=("Speakre",)) as desk:
        reason = desk.until_state("ringer-Speakre", OFFLINE).reason
    assert reason == "there is no sound card 'Speakre'; there are: Dummy, Loopback, Speaker"


def test_a_card_on_which_another_program_plays_is_named_and_rings_once_it_is_free(speaker: Headset) -> None:
    words = ["-q", "-D", "hw:CARD=Speaker", "-f", "S16_LE", "-c", "2", "-r", str(RATE), "/dev/zero"]
    with Desk(ringers=("Speaker",)) as desk, subprocess.Popen(["aplay", *words]) as other:
        desk.until_state(SPEAKER, ONLINE)
        eventually("the other program", lambda: speaker.played().seconds)
        desk.hub.ring(SPEAKER, Ring())
        reason = desk.until_state(SPEAKER, FAILED).reason
        assert reason == "the sound card 'Speaker' cannot ring: another program plays there"
        other.terminate()
        desk.until_state(SPEAKER, ONLINE)
        eventually("sound", lambda: any(speaker.played(0.5).pcm))


def test_a_speaker_that_hangs_holds_nobody_up_and_rings_once_it_answers_again(speaker: Headset) -> None:
    over = threading.Event()
    seen = [time.monotonic()]

    def tick() -> None:
        while not over.wait(0.01):
            seen.append(time.monotonic())

    with Desk(ringers=("Speaker",)) as desk:
        desk.until_state(SPEAKER, ONLINE)
        speaker.hang()
        ticker = threading.Thread(target=tick)
        ticker.start()
        desk.hub.ring(SPEAKER, Ring())
        reason = desk.until_state(SPEAKER, FAILED).reason
        over.set()
        ticker.join()
        assert reason.startswith("the sound card 'Speaker' cannot ring: ")
        longest = max(after - before for before, after in pairwise(seen))
        print(f"{reason} after {seen[-1] - seen[0]:.1f} s; others waited {longest:.3f} s at most")
        assert longest < 0.05
        speaker.hang(on=False)
        desk.until_state(SPEAKER, ONLINE)
        eventually("sound", lambda: any(speaker.played(0.5).pcm))


def test_a_ringer_does_not_outlive_a_desk_that_was_killed(speaker: Headset) -> None:
    words = [sys.executable, "-m", "drivers.ringers.player", "Speaker", "1", "60", ""]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as player:
        assert player.stdin
        assert player.stdout
        assert player.stdout.readline() == b"\n"
        player.stdin.close()
        assert player.wait(5) == 0
    speaker.played()
    assert not speaker.played(1).seconds


@pytest.mark.exchange
def test_a_caller_rings_everywhere_until_the_call_is_answered_and_the_next_one_in_the_headset_only(
    exchange: Exchange, speaker: Headset, tone: str, tmp_path: Path
) -> None:
    devices = {"usb": True, "simulated": False, "sound": True}
    ringing = {"ringers": ["Speaker"], "tone_external": tone, "every": 0.5}
    with (
        Headset("E2E1") as headset,
        RunningDesk(tmp_path, exchange.sip_port, devices=devices, ringing=ringing) as desk,
    ):
        desk.until_registered()
        desk.until(
            "both work", lambda state: [one["state"] for one in state["devices"].values()] == 2 * ["online"]
        )
        caller = exchange.originate("0305551234", "200")
        eventually("the tone at the ringer", lambda: speaker.played(0.1).measure(HZ).snr > 40)
        eventually("the tone in the headset", lambda: headset.played(0.1).measure(HZ).snr > 20)
        desk.ask(Answer())
        answered = time.monotonic()
        eventually("silence at the ringer", lambda: not speaker.played(0.02).seconds)
        print(f"the ringer is silent after {time.monotonic() - answered:.2f} s")
        desk.until_call("answered")

        another = exchange.originate("0305551235", "200")
        desk.until_call("answered", "ringing")
        eventually("the call-waiting tone", lambda: headset.played(0.1).measure(425).snr > 20)
        assert not speaker.played(1).seconds
        for channel in (another, caller):
            exchange.hang_up(channel)
        desk.until_call()
