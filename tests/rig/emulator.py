"""The process of one virtual USB device, commanded through the socket that is its standard input.

It is a process of its own because the kernel makes a program that closes a device wait for that device's
answer. Every line is a JSON object `{"do": …}` and gets exactly one line back, in order. `devices` is the
other end.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.rig.audio import CAPSULE_VOLUME, SPEAKER_VOLUME, AudioFunction, Format
from tests.rig.hid import HidFunction, Taking
from tests.rig.telephone import Habits, Layout, Telephone
from tests.rig.usb import Identity, UsbDevice
from tests.rig.usbip import Link, Port

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]
CONFIGURED_SECONDS = 10
"""Until the kernel must have read the descriptors and bound its drivers."""


class Emulator:
    """One device, in or out of its port."""

    def __init__(self, description: dict[str, Any]) -> None:
        form = description["audio"]
        self._identity = Identity(**description["identity"])
        self._audio = AudioFunction(0, Format(**form)) if form else None
        self._news = asyncio.Event()
        first = len(self._audio.interfaces) if self._audio else 0
        beside = [bytes.fromhex(text) for text in description["beside"]]
        self._others = [HidFunction(first + index, one) for index, one in enumerate(beside)]
        self._hid = HidFunction(
            first + len(beside),
            bytes.fromhex(description["report_descriptor"]),
            interrupt_out=description["interrupt_out"],
            on_written=self._written,
            on_open=self._opened,
        )
        self._telephone = Telephone(
            Layout.of(description["layout"]), Habits(**description["habits"]), self._hid.send, self._later
        )
        self._follows_audio = description["habits"]["mute_follows_audio"]
        if self._audio:
            self._audio.capture.silenced = self._is_silenced
        self._unplug: Callable[[], None] = lambda: None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer commands until the other end is gone, then pull the plug."""
        try:
            while line := await reader.readline():
                command = json.loads(line)
                answer = await getattr(self, "do_" + command.pop("do"))(**command)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        finally:
            await self.do_unplug()

    def _written(self, kind: int, data: bytes) -> None:
        self._telephone.written(kind, data)
        self._news.set()

    def _opened(self) -> None:
        self._telephone.opened()

    @staticmethod
    def _later(seconds: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, call)

    def _is_silenced(self) -> bool:
        muted = self._card.muted[CAPSULE_VOLUME]
        return self._telephone.muted != muted if self._follows_audio else self._telephone.muted or muted

    def _device(self) -> UsbDevice:
        sound = [self._audio] if self._audio else []
        return UsbDevice(self._identity, [*sound, *self._others, self._hid])

    async def do_plug(self) -> Answer:
        """Put the device into a free port and wait until the kernel has configured it."""
        self._hid.forget()
        self._telephone.power_on()
        ours, kernels = socket.socketpair()
        link = Link(ours, self._device())
        loop = asyncio.get_running_loop()

        def receive() -> None:
            if not link.receive():
                loop.remove_reader(ours)

        def unplug() -> None:
            loop.remove_reader(ours)
            port.detach()
            link.close()

        with kernels:
            port = Port(kernels)
        self._unplug = unplug
        loop.add_reader(ours, receive)
        async with asyncio.timeout(CONFIGURED_SECONDS):
            while (folder := port.device_folder()) is None:
                await asyncio.sleep(0.005)
        return {"folder": str(folder), "interface": self._hid.interfaces[0]}

    async def do_unplug(self) -> Answer:
        """Pull the plug; the port is free again when this is answered."""
        self._unplug()
        self._unplug = lambda: None
        return {}

    async def do_send(self, report: str) -> Answer:
        """An input report."""
        self._hid.send(bytes.fromhex(report))
        return {}

    async def do_flood(self, report: str, number: int, per_second: float) -> Answer:
        """An input report again and again, from now on."""
        for index in range(number):
            self._later(index / per_second, lambda: self._hid.send(bytes.fromhex(report)))
        return {}

    async def do_take(self, reports: str) -> Answer:
        """Take the host's reports from now on well, or not."""
        self._hid.taking = Taking(reports)
        return {}

    async def do_press(self, key: str) -> Answer:
        """A key goes down; when."""
        at = time.monotonic()
        self._telephone.press(key)
        return {"at": at}

    async def do_release(self, key: str) -> Answer:
        """A key comes up; when."""
        at = time.monotonic()
        self._telephone.release(key)
        return {"at": at}

    async def do_move_arm(self, up: bool) -> Answer:
        """The boom arm goes up or down."""
        self._telephone.move_arm(up)
        return {}

    async def do_telephone(self) -> Answer:
        """How it sees itself."""
        names = ("lifted", "muted", "ignored", "lost", "dropped")
        return {name: getattr(self._telephone, name) for name in names}

    async def do_written(self, after: int, wait: float) -> Answer:
        """The reports from the host past the first `after`, waiting up to `wait` seconds for one."""
        if len(self._hid.written) <= after:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
        return {"written": [[one.kind, one.data.hex(), one.at] for one in self._hid.written[after:]]}

    async def do_played(self) -> Answer:
        """What the host played since the last time."""
        heard = self._card.playback.take()
        return {"rate": heard.rate, "channels": heard.channels, "pcm": base64.b64encode(heard.pcm).decode()}

    async def do_tone(self, hz: float, dbfs: float) -> Answer:
        """The microphone hears a tone from now on."""
        self._card.capture.hear_tone(hz, dbfs)
        return {}

    async def do_silence(self) -> Answer:
        """The microphone hears nothing."""
        self._card.capture.hear_silence()
        return {}

    async def do_hang(self, on: bool) -> Answer:
        """The sound card answers nothing any more, or again."""
        self._card.hangs = on
        return {}

    async def do_hear(self, pcm: str) -> Answer:
        """The microphone hears mono PCM once."""
        self._card.capture.hear(base64.b64decode(pcm))
        return {}

    async def do_mixer(self) -> Answer:
        """Mute switches and volumes (dB) as the host set them."""
        card = self._card
        return {
            name: {"muted": card.muted[unit], "decibel": card.volume[unit] / 256}
            for name, unit in (("playback", SPEAKER_VOLUME), ("capture", CAPSULE_VOLUME))
        }

    @property
    def _card(self) -> AudioFunction:
        if self._audio is None:
            raise TypeError("this device has no sound card")
        return self._audio


async def main(kind: type[Emulator] = Emulator) -> None:
    """Be the device that the first argument describes."""
    control = socket.socket(fileno=0)
    reader, writer = await asyncio.open_connection(sock=control, limit=1 << 26)
    await kind(json.loads(sys.argv[1])).serve(reader, writer)


if __name__ == "__main__":
    asyncio.run(main())
