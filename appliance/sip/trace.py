"""The SIP trace: the last messages that were sent and received, call by call, without what is secret. Pure.

They come from pjsip's own log of messages, in the SIP thread; whoever reads them may be in another.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.sip.readable import readable

if TYPE_CHECKING:
    from collections.abc import Callable

OFF, CALLS, ALL = "off", "calls", "all"
"""What is kept: nothing; the messages of calls; those of registration, monitoring and texts as well."""

ROOM = {OFF: 0, CALLS: 64_000, ALL: 400_000}
"""Letters of all messages together; the calls that were quiet for longest make room."""

MOST_OF_ONE = 200
"""Messages of one call at most; the oldest are lost first."""

_ENTRY = re.compile(
    r"(?P<way>[RT])X \d+ bytes (?:Request msg|Response msg \d+)[ /](?P<method>[^/\s]+)/"
    r"[^\n]* (?:from|to) (?P<peer>\S+ \S+):\r?\n"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_END = "\n--end msg--"
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(r"^CSeq[ \t]*:[ \t]*(\d+)[ \t]+(\S+)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^(?:From|f)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(r"^(?:To|t)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_URI = re.compile(r"sips?:([^@;>\s]*)@?")
_OF_CALLS = {"INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "REFER", "INFO"}

_FOLDED = r"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
_HEADERS = re.compile(
    rf"^((?:Proxy-)?Auth(?:orization|entication-Info)|(?:Proxy|WWW)-Authenticate)([ \t]*:[ \t]*\w*){_FOLDED}",
    re.IGNORECASE | re.MULTILINE,
)
_PASSWORD = re.compile(r"(sips?:[^\s@:;>]*:)[^\s@>]+(?=@)", re.IGNORECASE)
_KEYS = re.compile(
    r"^(a=crypto:\d+[ \t]+\S+|a=fingerprint:\S+|a=key-mgmt:\S+|a=ice-pwd:|k=)([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_SPOKEN = {"MESSAGE": "text", "INFO": "digits"}
"""What the body of a request may hold that is nobody's business."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: UNIX time, whether we sent it, to or from whom, and its text without secrets."""

    at: float
    sent: bool
    peer: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a step of a ladder, with its text."""
        first = self.text.partition("\n")[0].strip()
        cseq = _CSEQ.search(self.text)
        answer = first.startswith("SIP/2.0 ")
        return {
            "at": round(self.at, 3),
            "sent": self.sent,
            "peer": self.peer,
            "what": first.removeprefix("SIP/2.0 ") if answer else first.split(" ")[0],
            "first": first,
            "cseq": f"{cseq[1]} {cseq[2]}" if cseq else "",
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Quality:
    """How one call was heard: packets lost in percent, jitter and round trip in ms (RFC 3550 section 6.4.1).

    `loss` and `jitter` are ours, `far_loss` and `far_jitter` what the far end has told by RTCP.
    """

    packets: int = 0
    loss: float = 0.0
    jitter: float = 0.0
    far_loss: float = 0.0
    far_jitter: float = 0.0
    round_trip: float = 0.0


@dataclass(slots=True)
class _Kept:
    """One call, or whatever else has a Call-ID of its own."""

    messages: list[Message] = field(default_factory=list)
    letters: int = 0
    quality: Quality | None = None


class Trace:
    """The messages that are kept. `on_round_trip` gets how long the exchange took to answer: ms, or None."""

    def __init__(self, keep: str = OFF) -> None:
        """Nothing was sent yet."""
        self.on_round_trip: Callable[[float | None], None] = lambda _ms: None
        self._keep = keep
        self._kept: dict[str, _Kept] = {}  # the one that was quiet for longest first
        self._letters = 0
        self._lock = threading.Lock()

    @property
    def keep(self) -> str:
        """What is kept: OFF, CALLS or ALL. With less, what is too much is forgotten at once."""
        return self._keep

    @keep.setter
    def keep(self, what: str) -> None:
        if what not in ROOM:
            raise ValueError(f"{what!r} is none of {', '.join(ROOM)}")
        with self._lock:
            self._keep = what
            self._make_room()

    def take(self, entry: str) -> None:
        """Keep the message in an entry of pjsip's log, if there is one."""
        if self._keep == OFF or not (found := _ENTRY.match(entry)):
            return
        method = found["method"]
        if self._keep == CALLS and method not in _OF_CALLS and method != "NOTIFY":
            return
        call = _CALL_ID.search(entry, found.end())
        if not call or (self._keep == CALLS and method == "NOTIFY" and call[1] not in self._kept):
            return
        message = entry[found.end() :]
        text = without_secrets(readable_message(message.rpartition(_END)[0] or message), method)
        self._add(call[1], Message(time.time(), found["way"] == "T", found["peer"], text))

    def heard(self, call: str, quality: Quality) -> None:
        """Keep how a call, by its Call-ID, was heard for the longest time: a hold begins its sound anew."""
        with self._lock:
            kept = self._kept.get(call)
            if kept and not (kept.quality and kept.quality.packets > quality.packets):
                kept.quality = quality

    def calls(self) -> list[dict[str, Any]]:
        """Return what is kept, the latest first: of each call who, when, what became of it."""
        with self._lock:
            kept = [(call, list(one.messages), one.quality) for call, one in self._kept.items()]
        summed = [_summary(call, messages, quality) for call, messages, quality in kept if messages]
        return sorted(summed, key=lambda one: one["at"], reverse=True)

    def messages(self, call: str) -> list[dict[str, Any]]:
        """Return the messages with this Call-ID, in their order; none where it is not kept."""
        with self._lock:
            messages = list(self._kept[call].messages) if call in self._kept else []
        return [message.as_json() for message in messages]

    def _add(self, call: str, message: Message) -> None:
        with self._lock:
            kept = self._kept.pop(call, None) or _Kept()
            self._kept[call] = kept
            kept.messages.append(message)
            more = len(message.text)
            while len(kept.messages) > MOST_OF_ONE:
                more -= len(kept.messages.pop(0).text)
            kept.letters += more
            self._letters += more
            self._make_room()

    def _make_room(self) -> None:
        while self._kept and self._letters > ROOM[self._keep]:
            self._letters -= self._kept.pop(next(iter(self._kept))).letters


