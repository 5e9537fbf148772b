"""Buttons and lamps on the header, over gpiozero's mock pins; with real GPIO lines in tests/rig."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.base import (
    ON_OFF_SECONDS,
    AccessDenied,
    DeviceState,
    DriverError,
    Key,
    KeyEvent,
    Kind,
    Lamp,
    LampState,
    Pattern,
)
from drivers.gpio import GpioHeader, GpioPins
from drivers.gpio.header import lgpio_factory
from tests.drivers.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

BUTTONS = "gpio-buttons"
ON = LampState(Pattern.ON)


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory()


def header(factory: MockFactory, **changes: object) -> GpioHeader:
    return GpioHeader(GpioPins(**{"bounce_seconds": 0, **changes}), lambda: factory)  # type: ignore[arg-type]


@pytest.mark.parametrize("pull_up", [True, False])
def test_a_button_is_pressed_and_released_whichever_way_it_is_wired(
    factory: MockFactory, pull_up: bool
) -> None:
    with Desk(simulated=header(factory, pull_up=pull_up)) as desk:
        desk.until_state(BUTTONS, DeviceState.ONLINE)
        pin = factory.pin(17)
        (pin.drive_low if pull_up else pin.drive_high)()
        (pin.drive_high if pull_up else pin.drive_low)()
        desk.until(lambda: len(desk.keys) == 2)
        assert desk.keys == [KeyEvent(BUTTONS, Key.ANSWER, True), KeyEvent(BUTTONS, Key.ANSWER, False)]


def test_the_three_buttons_have_their_own_pins_and_lamps(factory: MockFactory) -> None:
    with Desk(simulated=header(factory)) as desk:
        device = desk.until_state(BUTTONS, DeviceState.ONLINE)
        assert (device.kind, device.simulated) == (Kind.BUTTONS, False)
        for pin in (17, 27, 22):
            factory.pin(pin).drive_low()
        desk.until(lambda: len(desk.keys) == 3)
        assert [event.key for event in desk.keys] == [Key.ANSWER, Key.HOLD, Key.PARK]


@pytest.mark.parametrize("active_high", [True, False])
def test_a_lamp_burns_and_is_dark_at_the_end_whichever_way_it_is_wired(
    factory: MockFactory, active_high: bool
) -> None:
    with Desk(simulated=header(factory, lamps_active_high=active_high)) as desk:
        desk.hub.show(BUTTONS, {Lamp.HOLD: ON})
        desk.until(lambda: desk.burns(BUTTONS, Lamp.HOLD))
        assert factory.pin(24).state is active_high
        assert factory.pin(25).state is not active_high
        pin = factory.pin(24)
    states = [change.state for change in pin.states]
    assert states[-1] is not active_high


@pytest.mark.parametrize("pattern", ON_OFF_SECONDS)
def test_a_lamp_blinks_until_it_is_told_otherwise(factory: MockFactory, pattern: Pattern) -> None:
    with Desk(simulated=header(factory)) as desk:
        desk.hub.show(BUTTONS, {Lamp.PARK: LampState(pattern)})
        desk.until(lambda: desk.burns(BUTTONS, Lamp.PARK))
        pin = factory.pin(25)
        desk.hub.show(BUTTONS, {Lamp.PARK: LampState(pattern), Lamp.HOLD: ON})
        desk.until(lambda: desk.burns(BUTTONS, Lamp.HOLD))
        desk.hub.show(BUTTONS, {})
        desk.until(lambda: not desk.burns(BUTTONS, Lamp.PARK))
        assert pin.state is False
    assert True in [change.state for change in pin.states]


def test_a_pin_used_twice_is_a_fault_of_the_device_in_plain_words(factory: MockFactory) -> None:
    with Desk(simulated=header(factory, lamps={Lamp.PARK: 17})) as desk:
        failed = desk.until_state(BUTTONS, DeviceState.FAILED)
        assert failed.reason.startswith("GPIO pins cannot be used: ")


def test_a_machine_without_a_header_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.gpio.header.glob", _finds())
    with pytest.raises(DriverError, match="this machine has no GPIO header"):
        lgpio_factory()


def test_a_chip_that_may_not_be_opened_names_the_udev_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("drivers.gpio.header.glob", _finds(str(tmp_path)))
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(AccessDenied, match=r"udev/70-deskbell\.rules"):
        lgpio_factory()


def test_something_that_is_no_chip_is_a_fault_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("drivers.gpio.header.glob", _finds(str(tmp_path)))
    here = os.getcwd()
    with pytest.raises(DriverError, match="cannot be used"):
        lgpio_factory()
    assert os.getcwd() == here, "lgpio must not take us elsewhere"


def _finds(*paths: str) -> Callable[[str], list[str]]:
    return lambda pattern: list(paths)
