"""The headset's sound card through the kernel's USB audio driver and ALSA, by aplay and arecord."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.rig.audio import Format
from tests.rig.devices import Headset, eventually
from tests.rig.tone import Recording, sine

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {
    "stereo 48 kHz": Format(),
    "mono 48 kHz": Format(playback_channels=1),
    "mono 16 kHz": Format(rates=(16000,), playback_channels=1),
    "16 or 48 kHz": Format(rates=(16000, 48000)),
}


@pytest.fixture(params=list(FORMATS))
def form(request: pytest.FixtureRequest) -> Format:
    """The kinds of headset in use."""
    return FORMATS[request.param]


def describe(rate: int, channels: int) -> list[str]:
    """What aplay and arecord are told of raw PCM."""
    return ["-q", "-t", "raw", "-f", "S16_LE", "-r", str(rate), "-c", str(channels)]


def test_a_played_tone_reaches_the_headset(form: Format, tmp_path: Path) -> None:
    rate, channels = form.rates[-1], form.playback_channels
    mono = sine(1000, -6, rate)
    (tmp_path / "tone").write_bytes(b"".join(mono[at : at + 2] * channels for at in range(0, len(mono), 2)))
    with Headset(audio=form) as headset:
        subprocess.run(
            ["aplay", "-D", f"hw:CARD={headset.card}", *describe(rate, channels), tmp_path / "tone"],
            check=True,
        )
        heard = headset.played()
    assert (heard.rate, heard.channels) == (rate, channels)
    measured = heard.cut(0.1, 0.9).measure(1000)
    assert measured.dbfs == pytest.approx(-6, abs=0.01)
    assert measured.snr > 80


def test_the_microphone_is_recorded(form: Format) -> None:
    rate = form.rates[-1]
    with Headset(audio=form) as headset:
        headset.hear_tone(440, -12)
        command = ["arecord", "-D", f"hw:CARD={headset.card}", *describe(rate, 1), "-d", "1"]
        recorded = Recording(rate, 1, subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert recorded.seconds == pytest.approx(1, abs=0.001)
    measured = recorded.cut(0.1).measure(440)
    assert measured.dbfs == pytest.approx(-12, abs=0.01)
    assert measured.snr > 70


def test_volume_and_mute_reach_the_headset() -> None:
    with Headset() as headset:
        subprocess.run(["udevadm", "settle"], check=True)  # alsactl sets volumes of its own at first
        mixer = ["amixer", "-q", "-c", headset.card]
        subprocess.run([*mixer, "set", "PCM", "50%", "mute"], check=True)
        subprocess.run([*mixer, "set", "Mic", "100%", "cap"], check=True)
        assert headset.mixer == {
            "playback": {"muted": True, "decibel": -20},
            "capture": {"muted": False, "decibel": 0},
        }


def test_the_hook_switch_works_while_sound_runs_both_ways() -> None:
    with Headset() as headset:
        card = f"hw:CARD={headset.card}"
        recording = subprocess.Popen(["arecord", "-D", card, *describe(48000, 1), "-d", "2", "/dev/null"])
        playing = subprocess.Popen(["aplay", "-D", card, *describe(48000, 2), "-d", "2", "/dev/zero"])
        headset.played(1)
        sent = len(headset.written())
        headset.lift_hook()
        headset.hidraw.write_bytes(bytes([1, 1]))
        headset.wait_for_lamp("Off-Hook")
        assert len(headset.written()) == sent + 1
        assert (playing.wait(), recording.wait()) == (0, 0)


def test_a_headset_pulled_out_while_it_plays_ends_playing() -> None:
    with Headset() as headset:
        card = f"hw:CARD={headset.card}"
        playing = subprocess.Popen(
            ["aplay", "-D", card, *describe(48000, 2), "/dev/zero"], stderr=subprocess.PIPE, text=True
        )
        eventually("sound", lambda: headset.played().seconds)
        headset.unplug()
        assert "write error" in playing.communicate(timeout=5)[1]
