"""A process that writes is killed, again and again: is the file sound, and all there that was acknowledged?

python -m tests.bench.store_kills [kills]
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NoReturn

from appliance.history import recorder
from appliance.history.record import Record
from appliance.history.recorder import Changes
from appliance.store import health, kept
from appliance.store.file import connect, prepare
from appliance.store.writer import Writer
from drivers.audio.levels import Levels

if TYPE_CHECKING:
    import sqlite3

KILLS = 1000
LONGEST = 0.2  # seconds that a writer lives
CHECKPOINT = 16  # pages in the log, after which it is written back: so that many are killed at that


@dataclass
class Killed:
    """What has come of it."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    unsound: int = 0
    reopened: list[float] = field(default_factory=list)  # ms

    def rows(self) -> list[str]:
        """Return the lines of a table."""
        return [
            f"{'kills':<44}{self.kills:>10,}",
            f"{'records acknowledged':<44}{self.acknowledged:>10,}",
            f"{'of these lost':<44}{self.lost:>10,}",
            f"{'files that were not sound':<44}{self.unsound:>10,}",
            f"{'opened again, the log read, ms (median)':<44}{median(self.reopened):>10.1f}",
            f"{'the same, ms (longest)':<44}{max(self.reopened):>10.1f}",
        ]


def kill(path: Path, kills: int, seed: int = 5) -> Killed:
    """Kill so many processes while each writes to a store as the desk does."""
    chance = random.Random(seed)
    done = Killed()
    prepare(path)
    there = 0
    while done.kills < kills:
        first = _next(path)
        told = _killed_after(path, first, chance.uniform(0.005, LONGEST))
        began = time.perf_counter()
        with closing(connect(path)) as file:
            (there,) = file.execute("SELECT count(*) FROM call").fetchone()
            done.reopened.append((time.perf_counter() - began) * 1000)
            done.unsound += file.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
            rows = {row[0] for row in file.execute("SELECT id FROM call WHERE id >= ?", (first,))}
        done.kills += 1
        done.acknowledged += len(told)
        done.lost += len(told - rows)
    done.lost += max(0, done.acknowledged - there)
    done.unsound += bool(health.damage(path))
    return done


def measure(kills: int = KILLS) -> list[str]:
    """Return the lines of a table."""
    with tempfile.TemporaryDirectory() as home:
        return kill(Path(home) / "desk.db", kills).rows()


def _next(path: Path) -> int:
    with closing(connect(path)) as file:
        return recorder.next_id(file)


def _killed_after(path: Path, first: int, seconds: float) -> set[int]:
    """Return the ids that a writer acknowledged before it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with suppress(BaseException):
            _write(path, first, writing)
        os._exit(1)
    os.close(writing)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended by itself"
    with os.fdopen(reading) as told:
        return {int(line) for line in told.read().split()}


def _write(path: Path, first: int, told: int) -> NoReturn:
    writer = Writer(path)
    writer.write(_often)
    for number in itertools.count(first):
        at = time.time()
        record = Record(
            id=number, direction="in", began=at, day=20261122, hour=1, state="rings", sought="x" * 99
        )
        writer.write(kept.keep_levels, f"device-{number % 50}", Levels(0.5, 0.5))
        writer.write(recorder.write, Changes((record,))).result()
        os.write(told, f"{number}\n".encode())
    raise AssertionError


def _often(file: sqlite3.Connection) -> None:
    file.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")


if __name__ == "__main__":
    print("\n".join(measure(*map(int, sys.argv[1:]))))
