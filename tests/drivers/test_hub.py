"""The hub's promises: nobody waits for a device, whatever it does, and it shows the present when back."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from drivers import worker
from drivers.base import (
    AccessDenied,
    Device,
    DeviceState,
    DriverError,
    Key,
    KeyEvent,
    Kind,
    Lamp,
    LampState,
    Pattern,
    Ring,
    Unplugged,
)
from drivers.simulated import SimulatedDesk
from tests.drivers.desk import PATIENCE_SECONDS, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.base import Lose, Ports, Press, Source

ON = LampState(Pattern.ON)
LAMPS = frozenset({Lamp.RING, Lamp.MUTE})
PHONE = Device(
    "phone", Kind.HEADSET, "A phone", frozenset({Key.HOOK}), LAMPS, rings=True, relays=frozenset({"door"})
)
MELODY = Ring(every=1)


class Trouble:
    """A source of one device that does what it is told, a driver of that device, and a record of it."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.fault: Exception | None = None
        self.flowing = threading.Event()  # clear: writes block
        self.flowing.set()
        self.blocked = threading.Event()
        self.shown: list[tuple[dict[Lamp, LampState], bool]] = []
        self.rings: list[Ring | None] = []
        self.pulses: list[tuple[str, float]] = []
        self.wait: float | None = None
        self.calls: Counter[str] = Counter()
        self._happened = threading.Condition()

    def start(self, ports: Ports) -> None:
        self.ports = ports
        self.plug()

    def stop(self) -> None:
        self.calls["stop"] += 1

    def plug(self) -> None:
        self.ports.attach(PHONE, self.open)

    def open(self, press: Press, lose: Lose) -> Trouble:
        with self._happened:
            self.calls["open"] += 1
            self._happened.notify_all()
        if self.refusal:
            raise self.refusal
        self.press, self.lose = press, lose
        return self

    def show(self, lamps: Mapping[Lamp, LampState], again: bool) -> float | None:
        if self.fault:
            raise self.fault
        if not self.flowing.is_set():
            self.blocked.set()
            assert self.flowing.wait(PATIENCE_SECONDS)
        with self._happened:
            self.shown.append((dict(lamps), again))
            self._happened.notify_all()
        return self.wait

    def ring(self, ring: Ring | None) -> float | None:
        with self._happened:
            if self.rings[-1:] != [ring]:
                self.rings.append(ring)
            self._happened.notify_all()
        return None

    def switch(self, relay: str, seconds: float) -> None:
        with self._happened:
            self.pulses.append((relay, seconds))
            self._happened.notify_all()

    def until(self, truth: Callable[[], bool]) -> None:
        with self._happened:
            assert self._happened.wait_for(truth, PATIENCE_SECONDS)

    def until_shown(self, times: int) -> None:
        self.until(lambda: len(self.shown) >= times)

    def until_opened(self, times: int) -> None:
        self.until(lambda: self.calls["open"] >= times)

    def close(self) -> None:
        with self._happened:
            self.calls["close"] += 1
            self._happened.notify_all()


