"""One million calls in the store: what a day's and a year's statistics take, a search, one record.

python -m tests.bench.store_history
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.history import records
from appliance.history.record import Record, day_number
from appliance.history.recorder import Changes, next_id, write
from appliance.history.retention import erase
from appliance.history.statistics import roll_up, statistics
from appliance.store.file import connect, prepare, writing
from appliance.store.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

CALLS, DAYS = 1_000_000, 365
LAST = datetime.date(2026, 12, 31)
TODAY = day_number(LAST)
YEAR = day_number(LAST.replace(month=1, day=1)), TODAY
FIGURES = {"a day": 20.0, "a year": 300.0}  # ms at most

# Calls from eight to six, three of four of them incoming; x is the call, and what differs is drawn from it.
GENERATE = """
WITH RECURSIVE x (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM x WHERE n + 1 < :calls),
one AS (
    SELECT n, n * :days / :calls AS d, 8 + (n * 7919) % 10 AS h, n % 4 = 3 AS out, n % 10 = 0 AS lost,
        (n * 31) % 90 + 1.0 AS wait, (n * 37) % 5 * 20.0 AS hold, (n * 41) % 400 + 5.0 AS talk,
        printf('0%03d%07d', 30 + n % 900, n * 7 % 9999991) AS caller
    FROM x
)
INSERT INTO call (direction, purpose, number, name, withheld, internal, called, line, queue, diverted_number,
    diverted_name, returned, origin, began, answered, ended, day, hour, duration, waited, held, talked, state,
    outcome, code, target, target_name, reason, device, at_once, waiting, seen, shown, sought)
SELECT iif(out, 'out', 'in'), '', caller, 'Person ' || (n % 5000), 0, 0, '200', '', '', '', '', '', '', began,
    iif(lost, 0.0, began + wait), began + wait + iif(lost, 0.0, hold + talk),
    CAST(strftime('%Y%m%d', began, 'unixepoch') AS INTEGER), h, wait + iif(lost, 0.0, hold + talk), wait,
    iif(lost, 0.0, hold), iif(lost, 0.0, talk), 'released',
    iif(lost, iif(out, 'unanswered', 'missed'), iif(n % 6 = 0, 'transferred', 'answered')), 200,
    iif(n % 6000 = 0, '1001', ''), iif(n % 6000 = 0, 'Ada', ''), '', 'headset', 1 + n % 6, n % 4, 1, 1,
    'person ' || (n % 5000) || char(10) || caller || iif(n % 6000 = 0, char(10) || '1001', '')
FROM (SELECT *, :start + d * 86400.0 + h * 3600.0 + (n * 104729) % 3600 AS began FROM one)
"""


def measure(calls: int = CALLS) -> list[str]:
    """Return the lines of a table."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "desk.db"
        prepare(path)
        with closing(connect(path)) as file:
            return _measured(path, file, calls)


def _measured(path: Path, file: sqlite3.Connection, calls: int) -> list[str]:
    start = datetime.datetime.combine(LAST - datetime.timedelta(DAYS - 1), datetime.time(), datetime.UTC)
    begun = time.perf_counter()
    with writing(file):
        file.execute(GENERATE, {"calls": calls, "days": DAYS, "start": start.timestamp()})
    lines = [
        f"{calls:,} calls in {DAYS} days, {path.stat().st_size / 1e6:.0f} MB,"
        f" made in {time.perf_counter() - begun:.0f} s",
        f"{'milliseconds':44}{'p50':>9}{'p99':>9}{'at most':>9}",
    ]
    lines.append(_line("a year that was never added up", _times(lambda: statistics(file, *YEAR), 2)))
    begun = time.perf_counter()
    days = roll_up(file, TODAY)
    lines.append(f"{days} days added up, as the nightly chore does, in {time.perf_counter() - begun:.1f} s")
    writer = Writer(path)

    def call() -> None:
        writer.write(write, Changes((_record(next_id(file)),))).result()

    lines += [
        _line("a day", _times(lambda: statistics(file, TODAY, TODAY), 100)),
        _line("a day, its first time on a new connection", _fresh(path, TODAY, TODAY), "a day"),
        _line(
            "a day that was changed just before",
            _times(lambda: statistics(file, TODAY, TODAY), 100, call),
            "a day",
        ),
        _line("a year", _times(lambda: statistics(file, *YEAR), 50)),
        _line("a year, its first time on a new connection", _fresh(path, *YEAR), "a year"),
        _line(
            "a year with a call just added to today",
            _times(lambda: statistics(file, *YEAR), 50, call),
            "a year",
        ),
        _line("one record, until no power cut takes it back", _times(call, 200)),
        _line("the last 100 calls", _times(lambda: records.find(file, records.Wanted()), 100)),
        _line(
            "100 calls by a name", _times(lambda: records.find(file, records.Wanted(text="Person 77")), 20)
        ),
        _line(
            "a number that never called",
            _times(lambda: records.find(file, records.Wanted(text="0999123")), 3),
        ),
    ]
    for name, number in (
        ("a number erased from 167 calls", "1001"),
        ("one of no call erased", "0999123456"),
    ):
        lines.append(_line(name, _times(lambda n=number: erase(file, n), 1)))  # type: ignore[misc]
    writer.close()
    return lines


def _record(number: int) -> Record:
    return Record(
        id=number,
        direction="in",
        number="0301234567",
        began=time.time(),
        day=TODAY,
        hour=17,
        duration=60.0,
        waited=10.0,
        talked=50.0,
        answered=time.time(),
        state="released",
        outcome="answered",
    )


def _fresh(path: Path, first: int, last: int) -> list[float]:
    times = []
    for _ in range(5):
        with closing(connect(path)) as file:
            times += _times(lambda: statistics(file, first, last), 1)
    return times


def _times(
    what: Callable[[], object], often: int, before: Callable[[], object] = lambda: None
) -> list[float]:
    """Return how long it took each time, in ms."""
    times = []
    for _ in range(often):
        before()
        begun = time.perf_counter()
        what()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _line(name: str, times: list[float], figure: str = "") -> str:
    times = sorted(times)
    most = FIGURES.get(figure or name)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return f"{name:44}{times[len(times) // 2]:9.2f}{p99:9.2f}{f'{most:g}' if most else '':>9}"


if __name__ == "__main__":
    print("\n".join(measure(int(sys.argv[1]) if sys.argv[1:] else CALLS)))
