"""What our pjsua2 does beyond the stock one: it asks who may come in, and takes large messages."""

from __future__ import annotations

import gc
import logging
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from appliance.desk.state import ExtensionState
from appliance.sip import subscription
from appliance.sip.engine import Endpoint
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import Request, ScriptedExchange
from tests.sip.test_dialog_info import dialog, document
from tests.sip.test_resource_list import TYPE, instance, listed, multipart, part, resource

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = ExtensionState.BUSY


class OverTcp(ScriptedExchange):
    """The scripted exchange, over one TCP connection at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._listener = socket.create_server((self.host, 0))
        self.sip_port = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._connection:
            with suppress(OSError):  # we have hung up already
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._socket.close()

    def send(self, text: str, _to: tuple[str, int]) -> None:
        assert self._connection
        self._connection.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())

    def _serve(self) -> None:
        while True:
            try:
                self._connection, source = self._listener.accept()
            except OSError:
                return
            with self._connection, self._connection.makefile("rb") as stream:
                for text in _requests(stream):
                    self._answer(Request(text, source))


def _requests(stream: Any) -> Iterator[str]:
    """The requests on a connection; none of ours to the exchange has a body here."""
    head = b""
    for line in stream:
        head += line
        if head.endswith(b"\r\n\r\n"):
            if not head.startswith(b"SIP/2.0"):
                yield head.decode().lstrip()
            head = b""


def request(method: str, body: str = "", transport: str = "UDP", branch: str = "1", tag: str = "") -> bytes:
    return (
        f"{method} sip:200@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} 127.0.0.1;rport;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:200@127.0.0.1>{tag}\r\nCall-ID: {branch}\r\n"
        f"CSeq: 1 {method}\r\nContact: <sip:a@127.0.0.1>\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_line(connection: socket.socket) -> str:
    """What was answered; "" when the connection was closed instead."""
    try:
        return connection.recv(65535).decode().partition("\r\n")[0]
    except ConnectionResetError:
        return ""


@pytest.mark.parametrize(
    ("verdict", "answer"), [(403, "SIP/2.0 403 Forbidden"), (0, "SIP/2.0 200 OK"), (-1, None)]
)
def test_who_is_outside_any_dialog_is_judged_before_anybody_else_hears_of_it(
    monkeypatch: pytest.MonkeyPatch, verdict: int, answer: str | None
) -> None:
    judged: list[tuple[str, str]] = []

    def judge(_endpoint: Endpoint, prm: Any) -> None:
        judged.append((prm.method, prm.rdata.srcAddress))
        prm.statusCode = verdict

    monkeypatch.setattr(Endpoint, "onOutOfDialogRequest", judge)
    port = free_port(socket.SOCK_DGRAM)
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("confirmed"))
    with (
        exchange,
        Operator(config(exchange, local_port=port, extensions=("1001",))) as operator,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        operator.extension("1001", BUSY)
        stranger.settimeout(10)
        stranger.connect(("127.0.0.1", port))
        stranger.send(request("ACK"))
        stranger.send(request("OPTIONS", branch="2"))
        stranger.send(request("OPTIONS", branch="3", tag=";tag=x"))
        answers = [first_line(stranger) for _ in range(2 if answer else 1)]
        source = "{}:{}".format(*stranger.getsockname())
    # Neither the ACK, nor the NOTIFY and the OPTIONS that belong to a dialog, or say so.
    assert judged == [("OPTIONS", source)]
    assert answers == [*([answer] if answer else []), "SIP/2.0 481 Call/Transaction Does Not Exist"]


def test_a_list_of_400_extensions_comes_in_one_message_over_tcp() -> None:
    numbers = tuple(str(1000 + n) for n in range(400))
    exchange = OverTcp()
    exchange.types["all"] = TYPE
    states = (part(document(dialog("confirmed")) + " " * 250, f"{number}@x") for number in numbers)
    members = (resource(number, instance(f"{number}@x")) for number in numbers)
    exchange.bodies["all"] = multipart(listed(*members), *states)
    assert 200_000 < len(exchange.bodies["all"]) < 262_000
    with (
        exchange,
        Operator(config(exchange, transport="tcp", extensions=numbers, monitor_list="all")) as operator,
    ):
        for number in numbers:
            operator.extension(number, BUSY)


def test_a_message_too_long_ends_its_connection_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port(socket.SOCK_STREAM)
    exchange = OverTcp()
    exchange.bodies["1001"] = document(dialog("confirmed"))
    settings = config(exchange, transport="tcp", local_port=port, extensions=("1001",))
    smuggled = request("INVITE", transport="TCP").decode()
    with caplog.at_level(logging.DEBUG), exchange, Operator(settings) as operator:
        operator.extension("1001", BUSY)
        stranger = socket.create_connection(("127.0.0.1", port), timeout=10)
        stranger.sendall(request("OPTIONS", "x" * 200_000, "TCP"))
        assert first_line(stranger).startswith("SIP/2.0 ")
        writer = threading.Thread(target=_write, args=(stranger, smuggled * 3000))
        writer.start()
        assert first_line(stranger) == ""
        writer.join()
        stranger.close()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as another:
            another.sendall(request("OPTIONS", transport="TCP", branch="2"))
            assert first_line(another).startswith("SIP/2.0 ")
        exchange.bodies["1001"] = document(dialog("terminated"))
        exchange.notify(next(asked for asked in exchange.asked if asked.method == "SUBSCRIBE"), 2)
        operator.extension("1001", ExtensionState.AVAILABLE)
    assert "longer than 262144 bytes" in caplog.text
    assert "INVITE" not in "".join(r.message for r in caplog.records if r.levelno > logging.DEBUG)


def _write(connection: socket.socket, body: str) -> None:
    with suppress(OSError):
        connection.sendall(request("MESSAGE", body, "TCP", branch="long"))


def test_a_subscription_may_be_dropped_after_its_library_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    create = subscription._Dialog.create

    def keep(made: subscription._Dialog, *args: Any) -> None:
        kept.append(made)
        create(made, *args)

    monkeypatch.setattr(subscription._Dialog, "create", keep)
    exchange = ScriptedExchange()
    exchange.bodies["1001"] = document(dialog("confirmed"))
    with exchange:
        with Operator(config(exchange, extensions=("1001",))) as operator:
            operator.extension("1001", BUSY)
        with Operator(config(exchange, extensions=("1001",))) as operator:
            operator.extension("1001", BUSY)
            kept.clear()
            gc.collect()
            until(lambda: exchange.count("SUBSCRIBE") >= 2, "it lives")
            assert operator.agent.alive
