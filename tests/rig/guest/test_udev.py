"""udev's rules and database with the real udevd: which device files are the desk's, and which are not."""

from __future__ import annotations

import grp
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.drivers.test_udev_rules import KEYBOARD, MOUSE
from tests.rig.devices import BusyLight, Emulated, Headset, eventually
from tests.rig.gpio import GpioChip
from tests.rig.hid import TELEPHONY, VENDOR_REPORTS
from tests.rig.lights import BLINKSTICK, FIT_STATUSB, LUXAFOR, Make
from tests.rig.udev import GROUP, RULES, installed, say
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = (GROUP, 0o660)
ROOTS = ("root", 0o600)
USB_ROOTS = ("root", 0o664)
NOBODY, STRANGERS = 65534, "nogroup"
VERIFIES = 254  # since this systemd, `udevadm verify` is there
SECURITY_KEY = bytes.fromhex("06D0F1 0901 A101 0920 1500 26FF00 7508 9540 8102 0921 9102 C0")
VOLUME = bytes.fromhex("050C 0901 A101 8509 1500 2501 09E9 09EA 7501 9502 8102 9506 8101 C0")
READ = os.O_RDONLY | os.O_NONBLOCK
LOUDER = b"\x09\x01"
STICK = Make(0x0781, 0x5581, "Memory stick", reached_by="usb")
OPEN_ALL = """
import os, sys
for path in sys.stdin.read().split():
    try:
        os.close(os.open(path, int(sys.argv[1]) | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        continue
    print(path)
"""


@pytest.fixture(scope="module", autouse=True)
def rules() -> Iterator[None]:
    """Ours, as they are on the box."""
    with installed():
        yield


@pytest.fixture(autouse=True)
def empty_bus() -> Iterator[None]:
    """A port that is used again before the kernel saw its device go stays dead."""
    yield
    eventually("empty bus", lambda: not list(Path("/sys/bus/usb/devices").glob("1-[1-9]*")))


def access(path: Path) -> tuple[str, int]:
    """A device file's group and mode, when udev is done with it."""
    say("udevadm", "settle")
    found = path.stat()
    return grp.getgrgid(found.st_gid).gr_name, found.st_mode & 0o777


def usb_node(device: Emulated) -> Path:
    """The file of a whole USB device."""
    bus, number = (int((device.folder / name).read_text()) for name in ("busnum", "devnum"))
    return Path(f"/dev/bus/usb/{bus:03}/{number:03}")


