"""Who may use the pages, who is signed in there, and who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.users")


@migrations()
def first(database: Database) -> None:
    """Users with hashed passwords, their sessions, and the audit log."""
    execute(
        database,
        """
        CREATE TABLE user (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
            name TEXT NOT NULL,
            folded TEXT NOT NULL UNIQUE, -- the name as it is compared: see appliance.users.accounts
            password TEXT NOT NULL, -- argon2id, in its own notation
            role TEXT NOT NULL CHECK (role IN ('admin', 'operator')),
            language TEXT NOT NULL DEFAULT '',
            theme TEXT NOT NULL DEFAULT ''
        );
        CREATE TABLE session (
            digest BLOB PRIMARY KEY, -- SHA-256 of the token that the browser has
            user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
            stay INTEGER NOT NULL DEFAULT 0, -- it outlives the browser
            began REAL NOT NULL, -- UNIX time
            seen REAL NOT NULL -- UNIX time of the last request, to the minute
        ) WITHOUT ROWID;
        CREATE INDEX session_of_user ON session (user, began);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL, -- UNIX time
            who TEXT NOT NULL, -- a user's name; '' before anybody has signed in
            what TEXT NOT NULL,
            details TEXT NOT NULL -- JSON object of texts
        );
        """,
    )
