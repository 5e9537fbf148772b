"""A telephony device as its worker has it.

The hidraw handle is a stand-in, for what no virtual device can be made to do: refuse, block, fall silent.
Everything else is tested with a real kernel in tests/rig.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest

from drivers.base import AccessDenied, DriverError, Key, Lamp, LampState, Pattern, Unplugged
from drivers.telephony.device import TelephonyDevice
from drivers.telephony.report_descriptor import parse

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
ON, BLINK = LampState(Pattern.ON), LampState(Pattern.BLINK)


class Wire:
    """The far end of the handles: what they read, what they wrote, how writing goes."""

    def __init__(self) -> None:
        self.reports: queue.Queue[bytes | OSError] = queue.Queue()
        self.written: list[bytes] = []
        self.result = 0
        self.open_handles = 0

    def handle(self) -> Handle:
        return Handle(self)


class Handle:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open_path(self, path: bytes) -> None:
        self._wire.open_handles += 1

    def read(self, max_length: int, timeout_ms: int) -> list[int]:
        try:
            report = self._wire.reports.get(timeout=timeout_ms / 1000)
        except queue.Empty:
            return []
        if isinstance(report, OSError):
            raise report
        return list(report[:max_length])

    def write(self, buff: bytes) -> int:
        if self._wire.result < 0:
            return self._wire.result
        self._wire.written.append(bytes(buff))
        return len(buff)

    def error(self) -> str:
        return "Broken pipe"

    def close(self) -> None:
        self._wire.open_handles -= 1


class Phone:
    def __init__(self, path: Path, wire: Wire) -> None:
        self.pressed: queue.Queue[tuple[str, bool]] = queue.Queue()
        self.lost: queue.Queue[OSError] = queue.Queue()
        self.device = TelephonyDevice(
            str(path),
            DESCRIPTOR,
            lambda key, down: self.pressed.put((key, down)),
            self.lost.put,
            new_handle=wire.handle,
        )


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
    phone = Phone(node, wire)
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
    phone = Phone(node, wire)
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
    assert (
        "sends reports that it did not declare, they are ignored: the first is number 1, 1 bytes"
        in record.message
    )


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
    wire.reports.put(OSError("read error"))
    assert isinstance(phone.lost.get(timeout=5), Unplugged)


def test_a_device_that_goes_while_it_is_opened_leaves_nothing_open(node: Path, wire: Wire) -> None:
    wire.reports.put(OSError("read error"))
    with pytest.raises(Unplugged):
        Phone(node, wire)
    assert wire.open_handles == 0
    assert not [thread for thread in threading.enumerate() if thread.name == f"keys of {node}"]


def test_a_node_that_is_gone_or_forbidden_is_told_apart(
    node: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(AccessDenied, match=r"install udev/70-deskbell\.rules"):
        Phone(node, wire)
    node.unlink()
    with pytest.raises(Unplugged):
        Phone(node, wire)
