"""Busy lights of every way of being driven, against Linux's own USB: the bytes that arrive at the light."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers.base import DeviceState, Lamp, LampState, Pattern, Ring
from drivers.dark import make_dark
from drivers.usb import UsbBus
from tests.drivers.desk import Desk
from tests.rig.devices import Headset, eventually
from tests.rig.lights import (
    BLINK1,
    BLINKSTICK,
    DELCOM,
    DELCOM_1,
    DREAM_CHEEKY,
    EMBRAVA,
    FIT_STATUSB,
    KUANDO,
    LUXAFOR,
    PATLITE,
    RISO_KAGAKU,
    Light,
    Make,
)
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

ONLINE, OFFLINE = DeviceState.ONLINE, DeviceState.OFFLINE
RED = LampState(Pattern.ON, (255, 0, 0))
Told = tuple[str, bytes]

SHOWN: list[tuple[Make, Told, Told]] = [  # red, dark
    (
        EMBRAVA,
        ("output", bytes.fromhex("FF0000 00 00 00 FF22")),
        ("output", bytes.fromhex("000000 01 00 00 FF22")),
    ),
    (LUXAFOR, ("output", bytes.fromhex("01 FF FF0000")), ("output", bytes.fromhex("01 FF 000000"))),
    (
        BLINK1,
        ("feature", bytes.fromhex("01 63 FF0000 000A 00")),
        ("feature", bytes.fromhex("01 63 000000 000A 00")),
    ),
    (
        DREAM_CHEEKY,
        ("feature", bytes.fromhex("1F0000 000000 1A05")),
        ("feature", bytes.fromhex("000000 000000 1A05")),
    ),
    (RISO_KAGAKU, ("output", bytes.fromhex("02 00000000")), ("output", bytes.fromhex("00 00000000"))),
    (
        DELCOM,
        ("feature", bytes.fromhex("65 0C 02 05 00000000")),
        ("feature", bytes.fromhex("65 0C 00 07 00000000")),
    ),
    (DELCOM_1, ("request", bytes.fromhex("0A02 0500")), ("request", bytes.fromhex("0A02 0700"))),
    (
        PATLITE,
        ("output", bytes.fromhex("0000 FF0F 11 000000")),
        ("output", bytes.fromhex("0000 FF0F 00 000000")),
    ),
    (
        BLINKSTICK,
        ("request", bytes.fromhex("0600 0000 00 00") + bytes([0, 255, 0] * 2).ljust(24, b"\0")),
        ("request", bytes.fromhex("0600 0000 00 00") + bytes(24)),
    ),
    (FIT_STATUSB, ("serial", b"B#ff0000\n"), ("serial", b"B#000000\n")),
]


@pytest.fixture(scope="module", autouse=True)
def udevd() -> None:
    """One that runs: a udevd that was started without standard files does not."""
    if subprocess.run(["udevadm", "control", "--ping"], capture_output=True, check=False).returncode:
        command = ["/usr/lib/systemd/systemd-udevd", "--daemon"]
        null = subprocess.DEVNULL
        subprocess.run(command, stdin=null, stdout=null, stderr=null, check=True)


@pytest.fixture(autouse=True)
def empty_bus() -> Iterator[None]:
    """A port that is used again before the kernel saw its device go stays dead."""
    yield
    eventually("empty bus", lambda: not list(Path("/sys/bus/usb/devices").glob("1-[1-9]*")))


def show(desk: Desk, light: Light, state: LampState) -> None:
    desk.hub.show(light.make.id, {Lamp.STATUS: state})


def wait_for(light: Light, told: Told) -> None:
    eventually(f"{told} at the {light.make.name}: {light.told()}", lambda: told in light.told())


@pytest.mark.parametrize(("make", "red", "dark"), SHOWN, ids=[make.name for make, *_ in SHOWN])
def test_a_light_burns_is_missed_comes_back_burning_and_is_dark_at_the_end(
    make: Make, red: Told, dark: Told
) -> None:
    with make.plugged() as light:
        with Desk(usb=True) as desk:
            desk.until_state(make.id, ONLINE)
            show(desk, light, RED)
            wait_for(light, red)
            assert light.kernel_driver == make.kernel_driver  # what hid-led has claimed has a hidraw node too
            light.unplug()
            desk.until_state(make.id, OFFLINE)
            light.plug()
            desk.until_state(make.id, ONLINE)
            show(desk, light, RED)
            wait_for(light, red)
        assert light.told()[-1] == dark


def test_a_kuando_lives_for_twenty_seconds_rings_meanwhile_and_is_silent_at_once() -> None:
    with KUANDO.plugged() as light:
        with Desk(usb=True) as desk:
            found = desk.until_state(KUANDO.id, ONLINE)
            assert found.rings
            show(desk, light, RED)
            eventually("red", lambda: any(data[2] == 100 for _, data in light.told()))
            began = time.monotonic()
            time.sleep(20)
            alive = [began, *(one.at for one in light.written() if one.data[0] == 0x8F and one.at > began)]
            assert max(later - one for one, later in pairwise([*alive, time.monotonic()])) < 11
            desk.hub.ring(KUANDO.id, Ring(volume=1.0))
            eventually("sound", lambda: any(data[7] == 0x80 | 6 << 3 | 7 for _, data in light.told()))
            before = len(light.written())
            asked = time.monotonic()
            desk.hub.ring(KUANDO.id, None)
            eventually("silence", lambda: any(data[7] == 0x80 for _, data in light.told(before)))
            silent = next(one.at for one in light.written(before) if one.data[7] == 0x80)
            assert silent - asked < 0.5
        jumps = [data for _, data in light.told() if data[0] == 0x10]
        assert jumps[-1][2:5] == bytes(3)
        assert all(sum(data[:62]) == int.from_bytes(data[62:], "big") for _, data in light.told())


@pytest.mark.parametrize(
    ("make", "sounds", "silent"),
    [
        (
            DELCOM,
            ("feature", bytes.fromhex("66 46 01 03 00000000 0A0202 0000000000")),
            bytes.fromhex("66 46 00"),
        ),
        (PATLITE, ("output", bytes.fromhex("0000 33 08 FF 000000")), bytes.fromhex("0000 00 0F FF")),
    ],
    ids=["Delcom", "Patlite"],
)
def test_a_sounder_rings_in_the_cadence_and_stops_at_once(make: Make, sounds: Told, silent: bytes) -> None:
    with make.plugged() as light, Desk(usb=True) as desk:
        desk.until_state(make.id, ONLINE)
        desk.hub.ring(make.id, Ring(every=4.0))
        wait_for(light, sounds)
        time.sleep(12.5)
        rings = [one.at for one in light.written() if one.data == sounds[1]]
        assert [round(later - one) for one, later in pairwise(rings)] == [6, 6]
        before = len(light.written())
        desk.hub.ring(make.id, None)
        eventually("silence", lambda: any(data.startswith(silent) for _, data in light.told(before)))
        time.sleep(7)
        assert [data for _, data in light.told(before) if data == sounds[1]] == []


def test_two_lights_of_different_makers_blink_in_phase() -> None:
    with EMBRAVA.plugged() as one, LUXAFOR.plugged() as other, Desk(usb=True) as desk:
        for light in (one, other):
            desk.until_state(light.make.id, ONLINE)
            show(desk, light, LampState(Pattern.FAST, (255, 0, 0)))
            time.sleep(0.4)
        time.sleep(2)
        lit = [
            [report.at for report in light.written() if 255 in report.data[place : place + 3]]
            for light, place in ((one, 0), (other, 2))
        ]
        since = lit[1][0]  # both blink
        apart = [min(abs(at - also) for also in lit[1]) for at in lit[0] if at > since]
        assert len(apart) >= 6
        assert max(apart[:-1]) < 0.05


def test_the_light_in_a_jabra_headset_follows_the_desk_and_its_lamps_do_too() -> None:
    dongle = Identity(0x0B0E, 0x2E57, 0x0123, "GN Audio A/S", "Jabra Link 390", "J1")
    with Headset(identity=dongle, audio=None) as headset, Desk(usb=True) as desk:
        found = desk.until_state("usb-0b0e-2e57-J1", ONLINE)
        assert Lamp.STATUS in found.lamps
        desk.hub.show(found.id, {Lamp.RING: LampState(Pattern.ON), Lamp.STATUS: RED})
        headset.wait_for_lamp("Ring")
        busy = bytes.fromhex("05 04 00")
        eventually("busy", lambda: any(one.data[:3] == busy and one.data[7] for one in headset.written()))
        headset.lift_hook()
        desk.until(lambda: [event.key for event in desk.keys] == ["hook"])


RUN = """
import sys, threading
from drivers.base import Lamp, LampState, Pattern
from drivers.hub import Hub
hub = Hub(lambda event: None, lambda device: seen(device))
def seen(device):
    hub.show(device.id, {lamp: LampState(Pattern.ON, (255, 0, 0)) for lamp in device.lamps})
    if device.shown and all(state.lit for state in device.shown.values()):
        print(device.id, flush=True)
