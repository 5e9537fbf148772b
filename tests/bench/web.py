"""How the pages keep up, and what they take from the calls: `python -m tests.bench.web [ROUNDS]`.

- change → visible: from a command to the real desk until the page in a real Chromium shows it, with 8 pages
  open, each counted.
- flooded: the times of the calls' bench (`tests.bench.calls`) while strangers send requests as fast as this
  machine can, beside the same times without; the flood comes from this very machine, politely (nice 19).
- the web process: its memory, after all that.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from appliance.demo.exchange import Exchange
from appliance.desk.events import SetDnd
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from tests.bench import web_directory
from tests.bench.calls import EXTENSIONS, QUIET, TARGETS, calls
from tests.bench.cost import cost
from tests.running import PATIENCE, RunningDesk
from tests.web.picture import CHROMIUM, OPTIONS
from web import access

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = 8
ROUNDS = 200
WATCH = """
() => {
  const button = document.getElementById("dnd");
  window.seen = [];
  const look = () => window.seen.push(performance.timeOrigin + performance.now());
  new MutationObserver(look).observe(button, { attributes: true, attributeFilter: ["aria-pressed"] });
}
"""


class Site:
    """The pages of a desk, as a process of their own."""

    def __init__(self, desk: RunningDesk) -> None:
        """Make an admin, and start it."""
        store = desk.home / "desk.db"
        prepare(store)
        now = time.time()
        with closing(connect(store)) as file, writing(file):
            who = accounts.get(file, accounts.add(file, "bench", os.urandom(12).hex(), "admin"))
            assert who
            self.token = sessions.begin(file, who, now)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._command = [sys.executable, "-m", "web", "--settings", str(desk.settings)]
        self._command += ["--bind", f"127.0.0.1:{self.port}"]
        self.start()

    def start(self) -> None:
        """Run it; returns when it answers."""
        self.process = subprocess.Popen(self._command)
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError), urlopen(f"{self.url}static/icon.svg"):
                break
            assert time.monotonic() < deadline, "the pages do not open"
            time.sleep(0.02)

    @property
    def worker(self) -> int:
        """The process that does the work."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def visible(rounds: int) -> tuple[list[float], float]:
    """Return the ms from a command until each of 8 pages shows it, and the MB of the web process."""
    Exchange.prepare()
    times: list[float] = []
    with (
        tempfile.TemporaryDirectory() as home,
        Exchange(users=50) as exchange,
        RunningDesk(Path(home), exchange.sip_port, desk=QUIET, extensions=EXTENSIONS) as desk,
        closing(Site(desk)) as site,
        sync_playwright() as playwright,
    ):
        desk.until_registered()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        context = browser.new_context()
        context.add_cookies([{"name": access.COOKIE, "value": site.token, "url": site.url}])
        pages = [context.new_page() for _ in range(PAGES)]
        for page in pages:
            page.goto(site.url)
            page.wait_for_selector("body[data-link=live]")
            page.evaluate(WATCH)
        asked = []
        for turn in range(rounds):
            asked.append(1000 * time.time())
            desk.ask(SetDnd(turn % 2 == 0))
            time.sleep(0.1)
        time.sleep(1)
        for page in pages:
            seen = page.evaluate("window.seen")
            assert len(seen) == rounds, f"{len(seen)} of {rounds} changes were seen"
            times += [at - when for at, when in zip(seen, asked, strict=True)]
        browser.close()
        return times, cost(site.worker, 0.1).resident


@contextmanager
def flooded(desk: RunningDesk) -> Iterator[None]:
    """Have the pages of a desk flooded meanwhile."""
    with closing(Site(desk)) as site:
        flood = subprocess.Popen(
            ["nice", "-n", "19", sys.executable, "-m", "tests.bench.flood", str(site.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            time.sleep(1)
            yield
        finally:
            flood.terminate()
            print(f"  flood: {(flood.communicate()[0] or '').strip()}")


def row(name: str, times: list[float], target: str = "") -> str:
    """Return a line: median, 99th percentile and what it should be."""
    at = sorted(times)
    return f"{name:38} {statistics.median(at):9.2f} {at[int(0.99 * (len(at) - 1))]:9.2f} {target:>12}"


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'':38} {'median':>9} {'p99':>9} {'target p99':>12}")
    times, resident = visible(rounds)
    print(row(f"change → visible, {PAGES} pages (ms)", times, "150"))
    print(f"{'the web process (MB)':38} {resident:9.1f} {'':9} {'80':>12}")
    quiet, loud = calls(rounds), calls(rounds, flooded)
    for name in TARGETS:
        ratio = statistics.median(loud[name]) / statistics.median(quiet[name])
        print(row(f"{name} (ms)", quiet[name]))
        print(row(f"{name}, flooded (ms)", loud[name], f"{ratio:.2f} of 1.1"))
    print("\n".join(web_directory.measure()))


if __name__ == "__main__":
    main()