class Sources:
    """Several sources as one."""

    def __init__(self, *sources: Source) -> None:
        self._sources = sources

    def start(self, ports: Ports) -> None:
        for source in self._sources:
            source.start(ports)

    def stop(self) -> None:
        for source in self._sources:
            source.stop()


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers try again at once."""
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.01)


def plan(*lit: Lamp) -> dict[Lamp, LampState]:
    return {lamp: ON if lamp in lit else LampState() for lamp in PHONE.lamps}


def test_a_device_that_blocks_delays_nobody_and_wakes_to_the_newest_plan(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.flowing.clear()
        desk.hub.show("phone", {Lamp.MUTE: ON})
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        for number in range(1000):  # each of these would wait for ever, if it waited
            desk.hub.show("phone", {Lamp.RING: ON} if number % 2 else {})
        trouble.press(Key.HOOK, True)
        desk.until(lambda: desk.keys == [KeyEvent("phone", Key.HOOK, True)])
        trouble.flowing.set()
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        assert [lamps for lamps, _ in trouble.shown] == [plan(), plan(Lamp.MUTE), plan(Lamp.RING)]


def test_a_device_that_blocks_from_the_first_is_heard_all_the_same(trouble: Trouble) -> None:
    trouble.flowing.clear()
    with Desk(simulated=trouble) as desk:
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        trouble.press(Key.HOOK, True)
        desk.until(lambda: desk.keys == [KeyEvent("phone", Key.HOOK, True)])
        trouble.flowing.set()


def test_a_hook_that_falls_back_while_the_lamp_that_it_waits_for_is_blocked_was_not_replaced(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "UNHEARD_SECONDS", 0.0)
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.flowing.clear()
        desk.hub.show("phone", {Lamp.OFF_HOOK: ON, Lamp.RING: ON})
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        trouble.press(Key.HOOK, False)
        trouble.flowing.set()
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        trouble.press(Key.HOOK, True)
        trouble.press(Key.HOOK, False)
        desk.until(lambda: len(desk.keys) == 2)
        assert [event.pressed for event in desk.keys] == [True, False]


def test_what_a_device_answers_to_the_lamps_by_which_it_is_tried_after_a_fault_is_no_press(
    trouble: Trouble, impatient: None
) -> None:
    with Desk(simulated=trouble) as desk:
        desk.hub.show("phone", {Lamp.RING: ON})
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        trouble.flowing.clear()
        trouble.lose(DriverError("EPIPE"))
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        trouble.press(Key.HOOK, True)
        assert desk.device("phone").state is DeviceState.FAILED
        trouble.flowing.set()
        desk.until_state("phone", DeviceState.ONLINE)
        trouble.press(Key.HOOK, False)
        desk.until(lambda: bool(desk.keys))
        assert desk.keys == [KeyEvent("phone", Key.HOOK, False)]


def test_a_flood_of_presses_is_ignored_and_named_and_disturbs_nobody(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SimulatedDesk()
    with Desk(simulated=Sources(trouble, other)) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        desk.until_state("sim-headset", DeviceState.ONLINE)
        for _ in range(1000):
            trouble.press(Key.MUTE, True)
            trouble.press(Key.MUTE, False)
        other.press("sim-headset", Key.HOOK)
        lifted = KeyEvent("sim-headset", Key.HOOK, True)
        desk.until(lambda: lifted in desk.keys)
        assert desk.keys.index(lifted) < 1000
        desk.until(lambda: desk.device("phone").reason == worker.FLOODED)
        assert desk.device("phone").state is DeviceState.ONLINE  # a call goes on: its sound has no fault
        monkeypatch.setattr("drivers.presses.QUIET_SECONDS", 0.0)
        desk.hub.show("phone", {Lamp.RING: ON})
        desk.until(lambda: desk.burns("phone", Lamp.RING) and desk.device("phone").reason == "")


def test_a_fault_is_told_before_the_device_is_let_go_of(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(trouble, "close", lambda: let_go.wait(PATIENCE_SECONDS))
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.lose(DriverError("EPIPE"))
        desk.until_state("phone", DeviceState.FAILED)
        assert not let_go.is_set()
        let_go.set()


@pytest.mark.parametrize("fault", [OSError("gone"), ZeroDivisionError("a bug")])
@pytest.mark.usefixtures("impatient")
def test_a_device_that_cannot_be_let_go_of_is_opened_again_all_the_same(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def close() -> None:
        raise fault

    monkeypatch.setattr(trouble, "close", close)
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.lose(Unplugged("out of range"))
        trouble.until_opened(2)
        desk.until_state("phone", DeviceState.ONLINE)


def test_a_ring_is_made_by_what_was_away_as_soon_as_it_is_back_and_ends_with_the_hub(
    trouble: Trouble,
) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.ports.detach("phone")
        trouble.until(lambda: trouble.calls["close"] == 1)
        desk.hub.ring("phone", MELODY)
        trouble.plug()
        trouble.until(lambda: trouble.rings[-1:] == [MELODY])
        desk.hub.ring("phone", None)
        trouble.until(lambda: trouble.rings[-1:] == [None])
        desk.hub.ring("phone", MELODY)
        trouble.until(lambda: trouble.rings[-1:] == [MELODY])
    assert trouble.rings[-1] is None
    assert trouble.shown[-1] == (plan(), True)


def test_a_relay_is_switched_and_one_that_is_not_there_is_a_mistake(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until_state("phone", DeviceState.ONLINE)
        desk.hub.switch("phone", "door", 3.0)
        desk.hub.switch("phone", "door", 0.0)
        trouble.until(lambda: trouble.pulses == [("door", 3.0), ("door", 0.0)])
        with pytest.raises(DriverError, match="known: door"):
            desk.hub.switch("phone", "gate", 3.0)


def test_no_door_opens_later(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PULSE_SECONDS", 0.0)
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.flowing.clear()
        desk.hub.show("phone", {Lamp.RING: ON})
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        desk.hub.switch("phone", "door", 3.0)
        trouble.flowing.set()
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        desk.hub.switch("phone", "door", 0.0)  # to open it is never too late
        trouble.until(lambda: bool(trouble.pulses))
        assert trouble.pulses == [("door", 0.0)]
        trouble.ports.detach("phone")
        with pytest.raises(DriverError, match="phone is offline: unplugged"):
            desk.hub.switch("phone", "door", 3.0)


def test_the_hub_stops_though_a_device_blocks(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.hub.STOP_SECONDS", 0.05)
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.flowing.clear()
        desk.hub.show("phone", {Lamp.RING: ON})
        assert trouble.blocked.wait(PATIENCE_SECONDS)
    trouble.flowing.set()


def test_a_device_that_blocks_can_be_replugged_and_its_old_self_is_not_listened_to(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        old_press = trouble.press
        trouble.flowing.clear()
        desk.hub.show("phone", {Lamp.RING: ON})
        assert trouble.blocked.wait(PATIENCE_SECONDS)
        trouble.ports.detach("phone")
        assert desk.device("phone").state is DeviceState.OFFLINE
        trouble.plug()
        old_press(Key.HOOK, True)
        trouble.flowing.set()
        desk.until_state("phone", DeviceState.ONLINE)
        desk.hub.show("phone", {Lamp.MUTE: ON})
        desk.until(lambda: desk.burns("phone", Lamp.MUTE))
        assert desk.keys == []
        assert not any(told.shown.get(Lamp.RING, LampState()).lit for told in desk.told)  # that was before


def test_a_plan_that_stands_is_not_happened_twice_unless_again(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.hub.show("phone", {Lamp.RING: ON})
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        written = len(trouble.shown)
        desk.hub.show("phone", {Lamp.RING: ON, Lamp.STATUS: ON})  # a lamp that it does not have
        desk.hub.show("phone", {Lamp.RING: ON}, again=True)
        trouble.until_shown(written + 1)
        assert trouble.shown[written:] == [(plan(Lamp.RING), True)]


def test_a_driver_that_asks_for_its_clock_is_called_again(trouble: Trouble) -> None:
    trouble.wait = 0.001
    with Desk(simulated=trouble) as desk:
        desk.hub.show("phone", {Lamp.RING: ON})
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        trouble.until_shown(10)
    assert trouble.shown[-1] == (plan(), True)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("refusal", "state", "reason"),
    [
        (AccessDenied("no permission, do this"), DeviceState.DENIED, "no permission, do this"),
        (Unplugged("unplugged"), DeviceState.OFFLINE, "unplugged"),
        (DriverError("it is broken"), DeviceState.FAILED, "it is broken"),
        (ZeroDivisionError("a bug"), DeviceState.FAILED, "the driver failed; the log says where"),
    ],
)
def test_what_keeps_a_device_from_opening_is_its_state_until_it_opens(
    trouble: Trouble, refusal: Exception, state: DeviceState, reason: str
) -> None:
    trouble.refusal = refusal
    with Desk(simulated=trouble) as desk:
        desk.until_state("phone", state)
        desk.until(lambda: desk.device("phone").reason == reason)
        desk.hub.show("phone", {Lamp.RING: ON})
        trouble.refusal = None
        desk.until(lambda: desk.burns("phone", Lamp.RING))
        assert desk.device("phone").state is DeviceState.ONLINE
        assert desk.device("phone").reason == ""


def test_a_refused_device_is_tried_again_at_once_when_its_source_says_so(trouble: Trouble) -> None:
    trouble.refusal = AccessDenied("no permission")
    with Desk(simulated=trouble) as desk:
        desk.until_state("phone", DeviceState.DENIED)
        trouble.refusal = None
        desk.hub.retry("phone")
        desk.until_state("phone", DeviceState.ONLINE)
        assert trouble.calls["open"] == 2


@pytest.mark.usefixtures("impatient")
def test_a_device_that_does_not_take_its_lamps_has_failed_until_it_does(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.fault = DriverError("EPIPE")
        desk.hub.show("phone", {Lamp.RING: ON})
        failed = desk.until_state("phone", DeviceState.FAILED)
        assert (failed.reason, dict(failed.shown)) == ("EPIPE", {})
        opened, told = trouble.calls["open"], len(desk.told)
        trouble.until_opened(opened + 3)
        assert [device.state for device in desk.told[told:]] == []  # it does not seem to come and go
        trouble.fault = None
        desk.until(lambda: desk.burns("phone", Lamp.RING))


@pytest.mark.usefixtures("impatient")
def test_a_device_that_is_lost_is_offline_and_opened_again(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.until(lambda: bool(desk.device("phone").shown))
        trouble.lose(Unplugged("out of range"))
        desk.until(lambda: any(told.reason == "out of range" for told in desk.told))
        desk.until_state("phone", DeviceState.ONLINE)
        assert trouble.calls["close"] == 1


def test_changes_of_a_device_are_told_in_order_and_from_a_thread_without_locks(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        for number in range(50):
            trouble.ports.hear("phone", f"Card{number}")
        desk.until(lambda: bool(desk.told) and desk.told[-1].audio == "Card49")
        cards = [card for card, _ in groupby(told.audio for told in desk.told if told.audio)]
        assert cards == [f"Card{number}" for number in range(50)]


def test_a_device_never_seen_is_a_mistake_that_names_those_that_are_known(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk, pytest.raises(DriverError, match="known: phone"):
        desk.hub.show("telephone", {})


def test_after_the_end_the_lamps_are_dark_and_the_device_closed(trouble: Trouble) -> None:
    with Desk(simulated=trouble) as desk:
        desk.hub.show("phone", {Lamp.RING: ON})
        desk.until(lambda: desk.burns("phone", Lamp.RING))
    assert trouble.shown[-1] == (plan(), True)
    assert (trouble.calls["stop"], trouble.calls["close"]) == (1, 1)
