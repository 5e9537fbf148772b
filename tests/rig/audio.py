"""A sound card function of a virtual USB device: one playback and one capture stream, 16 bit PCM.

Source: USB Device Class Definition for Audio Devices 1.0 (UAC1). A stream moves one packet in each frame of
1 ms; a transfer of n packets is answered n ms after the one before it. When the emulator wakes up late the
lost time is made up, so that the average rate stays exact.
"""

from __future__ import annotations

import asyncio
import struct
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.rig.tone import Recording, sine
from tests.rig.usb import CLASS, SET_INTERFACE, STANDARD, TO_ENDPOINT, Request, Withheld, interface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.rig.usbip import Link, Urb

AUDIO, CONTROL, STREAMING = 1, 1, 2
CS_INTERFACE, CS_ENDPOINT = 0x24, 0x25
USB_STREAM, HEADPHONES, MICROPHONE = 0x0101, 0x0302, 0x0201
SPEAKER_INPUT, SPEAKER_VOLUME, SPEAKER, CAPSULE, CAPSULE_VOLUME, CAPSULE_OUTPUT = 1, 2, 3, 4, 5, 6
SET_CUR, GET_CUR, GET_MIN, GET_MAX, GET_RES = 0x01, 0x81, 0x82, 0x83, 0x84
MUTE, VOLUME = 1, 2
SAMPLING_FREQUENCY = 1
QUIETEST, LOUDEST, STEP = -40 * 256, 0, 256
"""Volume in units of 1/256 dB."""
FRAME_SECONDS = 0.001
KEPT_SECONDS = 60
ECHO_SECONDS = 0.1


@dataclass(frozen=True)
class Format:
    """What a sound card can do; the rates are multiples of 1000 Hz, the first is the one it starts with.

    No channels: it has no speaker, or no microphone. `echo`: how much of what its speaker plays in the first
    channel its microphone hears, ECHO_SECONDS later.
    """

    rates: Sequence[int] = (48000,)
    playback_channels: int = 2
    capture_channels: int = 1
    echo: float = 0.0


class Stream:
    """One direction: its format, its pace, the transfers that are under way."""

    def __init__(self, endpoint: int, channels: int, rates: Sequence[int]) -> None:
        self.endpoint = endpoint
        self.channels = channels
        self.rates = rates
        self.rate = rates[0]
        self._next_frame = 0.0
        self._timers: dict[int, asyncio.TimerHandle] = {}

    @property
    def frame_bytes(self) -> int:
        """Bytes in 1 ms."""
        return self.rate // 1000 * self.channels * 2

    def submit(self, urb: Urb, link: Link) -> None:
        """Answer when the transfer's last packet has had its frame."""
        loop = asyncio.get_running_loop()
        # More than 100 ms behind means that the host paused: the frames in between are over.
        start = self._next_frame if loop.time() - self._next_frame < 0.1 else loop.time()
        self._next_frame = start + FRAME_SECONDS * len(urb.packets)
        self._timers[urb.number] = loop.call_at(self._next_frame, self._finish, urb, link)

    def cancel(self, urb: Urb) -> None:
        """Forget a transfer."""
        if timer := self._timers.pop(urb.number, None):
            timer.cancel()

    def restart(self) -> None:
        """The host opened or closed the stream."""
        self._next_frame = 0.0

    def transfer(self, urb: Urb, link: Link) -> None:
        """Move the data of a transfer whose time has come, and answer it."""
        raise NotImplementedError

    def _finish(self, urb: Urb, link: Link) -> None:
        del self._timers[urb.number]
        self.transfer(urb, link)


class Playback(Stream):
    """What the host plays, kept (the last minute of it)."""

    def __init__(self, endpoint: int, channels: int, rates: Sequence[int]) -> None:
        super().__init__(endpoint, channels, rates)
        self._heard = bytearray()
        self.echo: Callable[[bytes], None] = lambda _pcm: None

    def transfer(self, urb: Urb, link: Link) -> None:
        """Keep what came."""
        self._heard += urb.data
        self.echo(urb.data)
        del self._heard[: -KEPT_SECONDS * 1000 * self.frame_bytes]
        link.complete(urb)

    def take(self) -> Recording:
        """What was heard since the last time."""
        heard = Recording(self.rate, self.channels, bytes(self._heard))
        self._heard.clear()
        return heard


