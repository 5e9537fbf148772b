"""Buttons and lamps on GPIO lines, through lgpio and gpiozero."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest
from gpiozero import LED, Button, Device  # type: ignore[import-untyped]

from tests.rig.devices import eventually
from tests.rig.gpio import GpioChip

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def chip() -> Iterator[GpioChip]:
    """A board with one button and one lamp.

    One for all: gpiozero leaves lgpio's callbacks of a closed factory behind, and they disturb the next one.
    """
    with GpioChip({17: "PARK", 22: "PARK_LAMP"}) as chip:
        yield chip
        assert Device.pin_factory is not None
        Device.pin_factory.close()


def test_a_pressed_and_released_button_is_reported(chip: GpioChip) -> None:
    seen: queue.Queue[str] = queue.Queue()
    with Button(17) as button:
        button.when_pressed = lambda: seen.put("pressed")
        button.when_released = lambda: seen.put("released")
        chip.press("PARK")
        assert seen.get(timeout=2) == "pressed"
        chip.release("PARK")
        assert seen.get(timeout=2) == "released"


def test_a_held_button_is_reported(chip: GpioChip) -> None:
    held: queue.Queue[str] = queue.Queue()
    with Button(17, hold_time=0.5) as button:
        button.when_held = lambda: held.put("held")
        chip.press("PARK")
        assert held.get(timeout=2) == "held"
        chip.release("PARK")


def test_a_lamp_lights_and_goes_dark(chip: GpioChip) -> None:
    with LED(22) as lamp:
        lamp.on()
        eventually("lamp", lambda: chip.lit("PARK_LAMP"))
        lamp.off()
        eventually("dark lamp", lambda: not chip.lit("PARK_LAMP"))
