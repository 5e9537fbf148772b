"""Push buttons, lamps and relays on a Raspberry Pi's header, through gpiozero."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from drivers.base import Device, DriverError, Key, Kind, Lamp, LampState, beat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivers.base import Lose, Ports, Press

    MakeFactory = Callable[[Callable[[OSError], None]], Any]

T = TypeVar("T")
Pull = Literal["up", "down", "none"]
GPIO_ID = "gpio-buttons"


@dataclass(frozen=True, slots=True)
class ButtonPin:
    """Where a button is wired, in BCM numbers.

    `active_low`: pressed connects it to ground, else to 3.3 V. `pull` is the board's own resistor, "none"
    where the wiring has one. A contact must rest for `bounce_seconds` to be believed.
    """

    pin: int
    active_low: bool = True
    pull: Pull = "up"
    bounce_seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class RelayPin:
    """Where a relay is wired, which level closes it, and for how long it may be closed at a stretch."""

    pin: int
    active_high: bool = True
    longest_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class GpioPins:
    """What is wired where. Buttons and relays have names of their own; lamps are BCM numbers.

    `lamps_active_high`: a lamp burns at 3.3 V, else at 0 V.
    """

    buttons: Mapping[str, ButtonPin] = field(
        default_factory=lambda: {Key.ANSWER: ButtonPin(17), Key.HOLD: ButtonPin(27), Key.PARK: ButtonPin(22)}
    )
    lamps: Mapping[Lamp, int] = field(default_factory=lambda: {Lamp.ANSWER: 23, Lamp.HOLD: 24, Lamp.PARK: 25})
    lamps_active_high: bool = True
    relays: Mapping[str, RelayPin] = field(default_factory=dict)


class GpioHeader:
    """A source of one device: what is wired to the header.

    Opening it opens the relays and darkens the lamps. A Raspberry Pi's kernel leaves a pin as it was driven
    when the program that drove it is gone, unless it is started with pinctrl_bcm2835.persist_gpio_outputs=n;
    other kernels let go of it, and it falls back to dark and open.
    """

    def __init__(self, pins: GpioPins, factory: MakeFactory | None = None) -> None:
        """`factory` makes a gpiozero pin factory, which tells when its pins are gone; by default the Pi's."""
        self._pins = pins
        self._factory = factory or _header

    def start(self, ports: Ports) -> None:
        """Report the device; what keeps it from working becomes its state."""
        pins = self._pins
        device = Device(
            GPIO_ID,
            Kind.BUTTONS,
            "Buttons on the GPIO header",
            frozenset(map(str, pins.buttons)),
            frozenset(pins.lamps),
            relays=frozenset(pins.relays),
        )
        ports.attach(device, self._open)

    def stop(self) -> None:
        """A header is never unplugged."""

    def _open(self, press: Press, lose: Lose) -> _Wired:
        return _Wired(self._pins, self._factory(lose), press)


class _Wired:
    """The open header: a `Driver` with relays.

    A pin that cannot be used leaves the others working; `trouble` says which, and why.
    """

    def __init__(self, pins: GpioPins, factory: Any, press: Press) -> None:  # noqa: ANN401
        """Open every relay before anything else."""

        def relay(_: str, wired: RelayPin) -> _Relay:
            return _Relay(wired, factory)

        def lamp(_: Lamp, pin: int) -> Any:  # noqa: ANN401
            return _output(pin, pins.lamps_active_high, factory)

        def button(name: str, wired: ButtonPin) -> Any:  # noqa: ANN401
            return _button(str(name), wired, factory, press)

        self._factory = factory
        self._troubles: list[str] = []
        self._relays = dict(self._each("relay", pins.relays, relay))
        self._lamps = dict(self._each("lamp", pins.lamps, lamp))
        self._buttons = dict(self._each("button", pins.buttons, button))
        self.trouble = "; ".join(self._troubles)
        if self.trouble and not (self._relays or self._lamps or self._buttons):
            factory.close()
            raise DriverError(self.trouble)

    def _each(
        self, kind: str, wired: Mapping[Any, Any], make: Callable[[Any, Any], T]
    ) -> Iterator[tuple[Any, T]]:
        """Make what can be made, and note what cannot."""
        for name, at in wired.items():
            try:
                yield name, make(name, at)
            except Exception as fault:  # gpiozero's and lgpio's errors have no base of their own
                pin = at if isinstance(at, int) else at.pin
                self._troubles.append(f"{kind} {name}: GPIO{pin} cannot be used: {fault}")

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        """Burn and blink, in time with all other lamps."""
        now, waits = time.monotonic(), []
        for lamp, output in self._lamps.items():
            lit, wait = beat(lamps.get(lamp, LampState()).pattern, now)
            if again or lit != bool(output.value):
                output.value = lit
            if wait is not None:
                waits.append(wait)
        return min(waits, default=None)

    def switch(self, relay: str, seconds: float) -> None:
        """Close a relay for so long, at most for as long as it may be; 0: open it."""
        if relay in self._relays:
            self._relays[relay].switch(seconds)

    def close(self) -> None:
        """Open the relays and give the pins back."""
        for device in (*self._relays.values(), *self._lamps.values(), *self._buttons.values()):
            with contextlib.suppress(OSError):  # the chip is gone
                device.close()
        self._factory.close()


class _Relay:
    """A relay that opens by itself: gpiozero's thread does it, whatever becomes of its worker."""

    def __init__(self, wired: RelayPin, factory: Any) -> None:  # noqa: ANN401
        """Open it."""
        self._longest = wired.longest_seconds
        self._output = _output(wired.pin, wired.active_high, factory)
        self._closed_at = 0.0

    def switch(self, seconds: float) -> None:
        now = time.monotonic()
        if not self._output.value:
            self._closed_at = now
        seconds = min(seconds, self._closed_at + self._longest - now)
        if seconds > 0:
            self._output.blink(on_time=seconds, off_time=0, n=1)
        else:
            self._output.off()

    def close(self) -> None:
        self._output.off()
        self._output.close()


def _output(pin: int, active_high: bool, factory: Any) -> Any:  # noqa: ANN401
    from gpiozero import DigitalOutputDevice  # type: ignore[import-untyped]

    return DigitalOutputDevice(pin, active_high=active_high, pin_factory=factory)


def _button(name: str, wired: ButtonPin, factory: Any, press: Press) -> Any:  # noqa: ANN401
    from gpiozero import DigitalInputDevice

    pulled = wired.pull != "none"
    button = DigitalInputDevice(
        wired.pin,
        pull_up=wired.pull == "up" if pulled else None,
        active_state=None if pulled else not wired.active_low,
        bounce_time=wired.bounce_seconds or None,
        pin_factory=factory,
    )
    # gpiozero takes a pulled pin for active at the other level; a contact that opens when pressed is not.
    pressed = not pulled or (wired.pull == "up") is wired.active_low
    button.when_activated = lambda: press(name, pressed)
    button.when_deactivated = lambda: press(name, not pressed)
    return button


def _header(lost: Callable[[OSError], None]) -> Any:  # noqa: ANN401
    from drivers.gpio.pins import header_factory  # heavy, and not for every desk

    return header_factory(lost)
