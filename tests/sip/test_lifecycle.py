"""The SIP thread starts and ends cleanly, whatever goes on, and its log tells no secret."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from appliance.desk.actions import (
    AnswerCall,
    HangUpCall,
    HoldCall,
    PlaceCall,
    RouteAudio,
    SendDtmf,
    TransferCall,
)
from appliance.desk.events import CallAnswered, CallReleased, Event
from appliance.sip import SipAgent, SipError
from appliance.sip.call import Call
from appliance.sip.log import redacted
from tests.sip.parties import ROOT, Operator, config, until
from tests.sip.scripted import ScriptedExchange

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange
    from appliance.sip.config import Dtmf
    from tests.sip.parties import Phones

ONE_LIFE = """
import sys, threading, time
from appliance.desk.actions import PlaceCall
from appliance.sip import SipAgent, SipConfig
password, port, number = sys.stdin.readline().strip(), int(sys.argv[1]), sys.argv[2]
line = SipConfig("200", password, "127.0.0.1", port=port, extensions=("1001", "1002"), null_audio=True)
agent = SipAgent(line, lambda event: print(type(event).__name__, flush=True))
agent.start()
agent.do(PlaceCall("out-1", number))
time.sleep(float(sys.argv[3]))
agent.stop()
assert not agent.alive and threading.enumerate() == [threading.main_thread()]
print("ended", flush=True)
"""


def live(
    exchange: Exchange | ScriptedExchange, program: str, number: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """One life of a line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program, str(exchange.sip_port), number, str(seconds)],
        input=exchange.password("200") + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.exchange
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_stopping_at_any_moment_ends_the_process_cleanly(exchange: Exchange, seconds: float) -> None:
    for number in ("800", "802", "nobody"):
        life = live(exchange, ONE_LIFE, number, seconds)
        assert life.returncode == 0, life.stderr
        assert life.stdout.endswith("ended\n")
        assert "Traceback" not in life.stderr


def test_a_process_that_never_stops_its_line_ends_without_a_crash() -> None:
    with ScriptedExchange() as exchange:
        life = live(exchange, ONE_LIFE.replace("agent.stop()", "sys.exit(0)"), "1001", 0.3)
    assert life.returncode == 0, life.stderr


def test_a_line_starts_and_stops_again_and_again_in_one_process() -> None:
    with ScriptedExchange() as exchange:
        for _ in range(5):
            with Operator(config(exchange)) as operator:
                operator.registered()
            assert "sip" not in [thread.name for thread in threading.enumerate()]


def test_a_second_line_in_one_process_is_refused() -> None:
    with (
        ScriptedExchange() as exchange,
        Operator(config(exchange)),
        pytest.raises(SipError, match="runs already"),
    ):
        SipAgent(config(exchange), lambda _event: None).start()


def test_a_taken_port_is_named() -> None:
    with ScriptedExchange() as exchange:
        taken = config(exchange, bind=exchange.host, local_port=exchange.sip_port)
        with pytest.raises(SipError, match=r"cannot be opened: .*[Aa]ddress already in use"):
            SipAgent(taken, lambda _event: None).start()


def test_a_desk_that_fails_at_every_event_loses_no_call_and_stops_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answered = threading.Event()

    def faulty(event: Event) -> None:
        if isinstance(event, CallAnswered):
            answered.set()
        raise RuntimeError("a bug of ours")

    with ScriptedExchange() as exchange:
        agent = SipAgent(config(exchange, watch=0.1), faulty)
        agent.start()
        agent.do(PlaceCall("out-1", "1001"))
        assert answered.wait(5)
        until(lambda: exchange.count("REGISTER") > 3, "it goes on registering")
        assert agent.alive
        assert exchange.count("BYE") == 0
        agent.stop()
    assert "a bug of ours" in caplog.text


def test_nothing_of_a_released_call_is_left() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        operator.do(HoldCall("out-1"))
        operator.do(TransferCall("out-1", "1002"))
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1")
        until(lambda: not any(isinstance(thing, Call) for thing in gc.get_objects()), "the call is freed")


def test_a_thread_that_dies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    died = threading.Event()
    causes: list[BaseException] = []

    def on_death(cause: BaseException) -> None:
        causes.append(cause)
        died.set()

    with ScriptedExchange() as exchange:
        agent = SipAgent(config(exchange), lambda _event: None, on_death=on_death)
        agent.start()

        def broken(*_: Any) -> None:
            raise SipError("the sockets are gone")

        monkeypatch.setattr("appliance.sip.engine.Engine._handle_events", broken)
        assert died.wait(5)
        agent.stop()
    assert str(causes[0]) == "the sockets are gone"
    assert not agent.alive


@pytest.mark.exchange
def test_the_fullest_log_tells_no_secret(
    exchange: Exchange, phones: Phones, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "deskbell.sip")
    settings = config(exchange, extensions=("1001",), log_level=5)
    phones.register("1001")
    with Operator(settings) as operator:
        operator.registered()
        phones.do("1001", "call", number="200")
        call = operator.rings().call
        operator.do(AnswerCall(call))
        operator.talks(call)
        operator.do(SendDtmf(call, "1"))
        operator.do(HoldCall(call))
        operator.do(TransferCall(call, "999"))
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")
    assert "REGISTER sip:" in caplog.text
    assert "Authorization: (not logged)" in caplog.text
    assert settings.password not in caplog.text
    assert "response=" not in caplog.text
    assert settings.password not in repr(settings)


def test_keys_and_digests_are_cut_from_the_log_even_when_folded() -> None:
    text = (
        'SIP/2.0\r\nAuthorization: Digest username="a",\r\n response="b"\r\nproxy-authorization:x\r\n'
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c\r\nVia: d"
    )
    assert redacted(text) == (
        "SIP/2.0\r\nAuthorization: (not logged)\r\nproxy-authorization: (not logged)\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 (not logged)\r\nVia: d"
    )


@pytest.mark.parametrize("way", ["rfc4733", "info", "inband"])
def test_digits_never_reach_the_log(way: Dtmf, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "deskbell.sip")
    with ScriptedExchange() as exchange, Operator(config(exchange, log_level=5, dtmf=way)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        operator.do(SendDtmf("out-1", "#"))
        until(lambda: "DTMF (not logged)" in caplog.text or way == "inband", "a digit is sent")
    assert "CSeq: " in caplog.text
    assert not re.search(r"(?i)signal=\s*#|dtmf[^\r\n]*#|digit[^\r\n]*#", caplog.text)


def test_what_is_asked_of_an_agent_that_has_ended_is_forgotten(exchange: Exchange) -> None:
    agent = SipAgent(config(exchange), lambda _event: None)
    agent.start()
    agent.stop()
    agent.do(RouteAudio("headset"))
    agent.do(PlaceCall("out-1", "1001"))
    assert not agent.alive
