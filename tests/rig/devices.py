"""The virtual USB devices as a test sees them: a headset with its keys, lamps and sound, and a busy light.

    with Headset(serial="A1") as headset:
        headset.lift_hook()
        headset.wait_for_lamps("Off-Hook")
        headset.hear_tone(440)
        assert headset.played(1).measure(1000).snr > 40

Each runs in a process of its own (`emulator`). Keys and lamps bear the names of the HID usage tables;
report layouts are read with hid-tools, on purpose not with the parser that Deskbell itself uses.
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

from hidtools.hid import ReportDescriptor
from hidtools.hut import HUT

from tests.rig.audio import Format
from tests.rig.hid import OUTPUT, TELEPHONY, VENDOR_REPORTS, Written
from tests.rig.tone import Recording
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hidtools.hid import HidReport

T = TypeVar("T")
BUTTON_PAGE = 0x09
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

    def __init__(
        self,
        identity: Identity,
        report_descriptor: bytes,
        *,
        interrupt_out: bool = False,
        audio: Format | None = None,
    ) -> None:
        self.identity = identity
        self.folder = Path()
        """The device's folder in sysfs while it is plugged in."""
        self._description = json.dumps(
            {
                "identity": asdict(identity),
                "report_descriptor": report_descriptor.hex(),
                "interrupt_out": interrupt_out,
                "audio": asdict(audio) if audio else None,
            }
        )

    def __enter__(self) -> Self:
        ours, its = socket.socketpair()
        with its:
            # -S: it needs no installed package, and starts sooner without looking for them.
            command = [sys.executable, "-S", "-m", "tests.rig.emulator", self._description]
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
        self.folder = Path(self._do("plug")["folder"])
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
        return [Path("/dev") / node.name for node in self.folder.glob("*/*/hidraw/hidraw*")]

    def send(self, report: bytes) -> None:
        """Send an input report, its number first where reports are numbered."""
        self._do("send", report=report.hex())

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
    ) -> None:
        who = identity or Identity(0x0B0E, 0x2400, 0x0123, "Deskbell", "Rig Headset", serial)
        super().__init__(who, report_descriptor, interrupt_out=interrupt_out, audio=audio)
        layout = ReportDescriptor.from_bytes(list(report_descriptor))
        self._keys = _fields(layout.input_reports)
        self._lamps = _fields(layout.output_reports)
        self._outputs_numbered = -1 not in layout.output_reports  # hid-tools' number for none
        self._input = {
            max(number, 0): bytearray(report.size + (not report.numbered))
            for number, report in layout.input_reports.items()
        }

    def lift_hook(self) -> None:
        """Take the call key's or the boom arm's on-state."""
        self.press("Hook Switch")

    def replace_hook(self) -> None:
        """Back to on-hook."""
        self.release("Hook Switch")

    def tap(self, key: str) -> None:
        """Press and release a key: "Phone Mute", "Flash", "Redial", "Phone Key 5"."""
        self.press(key)
        self.release(key)

    def press(self, key: str) -> None:
        """Send the report in which a key is pressed."""
        self._set(self._keys[key], pressed=True)

    def release(self, key: str) -> None:
        """Send the report in which a key is not pressed."""
        self._set(self._keys[key], pressed=False)

    def _set(self, field: Field, *, pressed: bool) -> None:
        report = self._input[field.report]
        bits = int.from_bytes(report, "little") & ~(field.mask << field.start)
        bits |= (field.value if pressed else 0) << field.start
        report[:] = bits.to_bytes(len(report), "little")
        report[0] = field.report
        self.send(bytes(report if field.report else report[1:]))

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
                whole = one.data if self._outputs_numbered else b"\0" + one.data
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
        for name, lamp in self._lamps.items():
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


class Field(NamedTuple):
    """Where a key or lamp is: report, first bit (counting the number's byte), mask, value of pressed."""

    report: int
    start: int
    mask: int
    value: int


def _fields(reports: dict[int, HidReport]) -> dict[str, Field]:
    """Every named key or lamp; the first of a name counts, as the vendor-defined twins come later."""
    found: dict[str, Field] = {}
    for number, report in reports.items():
        for field in report:
            start = field.start if report.numbered else field.start + 8
            usages = field.usages if field.is_array and field.usages else [field.usage]
            for index, usage in enumerate(usages):
                value = index + field.logical_min if field.is_array else 1
                place = Field(max(number, 0), start, (1 << field.size) - 1, value)
                found.setdefault(_name(usage), place)
    return found


def _name(usage: int) -> str:
    """A usage's name in the HID usage tables; "Button 1"; else its number."""
    page, number = usage >> 16, usage & 0xFFFF
    if page == BUTTON_PAGE:
        return f"Button {number}"
    known = page in HUT and number in HUT[page]
    return HUT[page][number].name if known else f"{usage:#010x}"
