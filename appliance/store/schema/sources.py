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
    """How the last reading of each source went; its people are in `person`."""
    execute(
        database,
        """
        CREATE TABLE source (
            name TEXT PRIMARY KEY,
            tried REAL NOT NULL, -- UNIX time of the last reading
            good REAL NOT NULL DEFAULT 0, -- of the last one that went well; 0: none has
            reason TEXT NOT NULL DEFAULT '', -- why the last one failed; '': it did not
            mark TEXT NOT NULL DEFAULT '', -- where the next one begins, in the source's own words
            options TEXT NOT NULL DEFAULT '', -- a digest of the settings that the people were read with
            category TEXT NOT NULL DEFAULT '' -- that they were put into
        );
        """,
    )
