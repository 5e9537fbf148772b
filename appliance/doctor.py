"""What keeps this desk from working: checks, each with what was found and what to do about it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.control.client import Client
from appliance.control.protocol import ControlError

if TYPE_CHECKING:
    from collections.abc import Iterator

UDEV_REMEDY = "install udev/70-deskbell.rules, then: udevadm control --reload && udevadm trigger"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check; `remedy` is "" when all is well."""

    check: str
    what: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        """True when there is nothing to do."""
        return not self.remedy

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {**asdict(self), "well": self.well}


def examine(settings_path: Path, socket: Path) -> list[Finding]:
    """Carry out every check, the ones that others depend on first."""
    return [
        *_telephony(),
        *_settings(settings_path),
        *_permissions(),
        *_sound(),
        *_hot_plug(),
        *_running(socket),
    ]


def _telephony() -> Iterator[Finding]:
    if importlib.util.find_spec("pjsua2"):
        yield Finding("telephony", "pjsua2 is installed")
    else:
        yield Finding("telephony", "pjsua2 is not installed", "run: make venv")


def _settings(path: Path) -> Iterator[Finding]:
    try:
        settings.load(path)
    except settings.SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", line, "mend that, then start the desk anew")
    else:
        yield Finding("settings", f"{path} can be used")


def _permissions() -> Iterator[Finding]:
    nodes = sorted(Path("/dev").glob("hidraw*"))
    closed = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
    if closed:
        names = ", ".join(node.name for node in closed)
        yield Finding("permissions", f"this user may not use {names}", UDEV_REMEDY)
    else:
        yield Finding("permissions", f"{len(nodes)} HID devices, all open to this user")


def _sound() -> Iterator[Finding]:
    cards = Path("/proc/asound/cards")
    if cards.exists() and "no soundcards" not in cards.read_text():
        yield Finding("sound", "there is a sound card")
    else:
        yield Finding("sound", "there is no sound card", "plug in the headset, or set devices.sound = false")


def _hot_plug() -> Iterator[Finding]:
    if Path("/run/udev/control").exists():
        yield Finding("hot-plug", "udev is running")
    else:
        yield Finding(
            "hot-plug", "udev is not running: what is plugged in later is not seen", "start systemd-udevd"
        )


def _running(socket: Path) -> Iterator[Finding]:
    try:
        with Client(socket) as desk:
            state = desk.status()
    except ControlError as error:
        yield Finding("desk", str(error), "start it: deskbell run")
        return
    yield Finding("desk", f"runs at {socket}")
    line = state["registration"]
    if line["state"] == "registered":
        yield Finding("line", "registered")
    else:
        yield Finding(
            "line", f"{line['state']}: {line['reason']}", "see the [line] settings and secrets.toml"
        )
    for device in state["devices"].values():
        if device["state"] == "online":
            yield Finding("device", f"{device['name']} is online")
        else:
            yield Finding(
                "device", f"{device['name']} is {device['state']}", device["reason"] or "plug it in"
            )
    for number, extension in state["extensions"].items():
        if extension["state"] == "unknown":
            yield Finding(
                "extension", f"{number} is unknown", extension["reason"] or "ask the exchange's admin"
            )
