"""After the desk was killed: every device dark, whatever some of them do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from drivers.base import AccessDenied, Device, DriverError, Kind, Lamp, LampState, Ring
from drivers.dark import make_dark
from drivers.simulated import SimulatedDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivers.base import Driver, Lose, Ports, Press


class Light:
    """A light that was left burning and ringing."""

    def __init__(self, at_open: Callable[[], None] = lambda: None) -> None:
        self.told: list[Mapping[Lamp, LampState] | Ring | str | None] = []
        self._at_open = at_open

    def open(self, press: Press, lose: Lose) -> Driver:
        self._at_open()
        return self

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        self.told.append(lamps)
        return None

    def ring(self, ring: Ring | None) -> float | None:
        self.told.append(ring)
        return None

    def close(self) -> None:
        self.told.append("closed")


class Lights:
    """A source of lights."""

    def __init__(self, **lights: Light) -> None:
        self._lights = lights

    def start(self, ports: Ports) -> None:
        for name, light in self._lights.items():
            ports.attach(Device(name, Kind.LIGHT, name, frozenset(), frozenset({Lamp.STATUS})), light.open)

    def stop(self) -> None:
        pass


@pytest.fixture
def jammed() -> Iterator[Light]:
    """One that blocks until the test is over."""
    free = threading.Event()
    yield Light(lambda: void(free.wait()))
    free.set()


def void(_: object) -> None:
    """A lambda may not be used for its value."""


def fail(fault: Exception) -> Callable[[], None]:
    def at_open() -> None:
        raise fault

    return at_open


def test_a_light_is_made_silent_and_dark_and_let_go_of() -> None:
    light = Light()
    assert make_dark([Lights(light=light)]) == ["light: dark"]
    assert light.told[-3:] == [None, {Lamp.STATUS: LampState()}, "closed"]


def test_what_fails_is_named_and_keeps_nobody_else_burning() -> None:
    good = Light()
    said = make_dark(
        [
            Lights(
                denied=Light(fail(AccessDenied("no permission"))),
                broken=Light(fail(DriverError("does not answer"))),
                wrong=Light(fail(ZeroDivisionError("a bug"))),
                good=good,
            )
        ]
    )
    assert said[0] == "denied: no permission"
    assert said[1] == "broken: does not answer"
    assert said[2].startswith("wrong: the driver failed")
    assert said[3] == "good: dark"
    assert good.told[-1] == "closed"


def test_what_blocks_is_left_behind_in_time(jammed: Light) -> None:
    good = Light()
    assert make_dark([Lights(jammed=jammed, good=good)], seconds=0.3) == [
        "jammed: does not answer",
        "good: dark",
    ]
    assert good.told[-1] == "closed"


def test_any_source_will_do() -> None:
    assert {line.partition(": ")[2] for line in make_dark([SimulatedDesk()])} == {"dark"}
