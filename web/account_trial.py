"""Tries an account out at its exchange, in a process of its own: the telephone has no place in this one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.settings import LineOptions

PATIENCE = 40.0  # seconds; the trial itself gives up before
_one = threading.Lock()

# By outcome: the option that is to blame, and what to say beside it.
TEXTS = {
    "name": (
        "server",
        N_("This name is not known. See how it is spelled, and whether this box has a name server."),
    ),
    "network": (
        "server",
        N_("Nobody answers there. See server, port and transport, and whether a firewall is in between."),
    ),
    "certificate": (
        "transport",
        N_("The exchange shows a certificate that is not believed. If it is yours, trust this one."),
    ),
    "password": (
        "password",
        N_("The exchange refuses user or password; which of them, it does not tell. Type the password anew."),
    ),
    "account": ("user", N_("The exchange does not know this user.")),
}


class Verdict(NamedTuple):
    """What came of it; `option` is to blame, "" where none is; `reason` is in English.

    `fingerprint` is that of a certificate which is not believed.
    """

    outcome: str
    text: str
    option: str = ""
    reason: str = ""
    fingerprint: str = ""

    @property
    def well(self) -> bool:
        """Whether the exchange takes the account."""
        return self.outcome == "registered"


def run(line: LineOptions) -> Verdict:
    """Try it out, some seconds long; one at a time."""
    if not line.server or not line.user:
        option = "user" if line.server else "server"
        return Verdict("unset", _("Server and user are needed."), option)
    try:
        with one_at_a_time():
            said = _told(line)
    except BlockingIOError:
        return Verdict("busy", _("Another account is being tried; try again in some seconds."))
    except (subprocess.TimeoutExpired, ValueError):
        return Verdict("failed", _("The account could not be tried; try again."))
    outcome, reason = said["outcome"], said["reason"]
    if outcome == "registered":
        return Verdict(outcome, _("Registered: the exchange takes this account."), reason=reason)
    option, text = TEXTS.get(outcome, ("", N_("The exchange does not take this account.")))
    return Verdict(outcome, translated(text), option, reason, said["fingerprint"])


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold off other trials: each takes a process of its own; BlockingIOError while there is one."""
    if not _one.acquire(blocking=False):
        raise BlockingIOError
    try:
        yield
    finally:
        _one.release()


def _told(line: LineOptions) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "line", "test", "--json"],
        input=json.dumps(asdict(line)),  # not seen in the list of processes
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said
