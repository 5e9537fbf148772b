"""Makes a backup: everything of a box in one file that only a passphrase opens."""

from __future__ import annotations

import os
import re
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.backup import archive
from appliance.backup.box import CERTIFICATES, STAMP, TOKENS, named
from appliance.backup.errors import BackupError
from appliance.store import durable, snapshots
from appliance.store.durable import PART, Remove
from appliance.store.file import VERSION, prepare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from appliance.backup.box import Box

SETTINGS, SECRETS, STORE = "deskbell.toml", "secrets.toml", "store.db"
FILES, TOKENS_FOLDER = "files", "tokens"
"""The folders in a backup for the files that settings name, and for what lets sources in."""

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What the name of a file in a folder may be."""


def create(box: Box, target: Path, passphrase: str) -> dict[str, Any]:
    """Back a box up, while its desk runs; return the manifest. The file is there when it was read back whole.

    BackupError, SettingsError, StoreError: there is none. The passphrase is checked for its strength.
    """
    archive.strong(passphrase)
    loaded = settings.load(box.settings)
    if target.exists():
        raise BackupError(f"{target} is there already: name a new file")
    prepare(box.store)
    with durable.alone(box.state):
        return _create(box, loaded, target, passphrase)


def _create(box: Box, loaded: settings.Settings, target: Path, passphrase: str) -> dict[str, Any]:
    part = target.with_name(target.name + PART)
    try:
        snapshots.copy_to(box.store, box.copy)
        where = dict(_named(loaded))
        sources: dict[str, Path | bytes] = {
            SETTINGS: box.settings.read_bytes(),
            SECRETS: box.secrets.read_bytes(),
            **{f"{FILES}/{name}": path for name, path in where.values()},
            **_files(TOKENS_FOLDER, box.state.glob(TOKENS)),
            **_files(CERTIFICATES, (box.state / CERTIFICATES).glob("*")),
            STORE: box.copy,
        }
        manifest = {
            "deskbell": version("deskbell"),
            "store": VERSION,
            "at": time.time(),
            "box": loaded.desk.name,
            "named": {option: name for option, (name, _) in where.items()},
        }
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            key = archive.write(file, passphrase, {"deskbell": manifest["deskbell"]}, manifest, sources)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            written = archive.Backup(file).read_through(key)
        part.replace(target)
        durable.settle(target.parent)
        durable.write(box.state / STAMP, b"")
    except OSError as error:
        raise BackupError(f"{target} cannot be made: {error}") from error
    finally:
        Remove(box.copy).do()
        part.unlink(missing_ok=True)
    return written


def verify(file: Path, passphrase: str) -> dict[str, Any]:
    """Read a backup to its end; return its manifest, or raise BackupError. Nothing is written anywhere."""
    with opened(file) as stream:
        backup = archive.Backup(stream)
        return backup.read_through(backup.unlock(passphrase))


def opened(file: Path) -> Any:  # noqa: ANN401 - a binary file
    """Open a backup; BackupError where that cannot be."""
    try:
        return file.open("rb")
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}") from error


def _named(loaded: settings.Settings) -> Iterator[tuple[str, tuple[str, Path]]]:
    """Return by its option each file that settings name and that is there, with its name in the backup."""
    taken: set[str] = set()
    for option, path in named(loaded):
        if path.is_file():
            name = path.name if PLAIN.fullmatch(path.name) and path.name not in taken else option
            taken.add(name)
            yield option, (name, path)


def _files(folder: str, found: Iterable[Path]) -> dict[str, Path | bytes]:
    return {
        f"{folder}/{one.name}": one for one in sorted(found) if one.is_file() and PLAIN.fullmatch(one.name)
    }
