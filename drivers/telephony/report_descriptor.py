"""Reads a HID report descriptor: which bit of which report means what.

Source: Device Class Definition for HID 1.11, section 6.2.2, read with the rules of Linux's hid-core.c where
that is stricter or clearer: what the kernel refuses never comes to us through hidraw. Usages are 32-bit
numbers, usage page in the upper half. Fields flagged Constant are kept where they bear a usage: some makers
flag real keys so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from drivers.base import DriverError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# The kernel's limits (hid.h, hid-core.c).
MAX_DESCRIPTOR_BYTES = 4096
MAX_REPORT_BITS = (16384 - 1) * 8
MAX_FIELD_BITS = 256
MAX_USAGES = 12288  # in one field
MAX_FIELDS = 256  # in one report
MAX_PUSHES = 4


class DescriptorError(DriverError, ValueError):
    """A report descriptor that no device in order sends; the message names byte offset and problem."""

    def __init__(self, offset: int, problem: str) -> None:
        """`offset` counts bytes from the descriptor's start."""
        super().__init__(f"report descriptor, byte {offset}: {problem}")
        self.offset = offset
        self.problem = problem


class ReportType(StrEnum):
    """Which way a report travels (HID 1.11, 6.2.2.5)."""

    INPUT = "input"
    OUTPUT = "output"
    FEATURE = "feature"


class Flags(IntFlag):
    """Data bits of an Input, Output or Feature item (HID 1.11, 6.2.2.5)."""

    CONSTANT = 0x01
    VARIABLE = 0x02  # else array
    RELATIVE = 0x04  # else absolute
    WRAP = 0x08
    NON_LINEAR = 0x10
    NO_PREFERRED = 0x20
    NULL_STATE = 0x40
    VOLATILE = 0x80
    BUFFERED_BYTES = 0x100


@dataclass(frozen=True, slots=True)
class Field:
    """`count` elements of `size` bits each, from bit `offset` of the payload (the report id not counted).

    `usages` are runs of usages, in the order declared. Element n of a variable bears the n-th of them, and
    the last one where they are fewer; the value of an array selects among them.
    """

    usages: tuple[range, ...]
    offset: int
    size: int
    count: int
    flags: Flags
    logical_min: int
    logical_max: int
    application: int  # usage of the application collection around it, 0 for none

    @property
    def variable(self) -> bool:
        """True where each element has a meaning of its own, False for an array."""
        return Flags.VARIABLE in self.flags

    def usage(self, index: int) -> int | None:
        """The usage of the element (of a variable) or value (of an array) with this number, None for none."""
        for run in self.usages:
            if index < len(run):
                return run[index]
            index -= len(run)
        return self.usages[-1][-1] if self.variable else None

    def find(self, wanted: Collection[int]) -> dict[int, int]:
        """The number of the first element (of a variable) or value (of an array) for each of these usages."""
        found: dict[int, int] = {}
        before = 0
        for run in self.usages:
            single = len(run) == 1
            for usage in (run if run.start in wanted else ()) if single else wanted:
                if usage in run:
                    found.setdefault(usage, before + usage - run.start)
            before += len(run)
        return {usage: at for usage, at in found.items() if at < self.count or not self.variable}


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """One report: `length` is its declared payload in bytes, without the report id."""

    type: ReportType
    id: int  # 0 where reports are not numbered
    length: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ReportDescriptor:
    """A whole descriptor; `numbered` devices put the report id before every payload."""

    applications: tuple[int, ...]  # usages of the application collections, in order
    reports: tuple[ReportLayout, ...]
    numbered: bool

    def of(self, type_: ReportType) -> Iterator[ReportLayout]:
        """The reports that travel one way."""
        return (report for report in self.reports if report.type is type_)


def parse(data: bytes) -> ReportDescriptor:
    """Read a report descriptor; raises DescriptorError, and nothing else, whatever the bytes are."""
    if len(data) > MAX_DESCRIPTOR_BYTES:
        raise DescriptorError(MAX_DESCRIPTOR_BYTES, f"is longer than {MAX_DESCRIPTOR_BYTES} bytes")
    parser = _Parser()
    for item in _items(data):
        parser.take(item)
    return parser.finish(len(data))


