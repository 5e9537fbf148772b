"""Several SQL statements inside the transaction that is open: `executescript` would end it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def execute(database: Database, script: str) -> None:
    """Execute each statement of a script."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""
    if statement.strip():
        raise ValueError(f"the last statement is not complete: {statement.strip()!r}")
