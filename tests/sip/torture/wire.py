"""Somebody who sends a desk whatever he likes, by UDP or TCP, and reads what comes back."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from tests.sip.torture.messages import Sender, raw, request

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 15.0  # seconds after which an answer that should have come has not
Address = tuple[str, int]


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody has."""
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


class Heard(NamedTuple):
    """What came: a response, or with `status` 0 a request."""

    status: int
    text: str

    @property
    def method(self) -> str:
        """What it asks, or answers."""
        return self.header("CSeq").partition(" ")[2].strip()

    def header(self, name: str) -> str:
        """The first value of a header."""
        found = re.search(rf"^{name}\s*:[ \t]*(.*?)\r?$", self.text, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


def _heard(data: bytes) -> Heard:
    text = data.decode(errors="replace")
    status = re.match(r"SIP/2\.0 (\d{3}) ", text)
    return Heard(int(status[1]) if status else 0, text)


class Wire:
    """A socket to a desk, and all that the desk has sent to it. What the desk asks is agreed to."""

    def __init__(self, open_socket: socket.socket, desk: Address) -> None:
        """Begin to listen; `desk` is where datagrams go."""
        self.desk = desk
        self.here: Address = open_socket.getsockname()
        self.heard: list[Heard] = []
        self.closed = False
        self._socket = open_socket
        self._stream = open_socket.type == socket.SOCK_STREAM
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @classmethod
    def udp(cls, desk: Address, host: str = "127.0.0.1") -> Self:
        """Talk by UDP, from that address of ours."""
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        datagrams.bind((host, 0))
        return cls(datagrams, desk)

    @classmethod
    def tcp(cls, desk: Address) -> Self:
        """Talk by a TCP connection of its own."""
        return cls(socket.create_connection(desk, PATIENCE), desk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def sender(self) -> Sender:
        """Who sends the next message."""
        here, desk = (f"{host}:{port}" for host, port in (self.here, self.desk))
        return Sender(here, desk, transport="TCP" if self._stream else "UDP").again()

    def send(self, message: bytes) -> None:
        """Send one datagram, or a piece of the stream; nothing where the desk has closed it."""
        with suppress(OSError):
            if self._stream:
                self._socket.settimeout(PATIENCE)
                self._socket.sendall(message)
            else:
                self._socket.sendto(message, self.desk)

    def wait(self, wanted: Callable[[Heard], bool], seconds: float = PATIENCE) -> Heard:
        """Return the first thing that is wanted, also one that has come before."""

        def found() -> Heard | None:
            return next((heard for heard in self.heard if wanted(heard)), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, seconds), (
                f"not within {seconds} s, but {[heard.text[:60] for heard in self.heard]}"
            )
            answer = found()
        assert answer is not None
        return answer

    def rings(self, sender: Sender, seconds: float = PATIENCE) -> Heard:
        """Wait for the 180 to an INVITE of that sender."""
        return self.wait(lambda h: h.status == 180 and sender.token in h.header("Call-ID"), seconds)

    def final(self, sender: Sender) -> Heard:
        """Wait for the final answer to his first INVITE."""
        return self.wait(
            lambda h: (
                h.status >= 200
                and h.header("Call-ID") == f"{sender.token}@torture"
                and h.header("CSeq") == "1 INVITE"
            )
        )

    def ask(self, message: bytes, seconds: float = PATIENCE) -> Heard:
        """Send a request, and return its final answer."""
        asked = _heard(message)
        self.send(message)
        return self.wait(
            lambda h: (
                h.status >= 200
                and h.header("Call-ID") == asked.header("Call-ID")
                and h.header("CSeq") == asked.header("CSeq")
            ),
            seconds,
        )

    def wait_closed(self) -> None:
        """Wait until the desk has closed the connection."""
        with self._news:
            assert self._news.wait_for(lambda: self.closed, PATIENCE), "the desk did not close the connection"

    def probe(self, seconds: float = PATIENCE) -> None:
        """Wait until the desk has answered an OPTIONS: then it has seen all that was sent before."""
        answer = self.ask(request(self.sender(), "OPTIONS"), seconds)
        assert answer.status == 200, answer.text
        self.heard.remove(answer)

    def follow(self, response: Heard, method: str) -> None:
        """Send ACK or CANCEL for the INVITE that was answered so."""
        to = response.header("To")
        self.send(
            raw(
                f"{method} sip:200@{self.desk[0]}:{self.desk[1]} SIP/2.0",
                f"Via: {response.header('Via')}",
                "Max-Forwards: 70",
                f"From: {response.header('From')}",
                f"To: {to.partition(';tag=')[0] if method == 'CANCEL' else to}",
                f"Call-ID: {response.header('Call-ID')}",
                f"CSeq: {response.header('CSeq').partition(' ')[0]} {method}",
                "Content-Length: 0",
            )
        )

    def give_up(self, ringing: Heard) -> None:
        """Cancel an INVITE that rings."""
        self.follow(ringing, "CANCEL")
        call_id = ringing.header("Call-ID")
        self.follow(
            self.wait(lambda h: h.status >= 200 and h.method == "INVITE" and h.header("Call-ID") == call_id),
            "ACK",
        )

    def _listen(self) -> None:
        buffer = b""
        while True:
            with suppress(TimeoutError):
                try:
                    data = self._socket.recv(65535)
                except OSError as error:
                    if isinstance(error, TimeoutError):
                        raise
                    data = b""
                if not data:
                    break
                if not self._stream:
                    self._keep(data)
                    continue
                buffer += data
                while (end := _length(buffer)) and len(buffer) >= end:
                    self._keep(buffer[:end])
                    buffer = buffer[end:].lstrip(b"\r\n\0")
        with self._news:
            self.closed = True
            self._news.notify_all()

    def _keep(self, data: bytes) -> None:
        if not data.strip(b"\r\n\0"):
            return
        heard = _heard(data)
        if not heard.status and heard.method != "ACK":
            self.send(_agreement(heard))
        with self._news:
            self.heard.append(heard)
            self._news.notify_all()


def _length(stream: bytes) -> int:
    """The length of the first message in a stream, 0 while its head is not there."""
    head, end, _ = stream.partition(b"\r\n\r\n")
    length = re.search(rb"^(?:Content-Length|l)\s*:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    return len(head) + 4 + (int(length[1]) if length else 0) if end else 0


def _agreement(asked: Heard) -> bytes:
    """A 200 for a request."""
    headers = ((name, asked.header(name)) for name in ("Via", "From", "Call-ID", "CSeq", "Contact"))
    to = asked.header("To")
    return raw(
        "SIP/2.0 200 OK",
        *(f"{name}: {value}" for name, value in headers if value),
        f"To: {to if ';tag=' in to else to + ';tag=wire'}",
        "Expires: 300",
        "Content-Length: 0",
    )
