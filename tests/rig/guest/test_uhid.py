"""Report descriptors of real devices: the kernel takes each of them and hands them on unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hidraw  # type: ignore[import-not-found]
import pytest
from hidtools.hid import ReportDescriptor
from hidtools.uhid import UHIDDevice
from hidtools.util import BusType

from tests.rig.devices import CHECKOUT, eventually

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTORS = CHECKOUT.parent / "shared" / "descriptors"
FILES = sorted(DESCRIPTORS.glob("*.hex"))
VENDOR, PRODUCT = 0x1234, 0x5678


@pytest.mark.skipif(not FILES, reason=f"no descriptors: put the folder of real ones at {DESCRIPTORS}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_kernel_takes_the_descriptor(path: Path) -> None:
    descriptor = bytes.fromhex(path.read_text())
    device = UHIDDevice()
    device.name, device.uniq = "Rig", path.stem
    device.rdesc = ReportDescriptor.from_bytes(list(descriptor))
    device.info = (BusType.USB, VENDOR, PRODUCT)

    def node() -> list[dict[str, bytes]]:
        device.dispatch(10)
        return list(hidraw.enumerate(VENDOR, PRODUCT))

    with device:
        device.create_kernel_device()
        path_of_node = eventually("hidraw node", node)[0]["path"]
        opened = hidraw.device()
        opened.open_path(path_of_node)
        assert bytes(opened.get_report_descriptor()) == descriptor
        opened.close()
