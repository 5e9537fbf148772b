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
    """The blacklist with its last changes, and the other rules as one JSON object."""
    execute(
        database,
        """
        CREATE TABLE blacklist (
            id INTEGER PRIMARY KEY,
            pattern TEXT NOT NULL, -- as a person wrote it
            key TEXT NOT NULL, -- as it is compared: see appliance.screening.pattern
            note TEXT NOT NULL,
            author TEXT NOT NULL,
            added REAL NOT NULL, -- UNIX time
            listed INTEGER NOT NULL DEFAULT 1 -- 0: it was removed, and can be brought back
        );
        CREATE UNIQUE INDEX blacklist_key ON blacklist (key) WHERE listed;
        CREATE INDEX blacklist_removed ON blacklist (id) WHERE NOT listed;
        CREATE TABLE blacklist_change ( -- those that can be undone, the last one first
            id INTEGER PRIMARY KEY,
            entry INTEGER NOT NULL REFERENCES blacklist ON DELETE CASCADE,
            deed TEXT NOT NULL CHECK (deed IN ('added', 'removed')),
            author TEXT NOT NULL,
            at REAL NOT NULL -- UNIX time
        );
        CREATE INDEX blacklist_change_entry ON blacklist_change (entry);
        CREATE TABLE screening (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            rules TEXT NOT NULL DEFAULT '{}', -- JSON: see appliance.screening.rules
            revision INTEGER NOT NULL DEFAULT 0 -- another one whenever a rule or the blacklist has changed
        );
        INSERT INTO screening DEFAULT VALUES;
        CREATE TRIGGER blacklist_grows AFTER INSERT ON blacklist
            BEGIN UPDATE screening SET revision = revision + 1; END;
        CREATE TRIGGER blacklist_changes AFTER UPDATE ON blacklist
            BEGIN UPDATE screening SET revision = revision + 1; END;
        CREATE TRIGGER blacklist_shrinks AFTER DELETE ON blacklist
            BEGIN UPDATE screening SET revision = revision + 1; END;
        """,
    )