def without_secrets(message: str, method: str) -> str:
    """Return a SIP message without what it holds that is secret; of that remains how long it was.

    Digests allow to guess a password, keys to listen; digits may be a PIN, and a text is between two people.
    """
    message = _HEADERS.sub(lambda found: f"{found[1]}{found[2]} (not kept)", message)
    message = _PASSWORD.sub(r"\1(not kept)", message)
    head, blank, body = message.partition("\n\n")
    if body.strip() and method in _SPOKEN and not head.startswith("SIP/2.0"):
        body = f"({len(body)} letters of {_SPOKEN[method]}, not kept)"
    return head + blank + _KEYS.sub(lambda found: f"{found[1]} ({len(found[2].strip())} letters)", body)


def readable_message(message: str) -> str:
    """Return a message in whole letters, its lines parted by newlines alone."""
    message = message.replace("\r\n", "\n")
    if message.isascii() and not _CONTROLS.search(message):
        return message
    return "\n".join(map(readable, message.split("\n")))


def _summary(call: str, messages: list[Message], quality: Quality | None) -> dict[str, Any]:
    first = messages[0]
    cseq = _CSEQ.search(first.text)
    return {
        "call": call,
        "at": round(first.at, 3),
        "until": round(messages[-1].at, 3),
        "sent": first.sent != first.text.startswith("SIP/2.0"),  # an answer of ours: the request came in
        "method": cseq[2] if cseq else "",
        "from": _who(_FROM, first.text),
        "to": _who(_TO, first.text),
        "outcome": _outcome(messages),
        "messages": len(messages),
        "quality": asdict(quality) if quality else {},
    }


def _who(header: re.Pattern[str], text: str) -> str:
    found = header.search(text)
    uri = _URI.search(found[1]) if found else None
    return uri[1] if uri else ""


def _outcome(messages: list[Message]) -> str:
    """Return the last answer to what began it: "200 OK", "486 Busy Here", "" while there is none."""
    cseq = _CSEQ.search(messages[0].text)
    method = cseq[2] if cseq else ""
    told = ""
    for message in messages:
        cseq = _CSEQ.search(message.text)
        if message.text.startswith("SIP/2.0") and cseq and cseq[2] == method:
            status = message.text.partition("\n")[0].removeprefix("SIP/2.0 ").strip()
            if method != "INVITE" or not told.startswith("2") or status.startswith("2"):
                told = status
    return told
