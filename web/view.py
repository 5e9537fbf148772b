"""The first sight of the desk: its state arranged for the template. Afterwards the script takes over."""

from __future__ import annotations

from typing import Any

EMPTY: dict[str, Any] = {
    "desk": {"name": "", "number": "", "version": ""},
    "speed_dials": {},
    "registration": {"state": "registering", "code": 0, "reason": ""},
    "lines": {},
    "calls": {},
    "released": {},
    "orbits": {},
    "extensions": {},
    "muted": False,
    "notice": "",
    "dnd": False,
    "forward": "",
    "away": False,
    "voicemail": {"new": 0, "old": 0},
    "counters": {"missed": 0, "incoming": 0, "outgoing": 0},
    "messages": {},
    "safe": False,
}
ON_HOLD = ("held", "camped")


def arrange(state: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the page shows, each list in the order in which it is read; None: the daemon is away."""
    known = EMPTY | (state or {})
    calls = sorted(known["calls"].items(), key=lambda item: item[1]["arrived"])
    members = [item for item in calls if item[1]["member"]]
    single = [item for item in calls if not item[1]["member"]]
    held = sorted((item for item in single if item[1]["state"] in ON_HOLD), key=lambda item: item[1]["since"])
    waiting = [item for item in single if item[1]["state"] == "ringing" and item[1]["direction"] == "in"]
    return known | {
        "lost": state is None,
        "waiting": waiting,
        "held": held,
        "members": members,
        "conference": "held" if all(call["state"] == "held" for _, call in members) else "conference",
        "current": [item for item in single if item not in waiting and item not in held],
        "orbits": sorted(known["orbits"].items(), key=_by_number),
        "extensions": sorted(known["extensions"].items(), key=_by_number),
        "names": {number: extension["name"] for number, extension in known["extensions"].items()},
        "parked": sum(orbit["state"] == "taken" for orbit in known["orbits"].values()),
        "unseen": sum(not call["seen"] for call in known["released"].values()),
        "unread": sum(not message["seen"] for message in known["messages"].values()),
    }


def lasted(since: float, now: float) -> str:
    """Return how long something has lasted: 0:07, 12:30, 1:02:03."""
    minutes, seconds = divmod(max(0, int(now - since)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _by_number(item: tuple[str, Any]) -> tuple[int, str]:
    return len(item[0]), item[0]


FILTERS = {"lasted": lasted}
