"""The first sight of the desk: its state arranged for the template. Afterwards the script takes over."""

from __future__ import annotations

from typing import Any

EMPTY: dict[str, Any] = {
    "desk": {"name": "", "number": "", "version": ""},
    "registration": {"state": "registering", "code": 0, "reason": ""},
    "calls": {},
    "orbits": {},
    "extensions": {},
    "muted": False,
    "notice": "",
}


def arrange(state: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the page shows, each list in the order in which it is read; None: the daemon is away."""
    known = EMPTY | (state or {})
    calls = sorted(known["calls"].items(), key=lambda item: item[1]["arrived"])
    held = sorted((item for item in calls if item[1]["state"] == "held"), key=lambda item: item[1]["since"])
    waiting = [item for item in calls if item[1]["state"] == "ringing" and item[1]["direction"] == "in"]
    return known | {
        "away": state is None,
        "waiting": waiting,
        "held": held,
        "current": [item for item in calls if item not in waiting and item not in held],
        "orbits": sorted(known["orbits"].items(), key=_by_number),
        "extensions": sorted(known["extensions"].items(), key=_by_number),
        "parked": sum(orbit["state"] == "taken" for orbit in known["orbits"].values()),
    }


def lasted(since: float, now: float) -> str:
    """Return how long something has lasted: 0:07, 12:30, 1:02:03."""
    minutes, seconds = divmod(max(0, int(now - since)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _by_number(item: tuple[str, Any]) -> tuple[int, str]:
    return len(item[0]), item[0]


FILTERS = {"lasted": lasted}
