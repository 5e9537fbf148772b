"""How fast the desk is: `make bench`, or `python -m tests.bench.first_call [ROUNDS]`.

- key → 200 OK: from the press of the hook switch, sent to the control socket, to the 200 OK on the wire.
- INVITE → 180: from the INVITE on the wire to the 180 on the wire.
- INVITE → lamp: from the INVITE on the wire to the ring lamp, written by the driver and seen by a watcher.
- idle: processor time and memory of the daemon, registered at a real exchange with 50 extensions and 10
  orbits subscribed, nothing happening.

Both ways of the control socket are inside these times: the keys and lamps themselves are a little faster.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Queue

from appliance.control.client import Client
from appliance.control.protocol import ControlError, Press
from appliance.demo.exchange import Exchange
from tests.bench.peer import Peer
from tests.running import RunningDesk, lit

QUIET = {"log_level": "warning"}
IDLE_SECONDS = 30.0
TARGETS = {"key → 200 OK": 25.0, "INVITE → 180": 15.0, "INVITE → lamp": 15.0}  # ms, of the 99th percentile


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


def calls(rounds: int) -> dict[str, list[float]]:
    """Return the times of so many calls, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in TARGETS}
    with (
        tempfile.TemporaryDirectory() as home,
        Peer() as peer,
        RunningDesk(Path(home), peer.port, desk=QUIET) as desk,
    ):
        peer.wait_for_desk()
        desk.until("registered", lambda state: state["registration"]["state"] == "registered")
        lamps = Lamps(desk.socket)
        with Client(desk.socket) as keys:
            for _ in range(rounds):
                call, invited = peer.invite()
                times["INVITE → 180"].append(1000 * (peer.wait_for(call, 180) - invited))
                times["INVITE → lamp"].append(1000 * (lamps.wait_for({"ring": "blink"}) - invited))
                pressed = time.perf_counter()
                keys.ask(Press("sim-headset", "hook"))
                times["key → 200 OK"].append(1000 * (peer.wait_for(call, 200) - pressed))
                peer.confirm(call)
                lamps.wait_for({"off_hook": "on"})
                peer.hang_up(call)
                lamps.wait_for({})
    return times


def idle(seconds: float) -> tuple[float, float]:
    """Return percent of a core and resident MB of a desk that does nothing, with 60 subscriptions."""
    Exchange.prepare()
    extensions = {str(1001 + number): "" for number in range(50)}
    with tempfile.TemporaryDirectory() as home, Exchange(users=50) as exchange:
        park = {"orbits": [str(orbit) for orbit in range(701, 711)]}
        with RunningDesk(Path(home), exchange.sip_port, desk=QUIET, extensions=extensions, park=park) as desk:
            desk.until_registered()
            assert desk.process
            time.sleep(2)
            before, start = _cpu_seconds(desk.process.pid), time.perf_counter()
            time.sleep(seconds)
            used = _cpu_seconds(desk.process.pid) - before
            status = Path(f"/proc/{desk.process.pid}/status").read_text()
            resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
            return 100 * used / (time.perf_counter() - start), resident / 1024


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"{'of ' + str(rounds) + ' calls, ms':22} {'median':>8} {'p99':>8} {'target p99':>11}")
    for name, measured in calls(rounds).items():
        p99 = statistics.quantiles(measured, n=100)[98]
        print(f"{name:22} {statistics.median(measured):8.2f} {p99:8.2f} {TARGETS[name]:11.0f}")
    cpu, resident = idle(IDLE_SECONDS)
    print(f"\n{'idle, 60 subscriptions':22} {'measured':>8} {'target':>17}")
    print(f"{'processor, % of a core':22} {cpu:8.2f} {1.5:17.1f}")
    print(f"{'resident memory, MB':22} {resident:8.1f} {60:17.0f}")


if __name__ == "__main__":
    main()
