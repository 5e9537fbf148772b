"""Given a network that changes or goes away, the desk is registered again by itself and its calls go on."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.actions import AnswerCall
from appliance.desk.events import CallReleased, RegistrationChanged
from appliance.desk.state import ExtensionState, RegistrationState
from tests.sip.namespace import Machine, missing
from tests.sip.own_phone import Phone
from tests.sip.parties import Operator, config, until
from tests.sip.sound import level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGISTERED, FAILED = RegistrationState.REGISTERED, RegistrationState.FAILED
pytestmark = [
    pytest.mark.exchange,
    pytest.mark.skipif(bool(missing()), reason=f"unshare -Urn pytest tests/sip/test_network.py: {missing()}"),
]


class Site:
    """An exchange at 10.77.0.1, and a desk that is joined with it by cable and by radio."""

    def __init__(self) -> None:
        self.desk, self._machine = Machine(), Machine()
        self.desk.plug("cable 10.77.0.2/24", self._machine, "eth0 10.77.0.1/24")
        self.desk.plug("radio 10.78.0.2/24", self._machine, "eth1 10.78.0.1/24")
        self.exchange = Exchange(host="10.77.0.1")
        self._machine.run(self.exchange.start)

    def close(self) -> None:
        self._machine.run(self.exchange.stop)
        self._machine.close()
        self.desk.close()

    def at(self, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Ask the exchange, whose manager port is on its own loopback."""
        return self._machine.run(ask, *args, **kwargs)

    def contacts(self) -> list[str]:
        """The addresses at which the exchange would ring."""
        entries = self.at(self.exchange.ami, "PJSIPShowRegistrationInboundContactStatuses")
        return [entry["URI"].split("@")[1].split(":")[0] for entry in entries if "URI" in entry]

    def another_address(self) -> str:
        """The desk gets another address on its cable, as from DHCP."""
        self.desk.ip("address delete 10.77.0.2/24 dev cable")
        self.desk.ip("address add 10.77.0.3/24 dev cable")
        return "10.77.0.3"

    def radio_instead(self) -> str:
        """The cable is pulled, and the radio takes over."""
        self.desk.ip("link set cable down")
        self.desk.ip("route add 10.77.0.1 via 10.78.0.1")
        return "10.78.0.2"


@pytest.fixture
def site() -> Iterator[Site]:
    Exchange.prepare()
    one = Site()
    yield one
    one.close()


@pytest.fixture
def operator(site: Site, request: pytest.FixtureRequest) -> Iterator[Operator]:
    one = Operator(config(site.exchange, extensions=("1001",), transport=getattr(request, "param", "udp")))
    site.desk.run(one.__enter__)
    yield one.registered()
    one.__exit__()


@pytest.mark.parametrize("change", [Site.another_address, Site.radio_instead])
@pytest.mark.parametrize("operator", ["udp", "tcp"], indirect=True)
def test_registration_and_lamps_follow_to_the_new_address(
    site: Site, operator: Operator, change: Callable[[Site], str]
) -> None:
    operator.extension("1001", ExtensionState.AVAILABLE)
    begun = time.monotonic()
    address = change(site)
    until(lambda: address in site.contacts(), "the exchange knows the new address")
    print(f"re-registered {time.monotonic() - begun:.1f} s after the network changed")
    since = operator.mark()
    site.at(site.exchange.set_extension, "1001", "RINGING")
    operator.extension("1001", ExtensionState.RINGING, since)
    site.at(site.exchange.originate, "0301234567", "200")
    operator.rings(since)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("change", [Site.another_address, Site.radio_instead])
def test_a_call_goes_on_at_the_new_address(
    site: Site, tmp_path: Path, change: Callable[[Site], str], held: bool
) -> None:
    file = tmp_path / "heard.wav"
    phone = Phone(site.exchange, "1001")
    site.desk.run(phone.__enter__)
    try:
        talk_through(site, phone, change, held, file)
    finally:
        phone.__exit__()
    assert level(file, 1000) > 2000


def talk_through(site: Site, phone: Phone, change: Callable[[Site], str], held: bool, file: Path) -> None:
    """Say a tone to the echo, change the network, and record what comes back then."""
    phone.do("tone", hz=1000)
    phone.do("call", number="800")  # echo
    phone.wait("CallAnswered")
    if held:
        phone.do("hold")
        until(lambda: site.at(silent, site.exchange), "the call is held")
    address = change(site)
    until(lambda: address in site.contacts(), "the exchange knows the new address")
    if held:
        phone.do("resume")
    until(lambda: media_at(site, address), "the exchange sends media to the new address")
    phone.do("record", file=str(file))
    threading.Event().wait(1.5)
    phone.do("stop_recording")
    phone.wait("Recorded")
    assert phone.count("CallReleased") == 0


def silent(exchange: Exchange) -> bool:
    """Whether the exchange gets no media."""
    before = exchange.cli("pjsip show channelstats").split()
    time.sleep(0.1)
    now = exchange.cli("pjsip show channelstats").split()
    return [word for word in before if ":" not in word] == [word for word in now if ":" not in word]


def media_at(site: Site, address: str) -> bool:
    """Whether the exchange sends the call's media to that address."""
    leg = next(channel.name for channel in site.at(site.exchange.channels))
    target = site.at(site.exchange.ami, "Getvar", Channel=leg, Variable="CHANNEL(rtp,dest)")[0]["Value"]
    return str(target).startswith(address)


def test_without_a_network_that_is_told_and_when_it_is_back_all_is_well(
    site: Site, operator: Operator
) -> None:
    site.at(site.exchange.originate, "0301234567", "200")
    call = operator.rings().call
    operator.do(AnswerCall(call))
    operator.talks(call)
    since = operator.mark()
    site.desk.ip("link set cable down")
    failed = operator.wait(RegistrationChanged, state=FAILED, since=since)
    assert failed.reason == "no network"
    assert operator.extension("1001", ExtensionState.UNKNOWN, since).reason == "no network"
    since, begun = operator.mark(), time.monotonic()
    site.desk.ip("link set cable up")
    operator.wait(RegistrationChanged, state=REGISTERED, since=since)
    print(f"registered {time.monotonic() - begun:.1f} s after the network was back")
    operator.extension("1001", ExtensionState.AVAILABLE, since)
    assert not [event for event in operator.events if isinstance(event, CallReleased)]
