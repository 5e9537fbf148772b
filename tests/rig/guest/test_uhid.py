"""Report descriptors of real devices: the kernel takes each of them, and hands keys and lamps through."""

from __future__ import annotations

from pathlib import Path

import hidraw
import pytest
from hidtools.uhid import UHIDDevice
from hidtools.util import BusType

from tests.rig.devices import CHECKOUT, eventually

DESCRIPTORS = CHECKOUT.parent / "shared" / "descriptors"
FILES = sorted(DESCRIPTORS.glob("*.hex"))


@pytest.mark.skipif(not FILES, reason=f"no descriptors: put the folder of real ones at {DESCRIPTORS}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_kernel_takes_the_descriptor(path: Path) -> None:
    descriptor = bytes.fromhex(path.read_text())
    device = UHIDDevice()
    device.name, device.rdesc, device.uniq = "Rig", list(descriptor), path.stem
    device.info = [BusType.USB, 0x1234, 0x5678]
    with device:
        device.create_kernel_device()
        (node,) = eventually("hidraw node", lambda: dispatched(device) and hidraw.enumerate(0x1234, 0x5678)[:1])
        opened = hidraw.device()
        opened.open_path(node["path"])
        assert bytes(opened.get_report_descriptor()) == descriptor
        opened.close()


def dispatched(device: UHIDDevice) -> bool:
    """Let hid-tools answer the kernel."""
    device.dispatch(10)
    return True
