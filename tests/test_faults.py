"""What goes wrong: each fault says what it is, and no caller who was connected is lost."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from appliance.control.client import Client
from appliance.desk.events import Answer
from tests.running import RunningDesk, status_light

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def test_a_wrong_password_is_named_and_does_not_appear_in_the_log(exchange: Exchange, tmp_path: Path) -> None:
    with RunningDesk(tmp_path, exchange.sip_port, password="not-the-password") as desk:
        state = desk.until("failed", lambda state: state["registration"]["state"] == "failed")
        assert "password" in state["registration"]["reason"]
        desk.until("purple", lambda state: status_light(state) == ("flash", "#9600ff"))
        assert "not-the-password" not in desk.log.read_text()
        found = desk.deskbell("doctor", "--settings", str(desk.settings))
        assert found.returncode == 1
        assert "FAULT line: failed" in found.stdout


def test_no_exchange_is_said_and_the_desk_registers_when_it_comes(
    tmp_path: Path, fresh_exchange: Exchange
) -> None:
    fresh_exchange.stop()
    with RunningDesk(tmp_path, fresh_exchange.sip_port) as desk:
        state = desk.until("failed", lambda state: state["registration"]["state"] == "failed")
        assert state["registration"]["reason"]
        fresh_exchange.restart()
        desk.until_registered()


def test_when_the_exchange_dies_in_a_call_the_operator_keeps_the_desk_and_all_is_right_again_after(
    tmp_path: Path, fresh_exchange: Exchange
) -> None:
    with RunningDesk(tmp_path, fresh_exchange.sip_port, extensions={"1001": "Ada"}) as desk:
        desk.until_registered()
        fresh_exchange.originate("030", "200")
        desk.until_call("ringing")
        desk.lift()
        desk.until_call("answered")
        fresh_exchange.kill()
        desk.until("it is noticed", lambda state: state["registration"]["state"] != "registered")
        state = desk.status()
        assert [call["state"] for call in state["calls"].values()] in (["answered"], [])
        assert state["extensions"]["1001"]["state"] == "unknown"
        assert state["extensions"]["1001"]["reason"]
        desk.replace()
        desk.until_call()
        fresh_exchange.restart()
        desk.until_registered()
        fresh_exchange.originate("030", "200")
        desk.until_call("ringing")
        desk.lift()
        desk.until_call("answered")


def test_given_a_call_when_the_control_socket_is_full_then_the_call_and_the_headset_go_on(
    exchange: Exchange, tmp_path: Path
) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk, ExitStack() as crowd:
        desk.until_registered()
        exchange.originate("030", "200")
        desk.until_call("ringing")
        lazy = socket.socket(socket.AF_UNIX)
        crowd.callback(lazy.close)
        lazy.connect(str(desk.socket))
        lazy.sendall(b'{"id": 1, "ask": "watch"}\n')  # and never reads
        with Client(desk.socket) as operator:
            refusals = 0
            for _ in range(70):
                client = socket.socket(socket.AF_UNIX)
                crowd.callback(client.close)
                client.connect(str(desk.socket))
                client.sendall(b'{"id": 1, "ask": "status"}\n')
                client.settimeout(5)
                refusals += b"clients are connected already" in client.recv(200)
            assert refusals > 0
            operator.ask(Answer())
            assert [call["state"] for call in operator.status()["calls"].values()] == ["answered"]


def test_a_second_desk_is_told_that_one_runs_and_the_first_keeps_its_caller(
    exchange: Exchange, tmp_path: Path
) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk:
        desk.until_registered()
        exchange.originate("030", "200")
        desk.until_call("ringing")
        desk.lift()
        second = desk.deskbell("run", "--settings", str(desk.settings))
        assert second.returncode == 1
        assert "a desk is running already" in second.stderr
        desk.until_call("answered")


def test_a_broken_settings_file_is_named_with_its_line_and_nothing_starts(tmp_path: Path) -> None:
    desk = RunningDesk(tmp_path, 5060, line={"port": 99999})
    said = desk.deskbell("run", "--settings", str(desk.settings))
    assert said.returncode == 4
    assert "line.port: 99999 is wrong; write a whole number from 0 to 65535" in said.stderr
    assert "Traceback" not in said.stderr
    assert not desk.socket.exists()


def test_given_a_killed_desk_when_it_starts_again_then_no_caller_rings_where_nobody_is(
    fresh_exchange: Exchange, tmp_path: Path
) -> None:
    desk = RunningDesk(tmp_path, fresh_exchange.sip_port, line={"local_port": free_port()})
    desk.start()
    desk.until_registered()
    desk.kill()
    with desk:
        desk.until_registered()
        fresh_exchange.originate("030", "200")
        desk.until_call("ringing")
        legs = [leg for leg in fresh_exchange.channels() if leg.name.startswith("PJSIP/200-")]
        assert len(legs) == 1, "the desk that was killed is not rung any more"
        desk.lift()
        desk.until_call("answered")


def test_a_sip_port_that_is_taken_is_named_with_the_setting(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        desk = RunningDesk(tmp_path, 5060, line={"local_port": other.getsockname()[1]})
        said = desk.deskbell("run", "--settings", str(desk.settings))
    assert said.returncode == 5
    assert "line.local_port" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_desk_leaves_in_the_middle_of_a_call_without_a_fault(exchange: Exchange, tmp_path: Path) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk:
        desk.until_registered()
        caller = exchange.originate("030", "200")
        desk.until_call("ringing")
        desk.lift()
        desk.until_call("answered")
    deadline = time.monotonic() + 5
    while any(channel.id.startswith(caller) for channel in exchange.channels()):
        assert time.monotonic() < deadline, "the caller was left hanging"
        time.sleep(0.05)
    assert "Traceback" not in desk.log.read_text()
