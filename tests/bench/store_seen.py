"""How soon one process sees what another has written: the desk a person's new speed dial, the page a record.

python -m tests.bench.store_seen
"""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from statistics import quantiles

from appliance.control.client import Client
from appliance.demo.exchange import Exchange
from appliance.desk.events import Answer, HangUp
from appliance.directory import people
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.history import records
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare, writing
from appliance.store.watch import Watch
from tests.running import RunningDesk

CHANGES, CALLS = 100, 30
FIGURE = 1000.0  # ms at most


def measure(changes: int = CHANGES, calls: int = CALLS) -> list[str]:
    """Return the lines of a table."""
    Exchange.prepare()
    with Exchange(users=1) as exchange, tempfile.TemporaryDirectory() as home:
        store = Path(home) / "desk.db"
        prepare(store)
        with RunningDesk(Path(home), exchange.sip_port, dialling={"country": "DE"}) as desk:
            desk.until_registered()
            by_the_desk = _by_the_desk(desk, store, changes)
            by_the_page = _by_the_page(desk, exchange, store, calls)
    return [
        f"{'milliseconds until another process sees it':44}{'p50':>9}{'p99':>9}{'at most':>9}",
        _line(f"the desk: {changes} changes of the directory", by_the_desk),
        _line(f"the page: {calls} calls that are over", by_the_page),
    ]


def _by_the_desk(desk: RunningDesk, store: Path, changes: int) -> list[float]:
    keys = Keys(DialPlan("DE"))
    times = []
    with closing(connect(store)) as file, Client(desk.socket) as client:
        with writing(file):
            (person,) = people.insert(file, keys, [Person(last="Rossi", numbers=(Number("1001"),))])
        states = client.states()
        for change in range(changes):
            with writing(file):
                people.set_speed_dial(file, person, "1001", str(change))
            written = time.monotonic()
            next(state for state in states if str(change) in state["speed_dials"])
            times.append(1000 * (time.monotonic() - written))
    return times


def _by_the_page(desk: RunningDesk, exchange: Exchange, store: Path, calls: int) -> list[float]:
    """Return how long after a call's end the desk had told of it its record was seen to be closed."""
    news = threading.Event()
    watch = Watch(store, news.set)
    times = []
    with closing(connect(store)) as file:
        for call in range(1, calls + 1):
            exchange.originate("0305551234", "200")
            desk.until_call("ringing")
            desk.ask(Answer())
            desk.until_call("answered")
            desk.ask(HangUp())
            ended = time.monotonic()
            while sum(bool(record.ended) for record in records.find(file)) < call:
                assert news.wait(60)
                news.clear()
            times.append(1000 * (time.monotonic() - ended))
            desk.until_call()
    watch.close()
    return times


def _line(name: str, times: list[float]) -> str:
    cuts = quantiles(times, n=100)
    return f"{name:44}{cuts[49]:9.1f}{cuts[98]:9.1f}{FIGURE:9.0f}"


if __name__ == "__main__":
    print("\n".join(measure()))
