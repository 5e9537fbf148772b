"""The store that the settings name, for a command; what is wrong with it, in words a person can act on."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.store.file import StoreError, connect, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.settings import Settings


@contextmanager
def opened(loaded: Settings) -> Iterator[sqlite3.Connection]:
    """Open it; StoreError, also for what goes wrong with it in the block, says what to do about it."""
    path = Path(loaded.desk.store)
    try:
        prepare(path)
        with closing(connect(path)) as file:
            yield file
    except (StoreError, sqlite3.Error) as error:
        from appliance.store.health import unusable

        trouble = unusable(path, error)
        raise StoreError(f"{trouble.what}; {trouble.fix}") from error
