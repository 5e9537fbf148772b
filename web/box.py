"""What a request works with: this box's settings, its store, and the desk that runs on it."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, g

from appliance import settings as rooms
from appliance.backup import box as backup
from appliance.control import protocol
from appliance.control.client import Client
from appliance.control.protocol import ControlError
from appliance.directory.lookup import Keys
from appliance.store import file as storing
from appliance.users import audit as auditing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from flask import Flask

    from web.feed import Feed

_loaded: dict[tuple[object, ...], rooms.Settings] = {}
_prepared: set[tuple[Path, int]] = set()


def path() -> Path:
    """Return where the settings stand."""
    found: Path = current_app.config["SETTINGS"]
    return found


def settings() -> rooms.Settings:
    """Return the settings as the files say now, those of a new desk where there are none.

    SettingsError when they cannot be used.
    """
    stamp = (path(), *map(_stamp, (path(), path().with_name(rooms.SECRETS_NAME))))
    if stamp not in _loaded:
        loaded = rooms.load_or_default(path())
        _loaded.clear()
        _loaded[stamp] = loaded
    return _loaded[stamp]


def state_folder() -> Path:
    """Return the folder of the store, with what belongs to it."""
    return store_path().parent


def store_path() -> Path:
    """Return where the store is; of settings that cannot be used now, where it was when they could be."""
    return Path(_desk().store)


def socket_path() -> Path:
    """Return where the desk listens, in the same way."""
    return Path(_desk().socket)


def _desk() -> rooms.DeskOptions:
    with suppress(rooms.SettingsError):
        return settings().desk
    known = [loaded.desk for (of, *_), loaded in _loaded.items() if of == path()]
    return known[0] if known else rooms.DeskOptions(store=str(backup.box(path()).store))


def store() -> sqlite3.Connection:
    """Return this request's connection to the store, closed at its end; StoreError when it cannot be used."""
    if "store" not in g:
        g.store = open_store(store_path())
    found: sqlite3.Connection = g.store
    return found


def open_store(place: Path) -> sqlite3.Connection:
    """Open the store, made or migrated where that has not been done yet."""
    with suppress(FileNotFoundError):
        if (place, place.stat().st_ino) in _prepared:  # a restored one is another file
            return storing.connect(place)
    storing.prepare(place)
    _prepared.add((place, place.stat().st_ino))
    return storing.connect(place)


@contextmanager
def changing(what: str, /, **details: object) -> Iterator[sqlite3.Connection]:
    """Write into store and audit log, or into neither: `with changing("user removed", name=…) as file:`."""
    with storing.writing(store()) as file:
        yield file
        audit(what, **details)


def keys() -> Keys:
    """Return how numbers are compared."""
    return Keys(settings().dialling.plan)


def feed() -> Feed:
    """Return what the desk says, for all browsers."""
    found: Feed = current_app.extensions["feed"]
    return found


def state() -> dict[str, Any] | None:
    """Return the desk's state; None while it does not answer."""
    return feed().current()[0]


def ask(wanted: protocol.Ask) -> dict[str, Any]:
    """Ask the desk; Refused with its reason, ControlError when it does not answer."""
    with Client(socket_path()) as desk:
        return desk.ask(wanted)


def reload() -> bool:
    """Have the desk take the settings that were just written; False while it does not answer."""
    try:
        ask(protocol.Reload())
    except protocol.Refused:
        raise
    except ControlError:
        return False
    return True


def is_leaving() -> bool:
    """Return whether the desk waits for the end of its calls to start anew."""
    try:
        found = ask(protocol.Status())
    except ControlError:  # it starts anew this very moment
        return False
    return bool(found.get("leaving") and found.get("calls"))


def audit(what: str, /, **details: object) -> None:
    """Note who changed what; never give it a secret."""
    from web import access

    user = access.user_or_none()
    said = {name: str(value) for name, value in details.items()}
    who = user.name if user else ""
    file = store()
    if file.in_transaction:
        auditing.write(file, time.time(), who, what, said)
    else:
        with storing.writing(file):
            auditing.write(file, time.time(), who, what, said)


def told(text: str, kind: str = "done") -> None:
    """Tell the person on the page that comes next; `kind` is done, note or fault."""
    flash(text, kind)


def attach(app: Flask) -> None:
    """Close what a request has opened."""

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        if file := g.pop("store", None):
            file.close()


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