class _Item(NamedTuple):  # there may be thousands: cheaper than a dataclass
    offset: int
    kind: int  # 0 main, 1 global, 2 local, 3 reserved
    tag: int
    size: int
    unsigned: int

    @property
    def signed(self) -> int:
        negative = self.size and self.unsigned >> 8 * self.size - 1
        return self.unsigned - (1 << 8 * self.size) if negative else self.unsigned


def _items(data: bytes) -> Iterator[_Item]:
    """The short items of a descriptor (HID 1.11, 6.2.2.2); long ones the kernel refuses, and so do we."""
    offset = 0
    while offset < len(data):
        prefix = data[offset]
        if prefix == 0xFE:
            raise DescriptorError(offset, "long items are not used by any device")
        size = (0, 1, 2, 4)[prefix & 3]
        value = data[offset + 1 : offset + 1 + size]
        if len(value) < size:
            raise DescriptorError(offset, "ends within an item")
        yield _Item(offset, prefix >> 2 & 3, prefix >> 4, size, int.from_bytes(value, "little"))
        offset += 1 + size


@dataclass(slots=True)
class _Globals:
    """State that lasts over items, and that Push and Pop save and restore (HID 1.11, 6.2.2.7)."""

    usage_page: int = 0
    logical_min: int = 0
    logical_max: int = 0
    report_size: int = 0
    report_count: int = 0
    report_id: int = 0

    def copy(self) -> _Globals:
        return _Globals(
            self.usage_page,
            self.logical_min,
            self.logical_max,
            self.report_size,
            self.report_count,
            self.report_id,
        )


@dataclass(slots=True)
class _Locals:
    """State that lasts to the next main item (HID 1.11, 6.2.2.8)."""

    usages: list[tuple[range, bool]] = field(default_factory=list)  # a run; True where it bears its own page
    count: int = 0  # of usages, in all runs
    minimum: int = 0
    in_set: bool = False  # between delimiters
    sets: int = 0


@dataclass(slots=True)
class _Open:
    """A report that still grows."""

    bits: int = 0
    fields: list[Field] = field(default_factory=list)


_MAIN_REPORTS = {0x8: ReportType.INPUT, 0x9: ReportType.OUTPUT, 0xB: ReportType.FEATURE}
_APPLICATION = 0x01


