"""A lost admin password: who has touched the box may set another one, for a quarter of an hour.

Touching it is holding two of its buttons (see `appliance.desk`), or laying a file on the first partition of
its card; where only root may read that, `appliance.box` finds it at the next boot and leaves a mark. The box
then shows a code; where the code is good for, `/reset` of the pages asks for it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from appliance.users import codes

log = logging.getLogger("deskbell.users")

RESET = "reset-password"
LIFE = 900.0  # seconds for which the code is good
MARK = Path("/run/deskbell-box/reset-password")
BOOT = Path("/boot/firmware/deskbell-reset-password")
USED = "reset-password-used"  # beside the store: which file has done its duty


def allow(folder: Path) -> str:
    """Show a new code, good from now on; `folder` is that of the store. OSError when it cannot be."""
    codes.drop(folder, RESET)
    code = codes.shown(folder, RESET)
    log.warning("within 15 minutes the page /reset sets an admin password with the code %s", code)
    return code


def code(folder: Path, at: float) -> str:
    """Return the code that is good at a UNIX time, "" where none is."""
    try:
        age = at - codes.made(folder, RESET)
    except FileNotFoundError:
        return ""
    if not -LIFE < age < LIFE:
        codes.drop(folder, RESET)
        return ""
    return codes.read(folder, RESET)


def end(folder: Path) -> None:
    """The password is set: the code is good no more."""
    codes.drop(folder, RESET)


def look(folder: Path, *files: Path) -> None:
    """Show a code where one of the files is there; each time it is laid there counts once."""
    for file in files or (MARK, BOOT):
        try:
            stamp = str(file.stat().st_mtime_ns)
        except OSError:
            continue
        _use(folder, file, stamp)


def _use(folder: Path, file: Path, stamp: str) -> None:
    used = folder / USED
    with suppress(OSError):
        if used.read_text() == stamp:
            return
    used.write_text(stamp)  # first: where this cannot be kept, the file would be good for ever
    with suppress(OSError):  # it may be root's, or the card for reading only
        file.unlink()
    allow(folder)
