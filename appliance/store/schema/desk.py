"""What the desk itself keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.desk")


@migrations()
def first(database: Database) -> None:
    """Text messages, and how loud each device is; a file from before the migrations has both already."""
    execute(
        database,
        """
        CREATE TABLE IF NOT EXISTS message (
            id TEXT PRIMARY KEY, direction TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
            text TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL,
            seen INTEGER NOT NULL
        );
        CREATE TABLE IF NOT EXISTS levels (device TEXT PRIMARY KEY, speaker REAL, microphone REAL);
        """,
    )


@migrations()
def link(database: Database) -> None:
    """How the way to the exchange was, a row for each five minutes; `at` is UNIX time, times are in ms."""
    execute(
        database,
        """
        CREATE TABLE link (
            at INTEGER PRIMARY KEY, asked INTEGER NOT NULL, lost INTEGER NOT NULL, latency REAL NOT NULL,
            longest REAL NOT NULL, jitter REAL NOT NULL
        );
        """,
    )
