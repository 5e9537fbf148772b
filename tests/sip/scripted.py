"""An exchange that does as it is told: for the answers that a well-behaved one never gives."""

from __future__ import annotations

import re
import socket
import threading
from typing import TYPE_CHECKING, Self

from appliance.sip.identity import message

if TYPE_CHECKING:
    from collections.abc import Callable

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)
TYPES = {
    "dialog": "application/dialog-info+xml",
    "presence": "application/pidf+xml",
    "message-summary": "application/simple-message-summary",
}
Answer = tuple[int, str] | tuple[int, str, str]  # status, reason, header lines


def _agree(_times: int) -> Answer:
    return 200, "OK"


class Request:
    """A request that came, and where from."""

    def __init__(self, text: str, source: tuple[str, int]) -> None:
        self.text, self.source = text, source
        self.method, self.uri = text.split(" ", 2)[:2]
        self.message = message(text)

    def header(self, name: str) -> str:
        return next((value for key, value in self.message.headers if key == name), "")


class ScriptedExchange:
    """Answers each method with what `answers` says, a function of how often it was asked; 200 by default.

    A None is silence. What SUBSCRIBE accepted is followed by a NOTIFY with `bodies` for that user, of the
    type in `types`, else of the one that the event package has.
    """

    def __init__(self, **answers: Callable[[int], Answer | None]) -> None:
        self.host = "127.0.0.1"
        self.answers = answers
        self.bodies: dict[str, str] = {}
        self.sdp = SDP
        self.contact = ""
        self.types: dict[str, str] = {}
        self.asked: list[Request] = []
        self.replies: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.host, 0))
        self.sip_port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def password(self, extension: str) -> str:
        return "secret" + extension

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"END", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def count(self, method: str) -> int:
        return len({r.header("cseq") + r.header("call-id") for r in self.asked if r.method == method})

    def send(self, text: str, to: tuple[str, int]) -> None:
        self._socket.sendto(text.encode(), to)

    def _serve(self) -> None:
        while True:
            data, source = self._socket.recvfrom(65535)
            if data == b"END":
                return
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                self.replies.append(text)
            elif text.strip("\r\n\0"):
                self._answer(Request(text, source))

    def _answer(self, request: Request) -> None:
        self.asked.append(request)
        if request.method == "ACK":
            return
        chosen = self.answers.get(request.method.lower(), _agree)(self.count(request.method))
        if chosen is None:
            return
        code, reason, *more = chosen
        lines = "".join(more) or "Expires: 300\r\n"
        tag = "" if ";tag=" in request.header("to") else ";tag=scripted"
        copied = "".join(f"{name}: {request.header(name)}\r\n" for name in ("via", "from", "call-id", "cseq"))
        body = self.sdp if request.method == "INVITE" and code == 200 else ""
        self.send(
            f"SIP/2.0 {code} {reason}\r\n{copied}To: {request.header('to')}{tag}\r\n"
            f"Contact: {self.contact or self._own_or_ours(request)}\r\n"
            f"{lines}Content-Type: application/sdp\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}",
            request.source,
        )
        if request.method == "SUBSCRIBE" and code == 200:
            self.notify(request)

    def notify(
        self,
        subscribe: Request,
        version: int = 1,
        *,
        body: str | None = None,
        kind: str = "",
        state: str = "",
    ) -> None:
        """Send the state of whom a SUBSCRIBE asked for; `version` counts what follows on one SUBSCRIBE."""
        user = re.sub(r".*sip:([^@]*)@.*", r"\1", subscribe.header("to"))
        body = self.bodies.get(user, "") if body is None else body
        kind = kind or self.types.get(user, TYPES.get(subscribe.header("event"), ""))
        ended = subscribe.header("expires") == "0"
        tag = "" if ";tag=" in subscribe.header("to") else ";tag=scripted"
        contact = re.sub(r".*<([^>]*)>.*", r"\1", subscribe.header("contact"))
        state = state or ("terminated;reason=timeout" if ended else "active;expires=300")
        sequence = len(self.asked) * 10 + version
        self.send(
            f"NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.sip_port};branch=z9hG4bK"
            f"{len(self.asked)}n{version}\r\nMax-Forwards: 70\r\nFrom: {subscribe.header('to')}{tag}\r\n"
            f"To: {subscribe.header('from')}\r\nCall-ID: {subscribe.header('call-id')}\r\n"
            f"CSeq: {sequence} NOTIFY\r\nContact: {self._contact()}\r\n"
            f"Event: {subscribe.header('event')}\r\nSubscription-State: {state}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}",
            subscribe.source,
        )

    def _own_or_ours(self, request: Request) -> str:
        return request.header("contact") if request.method == "REGISTER" else self._contact()

    def _contact(self) -> str:
        return f"<sip:{self.host}:{self.sip_port}>"
