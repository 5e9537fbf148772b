"""A store to write calls into."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.store.file import connect, prepare

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nobody has written to."""
    path = tmp_path_factory.mktemp("history") / "desk.db"
    prepare(path)
    return path


@pytest.fixture
def path(prepared: Path, tmp_path: Path) -> Path:
    """A store of the test's own."""
    path = tmp_path / "desk.db"
    with closing(connect(prepared)) as source, closing(connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")
    return path


@pytest.fixture
def file(path: Path) -> Iterator[sqlite3.Connection]:
    """The store, open."""
    with closing(connect(path)) as file:
        yield file
