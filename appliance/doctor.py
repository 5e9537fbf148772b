"""What keeps this desk from working: checks, each with what was found and what to do about it."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.backup import box as backup
from appliance.control.client import Client
from appliance.control.document import described
from appliance.control.protocol import ControlError
from appliance.devices import attached
from appliance.store import health, snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86400.0
STALE = 2.0  # days after which a snapshot is old
OLD = 90.0  # days after which a backup is

REMEDIES = {
    "online": "see what it says",
    "offline": "plug it in, or bring it back into range",
    "denied": "do as it says, then plug it in anew",
    "failed": "plug it in anew; if it stays so, try another port or cable",
}


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
        *_store(settings_path),
        *_hot_plug(),
        *_running(settings_path, socket),
    ]


def _telephony() -> Iterator[Finding]:
    if importlib.util.find_spec("pjsua2"):
        yield Finding("telephony", "pjsua2 is installed")
    else:
        yield Finding("telephony", "pjsua2 is not installed", "run: make venv")


def _settings(path: Path) -> Iterator[Finding]:
    try:
        loaded = settings.load(path)
    except settings.SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", line, "mend that, then start the desk anew")
        return
    yield Finding("settings", f"{path} can be used")
    for tone in {loaded.ringing.tone_internal, loaded.ringing.tone_external} - {""}:
        if not Path(tone).exists():
            yield Finding(
                "ringing", f"{tone}: there is no such file; the built-in tone rings", "put it there again"
            )


def _store(settings_path: Path) -> Iterator[Finding]:
    """The store: is it sound, may only the desk read it, is it copied, and is there room?"""
    this = backup.box(settings_path)
    path = this.store
    if not path.exists():
        yield Finding("store", f"{path} is not there yet", "" if this.state.is_dir() else "start the desk")
        return
    if what := health.damage(path):
        yield Finding(
            "store", f"{path}: {what}", "start the desk anew: the newest good snapshot takes its place"
        )
    else:
        yield Finding("store", f"{path} is sound")
    if path.stat().st_mode & 0o007:
        yield Finding("store", f"everybody on this box may read {path}", f"run: chmod o-rwx {path}")
    for trouble in health.standing(path):
        yield Finding("store", trouble.what, trouble.fix)
    yield from _copies(this)


def _copies(this: backup.Box) -> Iterator[Finding]:
    """How old the newest snapshot and the last backup are; what nobody has changed needs no newer one."""
    taken = snapshots.listed(this.store)
    if not taken:
        yield Finding("snapshot", "there is none yet", "run: deskbell backup snapshot")
    elif (days := (time.time() - taken[0].at) / DAY) > STALE and snapshots.is_changed(this.store):
        yield Finding("snapshot", f"the newest is {days:.0f} days old", "run: deskbell backup snapshot")
    else:
        yield Finding("snapshot", f"{len(taken)} of them, the newest of {health.date(taken[0].at)}")
    made = this.state / backup.STAMP
    if not made.exists():
        yield Finding(
            "backup", "there was none yet", "run: deskbell backup create FILE, and keep it elsewhere"
        )
    elif (days := (time.time() - made.stat().st_mtime) / DAY) > OLD:
        yield Finding("backup", f"the last was made {days:.0f} days ago", "run: deskbell backup create FILE")
    else:
        yield Finding("backup", f"the last was made on {health.date(made.stat().st_mtime)}")


def _hot_plug() -> Iterator[Finding]:
    if Path("/run/udev/control").exists():
        yield Finding("hot-plug", "udev is running")
    else:
        yield Finding(
            "hot-plug", "udev is not running: what is plugged in later is not seen", "start systemd-udevd"
        )


def _running(settings_path: Path, socket: Path) -> Iterator[Finding]:
    try:
        with Client(socket) as desk:
            state = desk.status()
    except ControlError as error:
        yield Finding("desk", str(error), "start it: deskbell run")
        yield from _plugged_in(settings_path)
        return
    yield Finding("desk", f"runs at {socket}")
    line = state["registration"]
    if line["state"] == "registered":
        yield Finding("line", "registered")
    else:
        yield Finding(
            "line", f"{line['state']}: {line['reason']}", "see the [line] settings and secrets.toml"
        )
    yield from _devices(state["devices"])
    for number, extension in state["extensions"].items():
        if extension["state"] == "unknown":
            yield Finding(
                "extension", f"{number} is unknown", extension["reason"] or "ask the exchange's admin"
            )


def _plugged_in(settings_path: Path) -> Iterator[Finding]:
    """What a desk would find."""
    try:
        loaded = settings.load(settings_path)
    except settings.SettingsError:
        loaded = settings.Settings()
    found = {device.id: described(device) for device in attached(loaded)}
    if loaded.devices.usb:
        yield from _devices(found)


def _devices(devices: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for name, device in devices.items():
        state, reason = device["state"], device["reason"]
        what = f"{name} ({device['name']}) is {state}" + (f": {reason}" if reason else "")
        yield Finding("device", what, REMEDIES[state] if reason or state != "online" else "")
        if state == "online" and device["audio"] and not device["card"] and not device["simulated"]:
            yield Finding(
                "device", f"{name} has keys but no sound card", "plug it in anew, straight into the box"
            )
    if not any(device["audio"] and device["state"] == "online" for device in devices.values()):
        yield Finding(
            "device", "there is nothing to speak through", "plug in a headset, handset or speakerphone"
        )
