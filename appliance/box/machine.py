"""What the settings file says of the machine, done: each section by itself, so that one fault costs one."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from appliance.box import admin, identity, network, remote
from appliance.box.system import reason
from appliance.box.troubles import SETTINGS_FILE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.box.lines import Said
    from appliance.box.system import System

    Values = dict[str, Any]
    Step = Callable[[System, Values], None]

KEPT = ("network", "wifi")
"""Sections of which what was said before stays, where only another option of them is said now."""


def set_up(
    system: System, said: Sequence[Said], before: dict[str, Values]
) -> tuple[list[Said], list[Trouble]]:
    """Do what is said; return what was done of it, and what could not be.

    `before` is what was said of the sections in `KEPT`, and is brought up to date.
    """
    done: list[Said] = []
    failed: list[Trouble] = []
    for section, step in _STEPS.items():
        mine = [one for one in said if one.section == (section,)]
        if not mine and section != "box":  # which gets a name of its own
            continue
        values = {one.option: one.value for one in mine}
        if section in KEPT:
            values = _merged(before.get(section, {}), values)
        try:
            step(system, values)
        except (OSError, subprocess.SubprocessError) as error:
            what = f"[{section}] cannot be set up: {reason(error)}"
            fix = "start the box anew; if it stays so, flash the card anew"
            failed.append(Trouble(SETTINGS_FILE, what, fix, mine[0].first if mine else None))
            continue
        done += mine
        if section in KEPT:
            before[section] = values
    return done, failed


def _merged(before: Values, values: Values) -> Values:
    """Add what was said before; a password is that of its network alone."""
    if values.get("ssid", before.get("ssid")) != before.get("ssid"):
        before = {name: value for name, value in before.items() if name != "password"}
    return before | values


def _box(system: System, values: Values) -> None:
    identity.name(system, values.get("name", ""))
    identity.time_zone(system, values.get("timezone", ""))


def _admin(system: System, values: Values) -> None:
    if stored := values.get("password_hash"):
        admin.appoint(system, values.get("name") or "admin", stored)


def _ssh(system: System, values: Values) -> None:
    remote.allow(system, values.get("keys", ()))


_STEPS: dict[str, Step] = {
    "box": _box,
    "network": network.cable,
    "wifi": network.radio,
    "admin": _admin,
    "ssh": _ssh,
}
