"""Codes that the box shows, to whoever stands at it or has its log: who can tell one has touched the box.

Each purpose has its own, in a file beside the store that nobody else may read, until it is dropped.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from appliance.store.sharing import create

if TYPE_CHECKING:
    from pathlib import Path

FIRST_RUN = "first-run"
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that looks like another
_LENGTH = 8


def shown(folder: Path, purpose: str) -> str:
    """Return the code, such as K7QX-29MB, made where there is none yet; OSError when it cannot be kept."""
    if known := read(folder, purpose):
        return known
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), os.fdopen(create(_place(folder, purpose)), "w") as file:
        file.write(f"{drawn[:4]}-{drawn[4:]}\n")  # unless another process was faster
    return read(folder, purpose)


def read(folder: Path, purpose: str) -> str:
    """Return the code, "" where there is none; OSError when it cannot be read."""
    try:
        return _place(folder, purpose).read_text().strip()
    except FileNotFoundError:
        return ""


def made(folder: Path, purpose: str) -> float:
    """Return when the code was made, a UNIX time; FileNotFoundError when there is none."""
    return _place(folder, purpose).stat().st_mtime


def is_right(code: str, typed: str) -> bool:
    """Return whether somebody has typed this code, in capitals or not, with a hyphen or without."""
    return bool(_bare(code)) and hmac.compare_digest(_bare(typed).encode(), _bare(code).encode())


def drop(folder: Path, purpose: str) -> None:
    """Forget the code: it is good for nothing any more."""
    _place(folder, purpose).unlink(missing_ok=True)


def _place(folder: Path, purpose: str) -> Path:
    return folder / f"{purpose}-code"


def _bare(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum())
