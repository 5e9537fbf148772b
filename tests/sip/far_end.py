"""A dialog with the desk, message by message: what no real telephone would do at that moment."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from appliance.sip.identity import message
from tests.sip.parties import until
from tests.sip.scripted import SDP

if TYPE_CHECKING:
    from tests.sip.scripted import ScriptedExchange

_ids = itertools.count(1)


class FarEnd:
    """Calls the desk by way of a scripted exchange, at which the desk is registered."""

    def __init__(self, exchange: ScriptedExchange, number: str = "1001") -> None:
        self._exchange = exchange
        self._desk = next(r.source for r in exchange.asked if r.method == "REGISTER")
        self.call_id = f"far-{next(_ids)}"
        self.from_ = f'"User {number}" <sip:{number}@pbx>;tag=far'
        self.to = "<sip:200@pbx>"
        self._branch = ""
        self._cseq = 0

    def invite(self, *headers: str, sdp: str = SDP) -> int:
        """Send an INVITE, a new one or in the dialog; its CSeq number."""
        return self.request("INVITE", "Content-Type: application/sdp", *headers, body=sdp)

    def cancel(self, *headers: str) -> None:
        self._send("CANCEL", self._cseq, self._branch, headers, "", self.to.partition(";tag=")[0])

    def ack(self) -> None:
        self._send("ACK", self._cseq, f"z9hG4bKack{next(_ids)}", (), "", self.to)

    def request(self, method: str, *headers: str, body: str = "") -> int:
        """Send a request; its CSeq number."""
        self._cseq += 1
        branch = f"z9hG4bKfar{next(_ids)}"
        if method == "INVITE":
            self._branch = branch
        self._send(method, self._cseq, branch, headers, body, self.to)
        return self._cseq

    def statuses(self, method: str, cseq: int) -> list[int]:
        """The status codes that came in answer to a request."""
        return [int(reply.split(" ", 2)[1]) for reply in self._replies(method, cseq)]

    def final(self, method: str, cseq: int) -> int:
        """Wait for the final status in answer to a request."""
        until(lambda: self.statuses(method, cseq)[-1:] >= [200], f"a final answer to {method} {cseq}")
        return self.statuses(method, cseq)[-1]

    def answered(self, method: str, cseq: int, status: int = 200) -> str:
        """Wait for a response, and take on the tag that the desk chose."""

        def found() -> list[str]:
            return [r for r in self._replies(method, cseq) if r.startswith(f"SIP/2.0 {status} ")]

        until(lambda: bool(found()), f"{status} to {method} {cseq}; came {self.statuses(method, cseq)}")
        self.to = message(found()[0]).first("to")
        return found()[0]

    def talk(self) -> None:
        """The rest of a call that the desk answers."""
        self.answered("INVITE", self._cseq)
        self.ack()

    def _replies(self, method: str, cseq: int) -> list[str]:
        return [
            reply
            for reply in self._exchange.replies
            if re.search(rf"^Call-ID: {self.call_id}\r$", reply, re.MULTILINE)
            and re.search(rf"^CSeq: {cseq} {method}\r$", reply, re.MULTILINE)
        ]

    def _send(
        self, method: str, cseq: int, branch: str, headers: tuple[str, ...], body: str, to: str
    ) -> None:
        address = f"{self._exchange.host}:{self._exchange.sip_port}"
        lines = [
            f"{method} sip:200@{self._desk[0]}:{self._desk[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {address};branch={branch}",
            "Max-Forwards: 70",
            f"From: {self.from_}",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{address}>",
            "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, REFER, NOTIFY",
            *headers,
            f"Content-Length: {len(body.encode())}",
        ]
        self._exchange.send("\r\n".join(lines) + "\r\n\r\n" + body, self._desk)
