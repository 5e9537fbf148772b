"""A telephony device as its worker has it.

The hidraw handle is a stand-in; what a real kernel can show is tested in tests/rig.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivers.base import AccessDenied, DriverError, Key, Lamp, LampState, Pattern, Unplugged
from drivers.telephony import device
from drivers.telephony.report_descriptor import parse
from tests.drivers.wire import Phone, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DESCRIPTOR = parse(
    bytes.fromhex(
        "050B 0905 A101 8501 2501 7501 0920 9501 8122 092F 9501 8106 9506 8101"  # Hook Switch, Phone Mute
        "0508 0917 0918 9502 9122 9506 9101"  # Off-Hook, Ring
        "8502 0509 0509 0508 0920 9501 9122 9507 9101 C0"  # Hold, in a report of its own
    )
)
HEADSET = parse(  # Mute, Hold, Off-Hook and On-Line have a report each
    bytes.fromhex(
        "050B 0905 A101 8508 2501 7501 0920 9501 8122 092F 9501 8106 9506 8101"  # Hook Switch, Phone Mute
        "0508 8509 9501 0909 9122 9507 9101 8520 9501 0920 9122 9507 9101 8517 9501 0917 9122 9507 9101"
        "852A 9501 092A 9122 9507 9101 C0"
    )
)
ON, BLINK = LampState(Pattern.ON), LampState(Pattern.BLINK)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def node(tmp_path: Path) -> Path:
    node = tmp_path / "hidraw0"
    node.touch()
    return node


@pytest.fixture
def phone(node: Path, wire: Wire) -> Iterator[Phone]:
    phone = Phone(node, wire, DESCRIPTOR)
    yield phone
    phone.device.close()
    assert wire.open_handles == 0


def test_keys_are_told_as_they_are_pressed(phone: Phone, wire: Wire) -> None:
    wire.reports.put(b"\x01\x01")
    assert phone.pressed.get(timeout=5) == (Key.HOOK, True)
    wire.reports.put(b"\x01\x03")
    assert [phone.pressed.get(timeout=5) for _ in range(2)] == [(Key.MUTE, True), (Key.MUTE, False)]


def test_what_the_device_says_when_it_is_opened_is_a_baseline(node: Path, wire: Wire) -> None:
    wire.reports.put(b"\x01\x01")
    phone = Phone(node, wire, DESCRIPTOR)
    wire.reports.put(b"\x01\x00")
    assert phone.pressed.get(timeout=5) == (Key.HOOK, False)
    phone.device.close()


def test_garbage_is_counted_and_named_and_the_next_key_still_heard(
    phone: Phone, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    for garbage in (b"\x01", b"\x01\x01\x00", b"\x09\x01", b"\xff" * 64):
        wire.reports.put(garbage)
    wire.reports.put(b"\x01\x01")
    assert phone.pressed.get(timeout=5) == (Key.HOOK, True)
    assert phone.device.ignored == 4
    (record,) = caplog.records
    assert "did not declare, they are ignored; the first: number 1, 1 bytes" in record.message


def test_only_reports_that_changed_are_written_and_all_when_asked_to_write_again(
    phone: Phone, wire: Wire
) -> None:
    phone.device.show({Lamp.RING: BLINK}, again=True)
    assert wire.written == [b"\x01\x02", b"\x02\x00"]
    phone.device.show({Lamp.RING: ON}, again=False)
    assert len(wire.written) == 2
    phone.device.show({Lamp.RING: ON, Lamp.HOLD: ON}, again=False)
    assert wire.written[2:] == [b"\x02\x01"]
    phone.device.show({Lamp.RING: ON, Lamp.HOLD: ON}, again=True)
    assert wire.written[3:] == [b"\x01\x02", b"\x02\x01"]


def test_a_lamp_that_was_not_taken_is_written_the_next_time(phone: Phone, wire: Wire) -> None:
    wire.result = -1
    with pytest.raises(DriverError, match="does not take its lamps: Broken pipe"):
        phone.device.show({Lamp.RING: ON}, again=False)
    wire.result = 0
    phone.device.show({Lamp.RING: ON}, again=False)
    assert b"\x01\x02" in wire.written


def test_writing_to_a_device_that_is_gone_says_so(phone: Phone, wire: Wire, node: Path) -> None:
    node.unlink()
    wire.result = -1
    with pytest.raises(Unplugged):
        phone.device.show({}, again=True)


def test_a_device_that_cannot_be_read_any_more_is_lost(phone: Phone, wire: Wire) -> None:
    for _ in range(3):
        wire.reports.put(OSError("read error"))
    assert isinstance(phone.lost.get(timeout=5), Unplugged)


def test_a_device_that_is_gone_is_lost_at_the_first_error(phone: Phone, wire: Wire, node: Path) -> None:
    node.unlink()
    wire.reports.put(OSError("read error"))
    assert isinstance(phone.lost.get(timeout=5), Unplugged)


def test_a_device_that_goes_while_it_is_opened_leaves_nothing_open(node: Path, wire: Wire) -> None:
    for _ in range(3):
        wire.reports.put(OSError("read error"))
    with pytest.raises(Unplugged):
        Phone(node, wire, DESCRIPTOR)
    assert wire.open_handles == 0
    assert not [thread for thread in threading.enumerate() if thread.name == f"keys of {node}"]


def test_a_node_that_is_gone_or_forbidden_is_told_apart(
    node: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(AccessDenied, match=r"install udev/70-deskbell\.rules"):
        Phone(node, wire, DESCRIPTOR)
    node.unlink()
    with pytest.raises(Unplugged):
        Phone(node, wire, DESCRIPTOR)


def test_a_signal_to_the_listener_is_no_reason_to_give_the_device_up(phone: Phone, wire: Wire) -> None:
    for pressed in (True, False) * 5:
        wire.reports.put(OSError("read error"))
        wire.reports.put(bytes([1, pressed]))
        assert phone.told(1) == [(Key.HOOK, pressed)]
    assert phone.lost.empty()


@pytest.fixture
def headset(node: Path, wire: Wire) -> Iterator[Phone]:
    phone = Phone(node, wire, HEADSET)
    phone.device.show({}, again=True)
    wire.written.clear()
    yield phone
    phone.device.close()


def test_at_off_hook_the_headset_is_told_whether_it_is_muted_and_after_that(
    headset: Phone, wire: Wire
) -> None:
    headset.device.show({Lamp.OFF_HOOK: ON}, again=False)
    assert wire.written == [b"\x17\x01", b"\x09\x00"]


def test_when_a_hold_ends_the_headset_is_told_again_whether_it_is_muted(headset: Phone, wire: Wire) -> None:
    headset.device.show({Lamp.OFF_HOOK: ON, Lamp.HOLD: ON, Lamp.MUTE: ON}, again=False)
    wire.written.clear()
    headset.device.show({Lamp.OFF_HOOK: ON, Lamp.MUTE: ON}, again=False)
    assert wire.written == [b"\x20\x00", b"\x09\x01"]


def test_a_press_of_mute_that_nobody_wanted_is_answered_once_or_the_next_one_is_lost(
    headset: Phone, wire: Wire
) -> None:
    for _ in range(2):  # a boom arm that is up answers our answer
        wire.reports.put(b"\x08\x02")
        assert headset.told(2) == [(Key.MUTE, True), (Key.MUTE, False)]
        headset.device.show({}, again=False)
    assert wire.written == [b"\x09\x00"]


def test_each_press_of_mute_that_mutes_and_opens_is_answered(headset: Phone, wire: Wire) -> None:
    for press in range(20):
        wire.reports.put(b"\x08\x02")
        headset.told(2)
        muted = {Lamp.MUTE: ON} if press % 2 == 0 else {}
        headset.device.show(muted, again=False)
    assert wire.written == [b"\x09\x01", b"\x09\x00"] * 10


def test_when_the_machine_has_slept_all_lamps_are_written_again_soon_and_once(
    headset: Phone, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    headset.device.show({Lamp.OFF_HOOK: ON}, again=False)
    wire.written.clear()
    assert 0 < headset.device.show({Lamp.OFF_HOOK: ON}, again=False) <= 2  # then it looks again
    before = device._slept()
    monkeypatch.setattr(device, "_slept", lambda: before + 60)
    for _ in range(3):
        headset.device.show({Lamp.OFF_HOOK: ON}, again=False)
    assert wire.written == [b"\x17\x01", b"\x20\x00", b"\x2a\x00", b"\x09\x00"]


def test_a_report_without_a_lamp_of_a_call_may_be_refused(
    headset: Phone, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.refused = {0x2A}
    for _ in range(3):
        headset.device.show({Lamp.OFF_HOOK: ON, Lamp.ON_LINE: ON}, again=True)
    assert wire.written == [b"\x17\x01", b"\x20\x00", b"\x09\x00"] * 3
    (record,) = caplog.records
    assert "does not take report 42" in record.message
