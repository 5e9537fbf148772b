"""Where a device has its keys and lamps, by their names in the HID usage tables.

Read with hid-tools, on purpose not with the parser that Deskbell itself uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hidtools.hid import ReportDescriptor
from hidtools.hut import HUT

from tests.rig.telephone import Layout, Place

if TYPE_CHECKING:
    from hidtools.hid import HidReport

BUTTON_PAGE = 0x09
PHONE_KEY_0 = 0x0B00B0


def layout(report_descriptor: bytes) -> Layout:
    """The layout that a report descriptor declares."""
    read = ReportDescriptor.from_bytes(list(report_descriptor))
    return Layout(
        _places(read.input_reports),
        _places(read.output_reports),
        _sizes(read.input_reports),
        _sizes(read.output_reports),
    )


def _sizes(reports: dict[int, HidReport]) -> dict[int, int]:
    """Bytes that travel for each report, its number among them; hid-tools' number for none is -1."""
    return {max(number, 0): report.size for number, report in reports.items()}


def _places(reports: dict[int, HidReport]) -> dict[str, Place]:
    """Every named key or lamp; the first of a name counts, as the vendor-defined twins come later."""
    found: dict[str, Place] = {}
    for number, report in reports.items():
        for field in report:
            start = field.start if report.numbered else field.start + 8
            usages = field.usages if field.is_array and field.usages else [field.usage]
            first = field.logical_min
            if usages[0] == PHONE_KEY_0 and first == 0:
                first = 1  # Jabra and Anker: 0 is none, and their first key is 1 all the same
            for index, usage in enumerate(usages):
                value = index + first if field.is_array else 1
                place = Place(max(number, 0), start, (1 << field.size) - 1, value)
                found.setdefault(_name(usage), place)
    return found


def _name(usage: int) -> str:
    """A usage's name in the HID usage tables; "Button 1"; else its number."""
    page, number = usage >> 16, usage & 0xFFFF
    if page == BUTTON_PAGE:
        return f"Button {number}"
    known = page in HUT and number in HUT[page]
    return HUT[page][number].name if known else f"{usage:#010x}"