class Capture(Stream):
    """What the microphone hears: silence, a tone, or given PCM played once."""

    def __init__(self, endpoint: int, channels: int, rates: Sequence[int]) -> None:
        super().__init__(endpoint, channels, rates)
        self._tone: tuple[float, float] | None = None
        self._loop = b""
        self._position = 0
        self._once = bytearray()
        self._echo = array("h")
        self.silenced: Callable[[], bool] = lambda: False
        """Whether a mute switch is closed now."""

    def hear_tone(self, hz: float, dbfs: float) -> None:
        """A lasting tone of whole hertz."""
        self._tone = (hz, dbfs)
        self._prepare()

    def hear_silence(self) -> None:
        """Nothing any more."""
        self._tone = None
        self._prepare()

    def hear(self, pcm: bytes) -> None:
        """Mono PCM in the stream's rate, played once, instead of the tone as long as it lasts."""
        self._once += self._widen(pcm)

    def hear_echo(self, mono: array[int], gain: float) -> None:
        """The microphone hears its own speaker, after a while."""
        if not self._echo:
            self._echo.frombytes(bytes(2 * int(ECHO_SECONDS * self.rate)))
        self._echo.extend(int(gain * sample) for sample in mono)
        del self._echo[: -self.rate]  # nobody records

    def restart(self) -> None:
        """The host opened or closed the stream, perhaps at another rate."""
        super().restart()
        self._prepare()

    def transfer(self, urb: Urb, link: Link) -> None:
        """Fill every packet with its millisecond."""
        lengths = [min(asked, self.frame_bytes) for asked in urb.packets]
        heard = self._read(sum(lengths))
        link.complete(urb, bytes(len(heard)) if self.silenced() else heard, packets=lengths)

    def _prepare(self) -> None:
        second = sine(*self._tone, self.rate) if self._tone else bytes(2 * self.rate)
        self._loop = self._widen(second)
        self._position = 0

    def _read(self, size: int) -> bytes:
        given = bytes(self._once[:size])
        del self._once[:size]
        while len(given) < size:
            piece = self._loop[self._position : self._position + size - len(given)]
            self._position = (self._position + len(piece)) % len(self._loop)
            given += piece
        return self._with_echo(given) if self._echo else given

    def _with_echo(self, given: bytes) -> bytes:
        mixed = array("h", given)
        count = len(mixed) // self.channels
        echo = self._echo[:count]
        del self._echo[:count]
        for index, sample in enumerate(echo):
            for at in range(index * self.channels, (index + 1) * self.channels):
                mixed[at] = max(-32768, min(32767, mixed[at] + sample))
        return mixed.tobytes()

    def _widen(self, mono: bytes) -> bytes:
        """The same sample in every channel."""
        if self.channels == 1:
            return mono
        return b"".join(mono[index : index + 2] * self.channels for index in range(0, len(mono), 2))


