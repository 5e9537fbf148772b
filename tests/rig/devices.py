"""The virtual USB devices as a test sees them: a headset with its keys, lamps and sound, and a busy light.

    with Headset(serial="A1") as headset:
        headset.lift_hook()
        headset.wait_for_lamps("Off-Hook")
        headset.hear_tone(440)
        assert headset.played(1).measure(1000).snr > 40

Each runs in a process of its own (`emulator`). Keys and lamps bear the names of the HID usage tables.
A headset as such does nothing by itself; those of `models` behave like the ones in use (`telephone.Habits`).
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from tests.rig.audio import Format
from tests.rig.hid import OUTPUT, TELEPHONY, VENDOR_REPORTS, Taking, Written
from tests.rig.layout import layout
from tests.rig.telephone import HOOK, Habits, Layout
from tests.rig.tone import Recording
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
CHECKOUT = Path(__file__).parents[2]
PATIENCE = 5.0
"""Seconds that a device or a lamp may take."""


def eventually(what: str, look: Callable[[], T], limit: float = PATIENCE) -> T:
    """The first true value of `look`, tried again and again; AssertionError after `limit` seconds."""
    end = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < end, f"{what}: not within {limit:g} s"
        time.sleep(0.01)
    return found


class Emulated:
    """A device in a process of its own, plugged in while the `with` block lasts."""

    emulator = "tests.rig.emulator"
    """The module that is that process."""

    def __init__(
        self,
        identity: Identity,
        report_descriptor: bytes,
        *,
        interrupt_out: bool = False,
        audio: Format | None = None,
        beside: Sequence[bytes] = (),
        layout: Layout = Layout(),  # noqa: B008  (frozen)
        habits: Habits = Habits(),  # noqa: B008
    ) -> None:
        """`beside` are the report descriptors of further HID interfaces, which come before its own."""
        self.identity = identity
        self.folder = Path()
        """The device's folder in sysfs while it is plugged in."""
        self._interface = 0
        self._description = json.dumps(
            {
                "identity": asdict(identity),
                "report_descriptor": report_descriptor.hex(),
                "interrupt_out": interrupt_out,
                "audio": asdict(audio) if audio else None,
                "beside": [one.hex() for one in beside],
                "layout": asdict(layout),
                "habits": asdict(habits),
            }
        )

    def __enter__(self) -> Self:
        ours, its = socket.socketpair()
        with its:
            # -S: it needs no installed package, and starts sooner without looking for them.
            command = [sys.executable, "-S", "-m", self.emulator, self._description]
            self._process = subprocess.Popen(command, stdin=its.fileno(), cwd=CHECKOUT)
        self._control = ours
        self._answers = ours.makefile("rb")
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._control.close()
        self._process.wait(PATIENCE)

    def plug(self) -> None:
        """Plug it in (again) and wait until the kernel offers its hidraw node."""
        plugged = self._do("plug")
        self.folder, self._interface = Path(plugged["folder"]), plugged["interface"]
        self._plugged_at = time.monotonic()
        eventually("hidraw node", self._nodes)

    def unplug(self) -> None:
        """Pull the plug."""
        self._do("unplug")

    @property
    def hidraw(self) -> Path:
        """Its device file."""
        return self._nodes()[0]

    def _nodes(self) -> list[Path]:
        nodes = self.folder.glob(f"*:1.{self._interface}/*/hidraw/hidraw*")
        return [Path("/dev") / node.name for node in nodes]

    def send(self, report: bytes) -> None:
        """Send an input report, its number first where reports are numbered."""
        self._do("send", report=report.hex())

    def flood(self, report: bytes, number: int, per_second: float) -> None:
        """Send an input report so many times from now on; returns at once."""
        self._do("flood", report=report.hex(), number=number, per_second=per_second)

    def take(self, reports: Taking) -> None:
        """Take what the host writes from now on well, refuse it (EPIPE), or leave it without an answer."""
        self._do("take", reports=reports)

    def written(self, after: int = 0, wait: float = 0) -> list[Written]:
        """The host's reports past the first `after`; waits up to `wait` seconds for one."""
        answer = self._do("written", after=after, wait=wait)
        return [Written(kind, bytes.fromhex(data), at) for kind, data, at in answer["written"]]

    def _do(self, what: str, **arguments: Any) -> dict[str, Any]:
        self._control.sendall(json.dumps({"do": what, **arguments}).encode() + b"\n")
        line = self._answers.readline()
        assert line, f"the emulator died while it was asked to {what}"
        answer: dict[str, Any] = json.loads(line)
        return answer


