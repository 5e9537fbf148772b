"""Tries one device with a person: lights each of its lamps, rings it, and waits for each of its keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from appliance.control.client import Client
from appliance.control.protocol import Refused, TestLamp, TestRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAUSE_SECONDS = 2.0  # between two lamps: as long as the desk lights one, and a little darkness


def run(socket: Path, name: str, seconds: float, say: Callable[[str], None]) -> bool:
    """Try a device, wait for its keys for so many seconds; return whether every key came. Raises Refused."""
    with Client(socket) as desk:
        device = _find(desk.status(), name)
        say(f"{name}: {device['kind']} {device['name']}, {device['state']}")
        if device["state"] != "online":
            raise Refused(device["reason"] or f"{name} is {device['state']}")
        for lamp in device["has_lamps"]:
            say(f"  lamp {lamp}: is it lit?")
            desk.ask(TestLamp(name, lamp))
            time.sleep(PAUSE_SECONDS)
        if device["rings"]:
            say("  ring: is it heard?")
            desk.ask(TestRing(name))
            time.sleep(PAUSE_SECONDS)
        if not device["keys"]:
            return True
        before = _counts(desk.status(), name)
        say(f"  keys: press each of them: {', '.join(device['keys'])}")
        missing = set(device["keys"])
        for pressed in _presses(desk, name, before, seconds):
            say(f"    {', '.join(sorted(pressed))}")
            missing -= pressed
            if not missing:
                break
    say(f"  never pressed: {', '.join(sorted(missing))}" if missing else "  every key works")
    return not missing


def _find(state: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = state["devices"][name]
    except KeyError:
        known = ", ".join(state["devices"]) or "none"
        raise Refused(f"there is no device {name!r}; known: {known}") from None
    return found


def _presses(desk: Client, name: str, before: dict[str, int], seconds: float) -> Iterator[set[str]]:
    """Yield the keys that were pressed, as they are; ends with the time."""
    for state in desk.states(until=time.monotonic() + seconds):
        counts = _counts(state, name)
        if pressed := {key for key in counts if counts[key] != before.get(key, 0)}:
            yield pressed
        before = counts


def _counts(state: dict[str, Any], name: str) -> dict[str, int]:
    counts: dict[str, int] = state["devices"].get(name, {}).get("presses", {})
    return counts
