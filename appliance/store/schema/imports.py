"""Imports, and what each has changed, so that it can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.imports")


@migrations()
def first(database: Database) -> None:
    """Nothing yet."""
    execute(
        database,
        """
        CREATE TABLE import (id INTEGER PRIMARY KEY, at REAL NOT NULL);
        """,
    )
