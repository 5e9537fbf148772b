"""A busy light as its worker has it: rhythm, faults, sounders, and which there is a driver for.

With a real kernel and bytes that arrive at a device: tests/rig.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from drivers.base import (
    ON_OFF_SECONDS,
    AccessDenied,
    DriverError,
    Kind,
    Lamp,
    LampState,
    Pattern,
    Ring,
    Unplugged,
)
from drivers.lights import known, offer
from drivers.lights.light import RING_SECONDS, SoundingLight, cadence, primaries
from drivers.lights.patlite import Patlite
from tests.drivers.lights import Handle, handle, node, node_at

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.lights.light import Colour
    from drivers.lights.model import Model
    from drivers.nodes import Node

__all__ = ["handle"]

PATLITE = (0x191A, 0x6001)
RED, ORANGE, YELLOW = (255, 0, 0), (255, 90, 0), (255, 190, 0)
PURPLE, BLUE, GREEN, DIM_GREEN = (150, 0, 255), (0, 60, 255), (0, 200, 0), (0, 60, 0)


@pytest.fixture
def patlite(tmp_path: Path, handle: type[Handle]) -> Patlite:
    return Patlite(node(tmp_path / "hidraw0", PATLITE))


def colour(report: bytes) -> int:
    return report[5] >> 4


class Recorder(SoundingLight):
    """A light that keeps what it is told."""

    def open(self, node: Node) -> None:
        self.told: list[Colour | Ring | None] = []

    def burn(self, colour: Colour) -> None:
        self.told.append(colour)

    def sound(self, ring: Ring | None) -> None:
        self.told.append(ring)

    def release(self) -> None:
        self.told.append("released")  # type: ignore[arg-type]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(node(tmp_path / "hidraw0", PATLITE))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time; tests change its only element."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def status(pattern: Pattern, colour: Colour = RED) -> dict[Lamp, LampState]:
    return {Lamp.STATUS: LampState(pattern, colour)}


def test_a_light_burns_in_its_colour_and_goes_dark(patlite: Patlite, handle: type[Handle]) -> None:
    patlite.show(status(Pattern.ON), again=True)
    patlite.show(status(Pattern.OFF), again=True)
    assert [colour(report) for report in handle.written] == [1, 0]


@pytest.mark.parametrize("pattern", [Pattern.ON, Pattern.OFF])
def test_a_light_is_written_to_every_ten_seconds_so_that_it_lives_and_is_missed(
    recorder: Recorder, pattern: Pattern
) -> None:
    assert recorder.show(status(pattern), again=False) == 10
    assert recorder.show(status(pattern), again=False) == 10
    assert len(recorder.told) == 2


@pytest.mark.parametrize(("pattern", "times"), ON_OFF_SECONDS.items())
def test_a_light_blinks_by_the_clock(
    recorder: Recorder, clock: list[float], pattern: Pattern, times: tuple[float, float]
) -> None:
    for seconds in times * 3:
        assert recorder.show(status(pattern), again=False) == seconds
        clock[0] += seconds
    assert recorder.told == [RED, (0, 0, 0)] * 3


@pytest.mark.parametrize("pattern", [Pattern.BLINK, Pattern.FAST])
def test_two_lights_that_began_at_different_times_blink_in_phase(
    tmp_path: Path, clock: list[float], pattern: Pattern
) -> None:
    lights = [Recorder(node(tmp_path / f"hidraw{number}", PATLITE)) for number in (0, 1)]
    lights[0].show(status(pattern), again=True)
    clock[0] += 0.07  # in the middle of its half
    for _ in range(20):
        waits = {light.show(status(pattern), again=False) for light in lights}
        assert lights[0].told[-1] == lights[1].told[-1]
        assert len(waits) == 1
        clock[0] += waits.pop() or 0


def test_a_ring_sounds_pauses_and_sounds_again_until_it_is_stopped(
    recorder: Recorder, clock: list[float]
) -> None:
    ring = Ring(every=4.0)
    waits = []
    for _ in range(4):
        waits.append(recorder.ring(ring))
        clock[0] += waits[-1] or 0
    assert waits == [RING_SECONDS, 4.0] * 2
    assert recorder.told == [ring, None] * 2
    clock[0] += 0.5
    recorder.ring(ring)
    assert recorder.ring(None) is None
    assert recorder.told[-1] is None


def test_a_ring_that_is_not_to_be_repeated_sounds_once(recorder: Recorder, clock: list[float]) -> None:
    ring = Ring(every=0)
    assert recorder.ring(ring) == RING_SECONDS
    clock[0] += RING_SECONDS
    assert recorder.ring(ring) is None
    clock[0] += 100
    assert recorder.ring(ring) is None
    assert recorder.told == [ring, None]


def test_what_sounds_goes_on_undisturbed_and_another_ring_takes_its_place_at_once(
    recorder: Recorder, clock: list[float]
) -> None:
    outside, inside = Ring(), Ring(internal=True)
    for _ in range(3):
        recorder.ring(outside)
        clock[0] += 0.1
    recorder.ring(inside)
    assert recorder.told == [outside, inside]


def test_a_light_that_was_left_ringing_by_a_crash_is_silenced_first(recorder: Recorder) -> None:
    recorder.ring(None)
    recorder.ring(None)
    assert recorder.told == [None]


@pytest.mark.parametrize("every", [0.0, 1.0, 4.0])
def test_a_cadence_never_asks_to_be_called_at_once(every: float) -> None:
    for step in range(200):
        _, wait = cadence(Ring(every=every), step / 7)
        assert wait is None or 0 < wait <= max(RING_SECONDS, every)


def test_a_write_that_fails_is_a_fault_and_not_overlooked(patlite: Patlite, handle: type[Handle]) -> None:
    handle.fails = True
    with pytest.raises(DriverError, match="does not answer: Broken pipe"):
        patlite.show({}, again=True)


def test_a_light_that_is_gone_says_so(tmp_path: Path, patlite: Patlite, handle: type[Handle]) -> None:
    (tmp_path / "hidraw0").unlink()
    handle.fails = True
    with pytest.raises(Unplugged):
        patlite.show({}, again=True)


def test_a_light_that_may_not_be_opened_names_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode, effective_ids: False)
    with pytest.raises(AccessDenied, match="udev"):
        Patlite(node(tmp_path / "hidraw0", PATLITE))


def test_lights_that_only_switch_their_colours_keep_what_burns_steadily_apart() -> None:
    steady = [primaries(each) for each in (RED, ORANGE, PURPLE, BLUE, GREEN)]
    assert len(set(steady)) == len(steady)
    assert primaries(DIM_GREEN) == primaries(GREEN)
    assert primaries(YELLOW) == primaries(ORANGE)  # the one blinks, the other does not
    assert primaries((0, 0, 0)) == (False, False, False)
    assert primaries((255, 255, 255)) == (True, True, True)


@pytest.mark.parametrize("model", known(), ids=lambda model: f"{model.vendor:04x}-{model.product:04x}")
def test_every_model_says_who_it_is_and_whose_word_its_protocol_is(model: Model) -> None:
    assert model.name
    assert model.proof


def test_a_light_is_offered_by_its_numbers_and_another_device_is_not() -> None:
    offered = offer(node_at("/dev/hidraw3", PATLITE))
    assert offered is not None
    device, _ = offered
    assert (device.kind, device.name, device.rings) == (Kind.LIGHT, "PATLITE NE-USB", True)
    assert device.lamps == {Lamp.STATUS}
    assert offer(node_at("/dev/hidraw3", (0x0B0E, 0x0307))) is None


def test_a_light_is_taken_where_its_driver_reaches_it_and_nowhere_else() -> None:
    blinkstick, fit = (0x20A0, 0x41E5), (0x2047, 0x03DF)
    assert offer(node_at("/dev/bus/usb/001/004", blinkstick))
    assert offer(node_at("/dev/hidraw0", blinkstick)) is None
    assert offer(node_at("/dev/ttyACM0", fit))
    assert offer(node_at("/dev/bus/usb/001/004", fit)) is None


def test_a_serial_chip_that_many_things_have_is_a_light_only_where_it_says_so() -> None:
    assert offer(node_at("/dev/ttyUSB0", (0x10C4, 0xEA60), "CP2102 USB to UART Bridge Controller")) is None
    assert offer(node_at("/dev/ttyUSB0", (0x10C4, 0xEA60), "MuteSync Button"))


def test_the_keyboard_beside_a_light_is_left_alone() -> None:
    assert offer(node_at("/dev/hidraw0", PATLITE, descriptor=bytes.fromhex("05010906A101"))) is None


def test_looking_at_devices_loads_no_library() -> None:
    look = (
        "import sys; from tests.drivers.lights import node_at; from drivers.lights import offer;"
        "offer(node_at('/dev/hidraw0', (0x046D, 0xC31C))); offer(node_at('/dev/hidraw1', (0x2C0D, 0x0001)));"
        "print([name for name in ('busylight_core', 'loguru', 'serial', 'usb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
