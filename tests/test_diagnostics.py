"""What is there to look at when something goes wrong: SIP messages, the log, the way to the exchange."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.control.client import Client
from appliance.control.protocol import KeepSip, LogLines, Refused, Reload, SetTrace, SipCalls, SipMessages
from appliance.desk.events import SendDigits, SendMessage
from appliance.sip.trace import ALL, CALLS, MOST_OF_ONE, OFF, ROOM, Quality, Trace, without_secrets
from appliance.store import link
from appliance.store.file import connect, prepare, writing
from appliance.trace import areas
from appliance.trace.link import SPAN, LinkQuality
from tests.running import RunningDesk

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange

PIN = "90817263"


@pytest.mark.exchange
def test_given_a_call_when_it_is_over_then_its_ladder_is_there_without_secrets(
    exchange: Exchange, tmp_path: Path
) -> None:
    with RunningDesk(tmp_path, exchange.sip_port, line={"dtmf": "info"}) as desk:
        desk.until_registered()
        exchange.originate("0305551234", "200", name="Müller")
        desk.until_call("ringing")
        desk.lift()
        desk.until_call("answered")
        for digit in PIN:
            desk.ask(SendDigits(digit))
        with Client(desk.socket) as client:
            desk.until(
                "the digits are sent",
                lambda _: (
                    str(client.ask(SipMessages(client.ask(SipCalls())["calls"][0]["call"]))).count(
                        "INFO sip:"
                    )
                    >= len(PIN)
                ),
            )
            desk.replace()
            desk.until_call()
            desk.until("BYE is answered", lambda _: _is_answered(_ladder(client)[-1]))
            (call,) = client.ask(SipCalls())["calls"]
            messages = client.ask(SipMessages(call["call"]))["messages"]
            steps = [step for step in _ladder(client) if "INFO" not in step[1]]
        assert [step for step in steps if not step[0].startswith("100")] == [
            ("INVITE", steps[0][1], False),
            ("180 Ringing", steps[0][1], True),
            ("200 OK", steps[0][1], True),
            ("ACK", steps[0][1].replace("INVITE", "ACK"), False),
            ("BYE", steps[-1][1], True),
            ("200 OK", steps[-1][1], False),
        ]
        assert (call["from"], call["to"], call["sent"], call["outcome"]) == (
            "0305551234",
            "200",
            False,
            "200 OK",
        )
        assert call["quality"]["packets"] > 0
        assert call["quality"]["loss"] == 0
        text = "\n".join(message["text"] for message in messages)
        assert "not kept" in text
        assert not any(f"Signal={digit}" in text.replace(" ", "") for digit in PIN)


def _is_answered(step: tuple[str, str, bool]) -> bool:
    what, cseq, _sent = step
    return what.startswith("200") and "BYE" in cseq


def _ladder(client: Client) -> list[tuple[str, str, bool]]:
    (call,) = client.ask(SipCalls())["calls"]
    messages = client.ask(SipMessages(call["call"]))["messages"]
    return [(message["what"], message["cseq"], message["sent"]) for message in messages]


@pytest.mark.exchange
def test_what_is_kept_and_what_areas_tell_is_changed_while_the_desk_runs(
    exchange: Exchange, tmp_path: Path
) -> None:
    settings = {"log_level": "warning", "sip_trace": "off", "link_check": 0.2}
    with RunningDesk(tmp_path, exchange.sip_port, desk=settings) as desk, Client(desk.socket) as client:
        desk.until_registered()
        assert client.ask(SipCalls()) == {"calls": []}
        assert set(client.status()["diagnostics"]["levels"].values()) == {"warning"}
        before = client.ask(LogLines())["last"]
        client.ask(KeepSip("all"))
        client.ask(SetTrace("calls", "info"))
        client.ask(SendMessage("1001", "the door code is 55667788"))
        desk.until(
            "the text is kept",
            lambda _: any(c["method"] == "MESSAGE" for c in client.ask(SipCalls())["calls"]),
        )
        desk.until(
            "OPTIONS is kept, with the digest that was asked for",
            lambda _: any(
                c["method"] == "OPTIONS" and c["messages"] == 4 for c in client.ask(SipCalls())["calls"]
            ),
        )
        for call in client.ask(SipCalls())["calls"]:
            told = str(client.ask(SipMessages(call["call"])))
            assert "55667788" not in told
            assert "nonce" not in told
            assert "response=" not in told
        exchange.originate("0305551234", "200")
        desk.until_call("ringing")
        said = client.ask(LogLines(before))
        assert [line["area"] for line in said["lines"]] == ["calls"] * len(said["lines"])
        assert "CallArrived" in said["lines"][0]["text"]
        assert client.ask(LogLines(said["last"]))["lines"] == []
        assert client.status()["diagnostics"]["levels"]["calls"] == "info"
        desk.settings.write_text(
            desk.settings.read_text().replace('sip_trace = "off"', 'sip_trace = "calls"')
        )
        client.ask(Reload())
        assert client.status()["diagnostics"]["sip"] == "calls"
        for wrong in (SetTrace("kitchen", "info"), SetTrace("line", "loud"), KeepSip("everything")):
            with pytest.raises(Refused, match=r"there (is|are)|none of"):
                client.ask(wrong)


@pytest.mark.exchange
def test_given_a_stopped_exchange_then_the_link_shows_loss_and_the_history_keeps_it(
    fresh_exchange: Exchange, tmp_path: Path
) -> None:
    with RunningDesk(tmp_path, fresh_exchange.sip_port, desk={"link_check": 0.2}) as desk:
        state = desk.until("measured", lambda state: state["diagnostics"]["link"].get("asked", 0) > 3)
        link_now = state["diagnostics"]["link"]
        assert link_now["verdict"] == "good"
        assert link_now["loss"] == 0
        assert 1 <= link_now["latency"] < 1000
        fresh_exchange.stop()
        state = desk.until("loss", lambda state: state["diagnostics"]["link"]["loss"] > 0)
        assert state["diagnostics"]["link"]["verdict"] == "gone"
        fresh_exchange.restart()
        desk.until("it answers again", lambda state: state["diagnostics"]["link"]["verdict"] == "poor")
    file = connect(tmp_path / "desk.db")
    (span, *_) = link.spans(file, 0)[-1:]
    file.close()
    assert span.at % SPAN == 0
    assert span.asked > 3


def entry(way: str, text: str) -> str:
    """An entry of pjsip's log."""
    method = text.split(" ")[0]
    lines = text.replace("\n", "\r\n")
    return (
        f"{way}X {len(text)} bytes Request msg {method}/cseq=1 (rdata0x1) from UDP 127.0.0.1:5060:\n"
        f"{lines}\n--end msg--"
    )


