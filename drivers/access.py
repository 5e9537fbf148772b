"""Whether a device node may be used, and what to do where not."""

import os

from drivers.base import AccessDenied, Unplugged

UDEV_FIX = (
    "no permission for {path}: install udev/70-deskbell.rules in /etc/udev/rules.d and udev/70-deskbell.hwdb "
    "in /etc/udev/hwdb.d, then run: systemd-hwdb update && udevadm control --reload && udevadm trigger"
)


def require_access(path: str) -> None:
    """Raise Unplugged where a node is missing, AccessDenied where it may not be read and written."""
    if not os.path.exists(path):
        raise Unplugged("unplugged")
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        raise AccessDenied(UDEV_FIX.format(path=path))
