"""Buttons, lamps and relays on real GPIO lines; with a whole desk around them at the end."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import SwitchRelay
from drivers.base import DeviceState, DriverError, KeyEvent, Lamp, LampState, Pattern
from drivers.dark import make_dark
from drivers.gpio import GPIO_ID, ButtonPin, GpioHeader, GpioPins, RelayPin
from drivers.gpio.pins import header_factory
from tests.drivers.desk import Desk
from tests.rig.devices import eventually
from tests.rig.gpio import Bounce, GpioChip
from tests.running import RunningDesk, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange

PATTERNS = sorted(Path("tests/drivers/bounce").glob("*.txt"))
BUTTON, LAMP, RELAY, OTHER = 17, 22, 5, 6
NAMES = {BUTTON: "button", LAMP: "lamp", RELAY: "relay", OTHER: "other"}
DOOR = GpioPins({}, {}, relays={"door": RelayPin(RELAY, longest_seconds=1.0)})
ONLINE = DeviceState.ONLINE


@pytest.fixture
def chip() -> Iterator[GpioChip]:
    with GpioChip(NAMES) as chip:
        yield chip


def button(number: int = BUTTON) -> GpioPins:
    return GpioPins({"b": ButtonPin(number)}, {})


@pytest.mark.parametrize("path", PATTERNS, ids=lambda path: path.stem)
def test_every_press_counts_once_however_the_contact_bounces(chip: GpioChip, path: Path) -> None:
    bounce = Bounce.read(path)
    with Desk(gpio=button()) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        chip.replay("button", bounce)
        press = [KeyEvent(GPIO_ID, "b", True), KeyEvent(GPIO_ID, "b", False)]
        desk.until(lambda: len(desk.keys) >= 2 * bounce.presses)
        assert desk.keys == press * bounce.presses


def test_a_press_is_known_when_the_contact_has_rested_and_not_later(chip: GpioChip) -> None:
    with Desk(gpio=button()) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        chip.press("button")
        pressed_at = time.monotonic()
        desk.until(lambda: len(desk.keys) == 1)
        took = time.monotonic() - pressed_at
        print(f"a press is known after {took * 1000:.1f} ms")
        assert took < 0.06


def test_nothing_happens_and_nothing_is_done(chip: GpioChip) -> None:
    pins = GpioPins({"b": ButtonPin(BUTTON), "c": ButtonPin(OTHER)}, {}, relays=DOOR.relays)
    with Desk(gpio=pins) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        time.sleep(0.5)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        time.sleep(4)
        woken = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before
        print(f"woken {woken} times in 4 s")
        assert woken < 400, "lgpio itself wakes 50 times a second; were it to look for edges, 2,000 times"


def test_a_contact_that_opens_when_pressed(chip: GpioChip) -> None:
    chip.press("button")
    with Desk(gpio=GpioPins({"b": ButtonPin(BUTTON, active_low=False, pull="none")}, {})) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        chip.release("button")
        desk.until(lambda: desk.keys == [KeyEvent(GPIO_ID, "b", True)])


def test_a_lamp_lights_blinks_and_goes_dark(chip: GpioChip) -> None:
    with Desk(gpio=GpioPins({}, {Lamp.PARK: LAMP})) as desk:
        desk.hub.show(GPIO_ID, {Lamp.PARK: LampState(Pattern.ON)})
        eventually("lamp", lambda: chip.lit("lamp"))
        desk.hub.show(GPIO_ID, {Lamp.PARK: LampState(Pattern.BLINK)})
        eventually("dark half", lambda: not chip.lit("lamp"))
        eventually("bright half", lambda: chip.lit("lamp"))
    assert not chip.lit("lamp")


def test_a_pin_that_is_taken_is_named_with_who_has_it_and_the_others_work() -> None:
    pins = GpioPins({"b": ButtonPin(BUTTON), "c": ButtonPin(OTHER)}, {})
    with GpioChip(NAMES, taken={OTHER: "spi0 CS1"}) as chip, Desk(gpio=pins) as desk:
        device = desk.until_state(GPIO_ID, ONLINE)
        assert device.reason == "button c: GPIO6 cannot be used: in use by spi0 CS1"
        chip.press("button")
        desk.until(lambda: desk.keys == [KeyEvent(GPIO_ID, "b", True)])


@pytest.mark.parametrize("label", ["pinctrl-rp1", "pinctrl-bcm2835"])
def test_the_header_is_found_by_what_its_chip_is_called(label: str) -> None:
    with GpioChip({}, "gpio-brcmstb@107d508500"):
        with pytest.raises(DriverError, match="gpiochip0 is gpio-brcmstb@107d508500"):
            header_factory()
        with GpioChip(NAMES, label) as header, Desk(gpio=button()) as desk:
            assert header.chip != "gpiochip0"
            desk.until_state(GPIO_ID, ONLINE)
            header.press("button")
            desk.until(lambda: len(desk.keys) == 1)


def test_a_chip_that_comes_back_works_again(chip: GpioChip) -> None:
    pins = GpioPins({"b": ButtonPin(BUTTON)}, {Lamp.PARK: LAMP}, relays=DOOR.relays)
    with Desk(gpio=pins) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        desk.hub.show(GPIO_ID, {Lamp.PARK: LampState(Pattern.FAST)})
        chip.unplug()
        assert "GPIO" in desk.until_state(GPIO_ID, DeviceState.FAILED).reason
        chip.plug()
        desk.until_state(GPIO_ID, ONLINE)
        chip.press("button")
        desk.until(lambda: len(desk.keys) == 1)


# --- relays


@pytest.mark.parametrize("active_high", [True, False])
def test_a_relay_closes_for_its_time_and_never_for_longer_than_it_may(
    chip: GpioChip, active_high: bool
) -> None:
    def closed() -> bool:
        return chip.lit("relay") is active_high

    pins = GpioPins({}, {}, relays={"door": RelayPin(RELAY, active_high, longest_seconds=1.0)})
    (chip.release if active_high else chip.press)("relay")  # closed, as a crash on a Raspberry Pi leaves it
    assert closed()
    with Desk(gpio=pins) as desk:
        desk.until_state(GPIO_ID, ONLINE)
        assert not closed()
        for asked, lasts in ((0.5, 0.5), (3600, 1.0)):
            desk.hub.switch(GPIO_ID, "door", asked)
            eventually("closed", closed)
            began = time.monotonic()
            eventually("open", lambda: not closed())
            assert time.monotonic() - began == pytest.approx(lasts, abs=0.1)
        desk.hub.switch(GPIO_ID, "door", 3600)
        eventually("closed", closed)
    assert not closed()


DRIVES = """
import sys, time
from drivers.gpio import GpioPins, RelayPin
from drivers.hub import Hub
pins = GpioPins({}, {}, relays={"door": RelayPin(5, longest_seconds=3600)})
hub = Hub(print, lambda device: print(device.state, flush=True), usb=False, gpio=pins)
hub.start()
while not any(device.state == "online" for device in hub.devices()):
    time.sleep(0.01)
