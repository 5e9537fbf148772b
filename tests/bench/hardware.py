"""How fast the devices are and what they cost: `python -m tests.bench.hardware [ROUNDS [SECONDS]]`.

Boots the rig's guest in real time and measures there, six telephones and a busy light plugged in:

- report → desk: from the moment a device has a report to send to the event in the desk's loop, while one of
  the telephones floods 1,000 reports a second.
- plan → device: from the hub's being told what lamps shall burn to the report that arrives at the device, in
  the same flood.
- plug → usable: from the plug to a device that has shown its first lamps. Linux takes its part of it.
- idle: a process with nothing in it but the hub, nothing happening for so many SECONDS.

- the rig alone: a question to a device's process and its answer, in the same flood, for comparison.

A User Mode Linux has one processor, every system call costs it several times what it costs a real one, and
what else this machine does counts too, for the processor time as well: measure at a quiet moment.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from tests.bench.cost import Cost, cost
from tests.rig.boot import Job, run
from tests.rig.devices import BusyLight, Headset
from tests.rig.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rig.models import Model

ROUNDS, IDLE_SECONDS = 200, 30.0
PACE = 0.02  # seconds between two rounds
FLOOD, FLOOD_REPORT = 1000, b"\x02\x04\x00"  # mute, pressed
REPORT, PLAN, PLUG, RIG = "report → desk", "plan → device", "plug → usable", "the rig alone"
TARGETS = {REPORT: 5.0, PLAN: 10.0, PLUG: 1500.0, RIG: math.inf}  # ms, of the 99th percentile
PROCESSOR_TARGET = 0.5  # % of a core
PATIENCE = 20.0
LIGHT = "usb-2c0d-0001-L"


class HubProcess:
    """The hub in a process of its own, and what it tells."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.hub"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: list[tuple[str, str, tuple[str, ...], float]] = []
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(PATIENCE)

    def show(self, device: str, *lamps: str) -> float:
        """Have lamps burn; returns when the hub was told."""
        assert self.process.stdin
        since = time.monotonic()
        self.process.stdin.write(json.dumps([device, lamps]) + "\n")
        self.process.stdin.flush()
        return self.wait_for("show", device, *lamps, since=since)

    def wait_for(self, what: str, device: str, *names: str, since: float) -> float:
        """Return when this happened, the first time after `since`."""
        with self._news:
            assert self._news.wait_for(lambda: self._when(what, device, names, since), PATIENCE), what
            return self._when(what, device, names, since)

    def _when(self, what: str, device: str, names: tuple[str, ...], since: float) -> float:
        found = (at for *told, at in reversed(self._told) if told == [what, device, names] and at >= since)
        return next(found, 0.0)

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            what, device, names, at = json.loads(line)
            with self._news:
                self._told.append((what, device, tuple(names), at))
                self._news.notify_all()


@dataclass
class Figures:
    """What was measured: times in ms, and the cost of doing nothing."""

    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in TARGETS})
    idle: Cost = field(default_factory=lambda: Cost(0.0, 0.0, 0))


def measure(rounds: int, idle_seconds: float) -> Figures:
    """Measure here, which must be the guest."""
    figures = Figures()
    with ExitStack() as desk:
        phones = {name: desk.enter_context(phone) for name, phone in map(_obedient, MODELS.values())}
        flooding = desk.enter_context(MODELS["one report"].headset("F", audio=False))
        desk.enter_context(BusyLight("L"))
        start = time.monotonic()
        hub = desk.enter_context(HubProcess())
        for name in (*phones, "usb-0b0e-0307-F", LIGHT):
            hub.wait_for("shown", name, since=start)
        hub.show(LIGHT, "status")
        time.sleep(min(2.0, idle_seconds))
        figures.idle = cost(hub.process.pid, idle_seconds)
        with Flood(flooding):
            for _, (name, phone) in zip(range(rounds), _again(phones), strict=False):
                figures.times[RIG].append(1000 * _ask(phone))
                figures.times[REPORT] += [1000 * seconds for seconds in _hook(hub, name, phone)]
                figures.times[PLAN] += [1000 * seconds for seconds in _ring(hub, name, phone)]
                time.sleep(PACE)
        for _, (name, phone) in zip(range(max(5, rounds // 20)), _again(phones), strict=False):
            phone.unplug()
            time.sleep(0.5)
            start = time.monotonic()
            phone.plug()
            figures.times[PLUG].append(1000 * (hub.wait_for("shown", name, since=start) - start))
    return figures


def _obedient(model: Model) -> tuple[str, Headset]:
    """One of these that does nothing by itself, and its id."""
    who = replace(model.identity, serial="B")
    name = f"usb-{who.vendor:04x}-{who.product:04x}-B"
    return name, Headset(report_descriptor=model.report_descriptor, identity=who, audio=None)


def _again(phones: dict[str, Headset]) -> Iterator[tuple[str, Headset]]:
    while True:
        yield from phones.items()


def _ask(phone: Headset) -> float:
    asked = time.monotonic()
    assert phone.view
    return time.monotonic() - asked


def _hook(hub: HubProcess, name: str, phone: Headset) -> Iterator[float]:
    """Lift the hook and replace it."""
    for move, what in ((phone.lift_hook, "key"), (phone.replace_hook, "release")):
        moved = move()
        yield hub.wait_for(what, name, "hook", since=moved) - moved


def _ring(hub: HubProcess, name: str, phone: Headset) -> Iterator[float]:
    """Light the ring lamp, and put it out."""
    for lamps in (["ring"], []):
        seen = len(phone.written())
        told = hub.show(name, *lamps)
        report = next(iter(phone.written(after=seen, wait=PATIENCE)))
        hub.wait_for("shown", name, *lamps, since=told)
        yield report.at - told


class Flood:
    """A device that sends 1,000 reports a second while the `with` block lasts."""

    def __init__(self, device: Headset) -> None:
        self._device = device
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()
        time.sleep(1)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self._device.flood(FLOOD_REPORT, FLOOD // 20, FLOOD)
            self._over.wait(0.05)


def table(figures: Figures) -> str:
    """The figures, each beside its target."""
    rows = [f"{'ms':28}{'rounds':>8}{'median':>9}{'p99':>9}{'target':>9}"]
    for name, times in figures.times.items():
        p99 = statistics.quantiles(times, n=100)[98]
        target = TARGETS[name]
        row = f"{name:28}{len(times):8}{statistics.median(times):9.2f}{p99:9.2f}"
        rows.append(f"{row}{target:9.0f}  {verdict(p99, target)}" if math.isfinite(target) else row)
    idle = figures.idle
    rows.append(
        f"{'idle, % of a core':45}{idle.processor:9.2f}{PROCESSOR_TARGET:9.1f}"
        f"  {verdict(idle.processor, PROCESSOR_TARGET)}"
    )
    rows.append(f"{'idle, resident MB':45}{idle.resident:9.1f}")
    return "\n".join(rows)


def verdict(measured: float, target: float) -> str:
    """Whether the target is met, in a word."""
    return "pass" if measured <= target else "FAIL"


def main() -> int:
    """Measure in the guest, booted first where this is not it, and print the table."""
    if os.environ.get("DESKBELL_RIG") != "guest":
        return run(Job([sys.executable, "-m", "tests.bench.hardware", *sys.argv[1:]], real_time=True))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else IDLE_SECONDS
    print(table(measure(rounds, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
