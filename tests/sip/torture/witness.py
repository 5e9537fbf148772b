"""A call that must not notice what happens around it: its far end counts each packet of speech."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from appliance.desk.events import Answer
from tests.sip.torture.messages import request
from tests.sip.torture.wire import PATIENCE

if TYPE_CHECKING:
    from tests.running import RunningDesk
    from tests.sip.torture.wire import Wire

_END = b"END"


def resident(desk: RunningDesk) -> int:
    """Bytes of memory that the desk's process has."""
    assert desk.process
    status = Path(f"/proc/{desk.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s*(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


class Speech:
    """Where the desk's speech goes: RTP packets (RFC 3550), their number and the gaps between them."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        """Begin to listen."""
        self.packets = 0
        self.missing = 0
        self._last = -1
        self._news = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._socket.sendto(_END, self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def flows(self, packets: int = 3) -> bool:
        """Whether so many more packets come."""
        with self._news:
            enough = self.packets + packets
            return self._news.wait_for(lambda: self.packets >= enough, PATIENCE)

    def _listen(self) -> None:
        while (packet := self._socket.recv(2048)) != _END:
            with self._news:
                number = int.from_bytes(packet[2:4])
                if self._last >= 0:
                    self.missing += (number - self._last - 1) % 65536
                self._last = number
                self.packets += 1
                self._news.notify_all()


class Witness:
    """A caller who is being talked to."""

    def __init__(self, desk: RunningDesk, wire: Wire) -> None:
        """Call, and have the operator answer."""
        self._desk, self.wire = desk, wire
        self.speech = Speech()
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.speech.port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )
        self._sender = sender = wire.sender()
        self._sequence = itertools.count(2)
        self._call_id = f"{sender.token}@torture"
        wire.send(request(sender, "INVITE", body=sdp))
        wire.wait(lambda h: h.status == 180 and h.header("Call-ID") == self._call_id)
        desk.until_call("ringing")
        desk.ask(Answer())
        self.answered = wire.wait(lambda h: h.status == 200 and h.header("Call-ID") == self._call_id)
        wire.follow(self.answered, "ACK")
        state = desk.until_call("answered")
        (self.id,) = state["calls"]
        assert self.speech.flows()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.speech.close()

    def is_untouched(self) -> None:
        """Fail unless the call is as it was: answered, active, nothing was asked of us, and speech flows."""
        call = self._desk.status()["calls"].get(self.id)
        assert call is not None, self._desk.log.read_text()
        assert call["state"] == "answered"
        asked = [h.method for h in self.wire.heard if not h.status and h.header("Call-ID") == self._call_id]
        assert not {"BYE", "UPDATE", "REFER"} & set(asked), asked
        assert self.speech.flows(), "the caller hears nothing"
        assert self.speech.missing == 0, f"{self.speech.missing} of {self.speech.packets} packets are missing"

    @property
    def media_port(self) -> int:
        """Where the desk takes speech."""
        media = re.search(r"^m=audio (\d+)", self.answered.text, re.MULTILINE)
        assert media
        return int(media[1])

    def request(self, method: str, uri: str = "", body: str = "", **changed: str | None) -> bytes:
        """A request within the call."""
        number = next(self._sequence)
        within = {
            "via": f"{self._sender.via}.{number}",
            "to": self.answered.header("To"),
            "cseq": f"{number} {method}",
        }
        return request(self._sender, method, uri, body, **{**within, **changed})

    def hang_up(self) -> None:
        """End the call."""
        self.wire.ask(self.request("BYE"))