def message(call: str, method: str = "INVITE", more: str = "") -> str:
    head = f"{method} sip:200@x SIP/2.0\nCall-ID: {call}\nCSeq: 1 {method}\n"
    return f"{head}From: <sip:1@x>\nTo: <sip:200@x>\n{more}\n"


def test_the_calls_that_were_quiet_for_longest_make_room_and_one_never_takes_all() -> None:
    trace = Trace(CALLS)
    for number in range(500):
        trace.take(entry("R", message(f"call-{number}", more="X: " + "x" * 500)))
    kept = {call["call"] for call in trace.calls()}
    assert "call-499" in kept
    assert "call-0" not in kept
    assert 50 < len(kept) < ROOM[CALLS] / 500
    for _ in range(MOST_OF_ONE + 50):
        trace.take(entry("R", message("long")))
    assert len(trace.messages("long")) == MOST_OF_ONE
    trace.keep = OFF
    assert trace.calls() == []
    trace.take(entry("R", message("later")))
    assert trace.calls() == []


def test_only_calls_are_kept_unless_all_is_asked_for() -> None:
    trace = Trace(CALLS)
    for method in ("REGISTER", "OPTIONS", "NOTIFY", "MESSAGE"):
        trace.take(entry("R", message(method, method)))
    assert trace.calls() == []
    trace.take(entry("R", message("1")))
    trace.take(entry("R", message("1", "NOTIFY")))  # of a transfer
    assert [call["messages"] for call in trace.calls()] == [2]
    trace.heard("1", Quality(packets=100, loss=1.0))
    trace.heard("1", Quality(packets=5))
    assert trace.calls()[0]["quality"]["loss"] == 1.0
    trace.keep = ALL
    trace.take(entry("T", message("r", "REGISTER")))
    assert {call["method"] for call in trace.calls()} == {"INVITE", "REGISTER"}


