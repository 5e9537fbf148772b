"""The udev rules know every busy light that we drive; that udev obeys them is seen in the rig."""

from __future__ import annotations

import re
from pathlib import Path

from drivers.lights.library import core

RULES = Path(__file__).parents[2] / "udev" / "70-deskbell.rules"
LIGHT = re.compile(r'ATTRS\{idVendor\}=="([0-9a-f]{4})", ATTRS\{idProduct\}=="([0-9a-f|]+)"')
SERIAL_LIGHTS = {
    (0x2047, 0x03DF),
    (0x10C4, 0xEA60),
    (0x303A, 0x81DF),
}  # fit-statUSB, MuteSync, Busy Tag: no HID


def test_every_busy_light_on_hid_has_its_rule() -> None:
    ruled = {
        (int(vendor, 16), int(product, 16))
        for vendor, products in LIGHT.findall(RULES.read_text())
        for product in products.split("|")
    }
    supported = {ids for light in core().Light.subclasses() for ids in light.supported_device_ids}
    assert ruled == supported - SERIAL_LIGHTS
