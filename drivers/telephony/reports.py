"""Which bits of a telephony device's reports are keys and lamps, and how they are read and written; no I/O.

Usages: HID Usage Tables 1.5, Telephony page 0x0B, LED page 0x08, Button page 0x09, Consumer page 0x0C.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.base import DriverError, Key, Kind, Lamp
from drivers.telephony.report_descriptor import Field, Flags, ReportDescriptor, ReportType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Set as AbstractSet

TELEPHONY_PAGE, BUTTON_PAGE = 0x0B, 0x09
HANDSET = 0x0B0004
MAX_SELECTED = 16  # elements of one array: nobody presses or lights more at a time
KEYPAD = {
    0x0B00B0 + number: key
    for number, key in enumerate([*(Key(str(digit)) for digit in range(10)), Key.STAR, Key.POUND])
}
KEYS = {
    0x0B0020: Key.HOOK,
    0x0B0021: Key.FLASH,
    0x0B0023: Key.HOLD,
    0x0B0024: Key.REDIAL,
    0x0B0027: Key.PARK,
    0x0B002A: Key.LINE,
    0x0B002F: Key.MUTE,
    0x0B0050: Key.SPEED_DIAL,
    0x0B0070: Key.VOICE_MAIL,
    0x0B0097: Key.LINE_BUSY,  # Line Busy Tone
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
    0x08001E: Lamp.SPEAKER,
    0x080020: Lamp.HOLD,
    0x080021: Lamp.MICROPHONE,
    0x08002A: Lamp.ON_LINE,
    0x0B009E: Lamp.RING,  # Ringer: what sounds goes with what shines
}


class KeyReports:
    """Reads input reports into presses; keeps which keys are down."""

    def __init__(self, descriptor: ReportDescriptor, states: Collection[Key] = ()) -> None:
        """All keys are taken to be up until `read` sees otherwise.

        `states` are keys whose bit is a state, even where the descriptor declares it as a press.
        """
        self._numbered = descriptor.numbered
        self._reports = {
            report.id: _Input(report.length, [c for found in report.fields for c in _controls(found, states)])
            for report in descriptor.of(ReportType.INPUT)
        }
        self.keys = frozenset(key for report in self._reports.values() for key in report.keys)
        self.longest = 1 + max((report.length for report in self._reports.values()), default=0)
        self.ignored = 0  # reports that were none of this device's
        self.still = False  # whether the last report said of the hook switch what the one before said

    def read(self, report: bytes) -> list[tuple[Key, bool]]:
        """The keys that went down (True) and up (False); none for garbage, which is counted.

        `report` is as hidraw gives it: the report id first where reports are numbered.
        """
        number = report[0] if self._numbered and report else 0
        payload = report[1:] if self._numbered else report
        known = self._reports.get(number)
        if known is None or len(payload) != known.length:
            self.ignored += 1
            self.still = False
            return []
        self.still = Key.HOOK in known.keys and payload == known.last
        known.last = payload
        bits = int.from_bytes(payload, "little")
        return [event for control in known.controls for event in control.follow(bits)]


@dataclass(slots=True)
class _Input:
    """One input report: its length, its keys, its last payload."""

    length: int
    controls: list[_Control]
    keys: frozenset[Key] = field(init=False)
    last: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.last = bytes(self.length)
        self.keys = frozenset(key for control in self.controls for key in control.keys)


@dataclass(slots=True)
class _Control:
    """A switch of one key, or a field whose elements select among several; which keys it holds down."""

    field: Field
    element: int  # of a switch
    keys: frozenset[Key]
    one_shot: bool  # every 1 is a press of its own, as in the kernel's hidinput_hid_event
    down: frozenset[Key] = frozenset()

    def follow(self, bits: int) -> Iterator[tuple[Key, bool]]:
        """What has changed with a report."""
        now = self._switched(bits) if self.field.variable else self._selected(bits)
        if self.one_shot:
            yield from ((key, pressed) for key in now for pressed in (True, False))
            return
        before, self.down = self.down, now
        yield from ((key, False) for key in before - now)
        yield from ((key, True) for key in now - before)

    def _switched(self, bits: int) -> frozenset[Key]:
        value = self._value(bits, self.element)
        if value == 0 and Flags.RELATIVE in self.field.flags and self.field.logical_min < 0:
            return self.down  # neither on (1) nor off (-1)
        return self.keys if value > 0 else frozenset()

    def _selected(self, bits: int) -> frozenset[Key]:
        """Arrays of telephones are idle at 0, even those that declare a usage for it.

        A keypad that starts at 0 means its first key by 1 all the same (Jabra, Anker).
        """
        first = self.field.logical_min
        if first == 0 and self.field.usage(0) in KEYPAD:
            first = 1
        values = {self._value(bits, element) for element in range(min(self.field.count, MAX_SELECTED))}
        usages = {self.field.usage(value - first) for value in values if value > 0 and value >= first}
        return self.keys & {KEYS[usage] for usage in usages if usage in KEYS}

    def _value(self, bits: int, element: int) -> int:
        size = self.field.size
        value = bits >> self.field.offset + element * size & (1 << size) - 1
        negative = self.field.logical_min < 0 and value >> size - 1
        return value - (1 << size) if negative else value


def _controls(found: Field, states: Collection[Key]) -> Iterator[_Control]:
    telephony = found.application >> 16 == TELEPHONY_PAGE  # elsewhere button 1 is a mouse's
    keys = {
        usage: index for usage, index in found.find(KEYS).items() if telephony or usage >> 16 != BUTTON_PAGE
    }
    if found.variable:
        press = Flags.RELATIVE in found.flags and found.logical_min >= 0
        for usage, index in keys.items():
            key = KEYS[usage]
            yield _Control(found, index, frozenset({key}), press and key not in states)
    elif keys:
        yield _Control(found, 0, frozenset(KEYS[usage] for usage in keys), one_shot=False)


class LampReports:
    """Writes lamps into output reports, always whole: every bit of a report follows from the lamps."""

    def __init__(self, descriptor: ReportDescriptor) -> None:
        """Raises DriverError for what only looks like a telephone.

        Without an Off-Hook output there is none, nor without a collection of the Telephony page: some lights
        and keyboards declare all lamps that there are.
        """
        outputs = [_Output(report.id, report.length) for report in descriptor.of(ReportType.OUTPUT)]
        for output, report in zip(outputs, descriptor.of(ReportType.OUTPUT), strict=True):
            for found in report.fields:
                output.add(found)
        self._outputs = sorted((output for output in outputs if output.lamps), key=_turn)
        self.lamps = frozenset(lamp for output in outputs for lamp in output.lamps)
        if Lamp.OFF_HOOK not in self.lamps:
            raise DriverError("not a telephony device: it has no Off-Hook output")
        if not any(usage >> 16 == TELEPHONY_PAGE for usage in descriptor.applications):
            raise DriverError("not a telephony device: it has no collection of the Telephony page")

    def encode(self, lit: AbstractSet[Lamp]) -> dict[int, bytes]:
        """All output reports by their id, each as hidraw wants it: the id first, 0 where there is none.

        In the order in which to write them.
        """
        return {output.id: output.encode(lit) for output in self._outputs}

    def bearing(self, lamp: Lamp) -> frozenset[int]:
        """The ids of the reports that bear a lamp."""
        return frozenset(output.id for output in self._outputs if lamp in output.lamps)


@dataclass(slots=True)
class _Output:
    """One output report: which of its bits follow from which lamp."""

    id: int
    length: int
    switches: list[tuple[Lamp, int, int]] = field(default_factory=list)  # bits when lit, bits when dark
    selectors: list[tuple[Field, dict[Lamp, int]]] = field(default_factory=list)  # the value of each lamp

    @property
    def lamps(self) -> frozenset[Lamp]:
        lamps = {lamp for lamp, _, _ in self.switches}
        return frozenset(lamps.union(*(values for _, values in self.selectors)))

    def add(self, found: Field) -> None:
        """Take up the lamps of a field."""
        places = found.find(LAMPS)
        if not found.variable and places:
            values = {LAMPS[usage]: found.logical_min + index for usage, index in places.items()}
            self.selectors.append((found, values))
            return
        signed = Flags.RELATIVE in found.flags and found.logical_min < 0
        for usage, index in places.items():
            start = found.offset + index * found.size
            dark = (1 << found.size) - 1 << start if signed else 0  # -1 is off
            self.switches.append((LAMPS[usage], 1 << start, dark))

    def encode(self, lit: AbstractSet[Lamp]) -> bytes:
        """The report, its id first."""
        bits = 0
        for lamp, on, off in self.switches:
            bits |= on if lamp in lit else off
        for found, values in self.selectors:
            bits |= _select(found, [value for lamp, value in values.items() if lamp in lit])
        return bytes([self.id]) + bits.to_bytes(self.length, "little")


def _select(found: Field, values: list[int]) -> int:
    """The bits of an array that selects these; elements that are left over get the value for nothing."""
    idle = 0 if found.logical_min > 0 else found.logical_max + 1
    bits = 0
    for element in range(min(found.count, MAX_SELECTED)):
        value = values[element] if element < len(values) else idle
        bits |= (value & (1 << found.size) - 1) << found.offset + element * found.size
    return bits


def _turn(output: _Output) -> int:
    """When a report is written: first Off-Hook, last Mute, which a device takes only when it is off-hook."""
    return -1 if Lamp.OFF_HOOK in output.lamps else 1 if Lamp.MUTE in output.lamps else 0


def kind(descriptor: ReportDescriptor) -> Kind:
    """What a telephony device calls itself."""
    return Kind.HANDSET if HANDSET in descriptor.applications else Kind.HEADSET
