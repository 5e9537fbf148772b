"""WAV files of every kind that people have, written byte by byte."""

from __future__ import annotations

import math
import struct

PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def sine_wav(
    hz: float = 1000,
    seconds: float = 0.5,
    *,
    rate: int = 16000,
    channels: int = 1,
    bits: int = 16,
    peak: float = 0.5,
    extensible: bool = False,
) -> bytes:
    """A tone in a WAV file; `peak` is a part of full scale, the same in each channel."""
    width, full = bits // 8, (1 << bits - 1) - 1
    samples = bytearray()
    for index in range(int(rate * seconds)):
        value = round(full * peak * math.sin(2 * math.pi * hz * index / rate))
        value += 128 if bits == 8 else 0
        samples += value.to_bytes(width, "little", signed=bits > 8) * channels
    return wav(bytes(samples), rate=rate, channels=channels, bits=bits, extensible=extensible)


def wav(
    samples: bytes,
    *,
    rate: int = 16000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    extensible: bool = False,
    before: bytes = b"",
) -> bytes:
    """A WAV file around these samples; `before` are chunks between its header and them."""
    block = channels * bits // 8
    described = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else tag, channels, rate, rate * block, block, bits
    )
    if extensible:
        described += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", tag) + PCM_GUID[2:]
    body = b"WAVE" + chunk(b"fmt ", described) + before + chunk(b"data", samples)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