@pytest.mark.parametrize(
    ("method", "head", "body"),
    [
        ("REGISTER", 'Authorization: Digest username="x",\n response="PLANTED"', ""),
        ("REGISTER", 'proxy-authorization : Digest response="PLANTED"', ""),
        ("REGISTER", 'WWW-Authenticate: Digest nonce="PLANTED"', ""),
        ("INVITE", "X: y", "v=0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PLANTED\n"),
        ("INVITE", "X: y", "a=fingerprint:sha-256 PLANTED\nk=clear:PLANTED"),
        ("INVITE", "Contact: <sip:me:PLANTED@x>", ""),
        ("INFO", "Content-Type: application/dtmf-relay", "Signal=PLANTED\nDuration=160"),
        ("INFO", "Content-Type: application/dtmf", "PLANTED"),
        ("MESSAGE", "Content-Type: text/plain", "PLANTED\n\nPLANTED"),
    ],
)
def test_a_message_is_kept_without_what_is_secret_in_it(method: str, head: str, body: str) -> None:
    trace = Trace(ALL)
    trace.take(entry("R", message("1", method, f"{head}\n\n{body}")))
    (kept,) = trace.messages("1")
    assert "PLANTED" not in kept["text"]
    assert kept["what"] == method


@given(st.text(), st.sampled_from(["INVITE", "MESSAGE", "INFO"]))
def test_no_message_stops_the_trace(text: str, method: str) -> None:
    trace = Trace(ALL)
    trace.take(text)
    trace.take(entry("R", message("1", method, text.replace("\n", " "))))
    assert len(trace.messages("1")) == 1
    without_secrets(text, method)


def test_five_minutes_add_up_to_a_row_and_a_week_of_them_is_kept(tmp_path: Path) -> None:
    quality = LinkQuality()
    at = 1_795_000_000 // SPAN * SPAN
    assert quality.now() == {}
    for second, round_trip in ((0, 10.0), (15, 14.0), (30, None), (45, 12.0)):
        assert quality.add(round_trip, at + second) is None
    assert quality.now() == {
        "verdict": "poor",
        "asked": 4,
        "latency": 12,
        "longest": 14,
        "jitter": 3,
        "loss": 25,
    }
    span = quality.add(None, at + SPAN)
    assert span == link.Span(at, 4, 1, 12.0, 14.0, 3.0)
    prepare(tmp_path / "desk.db")
    file = connect(tmp_path / "desk.db")
    for age in (link.KEPT + SPAN, link.KEPT, 0):
        with writing(file):
            link.keep(file, span._replace(at=at - age))
    assert [one.at for one in link.spans(file, 0)] == [at - link.KEPT, at]
    file.close()


def test_every_logger_has_an_area_and_an_area_its_level() -> None:
    assert areas.area_of("drivers.hub") == "devices"
    assert areas.area_of("deskbell.sip") == "line"
    assert areas.area_of("msal.application") == areas.OTHER
    before = logging.getLogger("deskbell.control").level
    try:
        areas.set_level("control", "error")
        assert areas.levels()["control"] == "error"
    finally:
        logging.getLogger("deskbell.control").setLevel(before)
