"""`deskbell backup`, and `deskbell factory-reset`."""

from __future__ import annotations

import contextlib
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.commands.grammar import (
    DONE,
    REFUSED,
    Commands,
    add,
    add_group,
    add_json,
    add_settings_path,
    print_json,
    say,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from appliance.backup.box import Box
    from appliance.commands.grammar import Run


def add_commands(commands: Commands) -> None:
    """Add the words to the command line."""
    deeds = add_group(
        commands, "backup", "Back everything up in one file, restore it; snapshots of the store."
    )
    for name, text, run in (
        (
            "create",
            "Back everything up: settings, secrets, store, tones, certificates. Asks a passphrase.",
            _create,
        ),
        ("verify", "Read a backup to its end, and tell what is in it.", _verify),
        ("restore", "Put a backup in the place of everything that this box has.", _restore),
    ):
        command = add(deeds, name, text, _careful(run))
        command.add_argument("file", type=Path)
        add_settings_path(command)
        add_json(command)
    for name, text, run in (
        ("snapshot", "Copy the store beside itself, if it has changed; old copies make room.", _snapshot),
        ("snapshots", "List the copies of the store.", _snapshots),
        ("check", "Look through all of the store for damage; make a damaged index anew.", _check),
        ("forget", "Remove the damaged stores that were kept.", _forget),
    ):
        command = add(deeds, name, text, _careful(run))
        add_settings_path(command)
        add_json(command)
    reset = add(
        commands, "factory-reset", "Erase all that this box knows: settings, people, calls.", _careful(_reset)
    )
    reset.add_argument("word", nargs="?", default="", help="ERASE, to confirm")
    add_settings_path(reset)


def _careful(run: Callable[[argparse.Namespace, Box], int]) -> Run:
    """Return a command that says in a line why it cannot do its own."""

    def careful(options: argparse.Namespace) -> int:
        from appliance.backup.box import box
        from appliance.backup.errors import BackupError
        from appliance.store.file import StoreError

        try:
            return run(options, box(options.settings))
        except (BackupError, StoreError) as error:
            return say(str(error), REFUSED)

    return careful


# --- everything in one file


def _create(options: argparse.Namespace, box: Box) -> int:
    from appliance.backup import archive, create

    passphrase = _passphrase("Passphrase to be set: ")
    archive.strong(passphrase)
    if sys.stdin.isatty() and _passphrase("Once more: ") != passphrase:
        return say("the two are not the same", REFUSED)
    manifest = create.create(box, options.file, passphrase)
    return _told(
        options, manifest, f"{options.file} holds everything; without its passphrase nobody can read it"
    )


def _verify(options: argparse.Namespace, _: Box) -> int:
    from appliance.backup import create

    manifest = create.verify(options.file, _passphrase("Its passphrase: "))
    return _told(options, manifest, f"{options.file} is whole")


def _restore(options: argparse.Namespace, box: Box) -> int:
    from appliance.backup import restore

    _complete(options, box)
    manifest = restore.stage(box, options.file, _passphrase("Its passphrase: "))
    if not _complete(options, box):
        return _told(options, manifest, f"{options.file} is whole: restart the desk, and it is restored")
    return _told(options, manifest, f"restored from {options.file}; start the desk: deskbell run")


def _reset(options: argparse.Namespace, box: Box) -> int:
    from appliance.backup import reset

    word = options.word
    if not word and sys.stdin.isatty():
        word = input(f"Everything is erased: settings, people, calls. Type {reset.WORD} to go on: ")
    if word != reset.WORD:
        return say(f"nothing is erased; to erase everything: deskbell factory-reset {reset.WORD}", REFUSED)
    reset.decide(box)
    if _complete(options, box):
        print("erased; a card keeps traces that no program reaches: destroy it where that matters")
    else:
        print("restart the desk: then it is erased")
    return DONE


def _complete(options: argparse.Namespace, box: Box) -> bool:
    """Complete what was decided; False where a desk runs, which does so at its next start."""
    from appliance import settings
    from appliance.backup.box import finish
    from appliance.control.client import Client
    from appliance.control.protocol import ControlError

    sockets = {options.socket}
    with contextlib.suppress(settings.SettingsError):
        sockets.add(Path(settings.load(box.settings).desk.socket))
    for socket in sockets:
        try:
            with Client(socket):
                return False
        except ControlError:
            continue
    finish(box.settings)
    return True


def _passphrase(prompt: str) -> str:
    """Ask for it, unseen; a program writes it into standard input, as one line."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _told(options: argparse.Namespace, manifest: dict[str, Any], text: str) -> int:
    if options.json:
        print_json(manifest)
        return DONE
    size = sum(size for _, size, _ in manifest["files"])
    print(f"{text} ({_date(manifest['at'])}, {len(manifest['files'])} files, {size / 1e6:.1f} MB)")
    return DONE


# --- the store and its copies


def _snapshot(options: argparse.Namespace, box: Box) -> int:
    from appliance import settings
    from appliance.store import snapshots
    from appliance.store.file import prepare

    said = settings.load(options.settings).backup
    prepare(box.store)
    made = snapshots.take(box.store, said.newest, said.days, said.reserve)
    if options.json:
        print_json({"path": str(made.path) if made else None})
    else:
        print(made.path if made else "nothing has changed since the last one")
    return DONE


def _snapshots(options: argparse.Namespace, box: Box) -> int:
    from appliance.store import snapshots

    found = [(str(one.path), one.at, one.path.stat().st_size) for one in snapshots.listed(box.store)]
    if options.json:
        print_json([{"path": path, "at": at, "size": size} for path, at, size in found])
    else:
        lines = [f"{_date(at)}  {size / 1e6:8.1f} MB  {path}" for path, at, size in found]
        print("\n".join(lines) or "no snapshots")
    return DONE


def _check(options: argparse.Namespace, box: Box) -> int:
    from appliance.store import health

    what = health.damage(box.store) if box.store.exists() else "it is not there"
    made = [] if what else health.mend_indexes(box.store)
    if options.json:
        print_json({"path": str(box.store), "damage": what, "indexes_made_anew": made})
    elif what:
        say(f"{box.store}: {what}; restart the desk, and the newest good snapshot takes its place", REFUSED)
    else:
        print(f"{box.store} is sound" + (f"; the index {', '.join(made)} was made anew" if made else ""))
    return REFUSED if what else DONE


def _forget(options: argparse.Namespace, box: Box) -> int:
    from appliance.store import health

    gone = [str(path) for path in health.forget(box.store)]
    if options.json:
        print_json(gone)
    else:
        print("\n".join(f"{path} is removed" for path in gone) or "there was none")
    return DONE


def _date(at: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
