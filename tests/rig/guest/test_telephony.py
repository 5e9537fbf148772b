"""The telephony driver on the real kernel: a quirk from lamp to key, signals, a LED of the kernel."""

from __future__ import annotations

import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from drivers.base import DeviceState, Key, KeyEvent, Lamp, LampState, Pattern
from tests.drivers.desk import Desk
from tests.rig.devices import Headset, eventually
from tests.rig.telephone import Habits
from tests.rig.usb import Identity

ON = LampState(Pattern.ON)
YEALINK = Identity(0x6993, 0xB0AE, 0x0100, "Deskbell", "Rig Yealink", "Y1")
YEALINK_ID, HEADSET_ID = "usb-6993-b0ae-Y1", "usb-0b0e-2400-A1"


@pytest.fixture(autouse=True)
def empty_bus() -> None:
    """A port that is used again before the kernel saw its device go stays dead."""
    eventually("empty bus", lambda: not list(Path("/sys/bus/usb/devices").glob("1-[1-9]*")))


def test_a_call_held_and_resumed_ten_times_at_a_yealink_is_never_hung_up() -> None:
    habits = Habits(follows_off_hook=True)
    with Headset(identity=YEALINK, audio=None, habits=habits) as headset, Desk(usb=True) as desk:
        desk.until_state(YEALINK_ID, DeviceState.ONLINE)
        desk.hub.show(YEALINK_ID, {Lamp.OFF_HOOK: ON})
        desk.until(lambda: desk.keys == [KeyEvent(YEALINK_ID, Key.HOOK, True)])  # the echo of our lamp
        for _ in range(10):
            desk.hub.show(YEALINK_ID, {Lamp.OFF_HOOK: ON, Lamp.HOLD: ON})
            headset.wait_for_lamp("Off-Hook", lit=False)
            assert headset.lamps == {"Hold"}
            desk.hub.show(YEALINK_ID, {Lamp.OFF_HOOK: ON})
            headset.wait_for_lamp("Off-Hook")
        headset.tap("Flash")
        desk.until(lambda: desk.keys[-1] == KeyEvent(YEALINK_ID, Key.FLASH, False))
        assert KeyEvent(YEALINK_ID, Key.HOOK, False) not in desk.keys


def test_a_signal_to_the_listening_thread_loses_no_device_and_no_key() -> None:
    signal.signal(signal.SIGUSR2, lambda *_: None)
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET_ID, DeviceState.ONLINE)
        (listener,) = [one for one in threading.enumerate() if one.name == f"keys of {headset.hidraw}"]
        for lifted in (True, False, True, False):
            assert listener.ident
            signal.pthread_kill(listener.ident, signal.SIGUSR2)
            headset.lift_hook() if lifted else headset.replace_hook()
            hook = KeyEvent(HEADSET_ID, Key.HOOK, lifted)
            desk.until(partial(lambda last: desk.keys[-1:] == [last], hook))
        assert listener.is_alive()
        assert DeviceState.OFFLINE not in [device.state for device in desk.told[1:]]


def test_lamps_that_the_kernel_wrote_over_are_put_right() -> None:
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET_ID, DeviceState.ONLINE)
        desk.hub.show(HEADSET_ID, {Lamp.OFF_HOOK: ON, Lamp.RING: ON})
        headset.wait_for_lamp("Ring")
        leds = list(Path("/sys/class/hidraw", headset.hidraw.name).glob("device/input/input*/input*::mute"))
        if not leds:
            pytest.skip("needs a kernel with CONFIG_INPUT_LEDS: add it to tests/rig/kernel.config")
        (leds[0] / "brightness").write_text("1")
        headset.wait_for_lamp("Ring", lit=False)
        headset.wait_for_lamp("Ring")
        assert headset.lamps == {"Off-Hook", "Ring"}
