"""Ring tones: WAV files as people have them, and the built-in ring; everything becomes 16 bit PCM.

The headers are read here, as the standard library knows WAVE_FORMAT_EXTENSIBLE, which 24 bit files bear, only
from Python 3.12 on. Their layout: "Multiple Channel Audio Data and WAVE Files", Microsoft.
"""

from __future__ import annotations

import math
import os
import struct
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from drivers.base import DriverError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MOST_BYTES = 20_000_000
MOST_SECONDS = 60
LOWEST_RATE, HIGHEST_RATE = 4000, 192_000  # Hz
WIDTHS = (8, 16, 24, 32)  # bits
PIECE_SECONDS = 0.1

FORMAT_BYTES = 40  # of WAVEFORMATEXTENSIBLE
PCM, EXTENSIBLE = 0x0001, 0xFFFE  # format tags
OTHER_TAGS = {0x0002: "ADPCM", 0x0003: "floating point", 0x0006: "A-law", 0x0007: "µ-law", 0x0055: "MP3"}
OTHER_FILES = {
    b"ID3": "MP3",
    b"OggS": "Ogg",
    b"fLaC": "FLAC",
    b"FORM": "AIFF",
    b"MThd": "MIDI",
    b"RIFX": "RIFX",
}
SIGNED = bytes(byte ^ 0x80 for byte in range(256))  # 8 bit samples count from 0 to 255, all others around 0


class ToneError(DriverError):
    """A file cannot be a ring tone; the message names the file and what to do."""


class Tone(Protocol):
    """Something to be played: frames of 16 bit samples, little endian, at `rate` Hz."""

    @property
    def rate(self) -> int:
        """Frames a second."""

    @property
    def channels(self) -> int:
        """Samples a frame."""

    def pieces(self) -> Iterator[bytes]:
        """All of it once, in whole pieces of PIECE_SECONDS; what lacks at the end is silence."""