class AudioFunction:
    """Three interfaces at most: control, playback, capture; each direction has a mute switch and a volume."""

    def __init__(self, first_interface: int, form: Format) -> None:
        number = first_interface
        after = number + 3 if form.playback_channels else number + 2
        self.playback = Playback(number + 2, form.playback_channels, form.rates)
        self.capture = Capture(0x80 | after, form.capture_channels, form.rates)
        self._streams = [stream for stream in (self.playback, self.capture) if stream.channels]
        self.interfaces = tuple(range(number, number + 1 + len(self._streams)))
        self.capture.restart()
        self.endpoints = tuple(stream.endpoint for stream in self._streams)
        if form.echo:
            self.playback.echo = lambda pcm: self.capture.hear_echo(
                array("h", pcm)[:: form.playback_channels], form.echo
            )
        self.hangs = False
        """It answers nothing any more, as if its firmware had crashed."""
        self.muted = {SPEAKER_VOLUME: False, CAPSULE_VOLUME: False}
        self.volume = {SPEAKER_VOLUME: LOUDEST, CAPSULE_VOLUME: LOUDEST}

    def descriptors(self) -> bytes:
        """All interfaces."""
        control, *streaming = self.interfaces
        units = self._units()
        length = 8 + len(streaming)
        header = struct.pack("<BBBHHB", length, CS_INTERFACE, 1, 0x0100, length + len(units), len(streaming))
        written = interface(control, 0, 0, (AUDIO, CONTROL, 0)) + header + bytes(streaming) + units
        for number, stream in zip(streaming, self._streams, strict=True):
            out = stream is self.playback
            terminal = SPEAKER_INPUT if out else CAPSULE_OUTPUT
            written += self._streaming(number, stream, terminal, adaptive=out)
        return written

    def _units(self) -> bytes:
        def source(number: int, kind: int, channels: int) -> bytes:
            spread = 3 if channels == 2 else 0
            return struct.pack("<BBBBHBBHBB", 12, CS_INTERFACE, 2, number, kind, 0, channels, spread, 0, 0)

        def feature(number: int, origin: int, channels: int) -> bytes:
            controls = bytes([3]) + bytes(channels)  # mute and volume, for all channels together
            return bytes([7 + len(controls), CS_INTERFACE, 6, number, origin, 1]) + controls + bytes(1)

        def sink(number: int, kind: int, origin: int) -> bytes:
            return struct.pack("<BBBBHBBB", 9, CS_INTERFACE, 3, number, kind, 0, origin, 0)

        speaker = (
            source(SPEAKER_INPUT, USB_STREAM, self.playback.channels)
            + feature(SPEAKER_VOLUME, SPEAKER_INPUT, self.playback.channels)
            + sink(SPEAKER, HEADPHONES, SPEAKER_VOLUME)
        )
        microphone = (
            source(CAPSULE, MICROPHONE, self.capture.channels)
            + feature(CAPSULE_VOLUME, CAPSULE, self.capture.channels)
            + sink(CAPSULE_OUTPUT, USB_STREAM, CAPSULE_VOLUME)
        )
        return (speaker if self.playback.channels else b"") + (microphone if self.capture.channels else b"")

    @staticmethod
    def _streaming(number: int, stream: Stream, terminal: int, *, adaptive: bool) -> bytes:
        rates = b"".join(rate.to_bytes(3, "little") for rate in stream.rates)
        triple = (AUDIO, STREAMING, 0)
        form = bytes([8 + len(rates), CS_INTERFACE, 2, 1, stream.channels, 2, 16, len(stream.rates)]) + rates
        kind = 0x09 if adaptive else 0x05  # isochronous; the rate follows the host's, or is the device's own
        largest = (max(stream.rates) // 1000 + 1) * stream.channels * 2
        chooses_rate = 1 if len(stream.rates) > 1 else 0
        return (
            interface(number, 0, 0, triple)
            + interface(number, 1, 1, triple)
            + struct.pack("<BBBBBH", 7, CS_INTERFACE, 1, terminal, 1, 1)
            + form
            + struct.pack("<BBBBHBBB", 9, 5, stream.endpoint, kind, largest, 1, 0, 0)
            + struct.pack("<BBBBBH", 7, CS_ENDPOINT, 1, chooses_rate, 0, 0)
        )

    def control(self, request: Request) -> bytes | None:
        """Mute and volume of a direction, sampling frequency of an endpoint, opening of a stream."""
        if self.hangs:
            raise Withheld
        if request.kind == STANDARD and request.number == SET_INTERFACE:
            if stream := dict(zip(self.interfaces[1:], self._streams, strict=True)).get(request.index):
                stream.restart()
            return b""
        if request.kind != CLASS:
            return None
        selector = request.value >> 8
        if request.recipient == TO_ENDPOINT:
            stream = next(stream for stream in self._streams if stream.endpoint == request.index & 0xFF)
            return self._frequency(stream, request) if selector == SAMPLING_FREQUENCY else None
        unit = request.index >> 8
        if unit not in self.muted:
            return None
        return self._volume(unit, request) if selector == VOLUME else self._mute(unit, request)

    def submit(self, urb: Urb, link: Link) -> None:
        """The isochronous endpoints."""
        if self.hangs:
            raise Withheld
        (self.capture if urb.incoming else self.playback).submit(urb, link)

    def cancel(self, urb: Urb) -> None:
        """Forget a transfer."""
        (self.capture if urb.incoming else self.playback).cancel(urb)

    @staticmethod
    def _frequency(stream: Stream, request: Request) -> bytes | None:
        if request.number == SET_CUR:
            rate = int.from_bytes(request.data, "little")
            if rate not in stream.rates:
                return None
            stream.rate = rate
            stream.restart()
            return b""
        return stream.rate.to_bytes(3, "little") if request.number == GET_CUR else None

    def _mute(self, unit: int, request: Request) -> bytes | None:
        if request.number == SET_CUR:
            self.muted[unit] = bool(request.data[0])
            return b""
        return bytes([self.muted[unit]]) if request.number == GET_CUR else None

    def _volume(self, unit: int, request: Request) -> bytes | None:
        if request.number == SET_CUR:
            self.volume[unit] = int.from_bytes(request.data, "little", signed=True)
            return b""
        values = {GET_CUR: self.volume[unit], GET_MIN: QUIETEST, GET_MAX: LOUDEST, GET_RES: STEP}
        value = values.get(request.number)
        return None if value is None else value.to_bytes(2, "little", signed=True)
