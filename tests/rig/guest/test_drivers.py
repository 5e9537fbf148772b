"""The room `drivers` against Linux's own USB, hidraw, udev and GPIO: one device of each kind, end to end."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING

import pytest

from drivers.base import DeviceState, Key, KeyEvent, Kind, Lamp, LampState, Pattern
from drivers.gpio import ButtonPin, GpioPins
from tests.drivers.desk import Desk
from tests.rig.devices import BusyLight, Headset, eventually
from tests.rig.gpio import GpioChip
from tests.rig.hid import OUTPUT, TELEPHONY

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = Path(__file__).parents[3] / "udev" / "70-deskbell.rules"
NOBODY = 65534
HEADSET, TWIN, LIGHT = "usb-0b0e-2400-A1", "usb-0b0e-2400-B2", "usb-2c0d-0001-L1"
ON, BLINK = LampState(Pattern.ON), LampState(Pattern.BLINK)
ONLINE, OFFLINE, DENIED = DeviceState.ONLINE, DeviceState.OFFLINE, DeviceState.DENIED


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


def test_a_headset_is_found_with_its_keys_lamps_and_sound_card() -> None:
    with Headset("A1") as headset, Desk(usb=True) as desk:
        found = desk.until_state(HEADSET, ONLINE)
        assert (found.kind, found.name, found.simulated) == (Kind.HEADSET, "Rig Headset", False)
        assert found.keys >= {Key.HOOK, Key.MUTE, Key.FLASH, Key.REDIAL, Key.REJECT, Key.DIGIT_0, Key.POUND}
        assert found.lamps == {Lamp.OFF_HOOK, Lamp.RING, Lamp.MUTE, Lamp.HOLD, Lamp.MESSAGE_WAITING}
        desk.until(lambda: desk.device(HEADSET).audio == headset.card)


def test_when_a_person_lifts_the_hook_and_presses_keys_then_the_hub_tells_it() -> None:
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET, ONLINE)
        headset.lift_hook()
        headset.tap("Phone Mute")
        headset.replace_hook()
        desk.until(lambda: len(desk.keys) == 4)
        told = [(event.key, event.pressed) for event in desk.keys]
        assert told == [(Key.HOOK, True), (Key.MUTE, True), (Key.MUTE, False), (Key.HOOK, False)]


def test_twenty_presses_of_mute_are_twenty_presses() -> None:
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET, ONLINE)
        for _ in range(20):
            headset.tap("Phone Mute")
        desk.until(lambda: len(desk.keys) == 40)
        assert sum(event.pressed for event in desk.keys) == 20


@pytest.mark.parametrize("interrupt_out", [False, True], ids=["control request", "interrupt endpoint"])
def test_lamps_arrive_whole_and_go_dark_at_the_end(interrupt_out: bool) -> None:
    with Headset("A1", audio=None, interrupt_out=interrupt_out) as headset:
        with Desk(usb=True) as desk:
            desk.until_state(HEADSET, ONLINE)
            desk.hub.show(HEADSET, {Lamp.RING: BLINK, Lamp.MESSAGE_WAITING: ON})
            headset.wait_for_lamp("Ring")
            assert headset.lamps == {"Ring", "Message Waiting"}
            desk.until(lambda: desk.burns(HEADSET, Lamp.RING))
            desk.hub.show(HEADSET, {Lamp.OFF_HOOK: ON})
            headset.wait_for_lamp("Off-Hook")
            assert headset.lamps == {"Off-Hook"}
        assert headset.lamps == frozenset()
        assert {len(report.data) for report in headset.written() if report.kind == OUTPUT} == {2}


def test_an_unwanted_hook_is_answered_by_writing_the_lamps_again() -> None:
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET, ONLINE)
        headset.lift_hook()
        desk.until(lambda: desk.keys == [KeyEvent(HEADSET, Key.HOOK, True)])
        before = len(headset.written())
        desk.hub.show(HEADSET, {})
        desk.hub.show(HEADSET, {}, again=True)
        assert [report.data for report in headset.written(after=before, wait=5)] == [b"\x01\x00"]


def test_a_headset_that_was_unplugged_is_offline_and_comes_back_dark_and_with_its_keys() -> None:
    with Headset("A1", audio=None) as headset, Desk(usb=True) as desk:
        desk.hub.show(desk.until_state(HEADSET, ONLINE).id, {Lamp.RING: ON})
        headset.wait_for_lamp("Ring")
        headset.unplug()
        desk.until_state(HEADSET, OFFLINE)
        headset.plug()
        desk.until_state(HEADSET, ONLINE)
        desk.hub.show(HEADSET, {Lamp.MUTE: ON})
        headset.wait_for_lamp("Mute")
        assert not any("Ring" in lamps.lit for lamps in headset.lamp_history())
        headset.lift_hook()
        desk.until(lambda: desk.keys == [KeyEvent(HEADSET, Key.HOOK, True)])


def test_a_headset_that_linux_put_to_sleep_is_woken_and_stays_awake_while_it_is_listened_to() -> None:
    with Headset("A1") as headset:
        power = headset.folder / "power"
        (power / "autosuspend_delay_ms").write_text("100")
        (power / "control").write_text("auto")
        asleep = power / "runtime_status"
        eventually("sleeps", lambda: asleep.read_text() == "suspended\n")
        with Desk(usb=True) as desk:
            desk.until_state(HEADSET, ONLINE)
            time.sleep(10)
            assert asleep.read_text() == "active\n"
            headset.lift_hook()
            desk.until(lambda: desk.keys == [KeyEvent(HEADSET, Key.HOOK, True)])
            desk.hub.show(HEADSET, {Lamp.OFF_HOOK: ON})
            headset.wait_for_lamp("Off-Hook")
        eventually("sleeps again", lambda: asleep.read_text() == "suspended\n")


def test_a_sound_card_that_goes_and_comes_while_the_keys_stay_is_heard_of() -> None:
    driver = Path("/sys/bus/usb/drivers/snd-usb-audio")
    with Headset("A1") as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET, ONLINE)
        card, control = headset.card, f"{headset.folder.name}:1.0"
        desk.until(lambda: desk.device(HEADSET).audio == card)
        (driver / "unbind").write_text(control)
        desk.until(lambda: desk.device(HEADSET).audio == "")
        (driver / "bind").write_text(control)
        desk.until(lambda: desk.device(HEADSET).audio == card)
        assert desk.device(HEADSET).state is ONLINE


def test_two_telephones_in_one_device_each_have_their_keys_and_lamps_and_share_the_sound_card() -> None:
    with Headset("A1", beside=[TELEPHONY]) as headset, Desk(usb=True) as desk:
        desk.until_state(HEADSET, ONLINE)
        desk.until(lambda: len(desk.hub.devices()) == 2)
        for device in desk.hub.devices():
            desk.until_state(device.id, ONLINE)
            desk.hub.show(device.id, {Lamp.RING: ON})
        desk.until(lambda: all(device.audio == headset.card for device in desk.hub.devices()))
        headset.wait_for_lamp("Ring")
        headset.lift_hook()
        desk.until(lambda: len(desk.keys) == 1)


def test_two_headsets_of_one_make_and_a_light_are_told_apart() -> None:
    with (
        Headset("A1", audio=None) as one,
        Headset("B2", audio=None) as other,
        BusyLight("L1") as light,
        Desk(usb=True) as desk,
    ):
        for device in (HEADSET, TWIN, LIGHT):
            desk.until_state(device, ONLINE)
        desk.hub.show(TWIN, {Lamp.RING: ON})
        desk.hub.show(LIGHT, {Lamp.STATUS: LampState(Pattern.ON, (0, 255, 0))})
        other.wait_for_lamp("Ring")
        one.lift_hook()
        desk.until(lambda: desk.keys == [KeyEvent(HEADSET, Key.HOOK, True)])
        assert one.lamps == frozenset()
        eventually("green light", lambda: bytes([0, 0, 255]) in [w.data[:3] for w in light.written()])


def test_two_headsets_with_one_serial_number_are_told_apart_by_their_ports() -> None:
    with Headset("A1", audio=None) as one, Headset("A1", audio=None) as other, Desk(usb=True) as desk:
        ids = [f"{HEADSET}-{headset.folder.name}" for headset in (one, other)]
        for device in ids:
            desk.until_state(device, ONLINE)
        assert sorted(device.id for device in desk.hub.devices()) == sorted(ids)


def test_a_light_burns_in_its_colour_blinks_and_is_dark_at_the_end() -> None:
    with BusyLight("L1") as light:
        with Desk(usb=True) as desk:
            found = desk.until_state(LIGHT, ONLINE)
            assert (found.kind, found.lamps) == (Kind.LIGHT, frozenset({Lamp.STATUS}))
            desk.hub.show(LIGHT, {Lamp.STATUS: LampState(Pattern.ON, (255, 0, 0))})
            eventually("red light", lambda: bytes([255, 0, 0]) in [w.data[:3] for w in light.written()])
            seen = len(light.written())
            desk.hub.show(LIGHT, {Lamp.STATUS: LampState(Pattern.FAST, (0, 0, 255))})
            eventually("blinks", lambda: len(light.written()) >= seen + 6)
            blue = [report.data[1] for report in light.written(after=seen)]
            assert {*blue} == {0, 255}
        assert light.written()[-1].data[:3] == bytes(3)


@contextmanager
def nobody() -> Iterator[None]:
    """As a user without rights, in the group deskbell where there is one."""
    groups = [line.split(":") for line in Path("/etc/group").read_text().splitlines()]
    os.setgroups([int(number) for name, _, number, _ in groups if name == "deskbell"])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_headset_that_may_not_be_opened_says_so_and_works_as_soon_as_the_udev_rule_comes() -> None:
    subprocess.run(["groupadd", "-f", "deskbell"], check=True)
    with Headset("A1", audio=None) as headset:
        shutil.copy(RULES, "/etc/udev/rules.d")
        subprocess.run(["udevadm", "control", "--reload"], check=True)
        event = Path("/sys/class/hidraw") / headset.hidraw.name / "uevent"
        with event.open("w") as trigger, nobody(), Desk(usb=True) as desk:
            refused = desk.until_state(HEADSET, DENIED)
            assert "udev/70-deskbell.rules" in refused.reason
            desk.hub.show(HEADSET, {Lamp.RING: ON})
            trigger.write("change")
            trigger.flush()
            desk.until_state(HEADSET, ONLINE)
            headset.wait_for_lamp("Ring")


def test_buttons_on_the_header_are_pressed_and_their_lamps_burn() -> None:
    pins = GpioPins(buttons={Key.PARK: ButtonPin(5)}, lamps={Lamp.PARK: 6})
    with GpioChip({5: "PARK", 6: "PARK_LAMP"}) as chip, Desk(gpio=pins) as desk:
        desk.until_state("gpio-buttons", ONLINE)
        chip.press("PARK")
        desk.until(lambda: desk.keys == [KeyEvent("gpio-buttons", Key.PARK, True)])
        chip.release("PARK")
        desk.until(lambda: desk.keys[1:] == [KeyEvent("gpio-buttons", Key.PARK, False)])
        desk.hub.show("gpio-buttons", {Lamp.PARK: ON})
        eventually("lamp", lambda: chip.lit("PARK_LAMP"))
        desk.hub.show("gpio-buttons", {Lamp.PARK: BLINK})
        eventually("dark half", lambda: not chip.lit("PARK_LAMP"))
        eventually("bright half", lambda: chip.lit("PARK_LAMP"))
