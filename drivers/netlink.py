"""What udevd tells of devices that come and go, over netlink."""

from __future__ import annotations

import logging
from pathlib import Path

import pyudev  # type: ignore[import-untyped]

log = logging.getLogger(__name__)

UDEV_CONTROL = Path("/run/udev/control")  # there while udevd runs


def monitor(*subsystems: str) -> pyudev.Monitor | None:
    """Events from udevd; straight from the kernel where no udevd runs; None where neither can be heard."""
    source = "udev" if UDEV_CONTROL.exists() else "kernel"
    try:
        events = pyudev.Monitor.from_netlink(pyudev.Context(), source)
        for subsystem in subsystems:
            events.filter_by(subsystem)
        events.start()
    except (ImportError, OSError) as fault:
        log.warning("no hot-plug, only the devices that are there at start: udev cannot be heard: %s", fault)
        return None
    if source == "kernel":
        log.warning("no udevd runs here: devices come and go, but no rule gives them their permissions")
    return events
