"""Given a call at a real exchange, the torture messages of RFC 4475 get the right reply and reach nobody."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Answer
from tests.running import RunningDesk, call_states
from tests.sip.parties import joined, until
from tests.sip.torture.messages import CASES, SILENCE, Case
from tests.sip.torture.wire import Wire, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange
    from tests.sip.parties import Phones
    from tests.sip.torture.wire import Address

pytestmark = pytest.mark.exchange


def heard_from_the_desk(exchange: Exchange) -> int:
    """How many packets of speech the exchange has had from the operator."""
    leg = next(channel.name for channel in exchange.channels() if channel.name.startswith("PJSIP/200-"))
    (answer,) = exchange.ami("Getvar", Channel=leg, Variable="CHANNEL(rtcp,rxcount)")
    return int(answer["Value"])


@pytest.fixture(scope="module")
def desk(
    exchange: Exchange, phones: Phones, address: Address, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningDesk]:
    """A desk in a call with the phone 1001; when all is over, the two still talk."""
    home = tmp_path_factory.mktemp("torture")
    line = {"local_port": address[1]}
    with RunningDesk(home, exchange.sip_port, desk={"log_level": "info"}, line=line) as running:
        running.until_registered()
        phones.register("1001")
        phones.do("1001", "call", number="200")
        running.until_call("ringing")
        running.ask(Answer())
        running.until_call("answered")
        joined(exchange, "200", "1001")
        yield running
        running.until_call("answered")
        joined(exchange, "200", "1001")
        phones.do("1001", "hang_up")
        running.until_call()
        assert "Traceback" not in running.log.read_text()


@pytest.fixture(scope="module")
def address() -> Address:
    """Where the desk listens."""
    return "127.0.0.1", free_port(socket.SOCK_DGRAM)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.name}")
def test_a_torture_message_is_answered_rightly_and_the_call_goes_on(
    case: Case, exchange: Exchange, desk: RunningDesk, address: Address
) -> None:
    speech = heard_from_the_desk(exchange)
    logged = desk.log.stat().st_size
    with Wire.udp(address) as wire:
        wire.send(case.build(wire.sender()))
        wire.probe()
        wire.probe()  # and what the desk does after the first answer is done, too
        told = {heard.status for heard in wire.heard} - {100} or SILENCE
        assert told <= case.demanded | case.answered, [heard.text for heard in wire.heard]
        if told == {180}:
            desk.until_call("answered", "ringing")
            wire.give_up(next(heard for heard in wire.heard if heard.status == 180))
        elif not told & {200, 415} and case.demanded != SILENCE:  # of a 415 to MESSAGE pjsip does not tell
            until(lambda: desk.log.stat().st_size > logged, "the log tells of what was refused")
    desk.until_call("answered")
    until(lambda: heard_from_the_desk(exchange) > speech, "the operator is heard")


def test_from_elsewhere_the_torture_messages_reach_nobody(desk: RunningDesk, address: Address) -> None:
    with Wire.udp(address, host="127.0.0.9") as stranger:
        for case in CASES:
            stranger.send(case.build(stranger.sender()))
        with Wire.udp(address) as neighbour:
            neighbour.probe()
        assert call_states(desk.status()) == ["answered"]
        assert all(heard.status >= 400 for heard in stranger.heard), stranger.heard
