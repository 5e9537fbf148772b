"""The udev rules are sound, and know every busy light that we drive."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.lights.light import supported

RULES = Path(__file__).parents[2] / "udev" / "70-deskbell.rules"
LIGHT = re.compile(r'ATTRS\{idVendor\}=="([0-9a-f]{4})", ATTRS\{idProduct\}=="([0-9a-f|]+)"')
SERIAL_LIGHTS = {
    (0x2047, 0x03DF),
    (0x10C4, 0xEA60),
    (0x303A, 0x81DF),
}  # fit-statUSB, MuteSync, Busy Tag: no HID


def _verifies() -> bool:
    if not shutil.which("udevadm"):
        return False
    return subprocess.run(["udevadm", "verify", "--help"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _verifies(), reason="needs udevadm verify: systemd 254 or later, as in Debian 13")
def test_udev_finds_no_fault_in_the_rules() -> None:
    command = ["udevadm", "verify", "--resolve-names=never", str(RULES)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_every_busy_light_on_hid_has_its_rule() -> None:
    ruled = {
        (int(vendor, 16), int(product, 16))
        for vendor, products in LIGHT.findall(RULES.read_text())
        for product in products.split("|")
    }
    assert ruled == supported() - SERIAL_LIGHTS
