"""Call records, and what they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from appliance.store.schema.statements import execute

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("deskbell.history")


@migrations()
def first(database: Database) -> None:
    """One row a call; what a day's calls add up to by hour; triggers that forget those sums."""
    execute(
        database,
        """
        CREATE TABLE call ( -- the columns: appliance.history.record
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            direction TEXT NOT NULL,
            purpose TEXT NOT NULL,
            number TEXT NOT NULL,
            name TEXT NOT NULL,
            withheld INTEGER NOT NULL,
            internal INTEGER NOT NULL,
            called TEXT NOT NULL,
            line TEXT NOT NULL,
            queue TEXT NOT NULL,
            diverted_number TEXT NOT NULL,
            diverted_name TEXT NOT NULL,
            returned TEXT NOT NULL,
            origin TEXT NOT NULL,
            began REAL NOT NULL,
            answered REAL NOT NULL,
            ended REAL NOT NULL,
            day INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            duration REAL NOT NULL,
            waited REAL NOT NULL,
            held REAL NOT NULL,
            talked REAL NOT NULL,
            state TEXT NOT NULL,
            outcome TEXT NOT NULL,
            code INTEGER NOT NULL,
            target TEXT NOT NULL,
            target_name TEXT NOT NULL,
            reason TEXT NOT NULL,
            device TEXT NOT NULL,
            at_once INTEGER NOT NULL,
            waiting INTEGER NOT NULL,
            seen INTEGER NOT NULL,
            shown INTEGER NOT NULL,
            sought TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            kind TEXT GENERATED ALWAYS AS ( -- what it counts as: appliance.history.statistics
                CASE WHEN outcome = 'screened' THEN 'screened'
                WHEN direction = 'in' THEN 'in'
                WHEN purpose IN ('', 'consult') THEN 'out'
                ELSE 'service' END
            ) VIRTUAL,
            missed INTEGER GENERATED ALWAYS AS (
                direction = 'in' AND answered = 0 AND outcome IN ('missed', 'interrupted')
            ) VIRTUAL
        );
        CREATE INDEX call_on_day ON call (day);
        CREATE INDEX call_began ON call (began);
        CREATE INDEX call_open ON call (id) WHERE outcome = '';
        CREATE INDEX call_unseen ON call (began) WHERE NOT seen;

        CREATE TABLE call_hour ( -- the sums of a day that is over, as appliance.history.statistics has them
            day INTEGER NOT NULL,
            hour INTEGER NOT NULL,
            kind TEXT NOT NULL,
            calls INTEGER NOT NULL,
            answered INTEGER NOT NULL,
            missed INTEGER NOT NULL,
            transferred INTEGER NOT NULL,
            returned INTEGER NOT NULL,
            on_hold INTEGER NOT NULL,
            waited_sum REAL NOT NULL,
            held_sum REAL NOT NULL,
            duration_sum REAL NOT NULL,
            talked_sum REAL NOT NULL,
            waited_max REAL NOT NULL,
            held_max REAL NOT NULL,
            duration_max REAL NOT NULL,
            talked_max REAL NOT NULL,
            at_once_max INTEGER NOT NULL,
            waiting_max INTEGER NOT NULL,
            waited_at REAL NOT NULL,
            held_at REAL NOT NULL,
            duration_at REAL NOT NULL,
            talked_at REAL NOT NULL,
            at_once_at REAL NOT NULL,
            waiting_at REAL NOT NULL,
            PRIMARY KEY (day, hour, kind)
        ) WITHOUT ROWID;
        CREATE TABLE call_day (day INTEGER PRIMARY KEY); -- the days that call_hour has

        CREATE TRIGGER call_added AFTER INSERT ON call
        WHEN EXISTS (SELECT 1 FROM call_day WHERE day = new.day) BEGIN
            DELETE FROM call_hour WHERE day = new.day;
            DELETE FROM call_day WHERE day = new.day;
        END;
        CREATE TRIGGER call_changed AFTER UPDATE OF outcome, day, hour, waited, held, talked, duration ON call
        WHEN EXISTS (SELECT 1 FROM call_day WHERE day IN (old.day, new.day)) BEGIN
            DELETE FROM call_hour WHERE day IN (old.day, new.day);
            DELETE FROM call_day WHERE day IN (old.day, new.day);
        END;
        """,
    )
