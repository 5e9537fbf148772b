"""The telephony driver on the real kernel: a quirk from lamp to key, signals, other programs."""

from __future__ import annotations

import shutil
import signal
import struct
import subprocess
import threading
from functools import partial
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING

import pytest

from drivers import udev
from drivers.base import DeviceState, Key, KeyEvent, Lamp, LampState, Pattern
from tests.drivers.desk import Desk
from tests.rig.devices import Headset, eventually
from tests.rig.hid import TELEPHONY
from tests.rig.telephone import Habits
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

ON = LampState(Pattern.ON)
YEALINK = Identity(0x6993, 0xB0AE, 0x0100, "Deskbell", "Rig Yealink", "Y1")
YEALINK_ID, HEADSET_ID = "usb-6993-b0ae-Y1", "usb-0b0e-2400-A1"
WITH_VOLUME = TELEPHONY + bytes.fromhex(  # Linux makes input devices of those with Consumer Control only
    "050C 0901 A101 8502 1500 2501 09E9 09EA 7501 9502 8102 9506 8101 C0"
)
RULES = Path("/etc/udev/rules.d/70-deskbell.rules")
EV_SYN, EV_LED, LED_MUTE = 0, 0x11, 0x07


@pytest.fixture(scope="module", autouse=True)
def udevd() -> None:
    """One that runs: a udevd that was started without standard files does not."""
    if subprocess.run(["udevadm", "control", "--ping"], capture_output=True, check=False).returncode:
        command = ["/usr/lib/systemd/systemd-udevd", "--daemon"]
        subprocess.run(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=True)


@pytest.fixture(autouse=True)
def empty_bus() -> Iterator[None]:
    """A port that is used again before the kernel saw its device go stays dead."""
    yield
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


def write_led(device: Path) -> None:
    """Open an input device, light its Mute LED and put it out, as a desktop does (linux/input.h)."""
    with device.open("wb", buffering=0) as file:
        for on in (1, 0):
            file.write(struct.pack("llHHi", 0, 0, EV_LED, LED_MUTE, on))
            file.write(struct.pack("llHHi", 0, 0, EV_SYN, 0, 0))


def test_no_program_puts_the_lamps_out_by_opening_the_headset_as_an_input_device() -> None:
    """With udev's rule; without it Linux writes them dark at the opening already."""
    shutil.copy(udev.FOLDER / f"{udev.NAME}.rules", RULES)
    subprocess.run(["udevadm", "control", "--reload"], check=True)
    with Headset("A1", audio=None, report_descriptor=WITH_VOLUME) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET_ID, DeviceState.ONLINE)
        desk.hub.show(HEADSET_ID, {Lamp.OFF_HOOK: ON, Lamp.RING: ON})
        headset.wait_for_lamp("Ring")
        before = len(headset.written())
        subprocess.run(["udevadm", "settle"], check=True)
        (event,) = Path("/sys/class/hidraw", headset.hidraw.name).glob("device/input/input*/event*")
        write_led(Path("/dev/input") / event.name)
        headset.lift_hook()
        desk.until(lambda: desk.keys == [KeyEvent(HEADSET_ID, Key.HOOK, True)])
        assert headset.written(after=before, wait=3) == []
        assert headset.lamps == {"Off-Hook", "Ring"}
    RULES.unlink()
    subprocess.run(["udevadm", "control", "--reload"], check=True)
