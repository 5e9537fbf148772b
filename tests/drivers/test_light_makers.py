"""The bytes of our own light drivers, each against the document that it cites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivers.base import Device, DriverError, Impaired, Kind, Lamp, LampState, Pattern, Ring
from drivers.lights import with_light
from drivers.lights.blinkstick import BlinkStick
from drivers.lights.delcom import Delcom, DelcomGeneration1
from drivers.lights.kuando import Kuando
from drivers.lights.patlite import Patlite
from drivers.lights.webmail import DreamCheeky, RisoKagaku
from tests.drivers.lights import Control, Handle, control, handle, node_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.lights.light import BusyLight, Colour

__all__ = ["control", "handle"]

RED, ORANGE, GREEN, BLUE = (255, 0, 0), (255, 90, 0), (0, 200, 0), (0, 60, 255)


@pytest.fixture(autouse=True)
def no_device_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lights.light.require_access", lambda path: None)


def hidraw(light: type[BusyLight], ids: tuple[int, int] = (0, 0)) -> BusyLight:
    return light(node_at("/dev/hidraw0", ids))


def burn(light: BusyLight, colour: Colour) -> None:
    light.show({Lamp.STATUS: LampState(Pattern.ON, colour)}, again=True)


def test_a_kuando_gets_its_colour_in_percent_a_checksum_and_a_keep_alive(handle: type[Handle]) -> None:
    burn(hidraw(Kuando), RED)
    colour, keep_alive = handle.written
    assert [len(report) for report in (colour, keep_alive)] == [65, 65]
    assert colour[:9] == bytes([0, 0x10, 0, 100, 0, 0, 0, 0, 0])  # no bit 7: what sounds goes on
    assert keep_alive[:2] == bytes([0, 0x8F])
    for report in (colour, keep_alive):
        assert report[60:63] == b"\xff\xff\xff"
        assert sum(report[:63]) == int.from_bytes(report[63:], "big")


@pytest.mark.parametrize(("internal", "tune"), [(False, 6), (True, 7)])
def test_a_kuando_rings_with_the_set_bit_its_tune_and_its_volume_and_keeps_its_colour(
    handle: type[Handle], internal: bool, tune: int
) -> None:
    light = Kuando(node_at("/dev/hidraw0", (0x27BB, 0x3BCD)))
    burn(light, RED)
    light.ring(Ring(volume=1.0, internal=internal))
    light.ring(None)
    _, _, rings, _, silent, _ = handle.written
    assert rings[8] == 0x80 | tune << 3 | 7
    assert silent[8] == 0x80
    assert rings[3:6] == silent[3:6] == bytes([100, 0, 0])


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        (RED, ["65 22 01 64 00000000", "65 0C 02 05 00000000"]),
        (ORANGE, ["65 22 01 64 00000000", "65 22 00 23 00000000", "65 0C 03 04 00000000"]),
        (GREEN, ["65 22 00 4E 00000000", "65 0C 01 06 00000000"]),
        (BLUE, ["65 22 00 17 00000000", "65 22 02 64 00000000", "65 0C 05 02 00000000"]),
        ((0, 0, 0), ["65 0C 00 07 00000000"]),
    ],
)
def test_a_delcom_gets_the_brightness_of_its_lamps_and_which_of_them_burn(
    handle: type[Handle], colour: Colour, expected: list[str]
) -> None:
    burn(hidraw(Delcom), colour)
    assert handle.written == [bytes.fromhex(report) for report in expected]


def test_a_delcom_beeps_for_one_ring_and_no_longer_whatever_becomes_of_us(handle: type[Handle]) -> None:
    light = Delcom(node_at("/dev/hidraw0", (0x0FC5, 0xB080)))
    light.ring(Ring())
    light.ring(Ring(internal=True))
    light.ring(Ring(volume=0.0))
    light.ring(None)
    one, other, *silent = handle.written
    assert one == bytes.fromhex("66 46 01 03 00000000 0A 02 02 0000000000")
    assert other == bytes.fromhex("66 46 01 05 00000000 05 04 04 0000000000")
    assert silent == [bytes.fromhex("66 46").ljust(16, b"\0")] * 2
    for report in (one, other):
        repeats, on, off = report[8:11]
        assert repeats * (on + off) * 0.05 == pytest.approx(2.0)


@pytest.mark.parametrize(("colour", "pins"), [(RED, 0x05), (ORANGE, 0x04), (BLUE, 0x03), ((0, 0, 0), 0x07)])
def test_a_delcom_of_the_first_generation_is_switched_by_a_request_of_its_own(
    control: Control, colour: Colour, pins: int
) -> None:
    light = DelcomGeneration1(node_at("/dev/bus/usb/001/002", (0x0FC5, 0x1223)))
    burn(light, colour)
    light.close()
    assert control.written == [(0xC8, 0x12, 0x020A, pins, b"")]


@pytest.mark.parametrize(
    ("colour", "light"), [(RED, 0x11), (ORANGE, 0x31), (GREEN, 0x21), (BLUE, 0x41), ((0, 0, 0), 0x00)]
)
def test_a_patlite_burns_in_its_nearest_colour_and_its_buzzer_is_left_alone(
    handle: type[Handle], colour: Colour, light: int
) -> None:
    burn(hidraw(Patlite), colour)
    assert handle.written == [bytes([0, 0, 0, 0xFF, 0x0F, light, 0, 0, 0])]


def test_a_patlite_buzzes_a_few_times_and_stops_and_its_light_is_left_alone(handle: type[Handle]) -> None:
    light = Patlite(node_at("/dev/hidraw0", (0x191A, 0x6001)))
    light.ring(Ring(volume=1.0))
    light.ring(Ring(volume=0.5, internal=True))
    light.ring(None)
    assert handle.written == [
        bytes([0, 0, 0, 0x33, 0x0A, 0xFF, 0, 0, 0]),
        bytes([0, 0, 0, 0x32, 0x05, 0xFF, 0, 0, 0]),
        bytes([0, 0, 0, 0x00, 0x0F, 0xFF, 0, 0, 0]),
    ]


def test_a_dream_cheeky_is_woken_and_coloured_in_thirty_one_steps(handle: type[Handle]) -> None:
    burn(hidraw(DreamCheeky), ORANGE)
    assert handle.written == [
        bytes([0, 0x1F, 0x02, 0, 0x5F, 0, 0, 0x1A, 0x03]),
        bytes([0, 31, 10, 0, 0, 0, 0, 0x1A, 0x05]),
    ]


@pytest.mark.parametrize(("colour", "number"), [(RED, 2), (GREEN, 1), (BLUE, 3), (ORANGE, 5), ((0, 0, 0), 0)])
def test_a_riso_kagaku_burns_in_its_nearest_colour(handle: type[Handle], colour: Colour, number: int) -> None:
    burn(hidraw(RisoKagaku), colour)
    assert handle.written == [bytes([0, number, 0, 0, 0, 0])]


@pytest.mark.parametrize(
    ("serial", "release", "report", "leds", "room"),
    [
        ("BS000001_1.1", 0x100, None, 1, 1),
        ("BS000001_2.2", 0x100, 9, 64, 64),
        ("BS000001_3.0", 0x200, 6, 8, 8),
        ("BS000001_3.1", 0x202, 6, 2, 8),
        ("BS000001_3.0", 0x203, 8, 32, 32),
        ("", 0x300, 9, 64, 64),
    ],
)
def test_a_blinkstick_gets_one_colour_for_all_its_leds(
    control: Control, serial: str, release: int, report: int | None, leds: int, room: int
) -> None:
    node = node_at("/dev/bus/usb/001/002", (0x20A0, 0x41E5), serial=serial, release=release)
    light = BlinkStick(node)
    burn(light, ORANGE)
    light.close()
    first, *more = control.written
    assert first == (0x20, 9, 1, 0, bytes([0, 255, 90, 0]))
    frame = bytes([0, 0]) + (bytes([90, 255, 0]) * leds).ljust(3 * room, b"\0")
    assert more == ([(0x20, 9, report, 0, frame)] if report else [])


def test_a_usb_device_that_has_left_the_bus_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, control: Control
) -> None:
    monkeypatch.setattr("usb.core.find", lambda custom_match: None)
    monkeypatch.setattr("os.path.exists", lambda path: True)
    with pytest.raises(DriverError, match="not on the bus"):
        BlinkStick(node_at("/dev/bus/usb/001/002", (0x20A0, 0x41E5)))


def test_without_libusb_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usb.backend.libusb1.get_backend", lambda: None)
    monkeypatch.setattr("usb.backend.openusb.get_backend", lambda: None)
    monkeypatch.setattr("usb.backend.libusb0.get_backend", lambda: None)
    with pytest.raises(DriverError, match="apt-get install libusb"):
        BlinkStick(node_at("/dev/bus/usb/001/002", (0x20A0, 0x41E5)))


class Telephone:
    """An open telephone that keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[Mapping[Lamp, LampState]] = []
        self.closed = False

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        self.shown.append(lamps)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("product", "address"), [(0x2E57, 0x04), (0x2519, 0x08)])
def test_the_light_in_a_jabra_headset_is_a_lamp_of_the_headset(
    handle: type[Handle], product: int, address: int
) -> None:
    telephone = Telephone()
    headset = Device("usb-1", Kind.HEADSET, "Link 390", frozenset(), frozenset({Lamp.RING}))
    offered = with_light(node_at("/dev/hidraw0", (0x0B0E, product)), (headset, lambda press, lose: telephone))
    assert offered is not None
    device, open_device = offered
    assert device.lamps == {Lamp.RING, Lamp.STATUS}
    driver = open_device(lambda key, pressed: None, lambda fault: None)
    for colour in (RED, GREEN, ORANGE):
        driver.show({Lamp.STATUS: LampState(Pattern.ON, colour)}, True)
    driver.close()
    assert len(telephone.shown) == 3
    assert telephone.closed
    assert [report[:9] for report in handle.written] == [
        bytes([0x05, address, 0x00, count, 0x88, 0x12, 0x08, lit, 0x00])
        for count, lit in enumerate((1, 0, 1))
    ]
    assert {len(report) for report in handle.written} == {64}


def test_a_light_that_fails_leaves_its_headset_in_peace(
    handle: type[Handle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.exists", lambda path: True)
    telephone = Telephone()
    headset = Device("usb-1", Kind.HEADSET, "Link 390", frozenset(), frozenset())
    offered = with_light(node_at("/dev/hidraw0", (0x0B0E, 0x2E57)), (headset, lambda press, lose: telephone))
    assert offered is not None
    driver = offered[1](lambda key, pressed: None, lambda fault: None)
    handle.fails = True
    driver.show({}, True)
    assert len(telephone.shown) == 1
    assert isinstance(driver, Impaired)
    assert "does not answer" in driver.trouble
    handle.fails = False
    driver.show({}, True)
    assert driver.trouble == ""


def test_other_devices_have_no_light_in_them() -> None:
    node = node_at("/dev/hidraw0", (0x0B0E, 0x0307))
    headset = Device("usb-1", Kind.HEADSET, "Evolve", frozenset(), frozenset())
    offered = (headset, lambda press, lose: Telephone())
    assert with_light(node, offered) is offered
    assert with_light(node_at("/dev/hidraw0", (0x0B0E, 0x2E57)), None) is None
