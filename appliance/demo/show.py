"""`deskbell demo`: starts the exchange, the desk and its page, says what to try, and ends them all."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import tomlkit

from appliance import report
from appliance.control.client import Client
from appliance.control.protocol import ControlError
from appliance.demo.exchange import Exchange, ExchangeError
from appliance.demo.people import COLLEAGUES, People
from appliance.settings import SECRETS_NAME
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

DESK = "200"
STORE = "desk.db"
ADMIN = "reception"
PATIENCE = 20.0  # seconds in which a part must come up
WELCOME = """
  The reception is open:  {page}
  Sign in as {name} with the password {password} (made for this demo alone).

  A caller rings in a few seconds, and then now and again. On the page, or by keyboard:
    - lift the hook of the headset, or press Answer (A): you talk, the lamps follow
    - press Hold (H) to hold and resume, Park (P) to park; with no call, Park fetches the caller back
    - answer a second caller while you talk: the first goes on hold by itself
    - click a colleague to call, to transfer, or to announce the caller first; one who is busy gets
      the caller as soon as they are free; one who rings, you can pick up
    - bring two callers into a conference; pull out the headset in the middle of a call

  From another terminal:
    {command} status
    {command} watch

  Ctrl-C ends everything.
"""


class DemoError(RuntimeError):
    """A part of the demo did not start; the text says which and its last words."""


def run(port: int) -> int:
    """Show the demo until Ctrl-C or SIGTERM; `port` 0 means the first free one from 8080 on."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with ExitStack() as parts:
            _open(parts, port or _free_port(), stopped)
            stopped.wait()
            _say("closing …")
    except (DemoError, ExchangeError) as error:
        print(f"deskbell: {error}", file=sys.stderr)
        return 1
    _say("closed; nothing is left running")
    return 0


def _open(parts: ExitStack, port: int, stopped: threading.Event) -> None:
    """Start every part, the ones that others need first; `parts` ends them in reverse."""
    home = Path(tempfile.mkdtemp(prefix="deskbell-demo-"))
    parts.callback(shutil.rmtree, home, ignore_errors=True)
    Exchange.prepare(_say)
    exchange = parts.enter_context(Exchange(users=len(COLLEAGUES), staff=tuple(COLLEAGUES)))
    _say(f"the exchange runs: Asterisk at 127.0.0.1:{exchange.sip_port}")
    control = home / "desk.sock"
    _write_settings(home, control, exchange)
    password = secrets.token_urlsafe(9)
    _add_admin(home / STORE, password)
    _start(parts, home, "desk", ["appliance", "run", "--settings", str(home / "deskbell.toml")])
    _start(
        parts, home, "page", ["web", "--settings", str(home / "deskbell.toml"), "--bind", f"127.0.0.1:{port}"]
    )
    _wait_until_registered(control, home, stopped)
    page = f"http://127.0.0.1:{port}/"
    _wait_until_served(page, home, stopped)
    if stopped.is_set():
        return
    command = f"DESKBELL_SOCKET={control} {sys.argv[0]}"
    print(WELCOME.format(page=page, command=command, name=ADMIN, password=password), flush=True)
    people = People(exchange, DESK)
    people.start()
    parts.callback(people.stop)
    threading.Thread(target=_tell, args=(control,), daemon=True).start()


def _write_settings(home: Path, control: Path, exchange: Exchange) -> None:
    settings = {
        "desk": {"name": "Reception", "socket": str(control), "store": str(home / STORE)},
        "line": {
            "server": "127.0.0.1",
            "port": exchange.sip_port,
            "user": DESK,
            "local_port": 0,
        },
        "extensions": COLLEAGUES,
        "dialling": {"country": "DE", "outside_prefix": "0"},
        "speed_dial": {"1": "1001", "2": "1002"},
        "codes": {
            "mailbox": "*97",
            "dnd_on": "*78",
            "dnd_off": "*79",
            "forward_on": "*21*",
            "forward_off": "*22",
            "dnd_lamp": f"*78{DESK}",
            "forward_lamp": f"*21{DESK}",
        },
        "park": {"orbits": [str(orbit) for orbit in range(701, 706)], "prefix": "*7"},
        "devices": {"usb": False, "simulated": True, "sound": False},
    }
    (home / "deskbell.toml").write_text(tomlkit.dumps(settings))
    secrets = home / SECRETS_NAME
    secrets.touch(0o600)
    secrets.write_text(tomlkit.dumps({"line": {"password": exchange.password(DESK)}}))


def _add_admin(store: Path, password: str) -> None:
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        accounts.add(file, ADMIN, password, "admin")


def _start(parts: ExitStack, home: Path, name: str, words: Sequence[str]) -> None:
    """Run a module of ours in a process that Ctrl-C does not reach and that ends when we do."""
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    parts.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_registered(control: Path, home: Path, stopped: threading.Event) -> None:
    deadline = time.monotonic() + PATIENCE
    while not stopped.wait(0.1):
        try:
            with Client(control) as desk:
                if desk.status()["registration"]["state"] == "registered":
                    _say(f"the desk is registered as {DESK}")
                    return
        except ControlError:
            pass
        if time.monotonic() > deadline:
            raise DemoError(f"the desk does not register:\n{_last_words(home / 'desk.log')}")


def _wait_until_served(page: str, home: Path, stopped: threading.Event) -> None:
    deadline = time.monotonic() + PATIENCE
    while not stopped.wait(0.1):
        try:
            with urlopen(page, timeout=2):  # noqa: S310 - our own page
                return
        except OSError:
            if time.monotonic() > deadline:
                raise DemoError(f"the page does not open:\n{_last_words(home / 'page.log')}") from None


def _tell(control: Path) -> None:
    """Print what happens to calls and the line, as it happens."""
    try:
        with Client(control) as desk:
            before: report.State = {}
            for state in desk.states():
                for line in report.changes(before, state):
                    if before and line.startswith(("call", "orbit", "line", "notice")):
                        _say(line)
                before = state
    except ControlError:
        return  # the desk is closed


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _free_port() -> int:
    for port in range(8080, 8180):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoError("no port from 8080 to 8179 is free; give one: deskbell demo --port N")


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