class Headset(Emulated):
    """A headset with call control and, unless `audio` is None, a sound card."""

    def __init__(
        self,
        serial: str = "RIG0001",
        *,
        report_descriptor: bytes = TELEPHONY,
        identity: Identity | None = None,
        audio: Format | None = Format(),  # noqa: B008  (frozen)
        interrupt_out: bool = False,
        habits: Habits = Habits(),  # noqa: B008
        beside: Sequence[bytes] = (),
    ) -> None:
        who = identity or Identity(0x0B0E, 0x2400, 0x0123, "Deskbell", "Rig Headset", serial)
        self._layout = layout(report_descriptor)
        super().__init__(
            who,
            report_descriptor,
            interrupt_out=interrupt_out,
            audio=audio,
            beside=beside,
            layout=self._layout,
            habits=habits,
        )

    def lift_hook(self) -> float:
        """Take the call key's or the cradle's off-hook state; when (CLOCK_MONOTONIC), as for all keys."""
        return self.press(HOOK)

    def replace_hook(self) -> float:
        """Back to on-hook."""
        return self.release(HOOK)

    def tap(self, key: str) -> None:
        """Press and release a key: "Phone Mute", "Flash", "Redial", "Phone Key 5"."""
        self.press(key)
        self.release(key)

    def press(self, key: str) -> float:
        """A person presses a key; the device may keep it to itself (`Habits`)."""
        return float(self._do("press", key=key)["at"])

    def release(self, key: str) -> float:
        """A person lets go of a key."""
        return float(self._do("release", key=key)["at"])

    def raise_arm(self) -> None:
        """Turn the boom arm up: the microphone is off, whatever the host says."""
        self._do("move_arm", up=True)

    def lower_arm(self) -> None:
        """Turn the boom arm down: the microphone is on."""
        self._do("move_arm", up=False)

    @property
    def view(self) -> View:
        """How the device sees itself, and what it took amiss."""
        return View(**self._do("telephone"))

    @property
    def lamps(self) -> frozenset[str]:
        """The names of the lamps that are lit now."""
        return self.lamp_history()[-1].lit

    def lamp_history(self) -> list[Lamps]:
        """What was lit after each report from the host, from all dark when it was plugged in."""
        return self._history(self.written())

    def _history(self, written: list[Written]) -> list[Lamps]:
        history = [Lamps(self._plugged_at, frozenset())]
        reports: dict[int, int] = {}
        for one in written:
            if one.kind == OUTPUT:
                whole = b"\0" + one.data if 0 in self._layout.outputs else one.data
                reports[whole[0]] = int.from_bytes(whole, "little")
                history.append(Lamps(one.at, frozenset(self._lit(reports))))
        return history

    def wait_for_lamp(self, lamp: str, *, lit: bool = True, limit: float = PATIENCE) -> float:
        """Wait until a lamp is lit (or dark) and tell when (CLOCK_MONOTONIC) it became so."""
        end = time.monotonic() + limit
        while True:
            written = self.written()
            history = self._history(written)
            if (lamp in history[-1].lit) == lit:
                others = [index for index, lamps in enumerate(history) if (lamp in lamps.lit) != lit]
                return history[others[-1] + 1 if others else 0].at
            wait = end - time.monotonic()
            assert wait > 0, f"{lamp} not {'lit' if lit else 'dark'} within {limit:g} s: {history}"
            self.written(after=len(written), wait=wait)

    def _lit(self, reports: dict[int, int]) -> Iterator[str]:
        for name, lamp in self._layout.lamps.items():
            if reports.get(lamp.report, 0) >> lamp.start & lamp.mask:
                yield name

    def played(self, seconds: float = 0) -> Recording:
        """What the host has played since the last call; with `seconds`, what it plays from now on."""
        if seconds:
            self._do("played")
            time.sleep(seconds)
        answer = self._do("played")
        return Recording(answer["rate"], answer["channels"], base64.b64decode(answer["pcm"]))

    def hear_tone(self, hz: float, dbfs: float = -12) -> None:
        """The microphone hears a tone of whole hertz from now on."""
        self._do("tone", hz=hz, dbfs=dbfs)

    def hear_silence(self) -> None:
        """The microphone hears nothing more."""
        self._do("silence")

    def hang(self, on: bool = True) -> None:
        """Its sound card answers nothing any more, or again."""
        self._do("hang", on=on)

    def hear(self, pcm: bytes) -> None:
        """The microphone hears this once: mono, 16 bit, at the card's rate."""
        self._do("hear", pcm=base64.b64encode(pcm).decode())

    @property
    def mixer(self) -> dict[str, Any]:
        """Of "playback" and "capture" each: "muted" and "decibel" as the host set them."""
        return self._do("mixer")

    @property
    def card(self) -> str:
        """ALSA's id of its sound card, as in `plughw:CARD=…`."""
        folder = eventually("sound card", lambda: list(self.folder.glob("*/sound/card*")))[0]
        node = Path("/dev/snd") / f"controlC{folder.name.removeprefix('card')}"
        eventually("sound card's device file", node.exists)
        return (folder / "id").read_text().strip()


class BusyLight(Emulated):
    """A light with vendor-defined reports, recorded as they come; an Embrava Blynclight by default."""

    def __init__(
        self,
        serial: str = "RIG0002",
        *,
        identity: Identity | None = None,
        report_descriptor: bytes = VENDOR_REPORTS,
        interrupt_out: bool = False,
    ) -> None:
        who = identity or Identity(0x2C0D, 0x0001, 0x0100, "Embrava", "Blynclight", serial)
        super().__init__(who, report_descriptor, interrupt_out=interrupt_out)


class Lamps(NamedTuple):
    """The lamps that were lit from a moment on."""

    at: float
    lit: frozenset[str]


class View(NamedTuple):
    """How a telephony device sees itself; see `telephone.Telephone`."""

    lifted: bool
    muted: bool
    ignored: int
    """Output reports of a wrong length or number."""
    lost: int
    """Presses of the mute key that were lost for want of a Mute lamp in reply."""
    dropped: int
    """Held calls that ended because Off-Hook went out."""
