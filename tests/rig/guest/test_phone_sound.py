"""pjsua2, as it is built for Deskbell, plays into and records from a headset's sound card."""

from __future__ import annotations

import time
import wave
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]
import pytest

from tests.rig.audio import Format
from tests.rig.devices import Headset
from tests.rig.tone import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLOCK_RATE = 16000


@pytest.fixture(scope="module")
def endpoint() -> Iterator[pj.Endpoint]:
    """The library, which allows only one endpoint in a process."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.consoleLevel = 2
    config.medConfig.clockRate = CLOCK_RATE
    config.medConfig.ecTailLen = 0  # what is heard and what is said are measured together, not cancelled
    endpoint.libInit(config)
    endpoint.libStart()
    yield endpoint
    endpoint.libDestroy()


@pytest.mark.parametrize(
    "form", [Format(), Format(rates=(16000,), playback_channels=1)], ids=["stereo 48 kHz", "mono 16 kHz"]
)
def test_tones_pass_both_ways(endpoint: pj.Endpoint, form: Format, tmp_path: Path) -> None:
    with Headset(audio=form) as headset:
        headset.hear_tone(440, -12)
        sound = endpoint.audDevManager()
        sound.refreshDevs()
        names = [device.name for device in sound.enumDev2()]
        number = next(n for n, name in enumerate(names) if name.startswith(f"plughw:CARD={headset.card}"))
        sound.setCaptureDev(number)
        sound.setPlaybackDev(number)
        tone = lasting_tone(1000)
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(str(tmp_path / "microphone.wav"))
        tone.startTransmit(sound.getPlaybackDevMedia())
        sound.getCaptureDevMedia().startTransmit(recorder)
        heard = headset.played(2)
        tone.stopTransmit(sound.getPlaybackDevMedia())
        sound.getCaptureDevMedia().stopTransmit(recorder)
        del recorder, tone
        sound.setNullDev()
        time.sleep(0.3)  # the recorder finishes its file late
    assert heard.seconds == pytest.approx(2, abs=0.05)
    assert heard.cut(0.5).measure(1000).snr > 40
    with wave.open(str(tmp_path / "microphone.wav")) as file:
        recorded = Recording(file.getframerate(), 1, file.readframes(file.getnframes()))
    measured = recorded.cut(0.5, 1.5).measure(440)
    assert measured.dbfs == pytest.approx(-12, abs=0.5)
    assert measured.snr > 40


def lasting_tone(hz: int) -> pj.ToneGenerator:
    """A tone that does not end."""
    description = pj.ToneDesc()
    description.freq1, description.freq2, description.on_msec, description.off_msec = hz, 0, 5000, 0
    descriptions = pj.ToneDescVector()
    descriptions.append(description)
    generator = pj.ToneGenerator()
    generator.createToneGenerator(CLOCK_RATE, 1)
    generator.play(descriptions, True)
    return generator
