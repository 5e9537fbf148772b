"""Buttons, lamps and relays on the header, over gpiozero's mock pins; with real GPIO lines in tests/rig."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import (
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
from drivers.dark import make_dark
from drivers.gpio import ButtonPin, GpioHeader, GpioPins, RelayPin, pin_number
from drivers.gpio.pins import header_factory
from tests.drivers.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

BUTTONS = "gpio-buttons"
ON = LampState(Pattern.ON)
DOOR = {"door": RelayPin(5)}


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory()


def header(factory: MockFactory, pins: GpioPins | None = None) -> GpioHeader:
    return GpioHeader(pins or GpioPins(), lambda lost: factory)


# --- buttons


@pytest.mark.parametrize("active_low", [True, False])
@pytest.mark.parametrize("pull", ["up", "down", "none"])
def test_a_button_is_pressed_and_released_whichever_way_it_is_wired(
    factory: MockFactory, active_low: bool, pull: str
) -> None:
    pins = GpioPins(buttons={Key.ANSWER: ButtonPin(17, active_low, pull)})  # type: ignore[arg-type]
    pin = factory.pin(17)
    (pin.drive_high if active_low else pin.drive_low)()  # what holds it there is stronger than the pull
    with Desk(simulated=header(factory, pins)) as desk:
        desk.until_state(BUTTONS, DeviceState.ONLINE)
        assert pin.pull == ("floating" if pull == "none" else pull)
        for level in (active_low, not active_low, active_low):
            (pin.drive_high if level else pin.drive_low)()
        desk.until(lambda: KeyEvent(BUTTONS, Key.ANSWER, False) in desk.keys[-1:])
        assert desk.keys[-2:] == [KeyEvent(BUTTONS, Key.ANSWER, True), KeyEvent(BUTTONS, Key.ANSWER, False)]


def test_the_three_buttons_have_their_own_pins_and_lamps_and_others_any_name(factory: MockFactory) -> None:
    pins = GpioPins(buttons={**GpioPins().buttons, "doctor": ButtonPin(6)})
    with Desk(simulated=header(factory, pins)) as desk:
        device = desk.until_state(BUTTONS, DeviceState.ONLINE)
        assert (device.kind, device.simulated) == (Kind.BUTTONS, False)
        assert device.keys == {"answer", "hold", "park", "doctor"}
        for pin in (17, 27, 22, 6):
            factory.pin(pin).drive_low()
        desk.until(lambda: len(desk.keys) == 4)
        assert [event.key for event in desk.keys] == [Key.ANSWER, Key.HOLD, Key.PARK, "doctor"]


# --- lamps


@pytest.mark.parametrize("active_high", [True, False])
def test_a_lamp_burns_and_is_dark_at_the_end_whichever_way_it_is_wired(
    factory: MockFactory, active_high: bool
) -> None:
    with Desk(simulated=header(factory, GpioPins(lamps_active_high=active_high))) as desk:
        desk.hub.show(BUTTONS, {Lamp.HOLD: ON})
        desk.until(lambda: desk.burns(BUTTONS, Lamp.HOLD))
        assert factory.pin(24).state is active_high
        assert factory.pin(25).state is not active_high
        pin = factory.pin(24)
    states = [change.state for change in pin.states]
    assert states[-1] is not active_high


@pytest.mark.parametrize("pattern", [Pattern.BLINK, Pattern.FAST])
def test_a_lamp_blinks_until_it_is_told_otherwise(factory: MockFactory, pattern: Pattern) -> None:
    with Desk(simulated=header(factory)) as desk:
        desk.hub.show(BUTTONS, {Lamp.PARK: LampState(pattern)})
        desk.until(lambda: desk.burns(BUTTONS, Lamp.PARK))
        pin = factory.pin(25)
        _eventually(lambda: len([change for change in pin.states if change.state]) > 1)
        desk.hub.show(BUTTONS, {})
        desk.until(lambda: not desk.burns(BUTTONS, Lamp.PARK))
        assert pin.state is False


# --- relays


@pytest.mark.parametrize("active_high", [True, False])
def test_a_relay_is_open_until_it_is_asked_for_and_opens_by_itself(
    factory: MockFactory, active_high: bool
) -> None:
    pins = GpioPins(relays={"door": RelayPin(5, active_high)})
    with Desk(simulated=header(factory, pins)) as desk:
        device = desk.until_state(BUTTONS, DeviceState.ONLINE)
        assert device.relays == {"door"}
        pin = factory.pin(5)
        assert pin.state is not active_high
        desk.hub.switch(BUTTONS, "door", 0.2)
        _eventually(lambda: pin.state is active_high)
        _eventually(lambda: pin.state is not active_high)
        closed_for = pin.states[-1].timestamp
        assert closed_for >= 0.19


def test_a_relay_is_never_closed_longer_than_it_may_be_however_often_it_is_asked_for(
    factory: MockFactory,
) -> None:
    with Desk(simulated=header(factory, GpioPins(relays={"door": RelayPin(5, longest_seconds=0.3)}))) as desk:
        desk.until_state(BUTTONS, DeviceState.ONLINE)
        pin = factory.pin(5)
        asked_until = time.monotonic() + 0.25  # each would keep it closed for an hour from then on
        while time.monotonic() < asked_until:
            desk.hub.switch(BUTTONS, "door", 3600)
            time.sleep(0.02)
        _eventually(lambda: pin.state is False)
        closed = [change.timestamp for change in pin.states[1:] if not change.state]
        assert max(closed) < 1.0, "neither the hour nor the sum of all that was asked"


def test_a_relay_is_opened_when_asked_to_and_at_the_end(factory: MockFactory) -> None:
    with Desk(simulated=header(factory, GpioPins(relays=DOOR))) as desk:
        desk.until_state(BUTTONS, DeviceState.ONLINE)
        pin = factory.pin(5)
        desk.hub.switch(BUTTONS, "door", 5)
        _eventually(lambda: pin.state)
        desk.hub.switch(BUTTONS, "door", 0)
        _eventually(lambda: not pin.state)
        desk.hub.switch(BUTTONS, "door", 5)
        _eventually(lambda: pin.state)
    assert pin.state is False


def test_a_relay_that_nobody_wired_is_refused_by_name(factory: MockFactory) -> None:
    with Desk(simulated=header(factory, GpioPins(relays=DOOR))) as desk:
        desk.until_state(BUTTONS, DeviceState.ONLINE)
        with pytest.raises(DriverError, match="'gate'; known: door"):
            desk.hub.switch(BUTTONS, "gate", 1)


def test_relays_and_lamps_are_put_out_without_a_desk(factory: MockFactory) -> None:
    pins = GpioPins(relays={"door": RelayPin(5), "bell": RelayPin(6, active_high=False)})
    door, bell, lamp = factory.pin(5), factory.pin(6), factory.pin(23)
    for pin in (door, lamp):
        pin.function, pin.state = "output", True  # as a desk that was killed has left them
    assert make_dark([header(factory, pins)]) == ["gpio-buttons: dark"]
    assert [pin.states[-1].state for pin in (door, bell, lamp)] == [False, True, False]


# --- what can be wrong


def test_a_pin_that_cannot_be_used_is_named_and_the_others_work(factory: MockFactory) -> None:
    with Desk(simulated=header(factory, GpioPins(lamps={Lamp.PARK: 17}, relays=DOOR))) as desk:
        desk.until(lambda: desk.told != [] and desk.told[-1].reason.startswith("button answer: GPIO17"))
        assert desk.device(BUTTONS).state is DeviceState.ONLINE
        factory.pin(27).drive_low()
        desk.until(lambda: desk.keys == [KeyEvent(BUTTONS, Key.HOLD, True)])


def test_where_no_pin_can_be_used_the_device_has_failed(factory: MockFactory) -> None:
    pins = GpioPins(buttons={"doctor": ButtonPin(41)}, lamps={}, relays={})
    with Desk(simulated=header(factory, pins)) as desk:
        failed = desk.until_state(BUTTONS, DeviceState.FAILED)
        assert failed.reason == "button doctor: GPIO41 cannot be used: 41 is not a valid pin name"


def test_a_machine_without_a_header_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.gpio.pins.glob", _finds())
    with pytest.raises(DriverError, match="this machine has no GPIO header"):
        header_factory()


def test_a_chip_that_may_not_be_opened_names_the_udev_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.gpio.pins.glob", _finds("/dev/gpiochip0"))
    monkeypatch.setattr("os.path.exists", lambda _: True)
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(AccessDenied, match=r"udev/70-deskbell\.rules"):
        header_factory()


def test_something_that_is_no_chip_is_a_fault_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.gpio.pins.glob", _finds("/dev/gpiochip99"))
    monkeypatch.setattr("drivers.gpio.pins.require_access", lambda path: None)
    here = os.getcwd()
    with pytest.raises(DriverError, match="/dev/gpiochip99 cannot be used"):
        header_factory()
    assert os.getcwd() == here, "lgpio must not take us elsewhere"


# --- names of pins


@pytest.mark.parametrize("name", [17, "17", "GPIO17", "gpio17", "BCM17", "J8:11", "BOARD11", " GPIO17 "])
def test_a_pin_may_be_written_in_every_way_that_people_write_it(name: int | str) -> None:
    assert pin_number(name) == 17


def test_the_names_are_gpiozeros(factory: MockFactory) -> None:
    for position in range(1, 41):
        ((_, info),) = factory.board_info.find_pin(f"J8:{position}")
        if info.name.startswith("GPIO"):
            assert pin_number(f"J8:{position}") == pin_number(info.name) == int(info.name[4:])
        else:
            with pytest.raises(ValueError, match="is no GPIO"):
                pin_number(f"BOARD{position}")


@given(st.text() | st.integers())
def test_any_other_name_is_refused_with_what_to_write(name: int | str) -> None:
    try:
        assert 0 <= pin_number(name) <= 27
    except ValueError as error:
        assert 'write a GPIO number from 0 to 27, or a name such as "GPIO17"' in str(error)


def _eventually(truth: Callable[[], bool], patience: float = 20) -> None:
    deadline = time.monotonic() + patience
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _finds(*paths: str) -> Callable[[str], list[str]]:
    return lambda pattern: list(paths)
