"""A flood fills no log, a stranger writes no lines of ours, and what came garbled can be read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.events import CallArrived, CallReleased
from appliance.desk.state import Party, Return
from appliance.sip.log import LogWriter, Seldom
from appliance.sip.readable import NAME_LENGTH, readable

if TYPE_CHECKING:
    import pytest


def entry(level: int, text: str) -> pj.LogEntry:
    made = pj.LogEntry()
    made.level, made.msg = level, text
    return made


def test_of_a_flood_a_few_entries_a_minute_are_kept(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom = Seldom()
    with caplog.at_level(logging.INFO):
        for number in range(1000):
            seldom.log(logging.INFO, "NOTIFY", f"NOTIFY {number} refused")
        seldom.log(logging.INFO, "INVITE", "INVITE refused")
        assert caplog.messages == [*(f"NOTIFY {number} refused" for number in range(20)), "INVITE refused"]
        monkeypatch.setattr("appliance.sip.log.SELDOM_SECONDS", 0.0)
        seldom.log(logging.INFO, "NOTIFY", "NOTIFY again")
    assert caplog.messages[-1] == "NOTIFY again (and 980 more like it)"


def test_a_warning_of_pjsip_keeps_one_line_without_what_moves_a_cursor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        LogWriter().write(entry(1, "Error processing packet from 127.0.0.9:\x1b[2J\nERROR forged: x"))
    assert caplog.messages == ["Error processing packet from 127.0.0.9:?[2J"]


def test_an_old_exchange_s_letters_are_read_as_what_they_most_likely_are() -> None:
    arrived = readable(CallArrived("in-1", Party("030", "M\udcfcller\x00 " * 20), returned=Return.PARK))
    assert arrived.party.name.startswith("Müller  Müller")
    assert len(arrived.party.name) == NAME_LENGTH
    assert arrived.returned is Return.PARK
    assert readable("\x1b[31m\u202egpj.exe") == " [31m gpj.exe"


@given(st.text(st.characters()) | st.binary().map(lambda b: b.decode("utf-8", "surrogateescape")))
def test_whatever_comes_can_be_stored_and_sent_on(text: str) -> None:
    shown = readable(CallReleased("in-1", 487, text)).reason
    shown.encode()
    assert not any(ord(letter) < 32 and letter not in "\t\n\r" for letter in shown)
