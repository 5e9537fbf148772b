"""The fifteen things that go wrong at real desks, at every kind of telephony device in use.

Each kind (see `tests.rig.models`) is plugged into one desk: the daemon as it runs on the box, a real
exchange, the real kernel. The device plays what a real one does; a test looks at what reached it, at what the
desk says, and whether the caller is still there.
"""

from __future__ import annotations

import os
import tempfile
import time
import wave
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Answer, Hold, Mute, Resume
from tests.rig.devices import BusyLight, Headset, eventually
from tests.rig.hid import Taking
from tests.rig.layout import layout
from tests.rig.models import MODELS, REAL
from tests.rig.tone import Recording
from tests.rig.udev import GROUP, RULES, add_rules, installed, remove_rules, say
from tests.rig.usb import Identity
from tests.running import RunningDesk, State, call_states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange
    from appliance.demo.exchange.process import Speech
    from tests.rig.models import Model

pytestmark = pytest.mark.exchange
FIRST, SECOND = "0305551234", "0305555678"
OPERATOR_HZ, CALLER_HZ = 440, 1000
HEARD, SILENT = -35, -60
"""dB below full scale"""
ECHO = 0.5
"""Seconds in which a device has answered a lamp."""
ECHO_IS_OVER = 2.5
"""Seconds after which the desk takes no hook report for an answer, and a Jabra has taken its hook back."""
RECOVERED = 15
"""Seconds in which the kernel has given up a write that hung, and the desk has opened the device anew."""
SIP_PORT = 5070
"""Always the same: the exchange then knows a desk again that was killed, and keeps one contact of it only."""
NOBODY = 65534
GENUINE = {name: real for name, model in MODELS.items() if (real := model.genuine)}
BASE = Identity(0x0B0E, 0x245E, 0x0123, "Deskbell", "Rig Base")
PHANTOM = bytes.fromhex(
    "050B 0905 A101 1500 2501 7501"
    "092F 9501 8106 0920 9501 8122 9506 8101"  # Phone Mute, Hook Switch
    "0508 0909 9501 9122 9507 9101"  # Mute, but no Off-Hook
    "C0"
)
FINGER = 0.15
"""Seconds between two presses of somebody in a hurry."""


def phantom() -> Headset:
    """A webcam's microphone that declares a hook switch and would ignore every lamp."""
    identity = Identity(0x046D, 0x0944, 0x0100, "Deskbell", "Rig Phantom")
    return Headset("P1", identity=identity, report_descriptor=PHANTOM, audio=None)


class Site:
    """One desk with one device of a kind."""

    def __init__(self, model: Model, headset: Headset, desk: RunningDesk, exchange: Exchange) -> None:
        self.model, self.headset, self.desk, self.exchange = model, headset, desk, exchange
        self._callers: list[str] = []

    def online(self, state: State) -> bool:
        """Whether the device works."""
        who = self.headset.identity
        told = state["devices"].get(f"usb-{who.vendor:04x}-{who.product:04x}-{who.serial}")
        return bool(told and told["state"] == "online")

    def ring(self, caller: str = FIRST, speaks: Speech = "nothing", record: Path | None = None) -> str:
        """Let somebody call; returns once the desk knows."""
        channel = self.exchange.originate(caller, "200", speaks=speaks, record=record)
        self._callers.append(channel)
        self.desk.until(f"{caller} rings", lambda state: self.state_of(caller, state) == "ringing")
        return channel

    def talk(self, caller: str = FIRST, speaks: Speech = "nothing", record: Path | None = None) -> str:
        """Answer a call with the hook switch."""
        channel = self.ring(caller, speaks, record)
        self.headset.wait_for_lamp("Ring")
        self.headset.lift_hook()
        self.until(caller, "answered")
        self.headset.wait_for_lamp("Off-Hook")
        return channel

    def until(self, caller: str, state: str) -> State:
        """Wait until the call of `caller` is in that state; "" once it is gone."""
        return self.desk.until(f"{caller} is {state}", lambda now: self.state_of(caller, now) == state)

    @staticmethod
    def state_of(caller: str, state: State) -> str:
        return next((c["state"] for c in state["calls"].values() if c["number"] == caller), "")

    def is_there(self, channel: str) -> bool:
        """Whether the caller holds the line."""
        return any(leg.id.startswith(channel) for leg in self.exchange.channels())

    def gone(self, channel: str) -> None:
        """Wait until the caller is away."""
        eventually("the caller is gone", lambda: not self.is_there(channel))

    def still(self, seconds: float = ECHO, **states: str) -> None:
        """What the desk says stays so: in time for echoes to come."""
        time.sleep(seconds)
        assert call_states(self.desk.status()) == [*states.values()]

    def flips(self, lamp: str, since: float) -> int:
        """How often a lamp was lit or put out since then (CLOCK_MONOTONIC)."""
        history = pairwise(self.headset.lamp_history())
        return sum(lamp in before.lit ^ after.lit and after.at >= since for before, after in history)

    def clear(self) -> None:
        """Everybody hangs up, and the hook is replaced."""
        while self._callers:
            self.exchange.hang_up(self._callers.pop())
        self.desk.until_call()
        self.headset.lower_arm()
        self.headset.replace_hook()
        for lamp in ("Off-Hook", "Ring", "Mute", "Hold"):
            self.headset.wait_for_lamp(lamp, lit=False)
        time.sleep(ECHO_IS_OVER)