class _Parser:
    def __init__(self) -> None:
        self._globals = _Globals()
        self._stack: list[_Globals] = []
        self._locals = _Locals()
        self._collections: list[tuple[int, int]] = []  # type, usage
        self._applications: list[int] = []
        self._reports: dict[tuple[ReportType, int], _Open] = {}

    def take(self, item: _Item) -> None:
        """One item; reserved kinds are passed over, as the kernel does."""
        match item.kind:
            case 0:
                self._main(item)
            case 1:
                self._global(item)
            case 2:
                self._local(item)

    def finish(self, end: int) -> ReportDescriptor:
        if self._collections:
            raise DescriptorError(end, "ends within a collection")
        if self._locals.in_set:
            raise DescriptorError(end, "ends between delimiters")
        reports = tuple(
            ReportLayout(type_, number, -(-report.bits // 8), tuple(report.fields))
            for (type_, number), report in self._reports.items()
        )
        return ReportDescriptor(tuple(self._applications), reports, any(report.id for report in reports))

    def _main(self, item: _Item) -> None:
        self._complete_usages()
        if item.tag in _MAIN_REPORTS:
            self._add_field(item, _MAIN_REPORTS[item.tag])
        elif item.tag == 0xA:
            self._open_collection(item)
        elif item.tag == 0xC:
            if not self._collections:
                raise DescriptorError(item.offset, "closes a collection that was not opened")
            self._collections.pop()
        self._locals = _Locals()

    def _complete_usages(self) -> None:
        """Usages take the page that stands at the main item, unless it stood at the last of them already.

        The kernel's hid_concatenate_last_usage_page: some devices declare the page after the usages.
        """
        page = self._globals.usage_page
        for index in reversed(range(len(self._locals.usages))):
            run, own_page = self._locals.usages[index]
            if own_page:
                continue
            if run.start >> 16 == page:
                break
            self._locals.usages[index] = (_on_page(run, page), False)

    def _open_collection(self, item: _Item) -> None:
        usage = self._locals.usages[0][0].start if self._locals.usages else 0
        kind = item.unsigned & 0xFF
        self._collections.append((kind, usage))
        if kind == _APPLICATION:
            self._applications.append(usage)

    def _add_field(self, item: _Item, type_: ReportType) -> None:
        now = self._globals
        if now.logical_max < now.logical_min:
            raise DescriptorError(
                item.offset, f"logical range {now.logical_min} to {now.logical_max} is empty"
            )
        report = self._reports.get((type_, now.report_id))
        if report is None:
            report = self._reports[type_, now.report_id] = _Open()
        offset = report.bits
        report.bits += now.report_size * now.report_count
        if report.bits > MAX_REPORT_BITS:
            raise DescriptorError(item.offset, f"{type_} report {now.report_id} is longer than 16 KiB")
        if not self._locals.usages or report.bits == offset or len(report.fields) == MAX_FIELDS:
            return  # padding, nothing at all, or more than the kernel reports
        report.fields.append(
            Field(
                tuple(run for run, _ in self._locals.usages),
                offset,
                now.report_size,
                now.report_count,
                Flags(item.unsigned & 0x1FF),
                now.logical_min,
                now.logical_max,
                next((usage for kind, usage in reversed(self._collections) if kind == _APPLICATION), 0),
            )
        )

    def _global(self, item: _Item) -> None:
        now = self._globals
        match item.tag:
            case 0x0:
                now.usage_page = item.unsigned & 0xFFFF
            case 0x1:
                now.logical_min = item.signed
            case 0x2:  # signed only where the minimum is: makers write 25 FF for 255
                now.logical_max = item.signed if now.logical_min < 0 else item.unsigned
            case 0x3 | 0x4 | 0x5 | 0x6:
                pass  # physical range and unit say nothing about keys and lamps
            case 0x7:
                now.report_size = _limited(item, "report size", MAX_FIELD_BITS)
            case 0x8:
                now.report_id = _report_id(item)
            case 0x9:
                now.report_count = _limited(item, "report count", MAX_USAGES)
            case 0xA:
                if len(self._stack) == MAX_PUSHES:
                    raise DescriptorError(item.offset, f"pushes more than {MAX_PUSHES} deep")
                self._stack.append(now.copy())
            case 0xB:
                if not self._stack:
                    raise DescriptorError(item.offset, "pops what was not pushed")
                self._globals = self._stack.pop()
            case _:
                raise DescriptorError(item.offset, f"unknown global item {item.tag:#x}")

    def _local(self, item: _Item) -> None:
        if item.size == 0:
            raise DescriptorError(item.offset, "a local item without data")
        if item.tag == 0xA:
            self._delimit(item)
        elif self._locals.sets > 1:
            return  # an alternative to the usage before: the first of a set is the preferred one
        elif item.tag == 0x0:
            self._add_usages(item, item.unsigned, item.unsigned)
        elif item.tag == 0x1:
            self._locals.minimum = item.unsigned
        elif item.tag == 0x2:
            self._add_usages(item, self._locals.minimum, item.unsigned)

    def _delimit(self, item: _Item) -> None:
        opens = item.unsigned != 0
        if opens is self._locals.in_set:
            raise DescriptorError(item.offset, "delimiters are not in pairs")
        self._locals.in_set = opens
        self._locals.sets += opens

    def _add_usages(self, item: _Item, first: int, last: int) -> None:
        if last < first:
            raise DescriptorError(item.offset, f"usage range {first:#x} to {last:#x} is empty")
        room = MAX_USAGES - self._locals.count
        if room <= 0:
            raise DescriptorError(item.offset, f"more than {MAX_USAGES} usages in one field")
        run = range(first, min(last + 1, first + room))
        own_page = item.size > 2
        self._locals.count += len(run)
        self._locals.usages.append((run if own_page else _on_page(run, self._globals.usage_page), own_page))


def _on_page(run: range, page: int) -> range:
    """A run of usages moved to a usage page; what would leave the page is cut off."""
    start = page << 16 | run.start & 0xFFFF
    return range(start, min(start + len(run), (page + 1) << 16))


def _limited(item: _Item, what: str, limit: int) -> int:
    if item.unsigned > limit:
        raise DescriptorError(item.offset, f"{what} {item.unsigned} is over {limit}")
    return item.unsigned


def _report_id(item: _Item) -> int:
    if not 1 <= item.unsigned <= 255:
        raise DescriptorError(item.offset, f"report id {item.unsigned} is not in 1 to 255")
    return item.unsigned
