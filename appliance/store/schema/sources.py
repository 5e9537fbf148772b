"""The state of the sources that the directory is kept in step with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.sources")


@migrations()
def first(database: Database) -> None:
    """Nothing yet."""
    execute(
        database,
        """
        CREATE TABLE source (name TEXT PRIMARY KEY, at REAL NOT NULL);
        """,
    )
