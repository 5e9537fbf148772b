"""pjsip's log in Python's, without what is secret."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.trace import OFF

if TYPE_CHECKING:
    from collections.abc import Hashable

    from appliance.sip.trace import Trace

log = logging.getLogger("deskbell.sip")
SELDOM_SECONDS = 60.0
BURST = 20
MESSAGES = 4
"""The level of pjsip's log at which it tells of whole messages."""
_KINDS = 1000  # that are told apart

_LEVELS = {0: logging.CRITICAL, 1: logging.ERROR, 2: logging.WARNING}  # the rest tells of every REGISTER
_SECRETS = re.compile(
    r"^((?:Proxy-)?Authorization\s*:|a=crypto:\d+\s+\S+|Signal\s*=)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
    r"|(\bDTMF(?: digits?)?(?: id)?:? )[0-9A-D*#,w]+(?![^\s,.])",
    re.IGNORECASE | re.MULTILINE,
)


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9]+", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return the text without what is secret.

    Digest responses allow to guess a password, SRTP keys to listen, and digits that people type may be a PIN.
    """
    return _SECRETS.sub(lambda found: f"{found[1] or found[2].rstrip()} (not logged)", text)


class Seldom:
    """Logs what may come in floods: of each kind a few entries a minute, the next one says how many more."""

    def __init__(self) -> None:
        """Nothing was logged yet."""
        self._logged: dict[Hashable, tuple[float, int]] = {}  # since when, and how many

    def log(self, level: int, kind: Hashable, text: str) -> None:
        """Log a text, unless enough of its kind were logged within a minute."""
        now = time.monotonic()
        since, count = self._logged.get(kind, (now, 0))
        left_out = 0
        if now - since >= SELDOM_SECONDS:
            since, count, left_out = now, 0, max(0, count - BURST)
        if count == 0 and len(self._logged) >= _KINDS:
            self._logged.clear()
        self._logged[kind] = (since, count + 1)
        if count < BURST:
            log.log(level, "%s%s", text, f" (and {left_out} more like it)" if left_out else "")


class LogWriter(pj.LogWriter):  # type: ignore[misc]
    """Takes pjsip's log entries; libDestroy() deletes it, so it must be disowned when it is handed over.

    Those up to the level `most` are logged; those with messages go into the `trace`.
    """

    def __init__(self, most: int = 5, trace: Trace | None = None) -> None:
        """Nothing was logged yet."""
        super().__init__()
        self._most, self._trace = most, trace
        self._seldom = Seldom()

    def write(self, entry: pj.LogEntry) -> None:
        """Pass one entry on; pjsua2 calls this in its own thread only.

        A warning may quote a stranger's message: only its first line is kept, and that not in floods.
        """
        if entry.level == MESSAGES and self._trace and self._trace.keep != OFF:
            self._trace.take(entry.msg)
        level = _LEVELS.get(entry.level, logging.DEBUG)
        if entry.level > self._most or not log.isEnabledFor(level):
            return
        text = _CONTROLS.sub("?", redacted(entry.msg.strip()))
        if level == logging.DEBUG:
            log.debug("%s", text)
        else:
            first = text.partition("\n")[0].rstrip()
            self._seldom.log(level, _VARYING.sub("", first), first)
