"""A busy light through busylight-core, on hidapi's hidraw backend as in the room `drivers.lights`."""

from __future__ import annotations

import sys

import hidraw  # type: ignore[import-not-found]

from tests.rig.devices import BusyLight

sys.modules["hid"] = hidraw
from busylight_core import Light  # type: ignore[import-untyped]  # noqa: E402

RED = (255, 0, 0)


def test_a_light_turns_red_and_dark() -> None:
    with BusyLight(serial="L1") as device:
        (light,) = Light.all_lights()
        light.on(RED)
        first = device.written(wait=1)
        light.off()
        second = device.written(after=len(first), wait=1)
        light.release()
    # Blynclight: red, blue, green, then flags of which bit 0 turns it off.
    assert first[-1].data[:3] == bytes([255, 0, 0])
    assert second[-1].data[:3] == bytes(3)
    assert [reports[-1].data[3] & 1 for reports in (first, second)] == [0, 1]
    assert {len(report.data) for report in [*first, *second]} == {8}