@dataclass(frozen=True, slots=True)
class WavTone:
    """The samples of a WAV file: where in it they are, and how they are written."""

    path: str
    rate: int
    channels: int
    bits: int
    start: int  # of the samples, in bytes
    length: int
    extensible: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.length / (self.rate * self.channels * self.bits // 8)

    @property
    def plain(self) -> bool:
        """Whether every player can play it as it is: 16 bit under the oldest of headers."""
        return self.bits == 16 and not self.extensible

    def pieces(self) -> Iterator[bytes]:
        """Read it piece by piece, as a minute of sound is a lot of memory; raises ToneError."""
        frames = round(self.rate * PIECE_SECONDS)
        size = frames * self.channels * self.bits // 8
        left = self.length
        try:
            with open(self.path, "rb") as file:
                file.seek(self.start)
                while left > 0 and (samples := file.read(min(size, left))):
                    left -= len(samples)
                    piece = _to_16_bit(samples, self.bits)
                    yield piece + bytes(frames * self.channels * 2 - len(piece))
        except OSError as fault:
            raise ToneError(f"{self.path}: cannot be read: {fault.strerror}") from fault


class BuiltInTone:
    """The ring of the desk where no file is chosen: two notes in turn for two seconds, as in the headset."""

    rate, channels = 48000, 1  # what most cards play without converting it
    _notes = (660, 880)  # Hz, a piece each: both have whole periods in it, so that nothing clicks
    _peak = 16000  # of 32767

    def pieces(self) -> Iterator[bytes]:
        """Make both notes once."""
        notes = [self._note(hz) for hz in self._notes]
        for _ in range(10):
            yield from notes

    def _note(self, hz: float) -> bytes:
        step = 2 * math.pi * hz / self.rate
        samples = (round(self._peak * math.sin(step * at)) for at in range(round(self.rate * PIECE_SECONDS)))
        return array("h", samples).tobytes()


def tone(path: str) -> Tone:
    """The tone of a file, "" for the built-in one; raises ToneError."""
    return read(path) if path else BuiltInTone()


def read(path: str) -> WavTone:
    """What a WAV file holds; raises ToneError for what cannot be played or is too long."""
    try:
        if not Path(path).is_file():
            raise ToneError(f"{path}: there is no such file")
        size = os.path.getsize(path)
        if size > MOST_BYTES:
            raise ToneError(f"{path}: has {size / 1e6:.0f} MB; {MOST_BYTES / 1e6:.0f} at most")
        with open(path, "rb") as file:
            return _read(path, file, size)
    except ToneError:
        raise
    except OSError as fault:
        raise ToneError(f"{path}: cannot be read: {fault.strerror}") from fault


def quieter(samples: bytes, volume: float) -> bytes:
    """16 bit samples at a loudness from 0 to 1; our machines are little endian, as they are."""
    if volume >= 1:
        return samples
    return array("h", (round(sample * volume) for sample in array("h", samples))).tobytes()


def plain(path: str, folder: Path) -> str:
    """The path of a file that plays like this one and that every player can play.

    That is the file itself, or a copy with 16 bit samples that is left in `folder`. Raises ToneError.
    """
    found = read(path)
    if found.plain:
        return path
    copy = folder / f"tone-{crc32(path.encode()):08x}.wav"
    try:
        with copy.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(found.channels)
            file.setsampwidth(2)
            file.setframerate(found.rate)
            for piece in found.pieces():
                file.writeframesraw(piece)
    except OSError as fault:
        raise ToneError(f"{path}: no copy can be left at {copy}: {fault}") from fault
    return str(copy)


def _read(path: str, file: BinaryIO, size: int) -> WavTone:
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        kind = _kind(riff)
        raise ToneError(f"{path}: is {f'{kind}, not' if kind else 'not'} WAV; {_convert(path)}")
    described = b""
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        start = file.tell()
        if name == b"fmt ":
            described = file.read(min(length, FORMAT_BYTES))
        elif name == b"data":
            # what was written as a stream does not know its own length
            return _tone(path, described, start, min(length, size - start))
        file.seek(start + length + length % 2)  # chunks begin at even bytes
    raise ToneError(f"{path}: is a WAV file without sound in it; {_convert(path)}")


def _tone(path: str, described: bytes, start: int, length: int) -> WavTone:
    if len(described) < 16:
        raise ToneError(f"{path}: is a WAV file with a damaged header; {_convert(path)}")
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", described)
    extensible = tag == EXTENSIBLE
    if extensible and len(described) >= 26:
        (tag,) = struct.unpack_from("<H", described, 24)  # the first field of the sub-format's GUID
    if tag != PCM or bits not in WIDTHS:
        coding = "PCM" if tag == PCM else OTHER_TAGS.get(tag, f"coding {tag:#06x}")
        raise ToneError(f"{path}: holds {bits} bit {coding}; {_convert(path)}")
    if channels not in (1, 2) or block != channels * bits // 8:
        raise ToneError(f"{path}: has {channels} channels in {block} bytes; {_convert(path)}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ToneError(f"{path}: has {rate} samples a second; {_convert(path)}")
    found = WavTone(path, rate, channels, bits, start, length - length % block, extensible)
    if not found.length:
        raise ToneError(f"{path}: has no sound in it")
    if found.seconds > MOST_SECONDS:
        raise ToneError(f"{path}: lasts {found.seconds:.0f} seconds; {MOST_SECONDS} at most")
    return found


def _kind(first: bytes) -> str:
    """What a file seems to be by its first bytes, "" for no idea."""
    if first[4:8] == b"ftyp":
        return "MPEG-4"
    if len(first) > 1 and first[0] == 0xFF and first[1] & 0xE6 == 0xE2:  # MPEG audio's frame sync, layer III
        return "MP3"
    return next((name for mark, name in OTHER_FILES.items() if first.startswith(mark)), "")


def _convert(path: str) -> str:
    return f"convert it to 16 bit PCM: ffmpeg -i {Path(path).name} -ac 1 -ar 16000 -c:a pcm_s16le tone.wav"


def _to_16_bit(samples: bytes, bits: int) -> bytes:
    """The upper 16 bits of each sample; a sample cut short is dropped."""
    width = bits // 8
    count = len(samples) // width
    samples = samples[: count * width]
    if bits == 16:
        return samples
    wide = bytearray(2 * count)
    if bits == 8:
        wide[1::2] = samples.translate(SIGNED)
    else:
        wide[0::2], wide[1::2] = samples[width - 2 :: width], samples[width - 1 :: width]
    return bytes(wide)
