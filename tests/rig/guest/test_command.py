"""The command line at a box whose desk is gone: it names what is plugged in, and makes it dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rig.devices import BusyLight, Headset, eventually
from tests.running import RunningDesk, lit

if TYPE_CHECKING:
    from pathlib import Path

DEVICES = {"usb": True, "simulated": False, "sound": True}
HEADSET, LIGHT = "usb-0b0e-2400-A1", "usb-2c0d-0001-L1"


def test_after_a_kill_the_devices_are_named_and_made_dark(tmp_path: Path) -> None:
    with Headset("A1"), BusyLight("L1") as light:
        desk = RunningDesk(tmp_path, 9, devices=DEVICES)
        desk.start()
        desk.until("both work", lambda state: len(state["devices"]) == 2)
        desk.until("the light burns", lambda state: lit(state, LIGHT))
        desk.kill()
        words = ("--settings", str(desk.settings))

        listed = desk.deskbell("devices", *words)
        assert "this is what is plugged in" in listed.stderr
        assert f"{HEADSET}: headset Rig Headset, online" in listed.stdout
        assert "sound card: " in listed.stdout
        found = desk.deskbell("doctor", *words).stdout
        assert f"ok    device: {HEADSET} (Rig Headset) is online" in found
        assert "nothing to speak through" not in found

        made_dark = desk.deskbell("devices", "dark", *words)
        assert sorted(made_dark.stdout.splitlines()) == [f"{HEADSET}: dark", f"{LIGHT}: dark"]
        eventually("the light is dark", lambda: light.written()[-1].data[:3] == bytes(3))
