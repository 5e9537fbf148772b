"""The exchange keeps its promises: it starts, takes phones, makes calls, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.demo.exchange import Exchange, ExchangeError
from appliance.demo.exchange.configuration import render
from appliance.demo.exchange.tree import cached_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.exchange


class Phone:
    """A telephone of a few lines: one UDP socket that registers and answers INVITEs with 200 and no sound."""

    def __init__(self, exchange: Exchange, extension: str, password: str | None = None) -> None:
        self.host, self.extension = exchange.host, extension
        self.password = password or exchange.password(extension)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((exchange.host, exchange.sip_port))
        self.socket.settimeout(5)
        self.port: int = self.socket.getsockname()[1]

    def register(self) -> str:
        """The first line of the final answer."""
        challenge = self._register(1, "")
        found = {key: re.findall(rf'{key}="([^"]*)"', challenge)[-1] for key in ("realm", "nonce")}
        first = _md5(f"{self.extension}:{found['realm']}:{self.password}")
        second = _md5(f"REGISTER:sip:{self.host}")
        answer = _md5(f"{first}:{found['nonce']}:00000001:phone:auth:{second}")
        credentials = (
            f'Authorization: Digest username="{self.extension}",realm="{found["realm"]}",'
            f'nonce="{found["nonce"]}",uri="sip:{self.host}",response="{answer}",'
            'algorithm=MD5,qop=auth,nc=00000001,cnonce="phone"\r\n'
        )
        return self._register(2, credentials).splitlines()[0]

    def _register(self, number: int, credentials: str) -> str:
        me = f"sip:{self.extension}@{self.host}"
        self.socket.send(
            f"REGISTER sip:{self.host} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.port}{number};rport\r\n"
            f"From: <{me}>;tag=phone\r\nTo: <{me}>\r\nCall-ID: {self.port}\r\nCSeq: {number} REGISTER\r\n"
            f"Contact: <{me}:{self.port}>\r\n{credentials}Content-Length: 0\r\n\r\n".encode()
        )
        return self.receive("SIP/2.0")

    def receive(self, start: str) -> str:
        """The next message whose first line begins so."""
        while not (message := self.socket.recv(65536).decode()).startswith(start):
            pass
        return message

    def answer(self, invite: str, status: str = "200 OK") -> None:
        """Answer an INVITE; with 200 the sound is G.711 at a port where nobody listens."""
        kept = [line for line in invite.split("\r\n") if re.match("(Via|From|Call-ID|CSeq):", line)]
        to = re.findall("^To: .*", invite, re.MULTILINE)[0].strip()
        sdp = [
            "v=0",
            f"o=- 1 1 IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            "m=audio 9 RTP/AVP 0",
        ]
        body = "".join(line + "\r\n" for line in sdp) if status == "200 OK" else ""
        head = [f"SIP/2.0 {status}", *kept, f"{to};tag=phone"]
        head += [f"Contact: <sip:{self.extension}@{self.host}:{self.port}>", "Content-Type: application/sdp"]
        self.socket.send("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@contextmanager
def phone(exchange: Exchange, extension: str, password: str | None = None) -> Iterator[Phone]:
    one = Phone(exchange, extension, password)
    with one.socket:
        yield one


def eventually(holds: Callable[[], bool]) -> bool:
    """True as soon as it holds; False when it did not for ten seconds."""
    deadline = time.monotonic() + 10
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def test_a_phone_registers_with_its_password(exchange: Exchange) -> None:
    with phone(exchange, "1009") as it:
        assert it.register() == "SIP/2.0 200 OK"
        assert "1009" in exchange.registered()


def test_a_wrong_password_is_refused(exchange: Exchange) -> None:
    with phone(exchange, "1010", password="wrong") as it:
        assert it.register().startswith("SIP/2.0 401")
    assert "1010" not in exchange.registered()


def test_a_caller_rings_a_phone_and_hangs_up(exchange: Exchange) -> None:
    with phone(exchange, "1008") as it:
        it.register()
        caller = exchange.originate("0301234567", "1008", name="Miller")
        invite = it.receive("INVITE")
        assert '"Miller" <sip:0301234567@' in invite
        it.answer(invite)
        it.receive("ACK")
        assert eventually(lambda: (caller, "Up") in {(leg.id, leg.state) for leg in exchange.channels()})
        exchange.hang_up(caller)
        it.receive("BYE")
    assert eventually(lambda: not any(leg.linked_id == caller for leg in exchange.channels()))


def test_a_caller_gives_up_after_its_time(exchange: Exchange) -> None:
    with phone(exchange, "1007") as it:
        it.register()
        exchange.originate("0301234567", "1007", ring_seconds=1)
        it.answer(it.receive("INVITE"), "180 Ringing")
        it.receive("CANCEL")


def test_staff_answers_by_itself_and_its_lamp_follows() -> None:
    with Exchange(users=2, staff=["1002"]) as exchange:
        caller = exchange.originate("0301234567", "1002")
        for state in ("Ringing", "InUse"):
            assert eventually(lambda s=state: f"State:{s}" in exchange.cli("core show hint 1002"))  # type: ignore[misc]
        exchange.hang_up(caller)
        assert eventually(lambda: "State:Idle" in exchange.cli("core show hint 1002"))


def test_what_a_caller_hears_is_recorded(exchange: Exchange, tmp_path: Path) -> None:
    recording = tmp_path / "heard.wav"
    caller = exchange.originate("0301234567", "808", speaks="nothing", record=recording)
    assert eventually(lambda: recording.exists() and recording.stat().st_size > 8000)
    exchange.hang_up(caller)


def test_a_lamp_moves_without_a_call(exchange: Exchange) -> None:
    exchange.set_extension("1006", "INUSE")
    assert eventually(lambda: "State:InUse" in exchange.cli("core show hint 1006"))
    exchange.set_extension("1006", "NOT_INUSE")
    assert eventually(lambda: "State:Idle" in exchange.cli("core show hint 1006"))


def test_messages_wait_in_a_mailbox(exchange: Exchange) -> None:
    exchange.set_messages("1005", 2)
    assert re.search(r"default +1005 .* 2$", exchange.cli("voicemail show users"), re.MULTILINE)


def test_tls_is_signed_by_the_authority_it_names(exchange: Exchange) -> None:
    context = ssl.create_default_context(cafile=str(exchange.ca_file))
    plain = socket.create_connection((exchange.host, exchange.tls_port), timeout=5)
    with context.wrap_socket(plain, server_hostname=exchange.host) as secured:
        assert secured.version() in ("TLSv1.2", "TLSv1.3")


def test_a_refused_action_says_why(exchange: Exchange) -> None:
    with pytest.raises(ExchangeError, match="Hangup: No such channel"):
        exchange.ami("Hangup", Channel="PJSIP/nobody")


def test_a_value_cannot_smuggle_in_a_second_action(exchange: Exchange) -> None:
    with pytest.raises(ExchangeError, match="single lines"):
        exchange.originate("030\r\nAction: Command", "1001")


def test_nothing_is_left_after_stop(fresh_exchange: Exchange) -> None:
    pid, run = fresh_exchange.pid, fresh_exchange.run
    fresh_exchange.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not run.exists()


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from appliance.demo.exchange import Exchange\n"
        "e = Exchange(users=1, run=pathlib.Path(sys.argv[1])); e.start()\n"
        "print(e.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: _gone(pid))


def _gone(pid: int) -> bool:
    """Not there, or a zombie whose new parent has not looked yet."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_after_its_death_it_comes_back_at_the_same_ports(fresh_exchange: Exchange) -> None:
    ports = fresh_exchange.sip_port, fresh_exchange.tls_port
    with socket.create_connection((fresh_exchange.host, ports[0]), timeout=5):
        fresh_exchange.kill()
        assert fresh_exchange.pid is None
        with pytest.raises(ExchangeError, match="does not answer"):
            fresh_exchange.channels()
        fresh_exchange.restart()
    assert ports == (fresh_exchange.sip_port, fresh_exchange.tls_port)
    transports = fresh_exchange.cli("pjsip show transports")
    assert [name for name in ("udp", "tcp", "tls") if name not in transports] == []
    with phone(fresh_exchange, "1001") as it:
        assert it.register() == "SIP/2.0 200 OK"


def test_a_taken_port_is_named(exchange: Exchange) -> None:
    with pytest.raises(ExchangeError, match=f"SIP_PORT {exchange.sip_port} on 127.0.0.1 is taken"):
        Exchange(sip_port=exchange.sip_port).start()


def test_an_exchange_that_is_not_fetched_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ExchangeError, match="make demo"):
        Exchange().start()


def test_an_exchange_that_cannot_start_shows_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loader = cached_tree() / "usr/lib64/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text("#!/bin/sh\necho the cupboard is bare\n")
    loader.chmod(0o700)
    with pytest.raises(ExchangeError, match="did not start:\nthe cupboard is bare"):
        Exchange().start()


def test_templates_repeat_blocks_and_fill_in_names() -> None:
    text = ";@each USER\n[@E@] @HOST@\n;@end\nmail@E@x\n"
    assert render(text, {"HOST": "h"}, {"USER": ["1", "2"]}) == "[1] h\n[2] h\nmail@E@x\n"
