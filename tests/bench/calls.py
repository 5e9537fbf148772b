"""How fast the desk is and what it costs: `make bench`, or `python -m tests.bench.calls [ROUNDS [CALLS]]`.

- key → 200 OK: from the press of the hook switch, sent to the control socket, to the 200 OK on the wire.
- INVITE → 180: from the INVITE on the wire to the 180 on the wire.
- INVITE → lamp: from the INVITE on the wire to the ring lamp, written by the driver and seen by a watcher.
- NOTIFY → snapshot: from the NOTIFY on the wire to a control client that sees the change, at 100 changes a
  second over 50 extensions.
- idle: registered at a real exchange with 50 extensions and 10 orbits subscribed, nothing happening.
- after so many calls: what is left of them. They are paced: pjsip keeps each dialog for 32 s after its BYE.

Both ways of the control socket are inside these times: the keys and lamps themselves are a little faster.
baresip, a telephone in C, is called by the same peer, where Debian's package baresip-core is installed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

from appliance.control.client import Client
from appliance.control.protocol import ControlError, Press, Refused
from appliance.demo.exchange import Exchange
from appliance.desk.events import Answer
from tests.bench.baresip import Baresip
from tests.bench.cost import Cost, CountedDesk, cost
from tests.bench.peer import BUSY, FREE, Peer
from tests.running import RunningDesk, lit

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

ROUNDS = 500
IDLE_SECONDS = 30.0
CHANGES_A_SECOND = 100
CHANGE_SECONDS = 60.0
CALLS = 2000
KEY_PACE = 0.05  # seconds from one call to the next: a device that presses faster than anybody is not heard
CALL_PACE = 0.1  # seconds from one call to the next
LINGER = 40.0  # seconds until pjsip has forgotten the last dialog
KEY, RING, LAMP = "key → 200 OK", "INVITE → 180", "INVITE → lamp"
TARGETS = {KEY: 25.0, RING: 15.0, LAMP: 15.0}  # ms, of the 99th percentile
EXTENSIONS = {str(1001 + number): "" for number in range(50)}
ORBITS = [str(orbit) for orbit in range(701, 711)]
QUIET = {"log_level": "warning"}


class Lamps:
    """Tells, from a thread of its own, the moments at which the headset's lamps change."""

    def __init__(self, socket: Path) -> None:
        self._moments: Queue[tuple[dict[str, str], float]] = Queue()
        self._client = Client(socket)
        threading.Thread(target=self._follow, daemon=True).start()

    def wait_for(self, wanted: dict[str, str]) -> float:
        """Return the moment at which the lamps became just these."""
        while True:
            shown, at = self._moments.get(timeout=10)
            if shown == wanted:
                return at

    def _follow(self) -> None:
        before: dict[str, str] | None = None
        try:
            for state in self._client.states():
                at = time.perf_counter()
                if (shown := lit(state)) != before:
                    self._moments.put((shown, at))
                before = shown
        except ControlError:
            return  # the desk is closed


def calls(
    rounds: int,
    meanwhile: Callable[[RunningDesk], AbstractContextManager[None]] = lambda _desk: nullcontext(),
) -> dict[str, list[float]]:
    """Return the times of so many calls, in milliseconds, while something else goes on."""
    times: dict[str, list[float]] = {name: [] for name in TARGETS}
    with (
        tempfile.TemporaryDirectory() as home,
        Peer() as peer,
        RunningDesk(Path(home), peer.port, desk=QUIET) as desk,
    ):
        peer.wait_for_desk(len(desk.orbits))
        desk.until("registered", lambda state: state["registration"]["state"] == "registered")
        lamps = Lamps(desk.socket)
        with meanwhile(desk), Client(desk.socket) as keys:
            for _ in range(rounds):
                call, invited = peer.invite()
                times[RING].append(1000 * (peer.wait_for(call, 180) - invited))
                times[LAMP].append(1000 * (lamps.wait_for({"ring": "blink"}) - invited))
                pressed = time.perf_counter()
                keys.ask(Press("sim-headset", "hook"))
                times[KEY].append(1000 * (peer.wait_for(call, 200) - pressed))
                peer.confirm(call)
                lamps.wait_for({"off_hook": "on"})
                peer.hang_up(call)
                lamps.wait_for({})
                time.sleep(KEY_PACE)
    return times


