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
    """What was imported, and who was there before."""
    execute(
        database,
        """
        CREATE TABLE import (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL, -- UNIX time
            author TEXT NOT NULL,
            name TEXT NOT NULL, -- of the file
            format TEXT NOT NULL,
            state TEXT NOT NULL, -- running, done, undoing, undone, interrupted
            added INTEGER NOT NULL DEFAULT 0,
            merged INTEGER NOT NULL DEFAULT 0,
            unchanged INTEGER NOT NULL DEFAULT 0,
            faulty INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE import_change (
            import INTEGER NOT NULL REFERENCES import ON DELETE CASCADE,
            person INTEGER NOT NULL, -- no reference: undoing minds that they are gone
            before TEXT, -- JSON of the person; NULL: they were not there
            changed REAL NOT NULL, -- what the import left as their time of change: another was edited since
            PRIMARY KEY (import, person)
        ) WITHOUT ROWID;
        """,
    )
