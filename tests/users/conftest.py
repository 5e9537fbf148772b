"""A store of its own for each test."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.store.file import connect, prepare

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was prepared and that nobody has open."""
    path = tmp_path_factory.mktemp("store") / "desk.db"
    prepare(path)
    with closing(connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def file(empty_store: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty store."""
    path = tmp_path / "desk.db"
    shutil.copy(empty_store, path)
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # no power is cut here
        yield connection