def calls_of_baresip(rounds: int) -> dict[str, list[float]]:
    """Return the same of baresip, as far as it has it: it answers by a command, and has no lamps."""
    times: dict[str, list[float]] = {KEY: [], RING: []}
    with Peer() as peer, Baresip(peer.port) as telephone:
        peer.wait_for_desk()
        for _ in range(rounds):
            call, invited = peer.invite()
            times[RING].append(1000 * (peer.wait_for(call, 180) - invited))
            asked = telephone.answer()
            times[KEY].append(1000 * (peer.wait_for(call, 200) - asked))
            peer.confirm(call)
            peer.hang_up(call)
    return times


def idle(seconds: float) -> Cost:
    """Return what a desk costs that does nothing, with 60 subscriptions."""
    Exchange.prepare()
    with tempfile.TemporaryDirectory() as home, Exchange(users=50) as exchange:
        park = {"orbits": ORBITS}
        with RunningDesk(Path(home), exchange.sip_port, desk=QUIET, extensions=EXTENSIONS, park=park) as desk:
            desk.until_registered()
            time.sleep(2)
            return cost(desk.pid, seconds)


def idle_baresip(seconds: float) -> Cost:
    """Return what a registered baresip costs that does nothing."""
    with Peer() as peer, Baresip(peer.port) as telephone:
        peer.wait_for_desk()
        return cost(telephone.process.pid, seconds, lambda time_: peer.serve(time.perf_counter() + time_))


@dataclass(frozen=True)
class Changes:
    """What became of extension changes: the times of those that arrived (ms), how many did not, the cost."""

    times: list[float]
    lost: int
    cost: Cost


