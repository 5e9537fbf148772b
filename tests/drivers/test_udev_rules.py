"""udev's files are current and know what the drivers know; that udev obeys them is seen in the rig."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivers import udev
from drivers.base import DriverError
from drivers.lights.catalogue import MODELS
from drivers.lights.model import Reach
from drivers.telephony.report_descriptor import parse
from drivers.telephony.reports import LampReports
from tests.drivers.descriptors import NAMES, descriptor
from tests.rig.hid import TELEPHONY, VENDOR_REPORTS

if TYPE_CHECKING:
    from pathlib import Path

MOUSE = bytes.fromhex("05010902A1010901A1000509190129031500250195037501 8102950175058103C0C0")
KEYBOARD = bytes.fromhex("05010906A101050719E029E71500250175019508 8102C0")
FILE, INPUTS_FILE = "%S%p/device/report_descriptor", "%S%p/../../report_descriptor"


def matches(report_descriptor: bytes, folder: Path, rule: str) -> bool:
    """Whether all programs of a rule say what it wants of them."""
    file = folder / "report_descriptor"
    file.write_bytes(report_descriptor)
    (line,) = (line for line in udev.rules().splitlines() if line.startswith(rule))
    line = line.replace(FILE, str(file)).replace(INPUTS_FILE, str(file))
    programs = [part for part in line.split(", ") if part.startswith("PROGRAM")]
    assert programs
    return all(
        (subprocess.run(shlex.split(command.strip('"')), check=False).returncode == 0)
        is (equal == "PROGRAM==")
        for equal, command in (part.split('"', 1) for part in programs)
    )


def is_telephone(report_descriptor: bytes, folder: Path) -> bool:
    return matches(report_descriptor, folder, 'SUBSYSTEM=="hidraw", PROGRAM')


def driven(report_descriptor: bytes) -> bool:
    """Whether the driver of telephones takes it."""
    try:
        return bool(LampReports(parse(report_descriptor)).lamps)
    except DriverError:
        return False


def test_the_files_are_current(tmp_path: Path) -> None:
    udev.write(tmp_path)
    for made in tmp_path.iterdir():
        assert (udev.FOLDER / made.name).read_text() == made.read_text(), "run: python -m drivers.udev"


@pytest.mark.parametrize("name", NAMES)
def test_the_rule_opens_those_of_the_real_devices_that_the_driver_takes_and_no_other(
    name: str, tmp_path: Path
) -> None:
    assert is_telephone(descriptor(name), tmp_path) is driven(descriptor(name))


@pytest.mark.parametrize(
    ("report_descriptor", "telephone"),
    [
        (TELEPHONY, True),
        (VENDOR_REPORTS, False),
        (MOUSE, False),
        (KEYBOARD, False),
        (bytes.fromhex("05010902A101 15 05 0B00000000 C0"), False),
        (bytes.fromhex("050B0905A101 092F 8102 0508 0909 9102 C0"), False),
        (b"", False),
    ],
    ids=["telephone", "light", "mouse", "keyboard", "05 0b by chance", "microphone", "empty"],
)
def test_the_rule_leaves_alone_what_is_no_telephone(
    report_descriptor: bytes, telephone: bool, tmp_path: Path
) -> None:
    assert is_telephone(report_descriptor, tmp_path) is telephone


def test_a_telephone_is_no_input_device_unless_it_can_be_typed_or_pointed_with(tmp_path: Path) -> None:
    devices = (TELEPHONY, TELEPHONY + KEYBOARD, MOUSE + TELEPHONY, KEYBOARD, VENDOR_REPORTS)
    inhibited = [matches(one, tmp_path, 'SUBSYSTEM=="input"') for one in devices]
    assert inhibited == [True, False, False, False, False]


def test_a_mouse_or_keyboard_beside_a_light_stays_closed(tmp_path: Path) -> None:
    rule = 'SUBSYSTEM=="hidraw", ENV{ID_DESKBELL}'
    assert [matches(one, tmp_path, rule) for one in (VENDOR_REPORTS, MOUSE, KEYBOARD)] == [True, False, False]


def test_every_light_is_in_the_database_with_its_kind_of_device_file() -> None:
    kinds = {Reach.HIDRAW: "hidraw", Reach.TTY: "tty", Reach.USB: "usb"}
    blocks = {tuple(block.splitlines()) for block in udev.hwdb().split("\n\n")}
    for model in MODELS:
        numbers = f"deskbell:usb:v{model.vendor:04X}p{model.product:04X}"
        entries = [
            block for block in blocks if block[0] == f"# {model.name}" and block[1].startswith(numbers)
        ]
        assert [block[2] for block in entries] == [f" ID_DESKBELL={kinds[model.reach]}"], model
