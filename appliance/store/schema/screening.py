"""Who may ring, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.screening")


@migrations()
def first(database: Database) -> None:
    """Nothing yet."""
    execute(
        database,
        """
        CREATE TABLE blacklist (id INTEGER PRIMARY KEY, pattern TEXT NOT NULL);
        """,
    )
