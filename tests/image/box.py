"""A box as its people meet it: by card, SSH, pages and telephone, in an office of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import requests
import tomlkit
import urllib3

from appliance.demo.exchange import Exchange
from tests.image.card import GIGABYTE, Card
from tests.image.machine import LIMIT, VIRT, Board, Machine, MachineError
from tests.sip.namespace import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
EXCHANGE = "198.51.100.1"
"""Where an office's exchange is: an address (RFC 5737) of the host, which boxes reach through their NAT."""
IMAGES = Path(__file__).parents[2] / "image" / "out"
DESKBELL = "/opt/deskbell/bin/deskbell"
CODE = "open-the-door-2468"
PASSWORD = "secret200"
_CLERK = Path(__file__).with_name("clerk.py")


def image() -> Path:
    """The newest image that was built here."""
    built = [*IMAGES.glob("deskbell-*.img")]
    if not built:
        raise FileNotFoundError("there is no image yet: make image")
    return max(built, key=lambda path: path.stat().st_mtime)


class Office:
    """An exchange, a key for SSH, and cards to be put into boxes."""

    def __init__(self, folder: Path, exchange: Exchange) -> None:
        self.folder, self.exchange = folder, exchange
        self.key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)

    def settings(self, **sections: dict[str, Any]) -> str:
        """Return what an installer writes onto the card; `sections` change it."""
        line = {"server": EXCHANGE, "port": self.exchange.sip_port, "user": "200", "password": PASSWORD}
        whole: dict[str, dict[str, Any]] = {
            "box": {"name": "reception-berlin", "timezone": "Europe/Berlin"},
            "ssh": {"keys": [self.key.with_suffix(".pub").read_text().strip()]},
            "page": {"first_run_code": CODE},
            "line": line,
            "extensions": {"1001": "Ada Lovelace"},
        }
        return tomlkit.dumps({**whole, **sections})

    def card(self, name: str = "card", size: int = 4 * GIGABYTE, **sections: dict[str, Any]) -> Card:
        """Return a newly flashed card, set up for this office; `sections` change its settings."""
        card = Card(self.folder / name, image(), size)
        card.settings(self.settings(**sections))
        return card

    def box(self, card: Card, board: Board = VIRT, **options: Any) -> Box:
        """Return a box with that card, switched off."""
        return Box(Machine(card, self.folder, board, **options), self)

    def forget(self) -> None:
        """Have the exchange forget where the desk was: what was registered before a power cut still is."""
        self.exchange.restart()

    def registered(self) -> bool:
        """Return whether the exchange knows where the desk is."""
        return "200" in self.exchange.registered()


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Open an office in a network of its own; it needs root, or `unshare -Urn` around it."""
    Exchange.prepare(lambda line: print(line, file=sys.stderr))
    with ExitStack() as stack:
        stack.enter_context(alone(f"{EXCHANGE}/32"))
        exchange = stack.enter_context(Exchange(users=10, host=EXCHANGE))
        yield Office(folder, exchange)


class Box:
    """A machine with a card, in an office; also a context manager: on, and in the end without power."""

    def __init__(self, machine: Machine, office: Office) -> None:
        self.machine, self.office = machine, office

    def __enter__(self) -> Self:
        self.office.forget()
        self.machine.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.machine.cut()

    def until(self, what: str, holds: Callable[[], T], seconds: float = LIMIT) -> T:
        """Wait until something is so, and return what was true of it; errors of the network mean: not yet."""
        end = time.monotonic() + seconds
        while True:
            why = ""
            try:
                if found := holds():
                    return found
            except (OSError, MachineError) as error:  # requests' errors are OSErrors
                why = f": {error}"
            self.machine.must_run()
            assert time.monotonic() < end, (
                f"not within {seconds:.0f} s: {what}{why}\n{self.machine.serial.last()}"
            )
            time.sleep(0.5)

    # --- by SSH

    def ssh(self, *words: str, given: str = "", seconds: float = LIMIT) -> str:
        """Run a command line as admin, and return what it printed; MachineError when it failed."""
        try:
            done = subprocess.run(
                [*self._ssh(), shlex.join(words)],
                input=given,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise MachineError(f"{words[0]} took longer than {seconds:.0f} s") from error
        if done.returncode:
            raise MachineError(f"{shlex.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def deskbell(self, *words: str, given: str = "") -> str:
        """Run a `deskbell` command as root."""
        return self.ssh("sudo", DESKBELL, *words, given=given)

    def status(self) -> dict[str, Any]:
        """Return the desk's whole state."""
        state: dict[str, Any] = json.loads(self.deskbell("status", "--json"))
        return state

    def until_ssh(self) -> Self:
        """Wait until somebody can sign in."""
        self.until("SSH answers", lambda: self.ssh("true", seconds=60) == "")
        return self

    def shut_down(self) -> None:
        """Switch it off as one should."""
        subprocess.run(
            [*self._ssh(), "sudo systemctl poweroff"], capture_output=True, timeout=LIMIT, check=False
        )
        self.machine.wait_until_off()

    def clerk(self) -> Clerk:
        """Let somebody sign in who works fast."""
        return Clerk(
            [
                *self._ssh(),
                shlex.join(["sudo", "-u", "deskbell", "/opt/deskbell/bin/python", "-c", _CLERK.read_text()]),
            ]
        )

    def _ssh(self) -> list[str]:
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "60",
            "ControlMaster": "auto",  # a key exchange takes an emulated Pi seconds
            "ControlPath": str(self.office.folder / "%p"),
            "ControlPersist": "yes",
            "HostKeyAlias": self.machine.card.file.name,  # one card, one host key: whatever board it is in
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": str(self.office.folder / "known_hosts"),
        }
        words = ["ssh", "-i", str(self.office.key), "-p", str(self.machine.ports["ssh"])]
        return [
            *words,
            *(word for name, value in options.items() for word in ("-o", f"{name}={value}")),
            "admin@127.0.0.1",
        ]

    # --- by its pages

    def page(self, path: str = "/") -> requests.Response:
        """Fetch a page; whose certificate it is, is for the caller to ask."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return requests.get(
                f"https://127.0.0.1:{self.machine.ports['https']}{path}", verify=False, timeout=60
            )

    def until_page(self) -> requests.Response:
        """Wait until its pages answer, and return the first."""
        return self.until("the page answers", self.page)

    # --- by telephone

    def until_registered(self) -> Self:
        """Wait until the exchange knows where the desk is."""
        self.until("the desk is registered", self.office.registered)
        return self

    def until_up(self) -> Self:
        """Wait until it does all that a box does."""
        self.until_registered()
        self.until_page()
        return self.until_ssh()


class Clerk:
    """Somebody who gives `deskbell` commands one after the other, without a new start of Python for each."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def does(self, *words: str, given: str = "") -> str:
        """Give a command, and return what it printed: it is done. MachineError when it is not.

        `given` is on its standard input; the word @given becomes the path of a file with the same.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        try:
            stdin.write(json.dumps({"words": words, "given": given}) + "\n")
            stdin.flush()
        except OSError as error:
            raise MachineError("the clerk is gone") from error
        line = stdout.readline()
        if not line.endswith("\n"):
            raise MachineError("the clerk is gone")
        answer = json.loads(line)
        if answer["status"]:
            raise MachineError(f"deskbell {shlex.join(words)}: {answer['printed']}")
        return str(answer["printed"])