def opened(flags: int, group: str) -> set[Path]:
    """The device files of the whole machine that a process of this group, and of no other, can open."""
    say("udevadm", "settle")
    nodes = [
        node
        for node in Path("/dev").rglob("*")
        if not node.is_symlink() and (node.is_char_device() or node.is_block_device())
    ]
    member = ["setpriv", f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups"]
    tried = subprocess.run(
        [*member, sys.executable, "-S", "-c", OPEN_ALL, str(flags)],
        input="\n".join(map(str, nodes)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {Path(path) for path in tried.stdout.split()}


def test_udev_understands_every_rule() -> None:
    version = re.match(r"\d+", subprocess.check_output(["udevadm", "--version"], text=True))
    assert version
    if int(version[0]) >= VERIFIES:
        say("udevadm", "verify", str(RULES))
        return
    complaints = say("udevadm", "test", "/sys/class/mem/null")
    assert "70-deskbell.rules" in complaints, "it was read"
    assert "70-deskbell.rules:" not in complaints, "a file and line is a complaint"


def test_the_service_can_open_its_devices_and_nothing_else_that_others_cannot() -> None:
    with ExitStack() as plugged:
        headset = plugged.enter_context(Headset("A1", audio=None))
        light, by_usb, by_tty = (
            plugged.enter_context(make.plugged()) for make in (LUXAFOR, BLINKSTICK, FIT_STATUSB)
        )
        foreign = [
            plugged.enter_context(Emulated(Identity(0x1209, number), reports))
            for number, reports in ((1, KEYBOARD), (2, SECURITY_KEY))
        ]
        stick = plugged.enter_context(STICK.plugged())
        plugged.enter_context(GpioChip({5: "ANSWER"}))
        (port,) = by_tty.folder.glob("*/tty/tty*")
        (chip,) = Path("/dev").glob("gpiochip*")
        ours = {headset.hidraw, light.hidraw, usb_node(by_usb), Path("/dev", port.name), chip}
        read, written = (opened(flags, GROUP) for flags in (os.O_RDONLY, os.O_RDWR))
        assert written - opened(os.O_RDWR, STRANGERS) == ours
        assert read - opened(os.O_RDONLY, STRANGERS) == ours
        closed = {*(device.hidraw for device in foreign), *Path("/dev/input").glob("event*")}
        assert len(closed) > len(foreign), "the keyboard is an input device too"
        assert not closed & read
        assert usb_node(stick) not in written


def inhibited(device: Emulated) -> set[str]:
    """Whether each of its input devices is kept from telling anything, when udev is done with them."""
    say("udevadm", "settle")
    return {path.read_text().strip() for path in device.folder.glob("*/*/input/*/inhibited")}


def test_a_telephones_keys_reach_no_console_and_no_power_button_and_a_keyboards_do() -> None:
    telephone = Emulated(Identity(0x1209, 1), TELEPHONY + VOLUME)
    with telephone, Emulated(Identity(0x1209, 2), KEYBOARD) as keyboard:
        assert inhibited(telephone) == {"1"}
        assert inhibited(keyboard) == {"0"}
        with ExitStack() as files:
            reports = files.enter_context(telephone.hidraw.open("rb", buffering=0))
            nodes = [Path("/dev/input", one.name) for one in telephone.folder.glob("*/*/input/*/event*")]
            events = [files.enter_context(open(os.open(node, READ), "rb", buffering=0)) for node in nodes]
            telephone.send(LOUDER)
            assert reports.read(64) == LOUDER, "the desk hears it"
            assert {one.read(64) for one in events} == {None}, "nobody else does"


def test_a_headset_is_the_desks_and_its_usb_device_is_not() -> None:
    with Headset("A1", audio=None) as headset:
        assert access(headset.hidraw) == OURS
        assert access(usb_node(headset)) == USB_ROOTS


@pytest.mark.parametrize(
    "report_descriptor", [MOUSE, KEYBOARD, VENDOR_REPORTS], ids=["mouse", "keyboard", "any"]
)
def test_what_is_none_of_ours_stays_as_it_is(report_descriptor: bytes) -> None:
    with Emulated(Identity(0x1209, 0x0001, name="Deskbell flag"), report_descriptor) as device:
        assert access(device.hidraw) == ROOTS
        assert access(usb_node(device)) == USB_ROOTS
        for node in device.folder.glob("*/*/input/input*/event*"):
            assert access(Path("/dev/input") / node.name)[0] == "input"


def test_a_light_is_the_desks_and_the_keyboard_beside_it_is_not() -> None:
    light = BusyLight("L1")
    with Emulated(light.identity, VENDOR_REPORTS, beside=(KEYBOARD,)) as device:
        nodes = {
            node.parent.parent.parent.name[-1]: Path("/dev") / node.name
            for node in device.folder.glob("*/*/hidraw/hidraw*")
        }
        assert {interface: access(node) for interface, node in nodes.items()} == {"0": ROOTS, "1": OURS}


def test_lights_with_shared_numbers_are_told_apart_by_their_names() -> None:
    with LUXAFOR.plugged() as light:
        assert access(light.hidraw) == OURS
    with Make(LUXAFOR.vendor, LUXAFOR.product, "Something else").plugged() as other:
        assert access(other.hidraw) == ROOTS


def test_only_the_file_that_a_light_is_driven_by_is_opened() -> None:
    with BLINKSTICK.plugged() as light:
        assert access(usb_node(light)) == OURS
        assert access(light.hidraw) == ROOTS
    with FIT_STATUSB.plugged() as light:
        (port,) = light.folder.glob("*/tty/tty*")
        assert access(Path("/dev") / port.name) == OURS
        assert access(usb_node(light)) == USB_ROOTS


def test_gpio_chips_are_the_desks() -> None:
    with GpioChip({5: "ANSWER"}):
        (chip,) = Path("/dev").glob("gpiochip*")
        assert access(chip) == OURS