def changes(seconds: float) -> Changes:
    """Let 50 extensions change, 100 times a second in all, and watch a control client see it."""
    with (
        tempfile.TemporaryDirectory() as home,
        Peer() as peer,
        RunningDesk(Path(home), peer.port, desk=QUIET, extensions=EXTENSIONS) as desk,
    ):
        peer.wait_for_desk(len(EXTENSIONS) + len(desk.orbits))
        peer.serve(time.perf_counter() + 1)
        sent: list[tuple[str, str, float]] = []
        seen: dict[str, list[tuple[str, float]]] = {number: [] for number in EXTENSIONS}

        def send(seconds: float) -> None:
            start = time.perf_counter()
            numbers = list(EXTENSIONS)
            for at in range(int(seconds * CHANGES_A_SECOND)):
                peer.serve(start + at / CHANGES_A_SECOND)
                number = numbers[at % len(numbers)]
                state = BUSY if (at // len(numbers)) % 2 == 0 else FREE
                sent.append((number, state, peer.tell(number, state)))

        with Client(desk.socket) as watcher:
            watching = threading.Event()
            threading.Thread(target=_follow, args=(watcher, seen, watching), daemon=True).start()
            watching.wait(10)
            spent = cost(desk.pid, seconds, send)
            peer.serve(time.perf_counter() + 1)
    times = [
        1000 * (at - sent_at)
        for number, state, sent_at in sent
        if (at := _arrival(seen[number], state, sent_at))
    ]
    return Changes(times, len(sent) - len(times), spent)


def _follow(watcher: Client, seen: dict[str, list[tuple[str, float]]], watching: threading.Event) -> None:
    """Note when a control client sees which state of each extension."""
    words = {"busy": BUSY, "available": FREE}
    try:
        for message in watcher.watch():
            at = time.perf_counter()
            watching.set()
            for number, patch in message.get("change", {}).get("extensions", {}).items():
                if state := words.get(patch.get("state", "")):
                    seen[number].append((state, at))
    except ControlError:
        return  # the desk is closed


def _arrival(seen: list[tuple[str, float]], state: str, sent: float) -> float:
    """Return when that state was seen after it was sent, 0 if another came first, or none."""
    first = next(((shown, at) for shown, at in seen if at > sent), ("", 0.0))
    return first[1] if first[0] == state else 0.0


def many_calls(count: int, pace: float, linger: float) -> tuple[Cost, Cost, int]:
    """Return a desk's cost before and after so many calls, and how many pjsua2 objects it has more."""
    with (
        tempfile.TemporaryDirectory() as home,
        Peer() as peer,
        CountedDesk(Path(home), peer.port, desk=QUIET) as desk,
    ):
        peer.wait_for_desk(len(desk.orbits))
        desk.until("registered", lambda state: state["registration"]["state"] == "registered")

        def serve(seconds: float) -> None:
            peer.serve(time.perf_counter() + seconds)

        with Client(desk.socket) as keys:
            _call(peer, keys)  # what is made once and kept: the first call's buffers, the caller's name
            serve(linger)
            before, objects = cost(desk.pid, 1.0, serve), desk.pjsua2_objects()
            for _ in range(count):
                start = time.perf_counter()
                _call(peer, keys)
                peer.serve(start + pace)
            serve(linger)
            return before, cost(desk.pid, 1.0, serve), desk.pjsua2_objects() - objects


def _call(peer: Peer, keys: Client) -> None:
    call, _ = peer.invite()
    peer.wait_for(call, 180)
    answered = False
    while not answered:
        with suppress(Refused):  # the 180 is out before the desk has heard of the call
            keys.ask(Answer())
            answered = True
    peer.wait_for(call, 200)
    peer.confirm(call)
    peer.hang_up(call)


def times_row(name: str, measured: list[float], target: float, theirs: list[float] | None = None) -> str:
    """Return a line of the table: ours, the target of our p99, baresip's, and the ratio of the medians."""
    median, p99 = statistics.median(measured), _p99(measured)
    row = f"{name:28}{median:9.2f}{p99:9.2f}{target:9.0f}"
    if theirs:
        row += (
            f"{statistics.median(theirs):11.2f}{_p99(theirs):9.2f}{median / statistics.median(theirs):8.1f}"
        )
    return row


def _p99(measured: list[float]) -> float:
    return statistics.quantiles(measured, n=100)[98]


def cost_row(name: str, ours: float, target: float, theirs: float | None = None) -> str:
    """Return a line of the table of costs."""
    row = f"{name:28}{ours:18.1f}{target:9.1f}"
    return row + f"{theirs:20.1f}{ours / theirs:8.1f}" if theirs else row


def main() -> None:
    """Measure, and print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    many = int(sys.argv[2]) if len(sys.argv) > 2 else CALLS
    compared = Baresip.installed()
    theirs = calls_of_baresip(rounds) if compared else {}
    title = f"ms, of {rounds} calls"
    print(f"{title:28}{'median':>9}{'p99':>9}{'target':>9}{'baresip':>11}{'p99':>9}{'ratio':>8}")
    for name, measured in calls(rounds).items():
        print(times_row(name, measured, TARGETS[name], theirs.get(name)), flush=True)
    seen = changes(CHANGE_SECONDS)
    print(times_row("NOTIFY → snapshot", seen.times, 30.0))
    print(f"  of {len(seen.times) + seen.lost} changes, {seen.lost} were lost")

    print(f"\n{'':28}{'measured':>18}{'target':>9}{'baresip':>20}{'ratio':>8}")
    print(cost_row("100 changes/s, % of a core", seen.cost.processor, 25.0), flush=True)
    ours = idle(IDLE_SECONDS)
    other = idle_baresip(IDLE_SECONDS) if compared else Cost(0.0, 0.0, 0)
    print(cost_row("idle, % of a core", ours.processor, 1.5, other.processor))
    print(cost_row("idle, resident MB", ours.resident, 60.0, other.resident), flush=True)
    before, after, objects = many_calls(many, CALL_PACE, LINGER)
    print(cost_row(f"after {many} calls: MB more", after.resident - before.resident, 10.0))
    print(cost_row(f"after {many} calls: files more", after.files - before.files, 0.0))
    print(cost_row(f"after {many} calls: objects", objects, 0.0))


if __name__ == "__main__":
    main()