hub.start()
threading.Event().wait()
"""


def killed_desk(*device_ids: str) -> None:
    """Run a desk that lights everything, and kill it as soon as these burn."""
    desk = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
    assert desk.stdout is not None
    burning: set[str] = set()
    while not burning >= set(device_ids):
        line = desk.stdout.readline()
        assert line, "the desk ended by itself"
        burning.add(line.strip())
    desk.send_signal(signal.SIGKILL)
    desk.wait()


def test_after_a_crash_a_light_still_burns_and_the_next_desk_puts_it_right() -> None:
    red, dark = bytes.fromhex("FF0000 00 00 00 FF22"), bytes.fromhex("000000 01 00 00 FF22")
    with EMBRAVA.plugged() as light:
        killed_desk(EMBRAVA.id)
        assert light.told()[-1] == ("output", red)
        with Desk(usb=True) as desk:
            desk.until_state(EMBRAVA.id, ONLINE)
            eventually("dark", lambda: light.told()[-1] == ("output", dark))


def test_after_a_crash_every_light_and_lamp_is_made_dark_without_a_desk() -> None:
    with EMBRAVA.plugged() as light, BLINKSTICK.plugged() as stick, Headset("A1", audio=None) as headset:
        headset_id = "usb-0b0e-2400-A1"
        killed_desk(EMBRAVA.id, BLINKSTICK.id, headset_id)
        assert headset.lamps
        began = time.monotonic()
        said = make_dark([UsbBus()])
        assert time.monotonic() - began < 3
        assert sorted(said) == sorted(f"{one}: dark" for one in (EMBRAVA.id, BLINKSTICK.id, headset_id))
        assert light.told()[-1] == ("output", bytes.fromhex("000000 01 00 00 FF22"))
        assert stick.told()[-1][1] == bytes.fromhex("0600 0000") + bytes(26)
        assert headset.lamps == frozenset()
