"""Puts a backup in the place of what a box has: first all of it is looked through, then it is done whole.

The settings are taken as they are, but for the places of the store and of the files that they name.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from appliance import settings
from appliance.backup import archive
from appliance.backup.box import CERTIFICATES, NAMED, TOKENS
from appliance.backup.create import FILES, PLAIN, SECRETS, SETTINGS, STORE, TOKENS_FOLDER, opened
from appliance.backup.errors import BackupError
from appliance.store import durable, sharing, snapshots
from appliance.store.durable import Move, Remove
from appliance.store.file import VERSION, connect
from appliance.store.sharing import OPEN

if TYPE_CHECKING:
    from appliance.backup.archive import Member
    from appliance.backup.box import Box

LARGEST = 64 << 20
"""Bytes of a file in a backup, but for the store."""

MOST = 500
"""Files in a backup."""

SPARE = 50 << 20
"""Bytes that are left free."""

_OPTION = re.compile(r"(line|(lines|sources)\.\w+)\.ca_file")


def stage(box: Box, file: Path, passphrase: str) -> dict[str, Any]:
    """Read a backup, look through it, and decide that `box.finish` puts it in place; return its manifest.

    BackupError: nothing of this box has changed.
    """
    with opened(file) as stream:
        backup = archive.Backup(stream)
        return stage_unlocked(box, backup, backup.unlock(passphrase))


def stage_unlocked(box: Box, backup: archive.Backup, key: Any) -> dict[str, Any]:  # noqa: ANN401 - of pyrage
    """Do so with a backup that was opened."""
    if box.journal.exists():
        raise BackupError("an earlier restore or reset is not completed: restart the desk, then do it again")
    try:
        for folder in (box.files, box.state):
            sharing.make_folder(folder)
            if not os.access(folder, os.W_OK):
                raise BackupError(f"{folder} cannot be written: do it as root, or as the user of the desk")
        with durable.alone(box.state):
            return _stage(box, backup, key)
    except OSError as error:
        raise BackupError(f"it cannot be restored: {error}") from error


def stage_snapshot(box: Box, snapshot: Path) -> None:
    """Decide that `box.finish` puts a snapshot in the place of the store; the settings stay as they are.

    BackupError: nothing of this box has changed. What is written until then is lost: take a snapshot first.
    """
    if box.journal.exists():
        raise BackupError("an earlier restore or reset is not completed: restart the desk, then do it again")
    try:
        with durable.alone(box.state):
            Remove(box.staging).do()
            sharing.make_folder(box.staging)
            durable.copy(snapshot, box.staging / STORE)
            if what := snapshots.faults(box.staging / STORE):
                Remove(box.staging).do()
                raise BackupError(f"the snapshot is damaged: {what}; take another one")
            _sign_all_out(box.staging / STORE)
            durable.begin(
                box.journal,
                [*_without_log(box), Move(box.staging / STORE, box.store), Remove(box.staging)],
            )
    except OSError as error:
        raise BackupError(f"it cannot be restored: {error}") from error


def _without_log(box: Box) -> list[durable.Step]:
    """Return what lets the log of the old store not meet the new one."""
    return [Remove(box.store.with_name(box.store.name + end)) for end in ("-wal", "-shm")]


def _stage(box: Box, backup: archive.Backup, key: Any) -> dict[str, Any]:  # noqa: ANN401
    Remove(box.staging).do()
    sharing.make_folder(box.staging)
    try:
        manifest = _unpack(backup, key, box.staging)
        _look_through(box, manifest)
        for folder in (box.staging, *(one for one in box.staging.iterdir() if one.is_dir())):
            durable.settle(folder)
        durable.begin(box.journal, _steps(box))
    except BaseException:
        if not box.journal.exists():
            shutil.rmtree(box.staging, ignore_errors=True)
        raise
    return manifest


def _unpack(backup: archive.Backup, key: Any, staging: Path) -> dict[str, Any]:  # noqa: ANN401
    """Write the files of a backup, those that may be in one, into a folder."""
    left = shutil.disk_usage(staging).free - SPARE
    names: set[str] = set()
    with backup.opened(key) as (manifest, members):
        if not isinstance(manifest.get("store"), int) or manifest["store"] > VERSION:
            raise BackupError(
                f"it was made by a newer Deskbell ({manifest.get('deskbell')}): update this one"
            )
        for one, pieces in members:
            _admit(one, names, left)
            names.add(one.name)
            left -= one.size
            path = staging / one.name
            sharing.make_folder(path.parent)
            with os.fdopen(sharing.create(path, _mode(path)), "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
    if missing := {SETTINGS, SECRETS, STORE} - names:
        raise BackupError(f"there is no {', '.join(sorted(missing))} in it; take another backup")
    return manifest


def _mode(path: Path) -> int:
    """Return the mode of a file that is put in place: of these, services write only the store in place."""
    if path.name == STORE:
        return sharing.mode(path.parent)
    return OPEN if path.parent.name == FILES else sharing.mode(path.parent, OPEN)


def _admit(one: Member, names: set[str], left: int) -> None:
    """Raise BackupError for a file that cannot be in a backup, or that there is no place for."""
    folder, _, name = one.name.rpartition("/")
    known = (
        one.name in (SETTINGS, SECRETS, STORE)
        if not folder
        else folder in (FILES, TOKENS_FOLDER, CERTIFICATES)
    )
    known = known and (folder != TOKENS_FOLDER or Path(name).match(TOKENS))
    if not known or not PLAIN.fullmatch(name) or one.name in names:
        raise BackupError(f"{one.name!r} in it is nothing that belongs into a backup; take another")
    if one.size < 0 or (one.size > LARGEST and one.name != STORE) or len(names) >= MOST:
        raise BackupError(
            f"{one.name} is larger than it can be, or there are too many files; take another backup"
        )
    if one.size > left:
        raise BackupError(
            f"there is too little space: {one.name} takes {one.size // 1_000_000} MB; make room"
        )


def _look_through(box: Box, manifest: dict[str, Any]) -> None:
    """Raise BackupError unless the desk can be started with this."""
    if what := snapshots.faults(box.staging / STORE):
        raise BackupError(f"the store in it is damaged: {what}; take another backup")
    _sign_all_out(box.staging / STORE)
    staged = box.staging / SETTINGS
    try:
        text = staged.read_text(encoding="utf-8")
        durable.write(staged, _adapted(text, box, manifest).encode(), OPEN)
        settings.load(staged)
    except (settings.SettingsError, ValueError, AttributeError) as error:
        what = str(error).replace(f"{box.staging}/", "")
        raise BackupError(f"the settings in it cannot be used with this Deskbell: {what}") from error


def _sign_all_out(store: Path) -> None:
    """Let no session come back that was ended since: who used one signs in again."""
    with closing(connect(store)) as file, suppress(sqlite3.OperationalError):  # an older one has no users
        file.execute("DELETE FROM session")


def _adapted(text: str, box: Box, manifest: dict[str, Any]) -> str:
    """Return the settings with the places of this box; their comments and their order stay."""
    document: Any = tomlkit.parse(text)
    places = {"desk.store": box.store}
    for option, name in manifest.get("named", {}).items():
        known = option in NAMED or _OPTION.fullmatch(option)
        if known and PLAIN.fullmatch(name) and (box.staging / FILES / name).is_file():
            places[option] = box.files / name
    for option, path in places.items():
        *sections, last = option.split(".")
        table = document
        for section in sections:
            table = table.setdefault(section, {})
        if table.get(last) != str(path):
            table[last] = str(path)
    return tomlkit.dumps(document)


def _steps(box: Box) -> list[durable.Step]:
    """Return what is to be done, the settings last."""
    staging, store = box.staging, box.store
    certificates = box.state / CERTIFICATES
    return [
        *_without_log(box),
        Move(staging / STORE, store),
        Remove(snapshots.folder(store)),
        *(Remove(token) for token in sorted(box.state.glob(TOKENS))),
        *(Move(one, box.state / one.name) for one in sorted((staging / TOKENS_FOLDER).glob("*"))),
        *(Remove(certificates), Move(staging / CERTIFICATES, certificates)),
        *(Move(one, box.files / one.name) for one in sorted((staging / FILES).glob("*"))),
        Move(staging / SECRETS, box.secrets),
        Move(staging / SETTINGS, box.settings),
        Remove(staging),
    ]
