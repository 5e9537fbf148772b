"""A headset's keys and lamps through the kernel's USB and hidraw."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import hidraw  # type: ignore[import-not-found]
import pytest

from tests.rig.devices import Headset, eventually
from tests.rig.hid import TELEPHONY

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT_ID_1 = b"\x85\x01"
HOOK_SWITCH, PHONE_MUTE = 0x01, 0x04
OFF_HOOK, RING = 0x01, 0x02


@contextmanager
def opened(headset: Headset) -> Iterator[hidraw.device]:
    """The headset as hidapi opens it."""
    device = hidraw.device()
    device.open_path(str(headset.hidraw).encode())
    try:
        yield device
    finally:
        device.close()


def test_the_kernel_shows_vendor_product_and_serial_number() -> None:
    with Headset(serial="A1", audio=None) as headset:
        (found,) = hidraw.enumerate(0x0B0E, 0x2400)
        shown = found["vendor_id"], found["product_id"], found["serial_number"], found["release_number"]
        assert shown == (0x0B0E, 0x2400, "A1", 0x0123)
        assert (found["manufacturer_string"], found["product_string"]) == ("Deskbell", "Rig Headset")
        assert (found["path"], found["usage_page"]) == (str(headset.hidraw).encode(), 0x0B)
        with opened(headset) as device:
            assert bytes(device.get_report_descriptor()) == TELEPHONY


@pytest.mark.parametrize("number", [[1], []], ids=["numbered", "unnumbered"])
def test_keys_and_lamps_pass_in_reports_with_and_without_a_number(number: list[int]) -> None:
    descriptor = TELEPHONY if number else TELEPHONY.replace(REPORT_ID_1, b"")
    with Headset(audio=None, report_descriptor=descriptor) as headset, opened(headset) as device:
        headset.lift_hook()
        headset.tap("Phone Mute")
        headset.tap("Phone Key 5")
        keys = [device.read(64, 1000)[len(number) :] for _ in range(5)]
        hook, five = HOOK_SWITCH, 6
        assert keys == [[hook, 0], [hook | PHONE_MUTE, 0], [hook, 0], [hook, five], [hook, 0]]
        device.write([*(number or [0]), RING])
        headset.wait_for_lamp("Ring")
        assert headset.lamps == {"Ring"}


def test_twenty_quick_presses_all_arrive() -> None:
    with Headset(audio=None) as headset, opened(headset) as device:
        for _ in range(20):
            headset.tap("Flash")
        pressed = [bool(device.read(64, 1000)[1]) for _ in range(40)]
        assert pressed == [True, False] * 20


@pytest.mark.parametrize("interrupt_out", [False, True], ids=["control request", "interrupt endpoint"])
def test_a_lamp_report_arrives_whole(interrupt_out: bool) -> None:
    with Headset(audio=None, interrupt_out=interrupt_out) as headset, opened(headset) as device:
        assert device.write([1, OFF_HOOK | RING]) == 2
        headset.wait_for_lamp("Ring")
        assert headset.lamps == {"Off-Hook", "Ring"}
        assert headset.written()[-1].data == bytes([1, OFF_HOOK | RING])


def test_two_identical_headsets_are_told_apart_by_serial_number() -> None:
    with Headset("A1", audio=None) as first, Headset("B2", audio=None) as second:
        paths = {found["serial_number"]: found["path"] for found in hidraw.enumerate(0x0B0E, 0x2400)}
        assert paths == {"A1": str(first.hidraw).encode(), "B2": str(second.hidraw).encode()}


def test_a_headset_pulled_out_while_open_ends_reading_and_comes_back_dark() -> None:
    with Headset(audio=None) as headset:
        with opened(headset) as device:
            device.write([1, RING])
            headset.wait_for_lamp("Ring")
            headset.unplug()
            with pytest.raises(OSError, match="read"):
                device.read(64, 1000)
            assert device.write([1, 0]) == -1
        eventually("the node to go", lambda: not hidraw.enumerate(0x0B0E, 0x2400))
        headset.plug()
        assert headset.lamps == frozenset()
        with opened(headset) as device:
            headset.lift_hook()
            assert device.read(64, 1000) == [1, HOOK_SWITCH, 0]


def test_ports_are_given_back() -> None:
    with Headset(audio=None) as headset:
        for _ in range(16):  # the controller has 15
            headset.unplug()
            headset.plug()
            assert headset.hidraw.exists()
