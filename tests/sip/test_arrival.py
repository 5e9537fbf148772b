"""The desk is told of a call that comes in all that its INVITE tells, however the exchange says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.state import NOBODY, Party, Return
from appliance.sip.arrival import arrival
from appliance.sip.config import SipConfig
from appliance.sip.identity import Message, message

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
OURS = SipConfig("200", "x", "pbx", extensions=("1001", "1002"), line="night")


def invite(*headers: str) -> Message:
    lines = ["INVITE sip:200@desk SIP/2.0", "To: <sip:200@pbx>", *headers]
    return message("\r\n".join(lines) + "\r\n\r\nv=0")


def sample(name: str) -> Message:
    text = (SAMPLES / f"invite-{name}.txt").read_bytes().decode()
    return message(text.replace("\r\n", "\n").replace("\n", "\r\n"))


def test_a_call_bears_its_line_and_its_id() -> None:
    told = arrival("in-7", invite("From: <sip:+493012345@pbx>"), OURS)
    assert (told.call, told.line, told.called) == ("in-7", "night", "200")
    assert (told.diverted_by, told.returned, told.origin, told.referred_by) == (NOBODY, Return.NO, "", "")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured INVITEs are not in ../shared/samples")
@pytest.mark.parametrize(
    ("name", "diverted_by", "called"),
    [
        ("to-200", NOBODY, "200"),
        ("diverted-cfu", Party("1002", "User 1002"), "1002"),
        ("after-302", Party("1002"), "1002"),
        ("from-trunk-diverted", Party("5551000", "Main number"), "5551000"),
        ("queue", NOBODY, "200"),
    ],
)
def test_who_was_called_first_is_told(name: str, diverted_by: Party, called: str) -> None:
    told = arrival("in-1", sample(name), OURS)
    assert (told.diverted_by, told.called, told.returned) == (diverted_by, called, Return.NO)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured INVITEs are not in ../shared/samples")
@pytest.mark.parametrize(
    ("name", "returned", "origin"),
    [
        ("recall-busy", Return.TRANSFER, "1002"),
        ("park-comeback-context", Return.PARK, "704"),
        ("park-comeback", Return.PARK, ""),
        ("camp-on", Return.CAMP, ""),
    ],
)
def test_a_call_that_comes_back_says_from_where(name: str, returned: Return, origin: str) -> None:
    told = arrival("in-1", sample(name), OURS)
    assert (told.returned, told.origin, told.referred_by) == (returned, origin, "200")
    assert told.diverted_by == NOBODY
    assert told.party == Party("1001", "User 1001")


def test_without_alert_info_a_call_of_ours_that_was_diverted_comes_back_from_there() -> None:
    told = arrival("in-1", invite("Referred-By: <sip:200@pbx>", "Diversion: <sip:1002@pbx>;reason=x"), OURS)
    assert (told.returned, told.origin) == (Return.TRANSFER, "1002")


def test_a_call_that_a_colleague_moved_here_does_not_come_back() -> None:
    told = arrival("in-1", invite("Referred-By: <sip:1001@pbx>"), OURS)
    assert (told.returned, told.referred_by) == (Return.NO, "1001")


@pytest.mark.parametrize(
    ("headers", "internal"),
    [
        (["From: <sip:1001@pbx>"], True),
        (["From: <sip:1009@pbx>"], True),
        (["From: <sip:201@pbx>"], True),
        (["From: <sip:+493012345@pbx>"], False),
        (["From: <sip:j%C3%B6rg@pbx>"], False),
        (["From: <sip:anonymous@anonymous.invalid>"], False),
        (["From: <sip:1001@pbx>", "Alert-Info: <http://pbx>;info=alert-external"], False),
        (["From: <sip:03012345@pbx>", "Alert-Info: <http://pbx>;info=alert-internal"], True),
        (["From: <sip:03012345@pbx>", 'Alert-Info: <http://pbx>;info="internal";x=1'], True),
        (["From: <sip:03012345@pbx>", "Alert-Info: <http://127.0.0.1/Bellcore-dr1>"], True),
        (["From: <sip:1001@pbx>", "Alert-Info: Bellcore-dr2"], False),
    ],
)
def test_colleagues_and_outside_callers_are_told_apart(headers: list[str], internal: bool) -> None:
    assert arrival("in-1", invite(*headers), OURS).internal is internal


@given(st.text())
def test_any_text_arrives_as_something(text: str) -> None:
    names = ("From", "Alert-Info", "Referred-By", "X-Park-Slot", "X-Recall-From", "Diversion")
    assert arrival("in-1", invite(*(f"{name}: {text}" for name in names)), OURS).call == "in-1"
