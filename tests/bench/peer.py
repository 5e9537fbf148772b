"""The other end of the wire, for timing: an exchange that is only a UDP socket, and the clock right at it."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Self

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
)
BUSY, FREE = "confirmed", "terminated"


@dataclass
class Subscription:
    """A dialog in which a number's state is told (RFC 6665)."""

    subscribe: str
    contact: str
    sequence: int = 0


class Peer:
    """Accepts every REGISTER and every SUBSCRIBE for dialogs, and places calls to whoever registered."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._desk = ("", 0)
        self._contact = ""
        self._calls = 0
        self._sent = 0
        self._states: dict[str, str] = {}
        self.subscriptions: dict[str, Subscription] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def wait_for_desk(self, subscriptions: int = 0) -> None:
        """Wait until the desk has registered, and has subscribed to so many numbers."""
        while not self._contact or len(self.subscriptions) < subscriptions:
            self._receive(15.0)

    def serve(self, until: float) -> None:
        """Answer what comes until that moment (`time.perf_counter`)."""
        while (patience := until - time.perf_counter()) > 0:
            try:
                self._receive(patience)
            except TimeoutError:
                return

    def invite(self) -> tuple[str, float]:
        """Ring the desk; return the call and the moment its INVITE went out (`time.perf_counter`)."""
        self._calls += 1
        call = f"bench-{self._calls}-{self.port}"
        body = SDP.format(port=self.port)
        headers = f"Contact: <sip:peer@127.0.0.1:{self.port}>\r\nContent-Type: application/sdp\r\n"
        return call, self._send(call, "INVITE", 1, headers, body)

    def wait_for(self, call: str, status: int) -> float:
        """Return the moment at which a response with that status to that call's INVITE came in."""
        while True:
            text, at = self._receive(5.0)
            if f"Call-ID: {call}" in text and text.startswith(f"SIP/2.0 {status} "):
                if "INVITE" in _header(text, "CSeq"):
                    self._to = _header(text, "To")
                return at

    def confirm(self, call: str) -> None:
        """Send the ACK."""
        self._send(call, "ACK", 1, to=self._to)

    def hang_up(self, call: str) -> None:
        """Send a BYE and wait for its answer."""
        self._send(call, "BYE", 2, to=self._to)
        self.wait_for(call, 200)

    def tell(self, number: str, state: str) -> float:
        """Tell the desk the state of a number; return the moment at which the NOTIFY went out."""
        self._states[number] = state
        return self._notify(number, self.subscriptions[number], "active;expires=300")

    def _notify(self, number: str, subscription: Subscription, status: str) -> float:
        subscribe = subscription.subscribe
        subscription.sequence += 1
        self._sent += 1
        body = (
            '<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"'
            f' version="{subscription.sequence - 1}" state="full" entity="sip:{number}@127.0.0.1">'
            f'<dialog id="{number}"><state>{self._states.get(number, FREE)}</state></dialog></dialog-info>'
        )
        lines = [
            f"NOTIFY {subscription.contact} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bKn{self._sent}",
            "Max-Forwards: 70",
            f"From: {_header(subscribe, 'To')};tag={number}",
            f"To: {_header(subscribe, 'From')}",
            f"Call-ID: {_header(subscribe, 'Call-ID')}",
            f"CSeq: {subscription.sequence} NOTIFY",
            f"Contact: <sip:peer@127.0.0.1:{self.port}>",
            "Event: dialog",
            f"Subscription-State: {status}",
            "Content-Type: application/dialog-info+xml",
            f"Content-Length: {len(body)}",
        ]
        at = time.perf_counter()
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._desk)
        return at

    def _send(
        self, call: str, method: str, number: int, headers: str = "", body: str = "", to: str = ""
    ) -> float:
        lines = [
            f"{method} {self._contact} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{call}{method}",
            "Max-Forwards: 70",
            f'From: "Bench" <sip:1000@127.0.0.1:{self.port}>;tag={call}',
            f"To: {to or f'<{self._contact}>'}",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            f"{headers}Content-Length: {len(body)}",
        ]
        message = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        at = time.perf_counter()
        self._socket.sendto(message, self._desk)
        return at

    def _receive(self, patience: float) -> tuple[str, float]:
        """Return the next message that is not bookkeeping, and when it came."""
        self._socket.settimeout(patience)
        data, sender = self._socket.recvfrom(65_535)
        at = time.perf_counter()
        text = data.decode(errors="replace")
        method = text.split(" ", 1)[0]
        if method == "REGISTER":
            self._desk = sender
            self._contact = _header(text, "Contact").partition("<")[2].partition(">")[0]
            self._answer(text, "200 OK", f"Contact: {_header(text, 'Contact')}\r\nExpires: 300\r\n")
        elif method == "SUBSCRIBE":
            self._subscribed(text)
        elif method == "OPTIONS":
            self._answer(text, "200 OK")
        return text, at

    def _subscribed(self, text: str) -> None:
        if _header(text, "Event") != "dialog":
            self._answer(text, "489 Bad Event")
            return
        number = text.partition("sip:")[2].partition("@")[0]
        expires = _header(text, "Expires")
        self._answer(
            text, "200 OK", f"Contact: <sip:peer@127.0.0.1:{self.port}>\r\nExpires: {expires}\r\n", number
        )
        contact = _header(text, "Contact").partition("<")[2].partition(">")[0]
        old = self.subscriptions.get(number)
        known = old if old and _header(old.subscribe, "Call-ID") == _header(text, "Call-ID") else None
        subscription = known or Subscription(text, contact)
        if expires == "0":
            self._notify(number, subscription, "terminated;reason=timeout")
            return
        self.subscriptions[number] = subscription
        self._notify(number, subscription, "active;expires=300")

    def _answer(self, request: str, status: str, headers: str = "", tag: str = "peer") -> None:
        copied = [f"{name}: {_header(request, name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        to = _header(request, "To")
        to = to if ";tag=" in to else f"{to};tag={tag}"
        text = "\r\n".join([f"SIP/2.0 {status}", *copied, f"To: {to}", f"{headers}Content-Length: 0", "", ""])
        self._socket.sendto(text.encode(), self._desk)


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", text, re.MULTILINE)
    return found[1] if found else ""
