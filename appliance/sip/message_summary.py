"""How many messages wait, read from application/simple-message-summary (RFC 3842). Pure, and lenient."""

from __future__ import annotations

import re
from typing import NamedTuple

from appliance.sip.xml_body import BodyError

_WAITING = re.compile(r"^\s*Messages-Waiting\s*:\s*(yes|no)\b", re.IGNORECASE | re.MULTILINE)
_VOICE = re.compile(r"^\s*Voice-Message\s*:\s*(\d{1,9})\s*/\s*(\d{1,9})", re.IGNORECASE | re.MULTILINE)


class Messages(NamedTuple):
    """How many messages nobody has heard, and how many somebody has."""

    new: int
    old: int


def parse(body: str) -> Messages:
    """Read a notification body; BodyError when it is none. "yes" without a number means at least one."""
    counted = _VOICE.search(body)
    if counted:
        return Messages(int(counted[1]), int(counted[2]))
    waiting = _WAITING.search(body)
    if not waiting:
        raise BodyError("the exchange sent no message summary")
    return Messages(1 if waiting[1].lower() == "yes" else 0, 0)
