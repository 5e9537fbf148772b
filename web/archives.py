"""Backups as files of an hour beside the store, made and read by a process of its own.

What opens one takes up to 512 MB of memory (scrypt): the page's process stays small, and when memory runs out
it is the child that ends, not the desk. The passphrase goes in by standard input: others see the arguments.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from appliance.backup import archive
from appliance.backup.errors import BackupError
from web import box
from web.language import N_
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = 3600.0
"""Seconds after which what nobody has fetched or restored is removed."""

PIECE = 1 << 16

Kind = Literal["made", "brought"]

SAID = (
    N_("the passphrase is not the one it was made with"),
    N_("it is damaged or cut short; fetch it anew, or take another backup"),
    N_("it is not a backup of a Deskbell, or its beginning is damaged"),
    N_("an earlier restore or reset is not completed: restart the desk, then do it again"),
)
"""What the child says most: here to be translated."""

_one_at_a_time = threading.Lock()


def new(kind: Kind) -> Path:
    """Return the path of a new file; those that are old are removed, and of those brought in, all."""
    for old in _all():
        if kind == "brought" and _kind(old) == kind:
            old.unlink(missing_ok=True)
    remove_old()
    return _beside(kind, secrets.token_hex(16))


def find(kind: Kind, token: str) -> Path | None:
    """Return the file of this token."""
    path = _beside(kind, token)
    return path if re.fullmatch("[0-9a-f]{32}", token) and path.is_file() else None


def token_of(path: Path) -> str:
    """Return what finds a file again."""
    return path.name.rpartition("-")[2]


def made() -> Path | None:
    """Return the newest backup that waits to be fetched."""
    remove_old()
    found = [
        path for path in _all() if _kind(path) == "made" and re.fullmatch("[0-9a-f]{32}", token_of(path))
    ]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def remove_old() -> None:
    """Remove what nobody has fetched or restored for an hour."""
    for path in _all():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink()


def receive(stream: IO[bytes], path: Path, room: int) -> None:
    """Write what comes in into a file, piece by piece; BackupError, and no file, when it is no backup."""
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            while piece := stream.read(PIECE):
                if file.tell() + len(piece) > room:
                    raise BackupError(_("There is too little space on the box for this file."))
                file.write(piece)
            file.seek(0)
            archive.Backup(file)  # reads its beginning
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sent(path: Path) -> Iterator[bytes]:
    """Yield a file; it is removed once all of it was taken."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
    path.unlink(missing_ok=True)


def run(deed: Literal["create", "verify", "restore"], path: Path, passphrase: str) -> dict[str, Any]:
    """Make, read or restore a backup as `deskbell backup` does; return its manifest. BackupError: why not.

    Takes seconds: as long as the work takes, and no other is done meanwhile.
    """
    if "\n" in passphrase or "\r" in passphrase:
        raise BackupError(_("A passphrase is a single line."))
    if not _one_at_a_time.acquire(blocking=False):
        raise BackupError(_("Another backup is being made or read just now. Try again in a minute."))
    try:
        return _run(deed, path, passphrase)
    finally:
        _one_at_a_time.release()


def _run(deed: str, path: Path, passphrase: str) -> dict[str, Any]:
    words = ["nice", "-n", "10", sys.executable, "-m", "appliance", "--socket", str(box.socket_path())]
    words += ["backup", deed, str(path), "--settings", str(box.path()), "--json"]
    child = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    with suppress(OSError):  # whoever must go when memory runs out, it is this one
        Path(f"/proc/{child.pid}/oom_score_adj").write_text("1000")
    told, complaint = child.communicate((passphrase + "\n").encode(errors="replace"))
    if child.returncode < 0:
        raise BackupError(_("There was too little memory for it. Do it again while fewer programs run."))
    if child.returncode:
        text = complaint.decode(errors="replace").strip().removeprefix("deskbell: ")
        raise BackupError(text.replace(str(path), path.name) or _("It failed and does not say why."))
    manifest: dict[str, Any] = json.loads(told)
    return manifest


def _all() -> list[Path]:
    """Return every such file, and what a killed child has left of one."""
    store = box.store_path()
    return [path for kind in ("made", "brought") for path in store.parent.glob(f"{store.name}.{kind}-*")]


def _kind(path: Path) -> str:
    return path.name.rpartition(".")[2].partition("-")[0]


def _beside(kind: Kind, token: str) -> Path:
    store = box.store_path()
    return store.with_name(f"{store.name}.{kind}-{token}")
