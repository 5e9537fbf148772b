"""Devices that answer nothing, refuse, flood or send garbage: calls never wait for them, the page names them.

A good headset and a bad one at one desk: the daemon as it runs on the box, a real exchange, the real kernel.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Hold, Resume
from drivers.worker import FLOODED
from tests.bench.cost import cost
from tests.rig.devices import eventually
from tests.rig.hid import Taking
from tests.rig.models import MODELS
from tests.running import RunningDesk, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange
    from tests.rig.devices import Headset

pytestmark = pytest.mark.exchange
CALLER = "0305551234"
MODEL = MODELS["one report"]
GOOD, BAD = "usb-0b0e-0307-GOOD", "usb-0b0e-0307-BAD"
AT_ONCE = 0.5
"""Seconds; the kernel waits for a device that answers nothing ten times as long (USB_CTRL_SET_TIMEOUT)."""
ECHO_IS_OVER = 2.5
MUTE_PRESSED = b"\x02\x04\x00\x00"


class Site:
    """One desk with a good headset and a bad one."""

    def __init__(self, desk: RunningDesk, exchange: Exchange, good: Headset, bad: Headset) -> None:
        self.desk, self.exchange, self.good, self.bad = desk, exchange, good, bad
        self._caller = ""

    def ring(self) -> None:
        """Somebody calls; the good one rings."""
        self._caller = self.exchange.originate(CALLER, "200")
        self.desk.until_call("ringing")
        called = time.monotonic()
        assert self.good.wait_for_lamp("Ring") - called < AT_ONCE

    def talk(self, headset: Headset) -> None:
        """Somebody calls, and is answered."""
        self.ring()
        self.lift(headset)

    def lift(self, headset: Headset) -> None:
        """Answer; it takes no longer than ever."""
        lifted = time.monotonic()
        headset.lift_hook()
        self.desk.until_call("answered")
        assert time.monotonic() - lifted < AT_ONCE

    def until_bad(self, state: str, reason: str = "") -> State:
        """Wait until the page says so of the bad one."""

        def says(now: State) -> bool:
            told = now["devices"][BAD]
            return told["state"] == state and reason in told["reason"]

        return self.desk.until(f"the bad one is {state}: {reason}", says)

    def until_audio(self, device: str) -> None:
        """Wait until the audio is there, and the caller too."""
        self.desk.until(f"audio at {device}", lambda state: state["audio"] == device)
        assert any(leg.id.startswith(self._caller) for leg in self.exchange.channels())

    def clear(self) -> None:
        """Everybody hangs up, and the bad one has become good."""
        self.exchange.hang_up(self._caller)
        self.desk.until_call()
        self.bad.take(Taking.WELL)
        self.until_bad("online")
        for headset in (self.good, self.bad):
            headset.replace_hook()
            for lamp in ("Off-Hook", "Ring", "Mute", "Hold"):
                headset.wait_for_lamp(lamp, lit=False)
        time.sleep(ECHO_IS_OVER)


@pytest.fixture(scope="module")
def whole_site(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The desk; no sound, which is another story."""
    devices = {"usb": True, "simulated": False, "sound": False, "prefer": [GOOD, BAD]}
    with (
        MODEL.headset("GOOD", audio=False) as good,
        MODEL.headset("BAD", audio=False) as bad,
        RunningDesk(tmp_path_factory.mktemp("desk"), exchange.sip_port, devices=devices) as desk,
    ):
        desk.until_registered()
        desk.until("both work", lambda state: both_online(state))
        yield Site(desk, exchange, good, bad)


def both_online(state: State) -> bool:
    """Whether both headsets work."""
    return [state["devices"].get(device, {}).get("state") for device in (GOOD, BAD)] == ["online", "online"]


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The desk at rest, and at rest again after the test."""
    yield whole_site
    whole_site.clear()


def test_one_that_answers_nothing_from_the_first_delays_nobody_and_works_as_soon_as_it_answers(
    site: Site,
) -> None:
    site.bad.unplug()
    site.until_bad("offline")
    site.bad.take(Taking.HELD)
    site.bad.plug()
    site.talk(site.good)
    site.until_bad("failed", "does not take its lamps")
    site.desk.ask(Hold())
    site.good.wait_for_lamp("Hold")
    site.bad.take(Taking.WELL)
    site.until_bad("online")
    site.bad.wait_for_lamp("Hold")


def test_one_that_takes_no_lamp_any_more_answers_all_the_same_and_the_call_goes_on_at_the_other(
    site: Site,
) -> None:
    site.bad.take(Taking.HELD)
    site.ring()
    site.lift(site.bad)
    site.until_bad("failed", "does not take its lamps")
    site.until_audio(GOOD)
    site.good.wait_for_lamp("Off-Hook")
    site.desk.until_call("answered")


def test_one_that_refuses_its_lamps_in_a_call_has_failed_and_the_call_goes_on_at_the_other(
    site: Site,
) -> None:
    site.talk(site.bad)
    site.bad.wait_for_lamp("Off-Hook")
    site.bad.take(Taking.REFUSED)
    site.desk.ask(Hold())
    site.until_bad("failed", "does not take its lamps")
    site.until_audio(GOOD)
    site.desk.ask(Resume())
    site.desk.until_call("answered")
    site.bad.take(Taking.WELL)
    site.until_bad("online")
    time.sleep(ECHO_IS_OVER)
    site.desk.until_call("answered")


def test_one_that_is_unplugged_while_it_blocks_is_offline_and_good_again_when_it_is_back(site: Site) -> None:
    site.bad.take(Taking.HELD)
    site.talk(site.good)
    site.bad.unplug()
    site.until_bad("offline", "unplugged")
    site.bad.take(Taking.WELL)
    site.bad.plug()
    site.until_bad("online")
    site.desk.until_call("answered")


def test_one_that_floods_is_named_and_keeps_nobody_from_answering_and_takes_no_memory(site: Site) -> None:
    before = cost(site.desk.pid, 0.1)
    site.bad.flood(MUTE_PRESSED, 5000, 1000)
    site.until_bad("online", FLOODED)
    site.ring()
    site.lift(site.good)
    after = cost(site.desk.pid, 5)
    assert after.resident - before.resident < 3
    assert after.files <= before.files + 3  # the call's
    site.desk.until("it is quiet", lambda state: state["devices"][BAD]["reason"] == "")
    site.bad.lift_hook()
    eventually("it is heard again", lambda: site.desk.status()["devices"][BAD]["lifted"])


def test_one_that_sends_garbage_in_a_call_does_no_harm(site: Site) -> None:
    site.talk(site.good)
    chance = random.Random(4)
    for count in range(200):
        cut_short = b"\x02" + chance.randbytes(count % 2)  # its own reports have two bytes more
        unknown = bytes([chance.randrange(3, 256)]) + chance.randbytes(chance.randrange(64))
        site.bad.send(chance.choice((cut_short, unknown)))
    eventually("the log says so", lambda: "did not declare" in site.desk.log.read_text())
    site.desk.until_call("answered")
    site.until_bad("online")
    site.bad.tap("Flash")
    site.desk.until("it is heard", lambda state: state["devices"][BAD]["presses"].get("flash"))
