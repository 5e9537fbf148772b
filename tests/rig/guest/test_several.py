"""Four devices at one desk: ring on all, stop on all; where it was answered is the audio; mute agrees on all.

The daemon as it runs on the box, a real exchange, the real kernel.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import HangUp, Mute
from appliance.desk.hardware import REFUSAL
from tests.rig.devices import BusyLight, eventually
from tests.rig.models import MODELS
from tests.running import RunningDesk, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange
    from tests.rig.devices import Headset

pytestmark = pytest.mark.exchange
CALLER = "0305551234"
ECHO_IS_OVER = 2.5
FINGER = 0.5
"""Seconds between two presses; what comes sooner after a lamp was a boom arm, not a finger."""
KINDS = {
    "usb-0b0e-0307-S1": "one report",
    "usb-1395-00a9-S2": "array buttons",
    "usb-1209-0001-S3": "keypad",
}
LIGHT = "usb-2c0d-0001-S4"


class Site:
    """One desk with a headset, another maker's, a handset, and a light."""

    def __init__(
        self, desk: RunningDesk, exchange: Exchange, phones: dict[str, Headset], light: BusyLight
    ) -> None:
        self.desk, self.exchange, self.phones, self.light = desk, exchange, phones, light
        self._caller = ""

    def ring(self) -> None:
        """Somebody calls, and everything rings."""
        self._caller = self.exchange.originate(CALLER, "200")
        self.until_lit("Ring")
        assert self.light_burns()

    def caller_gives_up(self) -> None:
        """And no call is left."""
        self.exchange.hang_up(self._caller)
        self.desk.until_call()

    def until_lit(self, lamp: str, *but: str) -> None:
        """Wait until a lamp burns on all, or on all but some, where it is dark."""
        for name, phone in self.phones.items():
            phone.wait_for_lamp(lamp, lit=name not in but)

    def light_burns(self) -> bool:
        """Whether the light blinks in the colours of a call."""
        seen = len(self.light.written())
        return eventually("the light blinks", lambda: len(self.light.written()) >= seen + 2)

    def clear(self) -> None:
        """Everybody hangs up, everything is dark."""
        self.caller_gives_up()
        for phone in self.phones.values():
            phone.replace_hook()
        for lamp in ("Off-Hook", "Ring", "Mute", "Hold"):
            self.until_lit(lamp, *self.phones)
        time.sleep(ECHO_IS_OVER)


@pytest.fixture(scope="module")
def whole_site(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The desk; no sound, which is another story."""
    devices = {"usb": True, "simulated": False, "sound": False, "prefer": list(KINDS)}
    home = tmp_path_factory.mktemp("desk")
    first, second, third = (
        MODELS[kind].headset(name.rpartition("-")[2], audio=False) for name, kind in KINDS.items()
    )
    with (
        first,
        second,
        third,
        BusyLight("S4") as light,
        RunningDesk(home, exchange.sip_port, devices=devices) as desk,
    ):
        desk.until_registered()
        desk.until("everything works", lambda state: online(state) == {*KINDS, LIGHT})
        yield Site(desk, exchange, dict(zip(KINDS, (first, second, third), strict=True)), light)


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The desk at rest, and at rest again after the test."""
    yield whole_site
    whole_site.clear()


def online(state: State) -> set[str]:
    """The devices that work."""
    return {name for name, device in state["devices"].items() if device["state"] == "online"}


@pytest.mark.parametrize("answering", KINDS)
def test_all_ring_and_the_one_that_is_lifted_has_the_call_and_the_others_are_silent(
    site: Site, answering: str
) -> None:
    site.ring()
    site.phones[answering].lift_hook()
    site.until_lit("Ring", *KINDS)
    others = KINDS.keys() - {answering}
    site.until_lit("Off-Hook", *others)
    site.desk.until_call("answered")
    assert site.desk.status()["audio"] == answering
    time.sleep(ECHO_IS_OVER)  # nobody's echo ends it, or answers it again
    site.desk.until_call("answered")
    site.phones[answering].replace_hook()
    site.desk.until_call()
    site.until_lit("Off-Hook", *KINDS)


def test_a_caller_who_gives_up_silences_all(site: Site) -> None:
    site.ring()
    site.caller_gives_up()
    site.until_lit("Ring", *KINDS)


def test_mute_agrees_on_all_devices_and_the_page_wherever_it_is_pressed(site: Site) -> None:
    first = next(iter(KINDS))
    site.ring()
    site.phones[first].lift_hook()
    site.until_lit("Off-Hook", *(KINDS.keys() - {first}))
    for times in range(3):
        site.phones[first].tap("Phone Mute")
        site.desk.until("muted", lambda state: state["muted"])
        site.until_lit("Mute")
        time.sleep(REFUSAL)  # what comes sooner is a boom arm's answer to our lamp, and no finger
        if times % 2:
            site.phones[first].tap("Phone Mute")
        else:
            site.desk.ask(Mute(False))
        site.desk.until("heard", lambda state: not state["muted"])
        site.until_lit("Mute", *KINDS)
        time.sleep(REFUSAL)
    assert site.phones[first].view.lost == 0


def test_hanging_up_on_the_page_ends_it_on_all(site: Site) -> None:
    site.ring()
    site.phones["usb-1395-00a9-S2"].lift_hook()
    site.desk.until_call("answered")
    site.desk.ask(HangUp())
    site.desk.until_call()
    site.until_lit("Off-Hook", *KINDS)


def test_a_restart_puts_all_lamps_right_and_every_device_has_its_name_again(site: Site) -> None:
    site.ring()
    site.desk.kill()
    site.desk.start()
    site.desk.until("everything works", lambda state: online(state) == {*KINDS, LIGHT})
    site.until_lit("Ring", *KINDS)
    site.desk.until_registered()
