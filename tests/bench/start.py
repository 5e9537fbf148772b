"""How soon after its start the box can work, natively: `python -m tests.bench.start [ROUNDS]`.

All from the start of the process, its files in the machine's cache, compiled, the store there already:

- the socket answers, registered (the 200 OK of a real Asterisk), first call answered: the desk with the
  settings of a box, USB and sound and nothing simulated; a colleague calls as soon as it is registered, and
  the call is answered by command.
- the first page: `python -m web` until it has shown the page where one signs in.
- the card's settings: `deskbell box settings` until it has found nothing new. What every boot waits for is
  the same without the command line.

Processor seconds are of the process and of all its children that are done. What is imported until the first
call is told by `-X importtime`, which takes its time itself: its shares count, not its sum.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.request import urlopen

from appliance.control.client import Client
from appliance.demo.exchange import Exchange
from appliance.desk.events import Answer
from tests.bench.calls import EXTENSIONS, ORBITS
from tests.bench.cost import cpu_seconds
from tests.bench.web import Site
from tests.running import RunningDesk, call_states

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running import State

ROUNDS = 20
ANSWERS, REGISTERED, CALL = "the socket answers", "registered", "first call answered"
PAGE, CARD = "the first page", "the card's settings"
TARGETS = {REGISTERED: (2.0, 3.0)}  # seconds, of wall and of processor
SHOWN = 12  # packages in the table of what is imported
IMPORTED = re.compile(r"^import time: +(\d+) \| +\d+ \| +([\w.]+)$", re.MULTILINE)  # µs of its own, name


@dataclass(frozen=True)
class Reached:
    """When something was reached, in seconds since the start of the process: of wall and of processor."""

    wall: float
    processor: float


class ImportingDesk(RunningDesk):
    """A desk that writes into its log what it imports and how long that takes, while it is `profiled`."""

    profiled = False

    def environment(self) -> dict[str, str]:
        """Ask Python for it."""
        return super().environment() | ({"PYTHONPROFILEIMPORTTIME": "1"} if self.profiled else {})

    def imported(self) -> Counter[str]:
        """Return the microseconds of each package."""
        packages: Counter[str] = Counter()
        for spent, module in IMPORTED.findall(self.log.read_text()):
            packages[module.partition(".")[0]] += int(spent)
        return packages


def until_call(desk: RunningDesk, exchange: Exchange) -> dict[str, Reached]:
    """Start a desk, call it, answer, and return when it had got how far; it runs on."""
    began = time.perf_counter()
    reached: dict[str, Reached] = {}

    def note(what: str) -> None:
        reached[what] = Reached(time.perf_counter() - began, cpu_seconds(desk.pid, children=True))

    desk.start()
    note(ANSWERS)
    with Client(desk.socket) as watcher:
        states = watcher.states()

        def until(holds: Callable[[State], bool]) -> State:
            return next(state for state in states if holds(state))

        until(lambda state: state["lines"]["main"]["state"] == "registered")
        note(REGISTERED)
        caller = exchange.originate("0305551234", "200")
        (call,) = until(lambda state: call_states(state) == ["ringing"])["calls"]
        desk.ask(Answer(call))
        until(lambda state: call_states(state) == ["answered"])
        note(CALL)
        exchange.hang_up(caller)
        until(lambda state: not state["calls"])
    return reached


def until_page(site: Site) -> dict[str, Reached]:
    """Start the pages, ask for one, and return when it came; they run on."""
    began = time.perf_counter()
    site.start()
    with urlopen(site.url) as page:
        page.read()
    wall = time.perf_counter() - began
    processor = sum(cpu_seconds(process, children=True) for process in (site.process.pid, site.worker))
    return {PAGE: Reached(wall, processor)}


def until_taken_over(box: Path) -> dict[str, Reached]:
    """Look for new settings on the card of a box that has none."""
    boot, root = (box / name for name in ("boot", "root"))
    for folder in (boot, root):
        folder.mkdir(parents=True, exist_ok=True)
    command = ["box", "settings", "--boot", str(boot), "--root", str(root)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "appliance", *command], check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {CARD: Reached(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)}


def starts(rounds: int) -> tuple[dict[str, list[Reached]], Counter[str]]:
    """Start everything so many times; return when it was how far, and the µs of each imported package."""
    Exchange.prepare()
    times: dict[str, list[Reached]] = {name: [] for name in (ANSWERS, REGISTERED, CALL, PAGE, CARD)}
    with (
        tempfile.TemporaryDirectory() as home,
        patch.dict(os.environ, PYTHONPYCACHEPREFIX=f"{home}/compiled", PYTHONDONTWRITEBYTECODE=""),
        Exchange(users=50) as exchange,
    ):
        desk = ImportingDesk(
            Path(home),
            exchange.sip_port,
            devices={"usb": True, "sound": True, "simulated": False},
            extensions=EXTENSIONS,
            park={"orbits": ORBITS},
        )
        desk.start()  # compiles what it imports, and makes the store
        desk.stop()
        desk.profiled = True
        until_call(desk, exchange)
        desk.stop()
        desk.profiled = False
        box = Path(home, "box")
        until_taken_over(box)
        with closing(Site(desk)) as site:
            for _ in range(rounds):
                site.close()
                for what in (until_taken_over(box), until_call(desk, exchange), until_page(site)):
                    for name, reached in what.items():
                        times[name].append(reached)
                desk.stop()
        return times, desk.imported()


def rows(times: dict[str, list[Reached]]) -> list[str]:
    """Return the table of times: medians, 95th percentiles and what is wanted."""
    heads = [f"{kind} {what}" for kind in ("wall", "processor") for what in ("median", "p95", "target")]
    lines = [f"{'seconds from the start until':30}" + "".join(f"{head:>18}" for head in heads)]
    for name, reached in times.items():
        columns = [[one.wall for one in reached], [one.processor for one in reached]]
        cells = [
            f"{value:>18}"
            for column, target in zip(columns, TARGETS.get(name, ("", "")), strict=True)
            for value in (f"{median(column):.2f}", f"{_p95(column):.2f}", target)
        ]
        lines.append(f"{name:30}" + "".join(cells))
    return lines


def _p95(column: list[float]) -> float:
    return sorted(column)[round(0.95 * (len(column) - 1))]


def import_rows(imported: Counter[str]) -> list[str]:
    """Return the table of what the desk imports, the costliest first."""
    whole = imported.total()
    return [f"{'imported by the desk (ms)':30}{whole / 1000:18.1f}"] + [
        f"  {package:28}{spent / 1000:18.1f}{spent / whole:18.0%}"
        for package, spent in imported.most_common(SHOWN)
    ]


def main() -> None:
    """Measure and print."""
    times, imported = starts(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print("\n".join([*rows(times), "", *import_rows(imported)]))


if __name__ == "__main__":
    main()
