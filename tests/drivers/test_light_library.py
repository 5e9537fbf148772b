"""Every class of busylight-core: found, opened and lit, over stand-ins for its handles; our table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivers.base import DriverError, Lamp, LampState, Pattern, Ring
from drivers.lights import known
from drivers.lights.library import MODELS, LibraryLight, LibrarySounder, core, hardware_of
from drivers.lights.model import Reach
from tests.drivers.lights import Handle, handle, node_at

if TYPE_CHECKING:
    from drivers.nodes import Node

__all__ = ["handle"]

RED, GREEN = (255, 0, 0), (0, 255, 0)
CLASSES = core().Light.subclasses()
SAYS_OF_ITSELF: dict[str, dict[str, Any]] = {  # what some classes look at, beside the numbers
    "BlinkStick": {"serial": "BS000001-1.0"},
    "BlinkStickPro": {"serial": "BS000001-2.0"},
    "BlinkStickSquare": {"serial": "BS000001-3.0", "release": 0x200},
    "BlinkStickStrip": {"serial": "BS000001-3.0", "release": 0x201},
    "BlinkStickNano": {"serial": "BS000001-3.0", "release": 0x202},
    "BlinkStickFlex": {"serial": "BS000001-3.0", "release": 0x203},
    "Blyncusb10": {"interface": 1},
    "Blyncusb20": {"interface": 1},
    "Bluetooth": {"name": "LUXAFOR BT"},
    "Flag": {"name": "LUXAFOR FLAG"},
    "Mute": {"name": "LUXAFOR MUTE"},
    "Orb": {"name": "LUXAFOR ORB"},
    "MuteSync": {"name": "MuteSync Button"},
}
SERIAL = {"BusyTag", "FitStatUSB", "MuteSync"}


class Port:
    """`serial.Serial`, whose writes are kept with those of `Handle`."""

    def __init__(self, **_: object) -> None:
        self.port = ""

    def open(self) -> None:
        pass

    def write(self, buffer: bytes) -> int:
        Handle.written.append(bytes(buffer))
        return len(buffer)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def no_device_files(monkeypatch: pytest.MonkeyPatch, handle: type[Handle]) -> None:
    monkeypatch.setattr("serial.Serial", Port)
    monkeypatch.setattr("drivers.lights.light.require_access", lambda path: None)


def node_of(light: Any, ids: tuple[int, int]) -> Node:
    path = "/dev/ttyACM0" if light.__name__ in SERIAL else "/dev/hidraw0"
    return node_at(path, ids, **SAYS_OF_ITSELF.get(light.__name__, {}))


EVERY = [(light, ids) for light in CLASSES for ids in light.supported_device_ids]


@pytest.mark.parametrize(
    ("light", "ids"), EVERY, ids=[f"{one.__name__}-{ids[0]:04x}-{ids[1]:04x}" for one, ids in EVERY]
)
def test_every_class_of_the_library_is_found_opened_and_lit(
    light: Any, ids: tuple[int, int], handle: type[Handle]
) -> None:
    found = node_of(light, ids)
    assert [each for each in CLASSES if each.claims(hardware_of(found))] == [light]
    opened = LibraryLight(found)
    assert handle.written == []  # it is not changed by being opened
    shown = []
    for state in (LampState(Pattern.ON, RED), LampState(Pattern.ON, GREEN), LampState()):
        opened.show({Lamp.STATUS: state}, again=True)
        shown.append(tuple(handle.written))
        handle.written.clear()
    assert len(set(shown)) == 3
    assert all(any(reports) for reports in shown)
    opened.close()


@pytest.mark.parametrize("ids", sorted({ids for light in CLASSES for ids in light.supported_device_ids}))
def test_no_light_of_the_library_is_without_a_driver(ids: tuple[int, int]) -> None:
    assert ids in {(model.vendor, model.product) for model in known()}


@pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: f"{model.vendor:04x}-{model.product:04x}{model.word}"
)
def test_our_table_says_what_the_classes_say(model: Any) -> None:
    name = {"": "x", "mutesync": "MuteSync Button"}.get(model.word, f"LUXAFOR {model.word.upper()}")
    path = "/dev/ttyACM0" if model.reach is Reach.TTY else "/dev/hidraw0"
    found = node_at(path, (model.vendor, model.product), name, interface=model.interface or 0)
    assert model.claims(found)
    (light,) = (each for each in CLASSES if each.claims(hardware_of(found)))
    assert (light.__name__ in SERIAL) == (model.reach is Reach.TTY)
    assert hasattr(light, "play_sound") == model.rings == (model.open is LibrarySounder)


def test_a_model_that_the_library_does_not_know_is_a_fault() -> None:
    with pytest.raises(DriverError, match="does not know the model"):
        LibraryLight(node_at("/dev/hidraw0", (0x1234, 0x5678)))


@pytest.mark.parametrize("internal", [False, True])
def test_a_blynclight_plus_plays_one_tune_for_a_ring_and_stops(internal: bool, handle: type[Handle]) -> None:
    light = LibrarySounder(node_at("/dev/hidraw0", (0x2C0D, 0x0002)))
    light.show({Lamp.STATUS: LampState(Pattern.ON, RED)}, again=True)
    light.ring(Ring(volume=1.0, internal=internal))
    light.ring(None)
    _, plays, silent = handle.written
    # report number, red, blue, green, flags, sound: bit 4 plays, bit 5 repeats, bits 0 to 3 which; volume
    assert plays[:6] == bytes([0, 255, 0, 0, 0, 0x10 | (2 if internal else 1)])
    assert plays[6] == 0x0F
    assert not silent[5] & 0x10
    assert silent[1:4] == bytes([255, 0, 0])


@pytest.mark.parametrize("ids", [(0x2C0D, 0x0001), (0x27B8, 0x01ED)], ids=["output", "feature"])
def test_a_report_that_fails_is_not_overlooked_and_says_why(
    handle: type[Handle], monkeypatch: pytest.MonkeyPatch, ids: tuple[int, int]
) -> None:
    monkeypatch.setattr("os.path.exists", lambda path: True)
    light = LibraryLight(node_at("/dev/hidraw0", ids))
    handle.fails = True
    with pytest.raises(DriverError, match="does not answer: Broken pipe"):
        light.show({}, again=True)
