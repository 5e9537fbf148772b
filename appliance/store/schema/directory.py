"""People, their numbers, categories, tabs, and the index that searches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.directory")


@migrations()
def first(database: Database) -> None:
    """Who there is."""
    execute(
        database,
        """
        CREATE TABLE person (
            id INTEGER PRIMARY KEY,
            last TEXT NOT NULL DEFAULT '',
            first TEXT NOT NULL DEFAULT '',
            company TEXT NOT NULL DEFAULT '',
            department TEXT NOT NULL DEFAULT '',
            office TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            notes TEXT NOT NULL DEFAULT '',
            external_id TEXT NOT NULL DEFAULT '',
            email TEXT NOT NULL DEFAULT '',
            web TEXT NOT NULL DEFAULT '',
            xmpp TEXT NOT NULL DEFAULT '',
            calendar TEXT NOT NULL DEFAULT '',
            owner TEXT NOT NULL DEFAULT '', -- the operator whose own entry it is; '': shared
            favourite INTEGER NOT NULL DEFAULT 0,
            disabled INTEGER NOT NULL DEFAULT 0,
            source TEXT NOT NULL DEFAULT '', -- that it is kept in step with, and is read only for; '': none
            source_key TEXT NOT NULL DEFAULT '', -- its name there
            source_version TEXT NOT NULL DEFAULT '', -- its ETag there, where there are any
            changed REAL NOT NULL -- UNIX time
        );
        CREATE INDEX person_of_source ON person (source, source_key) WHERE source != '';
        CREATE TABLE picture (
            person INTEGER PRIMARY KEY REFERENCES person ON DELETE CASCADE,
            type TEXT NOT NULL, -- MIME type
            data BLOB NOT NULL
        );
        CREATE TABLE number (
            id INTEGER PRIMARY KEY,
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            position INTEGER NOT NULL,
            type TEXT NOT NULL, -- work, mobile, home, fax, extension, other ...
            number TEXT NOT NULL, -- as a person writes it
            key TEXT NOT NULL, -- as it is compared: see appliance.directory.lookup
            speed_dial TEXT NOT NULL DEFAULT '',
            is_default INTEGER NOT NULL DEFAULT 0,
            monitored INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX number_of_person ON number (person, position);
        CREATE INDEX number_key ON number (key);
        CREATE UNIQUE INDEX number_speed_dial ON number (speed_dial) WHERE speed_dial != '';
        CREATE INDEX number_monitored ON number (monitored) WHERE monitored;
        """,
    )
