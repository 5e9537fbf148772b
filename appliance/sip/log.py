"""pjsip's log in Python's, without what is secret."""

from __future__ import annotations

import logging
import re

import pjsua2 as pj  # type: ignore[import-untyped]

log = logging.getLogger("deskbell.sip")

_LEVELS = {0: logging.CRITICAL, 1: logging.ERROR, 2: logging.WARNING}  # the rest tells of every REGISTER
_SECRETS = re.compile(
    r"^((?:Proxy-)?Authorization\s*:|a=crypto:\d+\s+\S+|Signal\s*=)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
    r"|(\bDTMF(?: digits?)?(?: id)?:? )[0-9A-D*#,w]+(?![^\s,.])",
    re.IGNORECASE | re.MULTILINE,
)


def redacted(text: str) -> str:
    """Return the text without what is secret.

    Digest responses allow to guess a password, SRTP keys to listen, and digits that people type may be a PIN.
    """
    return _SECRETS.sub(lambda found: f"{found[1] or found[2].rstrip()} (not logged)", text)


class LogWriter(pj.LogWriter):  # type: ignore[misc]
    """Takes pjsip's log entries; libDestroy() deletes it, so it must be disowned when it is handed over."""

    def write(self, entry: pj.LogEntry) -> None:
        """Pass one entry on; pjsua2 calls this in its own thread only."""
        level = _LEVELS.get(entry.level, logging.DEBUG)
        if log.isEnabledFor(level):
            log.log(level, "%s", redacted(entry.msg.rstrip()))
