"""Three push buttons with lamps on a Raspberry Pi's header, through gpiozero."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from glob import glob
from typing import TYPE_CHECKING, Any

from drivers.access import require_access
from drivers.base import ON_OFF_SECONDS, Device, DriverError, Key, Kind, Lamp, LampState, Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.base import Lose, Ports, Press

GPIO_ID = "gpio-buttons"


@dataclass(frozen=True, slots=True)
class GpioPins:
    """What is wired where, in BCM numbers; leave out what is not fitted.

    `pull_up`: buttons connect to ground (else to 3.3 V). `lamps_active_high`: a lamp burns at 3.3 V (else at
    0 V). `bounce_seconds`: a contact that opens for less than that was not let go.
    """

    buttons: Mapping[Key, int] = field(default_factory=lambda: {Key.ANSWER: 17, Key.HOLD: 27, Key.PARK: 22})
    lamps: Mapping[Lamp, int] = field(default_factory=lambda: {Lamp.ANSWER: 23, Lamp.HOLD: 24, Lamp.PARK: 25})
    pull_up: bool = True
    lamps_active_high: bool = True
    bounce_seconds: float = 0.02


class GpioHeader:
    """A source of one device: the buttons and lamps wired to the header."""

    def __init__(self, pins: GpioPins, factory: Callable[[], Any] | None = None) -> None:
        """`factory` makes a gpiozero pin factory; by default lgpio's, which works on every Pi."""
        self._pins = pins
        self._factory = factory or lgpio_factory

    def start(self, ports: Ports) -> None:
        """Report the device; what keeps it from working becomes its state."""
        keys, lamps = frozenset(self._pins.buttons), frozenset(self._pins.lamps)
        ports.attach(Device(GPIO_ID, Kind.BUTTONS, "Buttons on the GPIO header", keys, lamps), self._open)

    def stop(self) -> None:
        """A header is never unplugged."""

    def _open(self, press: Press, lose: Lose) -> _Wired:
        return _Wired(self._pins, self._factory(), press)


class _Wired:
    """The open header: a `Driver`."""

    def __init__(self, pins: GpioPins, factory: Any, press: Press) -> None:  # noqa: ANN401
        self._factory = factory
        self._shown: dict[Lamp, LampState] = {}
        try:
            self._buttons = [self._button(pins, key, press) for key in pins.buttons]
            self._lamps = {lamp: self._lamp(pins, lamp) for lamp in pins.lamps}
        except Exception as fault:  # gpiozero's and lgpio's errors have no base of their own
            factory.close()
            raise DriverError(f"GPIO pins cannot be used: {fault}") from fault

    def _button(self, pins: GpioPins, key: Key, press: Press) -> Any:  # noqa: ANN401
        from gpiozero import Button  # type: ignore[import-untyped]

        button = Button(
            pins.buttons[key],
            pull_up=pins.pull_up,
            bounce_time=pins.bounce_seconds or None,
            pin_factory=self._factory,
        )
        button.when_pressed = lambda: press(key, True)
        button.when_released = lambda: press(key, False)
        return button

    def _lamp(self, pins: GpioPins, lamp: Lamp) -> Any:  # noqa: ANN401
        from gpiozero import LED

        return LED(pins.lamps[lamp], active_high=pins.lamps_active_high, pin_factory=self._factory)

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> None:
        """Burn and blink; gpiozero keeps the time."""
        for lamp, led in self._lamps.items():
            state = lamps.get(lamp, LampState())
            if again or state != self._shown.get(lamp):
                _burn(led, state.pattern)
                self._shown[lamp] = state

    def close(self) -> None:
        """Give the pins back."""
        for device in (*self._buttons, *self._lamps.values()):
            device.close()
        self._factory.close()


def _burn(led: Any, pattern: Pattern) -> None:  # noqa: ANN401
    if pattern in ON_OFF_SECONDS:
        led.blink(*ON_OFF_SECONDS[pattern])
    else:
        led.value = pattern is Pattern.ON


def lgpio_factory() -> Any:  # noqa: ANN401
    """lgpio speaks to /dev/gpiochip as every Pi has it, and needs no daemon and no root."""
    chips = sorted(glob("/dev/gpiochip*"))
    if not chips:
        raise DriverError("this machine has no GPIO header: there is no /dev/gpiochip0")
    require_access(chips[0])
    # lgpio keeps a pipe in its work folder, makes that the current one, and would leave it so.
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", tempfile.gettempdir()))
    try:
        with contextlib.chdir(os.getcwd()):
            from gpiozero.pins.lgpio import LGPIOFactory  # type: ignore[import-untyped]
    except (ImportError, AttributeError) as missing:  # for Python 3.13 the index has an empty lgpio
        raise DriverError("lgpio is missing, or empty; 'make venv' installs a whole one") from missing
    try:
        return LGPIOFactory()
    except Exception as fault:
        raise DriverError(f"{chips[0]} cannot be used: {fault}") from fault
