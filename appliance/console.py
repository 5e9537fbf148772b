"""The box's own screen: its name, where its page is, the code of the first run, the line, and what is wrong.

Plain text for 80 columns and 25 rows, on a screen or a serial line. It is drawn anew when something changes,
and once in a while, over what the kernel may have written there. `python -m appliance.console` is what a box
starts: `deskbell box console` is the same, and loads the whole command line first.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import sqlite3
import ssl
import sys
import textwrap
import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.backup.box import CERTIFICATES, Box, box
from appliance.checks import rounds
from appliance.checks.finding import worst_first
from appliance.checks.network import Network, addresses, host_name
from appliance.control.client import Client
from appliance.control.document import VERSION
from appliance.control.protocol import ControlError
from appliance.store.file import connect
from appliance.users import accounts, codes, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.checks.finding import Finding
    from appliance.settings.options import PageOptions

BEAT = 5.0  # seconds between looks
SELDOM = 60.0  # seconds between looks at what is costly, and after which it is drawn anew in any case
CLEAR = "\033[2J\033[H"
WIDTH, ROWS = 79, 25
MOST_ADDRESSES = 3
CERTIFICATE = "page.pem"  # in the folder of the certificates, as the pages make it

_FIRST = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screen tells; of what is wrong the worst comes first."""

    name: str = ""
    pages: tuple[str, ...] = ()
    code: str = ""
    reset: str = ""
    seal: str = ""
    lines: tuple[str, ...] = ()
    troubles: tuple[Finding, ...] = ()


def draw(seen: Seen, rows: int = ROWS) -> str:
    """Return the screen as text; of more troubles than there is room for it tells how many."""
    drawn = [line[:WIDTH] for line in _head(seen)]
    if not seen.troubles:
        return "\n".join([*drawn, "All is well."])
    for at, trouble in enumerate(seen.troubles):
        told = _wrapped(trouble.what, "! ") + _wrapped(trouble.remedy, "  > ")
        left = len(seen.troubles) - at
        if len(drawn) + len(told) + (left > 1) > rows:
            return "\n".join([*drawn[: rows - 1], f"  and {left} more to see to: the page tells of them"])
        drawn += told
    return "\n".join(drawn)


def _head(seen: Seen) -> Iterator[str]:
    yield f"Deskbell {VERSION}  {_plain(seen.name)}"
    yield ""
    yield from _row("Page", seen.pages or ("it does not answer in this network yet",))
    if seen.code:
        yield from _row("Code", (f"{_plain(seen.code)}   the page asks for it, as this box is a new one",))
    if seen.reset:
        yield from _row("Reset", (f"{_plain(seen.reset)}   the page /reset sets a password with it",))
    if seen.code and seen.seal:
        half = len(seen.seal) // 2 + 1
        yield from _row("Seal", (seen.seal[:half], seen.seal[half:], "the certificate's SHA-256, when asked"))
    yield from _row("Line", seen.lines)
    yield ""


def _row(title: str, texts: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{'' if at else title:7} {_plain(text)}" for at, text in enumerate(texts))


def _wrapped(text: str, begin: str) -> list[str]:
    return textwrap.wrap(
        _plain(text), WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False
    )


def _plain(text: str) -> str:
    """Return a text without what steers a terminal: some of it comes from the network."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


class Look:
    """Looks at a box; at what is costly only seldom, or when the desk says something else."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the settings."""
        self._path = path
        self._settings = settings.Settings()
        self._load()
        self._seen = Seen()
        self._said: object = None
        self._at = -SELDOM

    def now(self) -> Seen:
        """Return what there is to tell."""
        state = self._state()
        said = state and [state[part] for part in ("lines", "troubles", "devices")]
        if said != self._said or time.monotonic() - self._at >= SELDOM:
            self._seen = self._closely(state)
            self._said, self._at = said, time.monotonic()
        return replace(self._seen, pages=tuple(_urls(self._settings.page, Network())))

    def _load(self) -> None:
        with suppress(settings.SettingsError):  # which is among the troubles
            self._settings = settings.load_or_default(self._path)

    def _state(self) -> dict[str, Any] | None:
        try:
            with Client(Path(self._settings.desk.socket), timeout=2) as desk:
                return desk.status()
        except ControlError:
            return None

    def _closely(self, state: dict[str, Any] | None) -> Seen:
        self._load()
        this = box(self._path)
        lines = [f"{name}: {line['state']}" for name, line in state["lines"].items()] if state else []
        found = rounds.examine(self._path, state)
        return Seen(
            host_name(),
            code=_code(this, self._settings.page.first_run_code),
            reset=_reset(this),
            seal=_seal(this),
            lines=tuple(lines or ["the desk does not run"]),
            troubles=tuple(one for one in worst_first(found) if not one.well),
        )


def _code(this: Box, given: str) -> str:
    """Return the code that the page asks for while there is no admin."""
    with suppress(OSError, sqlite3.Error):
        if this.store.exists():
            with closing(connect(this.store)) as file:
                if accounts.any_admin(file):
                    return ""
        return given or codes.read(this.state, codes.FIRST_RUN)
    return ""


def _reset(this: Box) -> str:
    with suppress(OSError):
        return reset.code(this.state, time.time())
    return ""


def _seal(this: Box) -> str:
    """Return the fingerprint of the page's certificate, as browsers show it."""
    with suppress(OSError, ValueError):
        if found := _FIRST.search((this.state / CERTIFICATES / CERTIFICATE).read_text(encoding="ascii")):
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found[0])).digest().hex(":").upper()
    return ""


def _urls(page: PageOptions, network: Network) -> Iterator[str]:
    """Return where the page is, by its name first."""
    hosts = [page.address]
    with suppress(ValueError):
        if (bound := ipaddress.ip_address(page.address)).is_loopback:
            return
        if bound.is_unspecified:
            hosts = [network.local_name(), *addresses(network.interfaces())[:MOST_ADDRESSES]]
    scheme, port = ("https", page.https_port) if page.https_port else ("http", page.port)
    behind = "" if port == {"https": 443, "http": 80}[scheme] else f":{port}"
    for host in filter(None, hosts):
        yield f"{scheme}://{f'[{host}]' if ':' in host else host}{behind}"


def run(path: Path = settings.DEFAULT_PATH) -> int:
    """Show it on standard output until stopped; nothing that goes wrong ends it."""
    os.nice(10)
    look = Look(path)
    shown, at = "", -SELDOM
    while True:
        try:
            text = draw(look.now(), _rows())
        except Exception as error:  # whatever it is, somebody stands before a screen
            text = f"Deskbell {VERSION}\n\nThis screen cannot be made: {type(error).__name__}. See the page."
        if text != shown or time.monotonic() - at >= SELDOM:
            sys.stdout.buffer.write(f"{CLEAR}{text}".encode(errors="replace"))
            sys.stdout.flush()
            shown, at = text, time.monotonic()
        time.sleep(BEAT)


def _rows() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or ROWS
    except (OSError, ValueError):
        return ROWS


if __name__ == "__main__":
    sys.exit(run())
