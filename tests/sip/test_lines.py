"""Several accounts at one desk: calls of each are told apart, and joined and mixed as if there were one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.actions import (
    AnswerCall,
    DialCode,
    HangUpCall,
    HoldCall,
    JoinCalls,
    MixCalls,
    PlaceCall,
)
from appliance.desk.events import (
    CallAnswered,
    CallArrived,
    CallReleased,
    CodeDialled,
    RegistrationChanged,
    TransferProgressed,
)
from appliance.desk.state import RegistrationState
from appliance.sip import SipAgent
from appliance.sip.line import called_line
from tests.sip.parties import Operator, call_the_operator, config, joined, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sip.parties import Phones

HEARD, UNHEARD = 1000, 60


@pytest.fixture
def operator(exchange: Exchange, phones: Phones) -> Iterator[Operator]:
    """A desk with three lines: 200, 202, and 201 over TLS with encrypted media."""
    night = config(exchange, user="202", password=exchange.password("202"), line="night")
    secret = config(
        exchange,
        user="201",
        password=exchange.password("201"),
        line="secret",
        transport="tls",
        port=exchange.tls_port,
        ca_file=str(exchange.ca_file),
        srtp="mandatory",
    )
    phones.register("1001")
    phones.register("1002")
    phones.do("1001", "tone", hz=1000)
    phones.do("1002", "tone", hz=1500)
    with Operator(config(exchange), more_lines=[night, secret]) as operator:
        for line in ("", "night", "secret"):
            operator.wait(RegistrationChanged, state=RegistrationState.REGISTERED, line=line)
        operator.speaks(600)
        yield operator
    for line in ("1001", "1002"):
        phones.do(line, "hang_up")
    until(lambda: not exchange.channels(), "all calls are over")


def answer(operator: Operator, phones: Phones, caller: str, number: str) -> str:
    call = call_the_operator(operator, phones, caller, number)
    operator.do(AnswerCall(call))
    operator.talks(call)
    return call


@pytest.mark.exchange
def test_a_call_says_by_which_line_it_came(operator: Operator, phones: Phones) -> None:
    for caller, number, line in (("1001", "202", "night"), ("1002", "200", ""), ("1001", "201", "secret")):
        call = answer(operator, phones, caller, number)
        arrived = operator.wait(CallArrived, call=call)
        assert (arrived.line, arrived.called) == (line, number)
    ids = [event.call for event in operator.events if isinstance(event, CallArrived)]
    assert ids == ["in-1", "in-2", "in-3"]


@pytest.mark.exchange
@pytest.mark.parametrize(("line", "number"), [("", "200"), ("night", "202"), ("secret", "201")])
def test_a_call_is_placed_by_the_line_that_was_asked_for(
    operator: Operator, phones: Phones, line: str, number: str
) -> None:
    since = phones.mark()
    operator.do(PlaceCall("out-1", "1001", line=line))
    assert phones.wait("1001", "CallArrived", since=since)["party"]["number"] == number


@pytest.mark.exchange
def test_a_code_is_dialled_by_the_line_that_was_asked_for(exchange: Exchange, operator: Operator) -> None:
    operator.do(DialCode("*21*1009", "night"))
    assert operator.wait(CodeDialled).status == 200
    assert "1009" in exchange.cli("database get CFU 202")
    operator.do(DialCode("*22", "night"))
    assert operator.wait(CodeDialled, code="*22").status == 200


@pytest.mark.exchange
def test_callers_of_two_lines_confer(operator: Operator, phones: Phones, tmp_path: Path) -> None:
    first = answer(operator, phones, "1001", "201")
    second = answer(operator, phones, "1002", "202")
    operator.do(MixCalls((first, second)))
    until(lambda: phones.hears("1001", 1500, tmp_path) > HEARD, "1001 hears 1002")
    until(lambda: phones.hears("1002", 1000, tmp_path) > HEARD, "1002 hears 1001")
    assert phones.hears("1002", 600, tmp_path) > HEARD
    operator.do(HangUpCall(first))
    until(lambda: phones.hears("1002", 1000, tmp_path) < UNHEARD, "1001 is gone")


@pytest.mark.exchange
def test_callers_of_two_lines_are_connected_with_each_other(
    exchange: Exchange, operator: Operator, phones: Phones, tmp_path: Path
) -> None:
    first = answer(operator, phones, "1001", "200")
    joined(exchange, "1001", "200")
    operator.do(HoldCall(first))
    second = answer(operator, phones, "1002", "202")
    joined(exchange, "1002", "202")
    operator.do(JoinCalls(first, second))
    assert operator.wait(TransferProgressed, call=first, final=True).code == 200
    operator.do(HangUpCall(first))
    operator.wait(CallReleased, call=second)
    until(lambda: phones.hears("1001", 1500, tmp_path) > HEARD, "1001 hears 1002")
    until(lambda: phones.hears("1002", 1000, tmp_path) > HEARD, "1002 hears 1001")


@pytest.mark.exchange
def test_a_call_on_a_line_that_is_not_there_is_refused(operator: Operator) -> None:
    operator.do(PlaceCall("out-1", "1001", line="day"))
    assert operator.wait(CallReleased, call="out-1").reason == "there is no such line"
    assert not operator.count(CallAnswered)


@pytest.mark.exchange
def test_the_same_number_at_two_exchanges_is_two_lines(exchange: Exchange, phones: Phones) -> None:
    with Exchange(users=2) as other:
        branch = config(other, line="branch office")
        phones.register("1001")
        with Operator(config(exchange), more_lines=[branch]) as operator:
            for line in ("", "branch office"):
                operator.wait(RegistrationChanged, state=RegistrationState.REGISTERED, line=line)
            other.originate("1002", "200")
            assert operator.rings().line == "branch office"
            since = operator.mark()
            phones.do("1001", "call", number="200")
            assert operator.rings(since).line == ""
            phones.do("1001", "hang_up")


def test_two_lines_of_one_name_are_refused() -> None:
    class Somewhere:
        host, sip_port = "127.0.0.1", 5060

        def password(self, _extension: str) -> str:
            return ""

    same = config(Somewhere())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="id of its own"):
        SipAgent(same, lambda _event: None, more_lines=[same])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:200@desk;deskbell-line=night", ("200", "night")),
        ("sip:200@desk:5060;ob;deskbell-line=branch%20office;x=1", ("200", "branch office")),
        ("sip:200@desk;ob", ("200", "")),
        ("sip:desk", ("", "")),
    ],
)
def test_a_request_says_which_line_it_is_for(uri: str, expected: tuple[str, str]) -> None:
    assert called_line(f"INVITE {uri} SIP/2.0\r\nTo: <sip:9@pbx;deskbell-line=no>\r\n\r\n") == expected
