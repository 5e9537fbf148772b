"""What keeps this desk from working: checks, each with what was found and what to do about it.

Beside the quick round, which the page makes too, it looks at what takes time or loads drivers.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from appliance import settings
from appliance.backup.box import box
from appliance.checks import copies, desk, rounds
from appliance.checks.finding import Finding
from appliance.control.client import Client
from appliance.control.document import described
from appliance.control.protocol import ControlError
from appliance.devices import attached

if TYPE_CHECKING:
    from collections.abc import Iterator


def examine(settings_path: Path, socket: Path) -> list[Finding]:
    """Carry out every check."""
    state, reason = None, ""
    try:
        with Client(socket) as client:
            state = client.status()
    except ControlError as error:
        reason = str(error)
    return [
        *_telephony(),
        *_hot_plug(),
        *copies.soundness(box(settings_path)),
        *rounds.examine(settings_path, state, reason),
        *(() if state else _plugged_in(settings_path)),
    ]


def _telephony() -> Iterator[Finding]:
    if importlib.util.find_spec("pjsua2"):
        yield Finding("telephony", "telephony", "pjsua2 is installed")
    else:
        yield Finding("telephony", "telephony", "pjsua2 is not installed", "run: make venv", "fault")


def _hot_plug() -> Iterator[Finding]:
    if Path("/run/udev/control").exists():
        yield Finding("hot-plug", "hot-plug", "udev is running")
    else:
        what = "udev is not running: what is plugged in later is not seen"
        yield Finding("hot-plug", "hot-plug", what, "start systemd-udevd", "fault")


def _plugged_in(settings_path: Path) -> Iterator[Finding]:
    """What a desk would find."""
    try:
        loaded = settings.load(settings_path)
    except settings.SettingsError:
        loaded = settings.Settings()
    found = {device.id: described(device) for device in attached(loaded)}
    if loaded.devices.usb:
        yield from desk.devices(found)
