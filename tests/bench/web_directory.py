"""The directory's pages with 100,000 people, as `python -m web` serves them.

python -m tests.bench.web_directory [people]

The time is the server's: from the first byte of the request to the last of the answer, over a connection that
is open already, on this machine. The weight is what a browser that was never here loads to show the first
page, byte by byte as it is transferred; pictures of people are not among it.
"""

from __future__ import annotations

import http.client
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import tomlkit

from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from tests.bench.store_directory import PEOPLE, everybody
from web.access import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = 200  # of each kind
FIGURE = 30.0  # ms at most, p99
WEIGHT = 150 * 1024  # bytes at most
RSS = 80.0  # MB at most
PAUSE = 0.02  # seconds between requests: nobody types faster, and a flood is refused
LINK = re.compile(r'(?:href|src)="(/static/[^"#]+)["#]')
IMPORT = re.compile(r'^(?:import|export|\}) ?[^"]*"\./([\w-]+\.js)"', re.MULTILINE)


class Site:
    """The pages, for somebody who is signed in."""

    def __init__(self, address: str, token: str, process: int) -> None:
        """Connect to an address; `process` is the arbiter's id."""
        self._connection = http.client.HTTPConnection(address)
        self._headers = {"Cookie": f"{COOKIE}={token}"}
        self._process = process

    def get(self, path: str) -> tuple[float, bytes]:
        """Return how long it took, in ms, and what came."""
        time.sleep(PAUSE)
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.reason}")
        return taken, body

    @property
    def memory(self) -> float:
        """RSS of the process that serves, in MB."""
        children = Path(f"/proc/{self._process}/task/{self._process}/children").read_text().split()
        status = Path(f"/proc/{children[0]}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure(many: int = PEOPLE) -> list[str]:
    """Return the lines of a table."""
    with tempfile.TemporaryDirectory() as home, _site(Path(home), many) as site:
        lines = [
            f"{many:,} people, pages of 50:",
            "| what | p50, ms | p99, ms | largest, ms | at most |",
            "|---|---|---|---|---|",
        ]
        asked = 0
        for what, paths in _paths(many):
            taken = sorted(site.get(path)[0] for path in paths)
            asked += len(taken)
            p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
            lines.append(f"| {what} | {p50:.1f} | {p99:.1f} | {taken[-1]:.1f} | {FIGURE:g} |")
        weight = _weight(site)
        lines += ["", "| cold, what | bytes |", "|---|---|"]
        lines += [f"| {kind} | {size:,} |" for kind, size in weight.items()]
        lines.append(f"| together (at most {WEIGHT:,}) | {sum(weight.values()):,} |")
        lines += [
            "",
            f"RSS of the web process after {asked} requests: {site.memory:.1f} MB (at most {RSS:g})",
        ]
    return lines


def _paths(many: int) -> Iterator[tuple[str, list[str]]]:
    """Yield what is asked for, by kind."""
    dice = random.Random(8)
    known = random.Random(6).sample(list(everybody(many)), ASKED)
    yield "the first page", ["/directory"] * ASKED
    yield "a page deep in the list", [f"/directory?after={dice.randrange(1, many)}" for _ in range(ASKED)]
    yield "the last page", ["/directory?before=0"] * ASKED
    yield (
        "deep in a category",
        [f"/directory?category=1&after={dice.randrange(1, many)}" for _ in range(ASKED)],
    )
    for length in (1, 2, 3, 5):
        yield f"typed: {length} letters", [_found(person.last[:length]) for person in known]
    yield "typed: two words", [_found(f"{person.first[:3]} {person.last[:3]}") for person in known]
    for length in (2, 5):
        yield f"typed: {length} digits", [_found(person.numbers[1].number[-length:]) for person in known]
    yield "one person", [f"/directory/{dice.randrange(1, many)}" for _ in range(ASKED)]


def _found(typed: str) -> str:
    return f"/directory/found?q={quote(typed)}"


def _weight(site: Site) -> dict[str, int]:
    """Return the bytes of the first page and of all that it needs, by kind."""
    page = site.get("/directory")[1]
    weight = {"html": len(page), "css": 0, "js": 0, "icons": 0}
    asked = dict.fromkeys(LINK.findall(page.decode()))
    known: set[str] = set()
    while wanted := [path for path in asked if path not in known]:
        for path in wanted:
            known.add(path)
            body = site.get(path)[1]
            kind = {"css": "css", "js": "js"}.get(path.rpartition(".")[2], "icons")
            weight[kind] += len(body)
            if kind == "js":
                folder = path.rpartition("/")[0]
                asked |= dict.fromkeys(f"{folder}/{name}" for name in IMPORT.findall(body.decode()))
    return weight


@contextmanager
def _site(home: Path, many: int) -> Iterator[Site]:
    """Serve the pages of a box with so many people."""
    store = home / "desk.db"
    prepare(store)
    _run("tests.bench.store_directory", "build", str(store), str(many))
    with closing(connect(store)) as file, writing(file):
        accounts.add(file, "reception", "Tulips on the desk", "admin")
        token = sessions.begin(file, accounts.named(file, "reception"), time.time())
    settings = home / "deskbell.toml"
    settings.write_text(
        tomlkit.dumps(
            {
                "desk": {"socket": str(home / "desk.sock"), "store": str(store)},
                "line": {"server": "127.0.0.1", "user": "200"},
                "dialling": {"country": "IT", "outside_prefix": "0"},
            }
        )
    )
    secrets = home / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text(tomlkit.dumps({"line": {"password": "-"}}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen([sys.executable, "-m", "web", "--settings", str(settings), "--bind", address])
    try:
        _wait_for(server, address)
        yield Site(address, token, server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    host, _, port = address.partition(":")
    while server.poll() is None:
        with suppress(OSError), socket.create_connection((host, int(port)), 5):
            return
        time.sleep(0.05)
    raise RuntimeError("the pages are not served")


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    print("\n".join(measure(*map(int, sys.argv[1:]))))
