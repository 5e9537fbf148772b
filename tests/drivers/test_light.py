"""A busy light as its worker has it: busylight-core over a stand-in for hidapi's handle.

With a real kernel and bytes that arrive at a device: tests/rig.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest

from drivers.base import ON_OFF_SECONDS, DriverError, Lamp, LampState, Pattern, Unplugged
from drivers.lights import light, offer
from drivers.nodes import Node

if TYPE_CHECKING:
    from pathlib import Path

EMBRAVA, KUANDO = (0x2C0D, 0x0001), (0x27BB, 0x3BCA)
RED = (255, 0, 0)


@dataclass
class Handle:
    """`hidraw.device`, whose writes are kept."""

    written: ClassVar[list[bytes]] = []
    result: ClassVar[int] = 0
    opened: list[bytes] = field(default_factory=list)

    def open_path(self, path: bytes) -> None:
        self.opened.append(path)

    def write(self, buffer: bytes) -> int:
        self.written.append(bytes(buffer))
        return self.result or len(buffer)

    def error(self) -> str:
        return "Broken pipe"

    def close(self) -> None:
        self.opened.pop()


@pytest.fixture(autouse=True)
def handle(monkeypatch: pytest.MonkeyPatch) -> type[Handle]:
    monkeypatch.setattr("hidraw.device", Handle)
    monkeypatch.setattr(Handle, "written", [])
    return Handle


def node(path: Path, ids: tuple[int, int], name: str = "Light") -> Node:
    path.touch()
    return Node(str(path), "1", 3, *ids, 0x0100, 0, name, "L1", "1-1", "", b"")


@pytest.fixture
def embrava(tmp_path: Path) -> light.BusyLight:
    return light.BusyLight(node(tmp_path / "hidraw0", EMBRAVA))


def burning(report: bytes) -> bool:
    """Whether it makes a Blynclight red: no report number, red, blue, green, flags of which bit 0 is off."""
    return report[:4] == bytes([0, 255, 0, 0]) and not report[4] & 1


def test_a_light_burns_in_its_colour_and_goes_dark(embrava: light.BusyLight, handle: type[Handle]) -> None:
    embrava.show({Lamp.STATUS: LampState(Pattern.ON, RED)}, again=True)
    embrava.show({Lamp.STATUS: LampState()}, again=True)
    assert [burning(report) for report in handle.written] == [True, False]


def test_a_light_that_burns_is_refreshed_and_a_dark_one_left_alone(embrava: light.BusyLight) -> None:
    assert embrava.show({Lamp.STATUS: LampState(Pattern.ON, RED)}, again=True) == 10
    assert embrava.show({Lamp.STATUS: LampState()}, again=True) is None


@pytest.mark.parametrize(("pattern", "times"), ON_OFF_SECONDS.items())
def test_a_light_blinks_by_the_clock(
    embrava: light.BusyLight,
    handle: type[Handle],
    monkeypatch: pytest.MonkeyPatch,
    pattern: Pattern,
    times: tuple[float, float],
) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    for seconds in times * 3:
        wait = embrava.show({Lamp.STATUS: LampState(pattern, RED)}, again=False)
        assert wait == seconds
        now += wait
    assert [burning(report) for report in handle.written] == [True, False] * 3


def test_a_kuando_is_kept_alive_by_its_worker_and_by_no_thread_of_its_own(
    tmp_path: Path, handle: type[Handle]
) -> None:
    before = threading.active_count()
    kuando = light.BusyLight(node(tmp_path / "hidraw0", KUANDO))
    kuando.show({Lamp.STATUS: LampState(Pattern.ON, RED)}, again=True)
    colour, keep_alive = handle.written
    assert (colour[0] >> 4, keep_alive[0]) == (0x1, 0x8F)  # jump; keep alive for 15 s
    assert threading.active_count() == before


def test_a_write_that_fails_is_a_fault_and_not_overlooked(
    embrava: light.BusyLight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handle, "result", -1)
    with pytest.raises(DriverError, match="does not answer"):
        embrava.show({}, again=True)


def test_a_light_that_is_gone_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = light.BusyLight(node(tmp_path / "hidraw0", EMBRAVA))
    (tmp_path / "hidraw0").unlink()
    monkeypatch.setattr(Handle, "result", -1)
    with pytest.raises(Unplugged):
        found.show({}, again=True)


def test_every_light_on_hid_is_offered_and_no_other_device(tmp_path: Path) -> None:
    path = tmp_path / "hidraw0"
    assert offer(node(path, (0x0B0E, 0x0307))) is None
    offered = offer(node(path, (0x04D8, 0xF372), "LUXAFOR FLAG"))
    assert offered is not None
    device, open_device = offered
    assert device.name == "Luxafor Flag"
    open_device(lambda key, pressed: None, lambda fault: None).close()
