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
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: records of calls name it
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
            changed REAL NOT NULL, -- UNIX time
            sort TEXT NOT NULL -- the folded name: see appliance.directory.index.Text
        );
        CREATE INDEX person_sort ON person (sort);
        CREATE INDEX person_favourite ON person (favourite) WHERE favourite;
        CREATE INDEX person_owner ON person (owner) WHERE owner != '';
        CREATE INDEX person_of_source ON person (source, source_key) WHERE source != '';
        CREATE TABLE picture (
            person INTEGER PRIMARY KEY REFERENCES person ON DELETE CASCADE,
            type TEXT NOT NULL, -- MIME type
            data BLOB NOT NULL
        );
        CREATE TABLE number (
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            position INTEGER NOT NULL,
            type TEXT NOT NULL, -- work, mobile, home, fax, extension, other ...
            number TEXT NOT NULL, -- as a person writes it
            key TEXT NOT NULL, -- as it is compared: see appliance.directory.lookup
            speed_dial TEXT NOT NULL DEFAULT '',
            is_default INTEGER NOT NULL DEFAULT 0,
            monitored INTEGER NOT NULL DEFAULT 0, -- 0: it is not; else they were asked for in this order
            PRIMARY KEY (person, position)
        ) WITHOUT ROWID;
        CREATE INDEX number_key ON number (key);
        CREATE UNIQUE INDEX number_speed_dial ON number (speed_dial) WHERE speed_dial != '';
        CREATE INDEX number_monitored ON number (monitored) WHERE monitored;
        CREATE TABLE keyed (plan TEXT NOT NULL); -- one row: the plan that the keys were made with
        CREATE TABLE category (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            public INTEGER NOT NULL DEFAULT 1 -- 0: only its members see it, and who is in it
        );
        CREATE TABLE category_member (
            category INTEGER NOT NULL REFERENCES category ON DELETE CASCADE,
            operator TEXT NOT NULL,
            edits_people INTEGER NOT NULL DEFAULT 0,
            edits_category INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (category, operator)
        ) WITHOUT ROWID;
        CREATE TABLE person_category (
            category INTEGER NOT NULL REFERENCES category ON DELETE CASCADE,
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            PRIMARY KEY (category, person)
        ) WITHOUT ROWID;
        CREATE INDEX category_of_person ON person_category (person);
        CREATE TABLE tab (
            id INTEGER PRIMARY KEY,
            operator TEXT NOT NULL,
            name TEXT NOT NULL COLLATE NOCASE,
            position INTEGER NOT NULL,
            view TEXT NOT NULL, -- tree, list or table
            private INTEGER NOT NULL DEFAULT 0, -- no other operator sees it
            UNIQUE (operator, name)
        );
        CREATE TABLE tab_person (
            tab INTEGER NOT NULL REFERENCES tab ON DELETE CASCADE,
            person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
            PRIMARY KEY (tab, person)
        ) WITHOUT ROWID;
        CREATE INDEX tab_of_person ON tab_person (person);
        -- What is searched; the words come from appliance.directory.index, with a space between any two.
        CREATE VIRTUAL TABLE search USING fts5 (name, other, numbers, tokenize = 'ascii', prefix = '1 2');
        INSERT INTO search (search, rank) VALUES ('hashsize', 4194304); -- bytes; an import is faster by it
        CREATE TRIGGER person_unsearched AFTER DELETE ON person BEGIN
            DELETE FROM search WHERE rowid = old.id;
        END;
        """,
    )
