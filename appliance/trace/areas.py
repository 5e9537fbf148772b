"""The areas of the desk, in the trade's words, and how much each of them writes into the log."""

from __future__ import annotations

import logging

AREAS = {
    "line": ("deskbell.sip",),
    "calls": ("deskbell.daemon", "deskbell.callers"),
    "devices": ("deskbell.devices", "drivers"),
    "directory": ("deskbell.sources",),
    "store": ("deskbell.books", "deskbell.chores"),
    "control": ("deskbell.control",),
}
"""The loggers of each area, by their names; those below them belong to it as well."""

OTHER = "other"
"""The area of what belongs to none."""

LEVELS = ("debug", "info", "warning", "error")


def area_of(logger: str) -> str:
    """Return the area of a logger."""
    for area, names in AREAS.items():
        if any(logger == name or logger.startswith(f"{name}.") for name in names):
            return area
    return OTHER


def set_level(area: str, level: str) -> None:
    """Have an area write what is of this level and above, until a restart; ValueError: no such."""
    if area not in AREAS:
        raise ValueError(f"there is no area {area!r}; there are {', '.join(AREAS)}")
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are {', '.join(LEVELS)}")
    for name in AREAS[area]:
        logging.getLogger(name).setLevel(level.upper())


def levels() -> dict[str, str]:
    """Return the level of each area."""
    return {
        area: logging.getLevelName(logging.getLogger(names[0]).getEffectiveLevel()).lower()
        for area, names in AREAS.items()
    }
