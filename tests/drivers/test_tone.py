"""Ring tones: what people's WAV files sound like, and what is refused with which words."""

from __future__ import annotations

import wave
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.ringers.tone import MOST_BYTES, BuiltInTone, Tone, ToneError, plain, quieter, read, tone
from tests.drivers.wav import chunk, sine_wav, wav
from tests.rig.tone import Recording

if TYPE_CHECKING:
    from pathlib import Path


def recorded(played: Tone) -> Recording:
    """What would be heard."""
    return Recording(played.rate, played.channels, b"".join(played.pieces()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ring.wav"


@pytest.mark.parametrize(
    ("bits", "channels", "rate", "extensible"),
    [*product((8, 16, 24, 32), (1, 2), (8000, 44100), (False, True)), (16, 2, 192000, False)],
)
def test_every_kind_of_pcm_sounds_as_it_was_recorded(
    bits: int, channels: int, rate: int, extensible: bool, file: Path
) -> None:
    file.write_bytes(sine_wav(1000, 0.3, rate=rate, channels=channels, bits=bits, extensible=extensible))
    heard = recorded(tone(str(file)))
    assert (heard.rate, heard.channels) == (rate, channels)
    assert heard.seconds == pytest.approx(0.3)
    for number in range(channels):
        measured = heard.channel(number).measure(1000)
        assert measured.dbfs == pytest.approx(-6, abs=0.1)
        assert measured.snr > (35 if bits == 8 else 80)


def test_the_last_piece_is_filled_up_with_silence(file: Path) -> None:
    file.write_bytes(sine_wav(1000, 0.25))
    heard = recorded(read(str(file)))
    assert heard.seconds == pytest.approx(0.3)
    assert not any(heard.cut(0.25).pcm)


def test_chunks_that_players_skip_are_skipped_and_a_stream_that_knows_no_length_ends_with_the_file(
    file: Path,
) -> None:
    samples = sine_wav(1000, 0.2)[44:]
    whole = bytearray(wav(samples, before=chunk(b"LIST", b"INFOodd") + chunk(b"cue ", b"")))
    at = whole.index(b"data") + 4
    whole[at : at + 4] = b"\xff\xff\xff\xff"
    file.write_bytes(whole)
    assert recorded(read(str(file))).pcm == samples


def test_the_built_in_ring_is_two_notes_in_turn_for_two_seconds() -> None:
    heard = recorded(tone(""))
    assert heard.seconds == pytest.approx(2)
    for note in range(20):
        measured = heard.cut(note / 10, (note + 1) / 10).measure((660, 880)[note % 2])
        assert measured.dbfs == pytest.approx(-6.2, abs=0.1)
        assert measured.snr > 60


def test_volume_is_a_part_of_full_scale() -> None:
    (piece, *_) = BuiltInTone().pieces()
    for volume, decibel in ((1, -6.2), (0.5, -12.2), (0.1, -26.2)):
        assert Recording(48000, 1, quieter(piece, volume)).measure(660).dbfs == pytest.approx(
            decibel, abs=0.1
        )
    assert not any(quieter(piece, 0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ID3\x04" + bytes(100), "is MP3, not WAV; convert it to 16 bit PCM: ffmpeg -i ring.wav"),
        (b"\xff\xfb\x90\x00" + bytes(100), "is MP3, not WAV"),
        (b"OggS" + bytes(100), "is Ogg, not WAV"),
        (b"fLaC" + bytes(100), "is FLAC, not WAV"),
        (b"\0\0\0\x20ftypM4A " + bytes(100), "is MPEG-4, not WAV"),
        (b"RIFF\0\0\0\0AVI " + bytes(100), "is not WAV; convert it"),
        (b"", "is not WAV"),
        (wav(bytes(400), bits=32, tag=3), "holds 32 bit floating point; convert it"),
        (wav(bytes(400), bits=32, tag=3, extensible=True), "holds 32 bit floating point"),
        (wav(bytes(400), bits=8, tag=6), "holds 8 bit A-law"),
        (wav(bytes(400), bits=4, tag=2), "holds 4 bit ADPCM"),
        (wav(bytes(400), bits=16, tag=0x1234), "holds 16 bit coding 0x1234"),
        (wav(bytes(600), channels=6), "has 6 channels"),
        (wav(bytes(400), channels=0), "has 0 channels"),
        (wav(bytes(400), rate=0), "has 0 samples a second"),
        (wav(bytes(400), rate=500_000), "has 500000 samples a second"),
        (wav(b""), "has no sound in it"),
        (wav(b"\0"), "has no sound in it"),
        (wav(bytes(8000 * 61 * 2), rate=8000), "lasts 61 seconds; 60 at most"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", b"\x01\x00"), "without sound in it; convert"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", b"\x01\x00") + chunk(b"data", b"\0\0"), "damaged header"),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_fix(content: bytes, words: str, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(ToneError) as refused:
        read(str(file))
    assert str(refused.value).startswith(f"{file}: ")
    assert words in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path, file: Path) -> None:
    with file.open("wb") as large:
        large.truncate(MOST_BYTES + 1)
    for path, words in (
        (str(tmp_path / "none.wav"), "there is no such file"),
        (str(tmp_path), "there is no such file"),
        ("/dev/zero", "there is no such file"),
        ("nul\0.wav", "there is no such file"),
        (str(file), "has 20 MB; 20 at most"),
    ):
        with pytest.raises(ToneError, match=words):
            read(path)


def test_a_file_that_goes_away_while_it_plays_is_named(file: Path) -> None:
    file.write_bytes(sine_wav())
    found = read(str(file))
    file.unlink()
    with pytest.raises(ToneError, match=r"ring\.wav: cannot be read"):
        list(found.pieces())


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200), st.binary(max_size=8))
@example(b"", 4, b"\xff\xff\xff\xff")
def test_damage_is_refused_or_played_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, at: int, patch: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.wav"
    good = sine_wav(seconds=0.01, bits=24, extensible=True)
    for content in (garbage, good[:at], good[:at] + patch + good[at + len(patch) :]):
        file.write_bytes(content)
        try:
            found = read(str(file))
        except ToneError:
            continue
        pieces = list(found.pieces())
        assert sum(map(len, pieces)) <= (found.seconds + 0.1) * found.rate * found.channels * 2 + 1


def test_a_plain_file_is_left_alone_and_any_other_gets_a_copy_that_every_player_plays(
    file: Path, tmp_path: Path
) -> None:
    file.write_bytes(sine_wav(rate=22050))
    assert plain(str(file), tmp_path) == str(file)
    file.write_bytes(sine_wav(rate=22050, channels=2, bits=24, extensible=True))
    copy = plain(str(file), tmp_path)
    with wave.open(copy) as played:
        assert (played.getframerate(), played.getnchannels(), played.getsampwidth()) == (22050, 2, 2)
    assert recorded(read(copy)).pcm == recorded(read(str(file))).pcm
    assert read(copy).plain
    with pytest.raises(ToneError, match="no copy can be left"):
        plain(str(file), tmp_path / "missing")
