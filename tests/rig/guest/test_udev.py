"""udev's rules and database with the real udevd: which device files are the desk's, and which are not."""

from __future__ import annotations

import grp
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.drivers.test_udev_rules import KEYBOARD, MOUSE
from tests.rig.devices import BusyLight, Emulated, Headset, eventually
from tests.rig.gpio import GpioChip
from tests.rig.hid import VENDOR_REPORTS
from tests.rig.lights import BLINKSTICK, FIT_STATUSB, LUXAFOR, Make
from tests.rig.udev import GROUP, installed, say
from tests.rig.usb import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = (GROUP, 0o660)
ROOTS = ("root", 0o600)
USB_ROOTS = ("root", 0o664)


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


def test_udev_understands_every_rule() -> None:
    complaints = say("udevadm", "test", "/sys/class/mem/null")
    assert "70-deskbell.rules" in complaints, "it was read"
    assert "70-deskbell.rules:" not in complaints, "a file and line is a complaint"


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
