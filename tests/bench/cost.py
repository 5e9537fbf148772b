"""What a process costs: processor, memory, open files, pjsua2 objects."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Cost:
    """Percent of a core, resident MB, open files."""

    processor: float
    resident: float
    files: int


def cost(process: int, seconds: float, meanwhile: Callable[[float], object] = time.sleep) -> Cost:
    """Measure a process for so many seconds, in which `meanwhile` is done."""
    before, start = cpu_seconds(process), time.perf_counter()
    meanwhile(seconds)
    used = 100 * (cpu_seconds(process) - before) / (time.perf_counter() - start)
    status = Path(f"/proc/{process}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    return Cost(used, resident / 1024, len(list(Path(f"/proc/{process}/fd").iterdir())))


class CountedDesk(RunningDesk):
    """A desk that says, when asked, how many pjsua2 objects it has."""

    module = "tests.bench.counted"

    def pjsua2_objects(self) -> int:
        """Ask the desk."""
        told = self.home / "count"
        told.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        end = time.monotonic() + PATIENCE
        while not told.exists():
            assert time.monotonic() < end, "the desk does not tell"
            time.sleep(0.02)
        return int(told.read_text())

    def environment(self) -> dict[str, str]:
        """Say where to tell it."""
        return super().environment() | {"DESKBELL_COUNT": str(self.home / "count")}


def cpu_seconds(process: int, *, children: bool = False) -> float:
    """Return what a process has used since its start; with that of its children that are done."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / os.sysconf("SC_CLK_TCK")