class Service(RunningDesk):
    """A desk that runs with the rights that it has on the box: nobody, in two groups."""

    def start(self) -> None:
        """Run it; returns when it answers."""
        for path in (self.home, *self.home.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        super().start()

    def words(self, *words: str) -> list[str]:
        """Return a `deskbell` command line for this desk."""
        service = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={GROUP},audio"]
        return [*service, *super().words(*words)]


@contextmanager
def service(exchange: Exchange, *, sound: bool) -> Iterator[RunningDesk]:
    """The daemon as it runs on the box. Its folder is not one of pytest's, which only root may enter."""
    devices = {"usb": True, "simulated": False, "sound": sound}
    with tempfile.TemporaryDirectory() as home:
        line = {"local_port": SIP_PORT}
        with Service(Path(home), exchange.sip_port, devices=devices, line=line) as desk:
            desk.until_registered()
            yield desk


@pytest.fixture(scope="module")
def desk(exchange: Exchange) -> Iterator[RunningDesk]:
    """The daemon, without sound: that costs the rig most of its time."""
    if results := os.environ.get("DESKBELL_RIG_RESULTS"):
        os.chmod(results, 0o777)  # for what coverage writes of it
    with installed(), service(exchange, sound=False) as desk:
        yield desk


@pytest.fixture(scope="module")
def loud_desk(exchange: Exchange, desk: RunningDesk) -> Iterator[RunningDesk]:
    """The daemon with sound, in the other's place."""
    desk.stop()
    with service(exchange, sound=True) as loud:
        yield loud


@pytest.fixture(scope="module", params=list(MODELS))
def whole_site(request: pytest.FixtureRequest, exchange: Exchange, desk: RunningDesk) -> Iterator[Site]:
    """A device of each kind in turn."""
    model = MODELS[request.param]
    with model.headset() as headset:
        site = Site(model, headset, desk, exchange)
        desk.until("the device works", lambda state: site.online(state))
        yield site


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The desk at rest, and at rest again after the test; whatever was written was written whole."""
    yield whole_site
    whole_site.clear()
    assert whole_site.headset.view.ignored == 0, "reports of a wrong length"
    assert whole_site.headset.view.dropped == 0, "held calls dropped"


# --- 1


def test_1_the_echo_of_our_own_lamp_answers_nobody_twice(site: Site) -> None:
    site.ring(FIRST)
    site.ring(SECOND)
    site.headset.lift_hook()
    site.until(FIRST, "answered")
    site.headset.wait_for_lamp("Off-Hook")
    site.still(first="answered", second="ringing")


def test_1_nor_does_it_when_the_page_answers(site: Site) -> None:
    first = site.ring(FIRST)
    site.ring(SECOND)
    site.desk.ask(Answer())
    site.headset.wait_for_lamp("Off-Hook")
    site.still(first="answered", second="ringing")
    assert site.headset.view.lifted == site.model.habits.follows_off_hook
    site.exchange.hang_up(first)
    site.headset.wait_for_lamp("Off-Hook", lit=False)
    site.still(second="ringing")
    assert not site.headset.view.lifted


# --- 2


def test_2_a_hook_lifted_without_a_call_is_put_back_and_answers_nobody_later(site: Site) -> None:
    written = len(site.headset.written())
    site.headset.lift_hook()
    assert site.headset.written(after=written, wait=5), "on-hook in reply"
    assert "Off-Hook" not in site.headset.lamps
    if site.model.habits.follows_off_hook:
        eventually("the device is on-hook", lambda: not site.headset.view.lifted)
    site.ring()
    site.still(ECHO_IS_OVER, first="ringing")
    site.headset.replace_hook()
    site.headset.lift_hook()
    site.until(FIRST, "answered")


# --- 3


def test_3_twenty_presses_of_mute_are_twenty_and_none_is_lost(site: Site) -> None:
    site.talk()
    start = time.monotonic()
    for press in range(20):
        site.headset.tap("Phone Mute")
        site.headset.wait_for_lamp("Mute", lit=press % 2 == 0)
        assert site.desk.status()["muted"] == (press % 2 == 0)
    assert site.flips("Mute", start) == 20
    assert site.headset.view.lost == 0
    assert not site.headset.view.muted


def test_3_a_mute_key_pressed_without_a_call_mutes_nothing(site: Site) -> None:
    site.headset.tap("Phone Mute")
    site.talk()
    assert not site.desk.status()["muted"]
    assert "Mute" not in site.headset.lamps


# --- 4; what the caller hears is in the end, as it needs another desk


def test_4_mute_goes_one_way_only_and_muted_when_unplugged_recovers(site: Site) -> None:
    site.talk()
    site.headset.tap("Phone Mute")
    site.headset.wait_for_lamp("Mute")
    assert not site.headset.mixer["capture"]["muted"], "by the lamp, not by the sound card too"
    site.headset.unplug()
    site.desk.until("the device is away", lambda state: not site.online(state))
    site.headset.plug()
    site.headset.wait_for_lamp("Mute")
    site.headset.wait_for_lamp("Off-Hook")
    assert site.desk.status()["muted"]
    assert site.headset.view.muted
    site.headset.tap("Phone Mute")
    site.headset.wait_for_lamp("Mute", lit=False)
    assert not site.desk.status()["muted"]
    assert not site.headset.view.muted
    assert not site.headset.mixer["capture"]["muted"]


# --- 5


def test_5_a_boom_arm_that_is_up_refuses_to_unmute_and_nothing_cascades(site: Site) -> None:
    """A device without an arm, muted by its key, lets itself be unmuted."""
    if site.model.arm:
        site.headset.raise_arm()
    site.talk()
    if not site.model.arm:
        site.headset.tap("Phone Mute")
    site.headset.wait_for_lamp("Mute")
    time.sleep(0.5)
    written = len(site.headset.written())
    site.desk.ask(Mute(False))
    time.sleep(1)
    assert site.desk.status()["muted"] == site.model.arm
    assert ("Mute" in site.headset.lamps) == site.model.arm
    assert len(site.headset.written(after=written)) == 1 + site.model.arm, "unmuted, and muted again"
    site.headset.lower_arm()
    site.headset.wait_for_lamp("Mute", lit=False)
    site.desk.until("unmuted", lambda state: not state["muted"])


# --- 6


def test_6_hold_keeps_the_call_and_its_hook(site: Site) -> None:
    caller = site.talk()
    site.headset.tap("Flash")
    site.until(FIRST, "held")
    site.headset.wait_for_lamp("Hold")
    time.sleep(ECHO)
    assert "Off-Hook" in site.headset.lamps, "else a Jabra hangs up"
    assert site.is_there(caller)
    site.headset.tap("Flash")
    site.until(FIRST, "answered")
    site.headset.wait_for_lamp("Hold", lit=False)
    site.headset.replace_hook()
    site.gone(caller)


def test_6_hold_and_resume_ten_times_in_a_hurry(site: Site) -> None:
    caller = site.talk()
    start = time.monotonic()
    for _ in range(20):
        site.headset.tap("Flash")
        time.sleep(FINGER)
    assert site.flips("Hold", start) == 20
    for _ in range(10):
        site.desk.ask(Hold(), Resume())
    site.until(FIRST, "answered")
    site.headset.wait_for_lamp("Hold", lit=False)
    site.still(first="answered")
    assert site.is_there(caller)


# --- 7


def test_7_a_second_call_is_accepted_and_the_first_waits_on_hold(site: Site) -> None:
    first = site.talk(FIRST)
    second = site.ring(SECOND)
    site.headset.tap("Flash")
    site.until(SECOND, "answered")
    site.until(FIRST, "held")
    site.headset.tap("Flash")
    site.until(FIRST, "answered")
    site.until(SECOND, "held")
    site.headset.replace_hook()
    site.gone(first)
    site.still(second="held")
    assert site.is_there(second)
    site.headset.tap("Flash")
    site.until(SECOND, "answered")


def test_7_a_second_call_is_rejected_and_the_first_goes_on(site: Site) -> None:
    first = site.talk(FIRST)
    second = site.ring(SECOND)
    site.headset.wait_for_lamp("Ring")
    site.headset.tap(site.model.rejects[0])
    site.gone(second)
    site.headset.wait_for_lamp("Ring", lit=False)
    site.still(first="answered")
    assert site.is_there(first)


# --- 8


def test_8_every_way_to_reject_turns_the_caller_away(site: Site) -> None:
    for key in site.model.rejects:
        caller = site.ring()
        site.headset.wait_for_lamp("Ring")
        site.headset.tap(key)
        site.desk.until_call()
        site.gone(caller)
        site.headset.wait_for_lamp("Ring", lit=False)
        assert next(call["outcome"] for call in site.desk.status()["released"].values()) == "rejected"
        assert "Off-Hook" not in site.headset.lamps


def test_8_a_gigaset_rejects_by_two_on_hooks(desk: RunningDesk, exchange: Exchange) -> None:
    identity = Identity(0x1209, 0x0002, 0x0100, "Gigaset", "Gigaset ION")
    model = replace(MODELS["one report"], identity=identity)
    with model.headset("G1") as headset:
        site = Site(model, headset, desk, exchange)
        desk.until("the device works", lambda state: site.online(state))
        caller = site.ring()
        headset.wait_for_lamp("Ring")
        headset.replace_hook()
        site.still(first="ringing")
        headset.replace_hook()
        desk.until_call()
        site.gone(caller)
        assert next(call["outcome"] for call in desk.status()["released"].values()) == "rejected"


# --- 9


def test_9_a_caller_who_gives_up_stops_the_ringing(site: Site) -> None:
    caller = site.ring()
    site.headset.wait_for_lamp("Ring")
    site.exchange.hang_up(caller)
    site.headset.wait_for_lamp("Ring", lit=False)
    site.headset.lift_hook()  # too late
    site.still(ECHO_IS_OVER)


# --- 10


def test_10_pulled_out_while_it_rings_it_comes_back_ringing_under_another_number(site: Site) -> None:
    site.ring()
    site.headset.wait_for_lamp("Ring")
    before = site.headset.hidraw
    site.headset.unplug()
    with phantom():  # takes the number that is free now
        site.headset.plug()
        assert site.headset.hidraw != before
        site.headset.wait_for_lamp("Ring")
        site.headset.lift_hook()
        site.until(FIRST, "answered")
        site.headset.wait_for_lamp("Ring", lit=False)


def test_10_a_device_that_needs_ten_seconds_to_come_back_finds_its_call_on_hold(site: Site) -> None:
    caller = site.talk()
    site.headset.tap("Flash")
    site.until(FIRST, "held")
    site.headset.unplug()
    time.sleep(10)
    assert site.is_there(caller)
    site.headset.plug()
    site.headset.wait_for_lamp("Hold")
    site.headset.wait_for_lamp("Off-Hook")
    site.headset.tap("Flash")
    site.until(FIRST, "answered")
    site.still(first="answered")


def test_10_plugged_in_with_its_hook_lifted_it_answers_nobody(site: Site) -> None:
    """Where the hook is a cradle, it is lifted still; where it is a call key, it has fallen back."""
    site.headset.unplug()
    site.headset.lift_hook()
    site.headset.plug()
    site.desk.until("the device works", lambda state: site.online(state))
    site.ring()
    site.headset.wait_for_lamp("Ring")
    site.still(first="ringing")
    assert site.headset.view.lifted != site.model.habits.follows_off_hook
    site.headset.replace_hook()
    site.headset.lift_hook()
    site.until(FIRST, "answered")


# --- 11


def test_11_after_a_kill_the_lamps_are_put_right_and_mute_is_not_carried_over(site: Site) -> None:
    site.talk()
    site.headset.tap("Phone Mute")
    site.headset.wait_for_lamp("Mute")
    site.desk.kill()
    assert {"Off-Hook", "Mute"} <= site.headset.lamps, "nobody has put them out"
    site.desk.start()
    for lamp in ("Off-Hook", "Mute"):
        site.headset.wait_for_lamp(lamp, lit=False)
    site.desk.until_registered()
    site.ring(SECOND)
    site.still(ECHO_IS_OVER, second="ringing")  # however its hook stands
    site.headset.replace_hook()
    site.headset.lift_hook()
    site.until(SECOND, "answered")
    assert not site.desk.status()["muted"]
    assert "Mute" not in site.headset.lamps


# --- 13


def test_13_every_report_goes_out_as_long_as_it_was_declared(site: Site) -> None:
    written = len(site.headset.written())
    site.talk()
    for key in ("Phone Mute", "Flash"):
        site.headset.tap(key)
    site.until(FIRST, "held")
    site.headset.wait_for_lamp("Hold")
    lamps = layout(site.model.report_descriptor)
    used = {lamps.lamps[name].report for name in ("Off-Hook", "Ring", "Mute", "Hold")}
    sent = [report.data for report in site.headset.written(after=written)]
    assert {(0 if 0 in lamps.outputs else data[0], len(data)) for data in sent} >= {
        (number, lamps.outputs[number]) for number in used
    }
    assert site.headset.view.ignored == 0


@pytest.mark.skipif(not GENUINE, reason=f"no descriptors: put the folder of real ones at {REAL}")
@pytest.mark.parametrize("model", GENUINE.values(), ids=GENUINE)
def test_13_with_the_report_descriptor_of_a_real_device(
    model: Model, desk: RunningDesk, exchange: Exchange
) -> None:
    with model.headset("REAL") as headset:
        site = Site(model, headset, desk, exchange)
        desk.until("the device works", lambda state: site.online(state))
        site.talk()
        headset.tap("Phone Mute")
        headset.wait_for_lamp("Mute")
        headset.tap("Phone Mute")
        headset.wait_for_lamp("Mute", lit=False)
        headset.tap("Flash")
        headset.wait_for_lamp("Hold")
        headset.tap("Flash")
        site.until(FIRST, "answered")
        second = site.ring(SECOND)
        headset.tap(model.rejects[0])
        site.gone(second)
        headset.replace_hook()
        site.clear()
        assert (headset.view.ignored, headset.view.lost) == (0, 0)


def test_13_what_only_looks_like_a_telephone_is_none(desk: RunningDesk, exchange: Exchange) -> None:
    model = MODELS["one report"]
    with phantom(), model.headset("P2") as headset:
        site = Site(model, headset, desk, exchange)
        state = desk.until("the device after it works", lambda state: site.online(state))
        assert "Rig Phantom" not in [device["name"] for device in state["devices"].values()]


# --- 15


def test_15_a_device_that_lets_writes_hang_keeps_no_call_waiting(site: Site) -> None:
    site.headset.take(Taking.HELD)
    written = len(site.headset.written())
    caller = site.ring()
    site.desk.ask(Answer())
    site.until(FIRST, "answered")
    site.desk.ask(Hold(), Resume())
    site.until(FIRST, "answered")
    assert len(site.headset.written()) == written, "all that happened while it hung"
    site.headset.take(Taking.WELL)
    site.headset.wait_for_lamp("Off-Hook", limit=RECOVERED)
    assert site.is_there(caller)


def test_15_a_device_that_refuses_its_lamps_is_named_and_comes_back(site: Site) -> None:
    site.headset.take(Taking.REFUSED)
    caller = site.ring()
    state = site.desk.until("the device has failed", lambda state: not site.online(state))
    (reason,) = (d["reason"] for d in state["devices"].values() if d["state"] == "failed")
    assert "does not take its lamps" in reason
    site.desk.ask(Answer())
    site.until(FIRST, "answered")
    site.headset.take(Taking.WELL)
    site.headset.wait_for_lamp("Off-Hook", limit=RECOVERED)
    assert site.is_there(caller)


def test_15_a_device_pulled_out_while_a_write_hangs_comes_back(site: Site) -> None:
    site.headset.take(Taking.HELD)
    caller = site.ring()
    site.headset.unplug()
    site.desk.until("the device is away", lambda state: not site.online(state))
    site.headset.take(Taking.WELL)
    site.headset.plug()
    site.headset.wait_for_lamp("Ring")
    site.headset.lift_hook()
    site.until(FIRST, "answered")
    assert site.is_there(caller)


# --- several at once


def working(state: State, *names: str) -> int:
    """How many devices with these names work."""
    return sum(d["state"] == "online" and d["name"] in names for d in state["devices"].values())


def dark(light: BusyLight) -> bool:
    """Whether a light shows nothing."""
    return light.written()[-1].data[:3] == bytes(3)


def test_9_and_12_two_twins_a_base_and_a_light_ring_together_and_one_of_them_answers(
    exchange: Exchange, desk: RunningDesk
) -> None:
    twin = replace(MODELS["one report"], identity=replace(BASE, product=0x0301, name="Rig Twin"))
    base = replace(MODELS["constant"], identity=BASE)
    with (
        twin.headset("") as one,
        twin.headset("") as other,
        base.headset("B1") as third,
        BusyLight("L1") as light,
    ):
        headsets = (one, other, third)
        desk.until(
            "all four work", lambda state: working(state, "Rig Twin", "Rig Base", "Embrava Blynclight") == 4
        )
        caller = exchange.originate(FIRST, "200")
        for headset in headsets:
            headset.wait_for_lamp("Ring")
        exchange.hang_up(caller)
        for headset in headsets:
            headset.wait_for_lamp("Ring", lit=False)
        desk.until_call()

        caller = exchange.originate(FIRST, "200")
        for headset in headsets:
            headset.wait_for_lamp("Ring")
        other.lift_hook()
        desk.until_call("answered")
        other.wait_for_lamp("Off-Hook")
        other.tap("Phone Mute")
        for headset in headsets:
            headset.wait_for_lamp("Ring", lit=False)
            headset.wait_for_lamp("Mute")
        time.sleep(ECHO)
        assert ["Off-Hook" in headset.lamps for headset in headsets] == [False, True, False]
        desk.until_call("answered")
        eventually("the light winks", lambda: not dark(light))

        desk.stop()
        assert [headset.lamps for headset in headsets] == [frozenset()] * 3, "dark after a stop"
        assert dark(light)
        desk.start()
        desk.until_registered()


# --- 14


def test_14_devices_that_may_not_be_opened_say_so_and_work_as_soon_as_the_udev_rule_comes(
    exchange: Exchange, desk: RunningDesk
) -> None:
    remove_rules()
    with ExitStack() as stack:
        headsets = [stack.enter_context(model.headset("UDEV")) for model in MODELS.values()]
        refused = desk.until("all are refused", lambda state: states(state, "UDEV") == ["denied"] * 5)
        reasons = [told["reason"] for told in refused["devices"].values() if told["state"] == "denied"]
        assert all(RULES.name in reason for reason in reasons)
        add_rules()
        say("udevadm", "trigger", "--subsystem-match=hidraw")
        desk.until("all work", lambda state: states(state, "UDEV") == ["online"] * 5)
        caller = exchange.originate(FIRST, "200")
        for headset in headsets:
            headset.wait_for_lamp("Ring")
        exchange.hang_up(caller)
        desk.until_call()


def states(state: State, serial: str) -> list[str]:
    """The states of the devices with that serial number."""
    return [told["state"] for name, told in state["devices"].items() if name.endswith(serial)]


# --- 4, heard


@pytest.fixture(params=["one report", "one lamp per report"])
def loud_site(request: pytest.FixtureRequest, exchange: Exchange, loud_desk: RunningDesk) -> Iterator[Site]:
    """A device that mutes as most do, then one whose key and sound card undo each other's mute."""
    model = MODELS[request.param]
    with model.headset("LOUD") as headset:
        site = Site(model, headset, loud_desk, exchange)
        loud_desk.until("the device works", lambda state: site.online(state))
        yield site


def test_4_muted_is_silent_and_unmuted_is_heard(loud_site: Site, tmp_path: Path) -> None:
    site, headset = loud_site, loud_site.headset
    headset.hear_tone(OPERATOR_HZ)
    caller = site.talk(speaks="tone", record=tmp_path / "caller.wav")
    start = time.monotonic()
    time.sleep(0.8)
    headset.tap("Phone Mute")
    muted = headset.wait_for_lamp("Mute") - start
    time.sleep(0.8)
    headset.tap("Phone Mute")
    unmuted = headset.wait_for_lamp("Mute", lit=False) - start
    time.sleep(0.7)
    assert headset.played(0.4).measure(CALLER_HZ).snr > 20
    site.exchange.hang_up(caller)
    site.desk.until_call()
    heard = wav(tmp_path / "caller.wav")
    print(f"muted from {muted:.2f} to {unmuted:.2f} s of {heard.seconds:.2f} s")
    assert heard.cut(0.3, muted - 0.1).weakest(OPERATOR_HZ).dbfs > HEARD
    assert heard.cut(muted + 0.3, unmuted - 0.1).measure(OPERATOR_HZ).dbfs < SILENT
    assert heard.cut(unmuted + 0.4, unmuted + 0.9).weakest(OPERATOR_HZ).dbfs > HEARD


def wav(path: Path) -> Recording:
    """A mono file."""
    with wave.open(str(path)) as file:
        return Recording(file.getframerate(), 1, file.readframes(file.getnframes()))
