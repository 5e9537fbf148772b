"""Which bits of a telephony device's reports are keys and lamps, and how they are read and written; no I/O.

Usages: HID Usage Tables 1.5, Telephony page 0x0B, LED page 0x08, Button page 0x09, Consumer page 0x0C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.base import DriverError, Key, Kind, Lamp
from drivers.telephony.report_descriptor import Field, Flags, ReportDescriptor, ReportType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

TELEPHONY_PAGE, BUTTON_PAGE = 0x0B, 0x09
HANDSET = 0x0B0004
KEYPAD = {
    0x0B00B0 + number: key
    for number, key in enumerate([*(Key(str(digit)) for digit in range(10)), Key.STAR, Key.POUND])
}
KEYS = {
    0x0B0020: Key.HOOK,
    0x0B0021: Key.FLASH,
    0x0B0024: Key.REDIAL,
    0x0B002F: Key.MUTE,
    # Makers disagree on how a call is rejected.
    0x0B0026: Key.REJECT,  # Drop
    0x0B0007: Key.REJECT,  # Programmable Button
    0x090001: Key.REJECT,
    0x090007: Key.REJECT,
    0x0C00E9: Key.VOLUME_UP,
    0x0C00EA: Key.VOLUME_DOWN,
    **KEYPAD,
}
LAMPS = {
    0x080009: Lamp.MUTE,
    0x080017: Lamp.OFF_HOOK,
    0x080018: Lamp.RING,
    0x080019: Lamp.MESSAGE_WAITING,
    0x080020: Lamp.HOLD,
    0x0B009E: Lamp.RING,  # Ringer: what sounds goes with what shines
}


class KeyReports:
    """Reads input reports into presses; keeps which keys are down."""

    def __init__(self, descriptor: ReportDescriptor) -> None:
        """All keys are taken to be up until `learn` or `read` see otherwise."""
        self._numbered = descriptor.numbered
        self._reports = {
            report.id: (report.length, [c for found in report.fields for c in _controls(found)])
            for report in descriptor.of(ReportType.INPUT)
        }
        self._down: dict[_Control, frozenset[Key]] = {}
        self.keys = frozenset(
            key for _, controls in self._reports.values() for c in controls for key in c.keys
        )
        self.longest = 1 + max((length for length, _ in self._reports.values()), default=0)
        self.ignored = 0  # reports that were none of this device's

    def learn(self, report: bytes) -> None:
        """Take a report as how things are, not as something that was done."""
        self.read(report)

    def read(self, report: bytes) -> list[tuple[Key, bool]]:
        """The keys that went down (True) and up (False); none for garbage, which is counted.

        `report` is as hidraw gives it: the report id first where reports are numbered.
        """
        number = report[0] if self._numbered and report else 0
        payload = report[1:] if self._numbered else report
        length, controls = self._reports.get(number, (-1, []))
        if len(payload) != length:
            self.ignored += 1
            return []
        bits = int.from_bytes(payload, "little")
        return [event for control in controls for event in self._follow(control, bits)]

    def _follow(self, control: _Control, bits: int) -> Iterator[tuple[Key, bool]]:
        before = self._down.get(control, frozenset())
        now = control.down(bits, before)
        if control.one_shot:
            yield from ((key, pressed) for key in now for pressed in (True, False))
            return
        self._down[control] = now
        yield from ((key, False) for key in before - now)
        yield from ((key, True) for key in now - before)


@dataclass(frozen=True, slots=True)
class _Control:
    """One element of an input field: a switch of one key, or a selector among `keys`."""

    field: Field
    element: int
    keys: tuple[Key, ...]

    @property
    def one_shot(self) -> bool:
        """A relative 0 or 1: every 1 is a press of its own, as in the kernel's hidinput_hid_event."""
        return self.field.variable and Flags.RELATIVE in self.field.flags and self.field.logical_min >= 0

    def down(self, bits: int, before: frozenset[Key]) -> frozenset[Key]:
        """The keys that are down by this report."""
        value = self._value(bits)
        if not self.field.variable:
            return self._selected(value)
        if Flags.RELATIVE in self.field.flags and value == 0:
            return frozenset() if self.one_shot else before  # neither on (1) nor off (-1)
        return frozenset(self.keys) if value > 0 else frozenset()

    def _value(self, bits: int) -> int:
        size = self.field.size
        value = bits >> self.field.offset + self.element * size & (1 << size) - 1
        negative = self.field.logical_min < 0 and value >> size - 1
        return value - (1 << size) if negative else value

    def _selected(self, value: int) -> frozenset[Key]:
        """Arrays of telephones are idle at 0, even those that declare a usage for it.

        A keypad that starts at 0 means its first key by 1 all the same (Jabra, Anker).
        """
        first = self.field.logical_min
        if first == 0 and self.field.usage(0) in KEYPAD:
            first = 1
        usage = self.field.usage(value - first) if value > 0 and value >= first else None
        key = KEYS.get(usage) if usage is not None else None
        return frozenset({key} if key else ())


def _controls(found: Field) -> Iterator[_Control]:
    telephony = found.application >> 16 == TELEPHONY_PAGE  # elsewhere button 1 is a mouse's
    keys = {
        usage: index
        for usage in KEYS
        if (index := found.find(usage)) is not None and (telephony or usage >> 16 != BUTTON_PAGE)
    }
    if found.variable:
        yield from (_Control(found, index, (KEYS[usage],)) for usage, index in keys.items())
    elif keys:
        selectable = tuple(KEYS[usage] for usage in keys)
        yield from (_Control(found, element, selectable) for element in range(found.count))


class LampReports:
    """Writes lamps into output reports, always whole: every bit of a report follows from the lamps."""

    def __init__(self, descriptor: ReportDescriptor) -> None:
        """Raises DriverError for what only looks like a telephone: without Off-Hook there is none."""
        self._reports = [
            (report.id, report.length, bits)
            for report in descriptor.of(ReportType.OUTPUT)
            if (bits := [bit for found in report.fields for bit in _lamp_bits(found)])
        ]
        self.lamps = frozenset(lamp for _, _, bits in self._reports for lamp, _ in bits)
        if Lamp.OFF_HOOK not in self.lamps:
            raise DriverError("not a telephony device: it has no Off-Hook output")

    def encode(self, lit: AbstractSet[Lamp]) -> dict[int, bytes]:
        """All output reports by their id, each as hidraw wants it: the id first, 0 where there is none."""
        return {
            number: bytes([number])
            + sum(1 << bit for lamp, bit in bits if lamp in lit).to_bytes(length, "little")
            for number, length, bits in self._reports
        }


def _lamp_bits(found: Field) -> Iterator[tuple[Lamp, int]]:
    if found.variable:
        for usage, lamp in LAMPS.items():
            index = found.find(usage)
            if index is not None:
                yield lamp, found.offset + index * found.size


def kind(descriptor: ReportDescriptor) -> Kind:
    """What a telephony device calls itself."""
    return Kind.HANDSET if HANDSET in descriptor.applications else Kind.HEADSET
