"""What it takes to say whether a call may ring, with 10,000 numbers and patterns on the blacklist.

python -m tests.bench.store_screening
"""

from __future__ import annotations

import random
import tempfile
import time
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.desk.events import CallArrived
from appliance.desk.state import Party
from appliance.numbers import DialPlan
from appliance.screening import hours
from appliance.screening.rules import ON, load, save
from appliance.screening.verdict import verdict
from appliance.store.file import connect, prepare, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

ENTRIES, CALLS = 10_000, 10_000
FIGURE = 1.0  # ms at most, 99 of 100 verdicts
PLAN = DialPlan("IT", outside_prefix="0")
ROME = ZoneInfo("Europe/Rome")


def measure(entries: int = ENTRIES, calls: int = CALLS) -> list[str]:
    """Return the lines of a table."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "desk.db"
        prepare(path)
        with closing(connect(path)) as file:
            _fill(file, entries)
            return _measured(file, entries, calls)


def _fill(file: sqlite3.Connection, entries: int) -> None:
    """Put numbers on the list, one in ten a pattern, and switch on the rules that take the longest."""
    with writing(file):
        for n in range(entries):
            key = f"+3902{n:06}{'*' if n % 20 == 0 else 'X' if n % 20 == 1 else '00'}"
            file.execute(
                "INSERT INTO blacklist (pattern, key, note, author, added) VALUES (?, ?, ?, 'Anna', ?)",
                (key.replace("+39", "0039 "), key, f"complaint {n}", float(n)),
            )
        rules = load(file, PLAN)
        usual = hours.spans(("00:00-12:00", "12:01-24:00"))
        holidays = tuple(hours.holiday(f"2025-{month:02}-01..2025-{month:02}-20") for month in range(1, 13))
        save(file, replace(rules, closed=ON, hours=hours.Hours("Europe/Rome", (usual,) * 7, holidays)))


def _measured(file: sqlite3.Connection, entries: int, calls: int) -> list[str]:
    tracemalloc.start()
    rules = load(file, PLAN)
    size = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    chance = random.Random(5)
    at = datetime(2026, 3, 4, 10, 30, tzinfo=ROME)
    numbers = iter([_number(chance, 2 * entries) for _ in range(calls)])
    refused: list[bool] = []

    def judge() -> None:
        refused.append(not verdict(CallArrived("in-1", Party(next(numbers), "Somebody")), rules, at).let_in)

    verdicts = _times(judge, calls)
    assert calls // 4 < sum(refused) < calls
    return [
        f"a blacklist of {entries:,}, {calls:,} calls; the rules take {size:.1f} MB",
        f"{'milliseconds':44}{'p50':>9}{'p99':>9}{'at most':>9}",
        _line("a verdict", verdicts, f"{FIGURE:g}"),
        _line("the rules, read anew after a change of them", _times(lambda: load(file, PLAN), 20)),
        _line("the rules, after a change of something else", _times(lambda: load(file, PLAN, rules), 1000)),
        _line("when the desk next opens or closes", _times(lambda: hours.next_change(rules.hours, at), 100)),
    ]


def _number(chance: random.Random, numbers: int) -> str:
    return f"{chance.choice(('+39', '0039', '', '0'))}02{chance.randrange(numbers):06}00"


def _times(what: Callable[[], object], often: int) -> list[float]:
    """Return how long it took each time, in ms."""
    times = []
    for _ in range(often):
        begun = time.perf_counter()
        what()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _line(name: str, times: list[float], most: str = "") -> str:
    times = sorted(times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    return f"{name:44}{times[len(times) // 2]:9.3f}{p99:9.3f}{most:>9}"


if __name__ == "__main__":
    print("\n".join(measure()))