hub.switch("gpio-buttons", "door", 3600)
time.sleep(3600)
"""


def test_a_relay_opens_when_its_program_is_killed_wherever_the_kernel_lets_go_of_the_pin(
    chip: GpioChip,
) -> None:
    program = subprocess.Popen([sys.executable, "-c", DRIVES])
    chip.release("relay")
    eventually("closed", lambda: not chip.lit("relay"))  # the desk opens it first ...
    eventually("closed", lambda: chip.lit("relay"), 20)  # ... and then it is switched
    program.kill()
    program.wait()
    eventually("open", lambda: not chip.lit("relay"))


def test_what_a_kernel_leaves_closed_after_a_crash_is_opened_without_a_desk(chip: GpioChip) -> None:
    chip.release("relay")
    chip.release("lamp")
    make_dark([GpioHeader(GpioPins({}, {Lamp.PARK: LAMP}, relays=DOOR.relays))])
    assert not chip.lit("relay")
    assert not chip.lit("lamp")


# --- a whole desk

KEYS = {
    "doctor": {"pin": "J8:11", "press": "speed-dial 1", "long": "dnd"},  # GPIO17
    "door": {"pin": "GPIO6", "press": "relay door"},
}


@pytest.fixture
def desk(tmp_path: Path, exchange: Exchange, chip: GpioChip) -> Iterator[RunningDesk]:
    """The daemon with two buttons, a door opener and a bell."""
    with RunningDesk(
        tmp_path,
        exchange.sip_port,
        devices={"usb": False, "simulated": False, "sound": False},
        speed_dial={"1": "802"},
        keys=KEYS,
        relays={"door": {"pin": RELAY, "seconds": 1.5}, "bell": {"pin": LAMP, "follows": "ringing"}},
    ) as running:
        running.until_registered()
        running.until("the buttons work", works)
        yield running


def works(state: State) -> bool:
    return any(device["state"] == "online" for device in state["devices"].values())


@pytest.mark.exchange
def test_a_button_dials_disturbs_no_more_and_opens_the_door(
    desk: RunningDesk, chip: GpioChip, exchange: Exchange
) -> None:
    def press(name: str, seconds: float) -> None:
        chip.press(name)
        time.sleep(seconds)
        chip.release(name)
        time.sleep(0.1)

    press("button", 1.2)
    desk.until("nobody disturbs", lambda state: state["dnd"])
    press("button", 1.2)
    desk.until("everybody may", lambda state: not state["dnd"])
    press("button", 0.1)
    desk.until_call("ringing")
    assert desk.deskbell("hangup").returncode == 0
    desk.until_call()

    press("other", 0.1)
    eventually("the door is open", lambda: chip.lit("relay"))
    eventually("the door is shut", lambda: not chip.lit("relay"))
    refused = desk.deskbell("relay", "gate")
    assert refused.returncode == 1
    assert "there is no relay 'gate'; known: door, bell" in refused.stderr

    assert not chip.lit("lamp")
    caller = exchange.originate("0305551234", "200")
    eventually("the bell rings", lambda: chip.lit("lamp"))
    exchange.hang_up(caller)
    eventually("the bell is silent", lambda: not chip.lit("lamp"))


@pytest.mark.exchange
def test_after_a_kill_the_door_is_shut_and_a_new_desk_opens_it_again(
    desk: RunningDesk, chip: GpioChip
) -> None:
    desk.ask(SwitchRelay("door"))
    eventually("the door is open", lambda: chip.lit("relay"))
    desk.kill()
    eventually("the door is shut", lambda: not chip.lit("relay"))
    chip.release("relay")  # but a Raspberry Pi's kernel would have left it open
    desk.start()
    desk.until("the buttons work", works)
    assert not chip.lit("relay")
    desk.ask(SwitchRelay("door"))
    eventually("the door is open", lambda: chip.lit("relay"))
    eventually("the door is shut", lambda: not chip.lit("relay"))
