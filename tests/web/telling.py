"""What a desk has to tell whoever looks for a fault: log lines, the SIP messages of calls, its link."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from appliance.store import link
from appliance.trace.link import SPAN

if TYPE_CHECKING:
    import sqlite3

PEER = "UDP 192.0.2.10:5060"
CALL_ID = "5f3c0d-desk"
STEPS = (
    ("INVITE", False, 0.0, "1 INVITE"),
    ("100 Trying", True, 0.001, "1 INVITE"),
    ("180 Ringing", True, 0.003, "1 INVITE"),
    ("200 OK", True, 4.2, "1 INVITE"),
    ("ACK", False, 4.21, "1 ACK"),
    ("INVITE", True, 19.0, "7 INVITE"),
    ("200 OK", False, 19.008, "7 INVITE"),
    ("ACK", True, 19.01, "7 ACK"),
    ("BYE", False, 64.5, "2 BYE"),
    ("200 OK", True, 64.502, "2 BYE"),
)
LINES = (
    ("info", "calls", "the desk is open at /run/deskbell/desk.sock"),
    ("info", "line", "the server 192.0.2.10:5060 serves again"),
    ("warning", "line", "192.0.2.11:5060: the exchange does not answer; asking 192.0.2.10:5060"),
    ("debug", "devices", "Jabra Link 380: report 02 01 00"),
    ("error", "store", "the card is full; remove what is not needed"),
)


def answers() -> dict[str, dict[str, Any]]:
    """Return what the stand-in daemon answers."""
    now = time.time()
    messages = [_message(now - 90 + after, what, sent, cseq) for what, sent, after, cseq in STEPS]
    lines = [
        {"n": n, "at": now - 60 + n, "level": level, "area": area, "text": text}
        for n, (level, area, text) in enumerate(LINES * 6, 1)
    ]
    calls = [
        _call(f"{CALL_ID}{n or ''}", now - 90 - 700 * n, outcome)
        for n, outcome in enumerate(("200 OK", "486 Busy Here", "487 Request Terminated", "200 OK"))
    ]
    return {
        "sip_calls": {"calls": calls},
        "sip_messages": {"messages": messages},
        "log_lines": {"lines": lines, "last": len(lines), "missed": 0},
    }


def keep_link(file: sqlite3.Connection) -> None:
    """Write down how the way to the exchange was: a little loss now and then, once none of it."""
    now = int(time.time()) // SPAN * SPAN
    for step in range(1, 7 * 24 * 12):
        lost = 20 if 50 < step < 58 else 1 if step % 67 == 0 else 0
        latency = 0.0 if lost == 20 else 8.0 + step * 7919 % 11 + (25 if step % 83 == 0 else 0)
        link.keep(file, link.Span(now - step * SPAN, 20, lost, latency, 2 * latency, 2.0))


def _message(at: float, what: str, sent: bool, cseq: str) -> dict[str, Any]:
    first = f"SIP/2.0 {what}" if what[0].isdigit() else f"{what} sip:200@192.0.2.1 SIP/2.0"
    via = "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-3243;rport"
    text = f"{first}\n{via}\nCall-ID: {CALL_ID}\nCSeq: {cseq}\n"
    return {"at": at, "sent": sent, "peer": PEER, "what": what, "first": first, "cseq": cseq, "text": text}


def _call(call: str, at: float, outcome: str) -> dict[str, Any]:
    heard = {"packets": 3200, "loss": 0.2, "jitter": 4.2, "far_loss": 0.0, "far_jitter": 1.0}
    return {
        "call": call,
        "at": at,
        "until": at + 64.5,
        "sent": False,
        "method": "INVITE",
        "from": "+49305550134",
        "to": "200",
        "outcome": outcome,
        "messages": len(STEPS),
        "quality": {**heard, "round_trip": 12.0} if outcome.startswith("200") else {},
    }
