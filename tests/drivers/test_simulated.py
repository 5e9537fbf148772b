"""The simulated desk behaves like the devices it stands for."""

from __future__ import annotations

import pytest

from drivers.base import Device, DeviceState, DriverError, Key, KeyEvent, Lamp, LampState, Pattern
from drivers.simulated import SimulatedDesk
from tests.drivers.desk import Desk

ON = LampState(Pattern.ON)
LIFTED = KeyEvent("sim-headset", Key.HOOK, True)
REPLACED = KeyEvent("sim-headset", Key.HOOK, False)


def test_a_desk_has_a_headset_a_light_and_three_buttons() -> None:
    with Desk(simulated=SimulatedDesk(headsets=2)) as desk:
        ids = [device.id for device in desk.hub.devices()]
        assert ids == ["sim-headset", "sim-headset-2", "sim-light", "sim-buttons"]
        for name in ids:
            desk.until_state(name, DeviceState.ONLINE)
        assert all(device.simulated for device in desk.hub.devices())


def test_given_an_open_desk_when_the_hook_lifts_then_the_hub_tells_it() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.until_state("sim-headset", DeviceState.ONLINE)
        simulated.press("sim-headset", Key.HOOK)
        simulated.release("sim-headset", "hook")
        desk.until(lambda: desk.keys == [LIFTED, REPLACED])


def test_the_headset_echoes_our_off_hook_lamp_as_its_hook_switch() -> None:
    with Desk(simulated=SimulatedDesk()) as desk:
        desk.hub.show("sim-headset", {Lamp.OFF_HOOK: ON})
        desk.until(lambda: desk.keys == [LIFTED])
        desk.hub.show("sim-headset", {})
        desk.until(lambda: desk.keys == [LIFTED, REPLACED])


def test_a_hook_lifted_by_a_person_is_not_told_twice_when_its_lamp_follows() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.until_state("sim-headset", DeviceState.ONLINE)
        simulated.press("sim-headset", Key.HOOK)
        desk.hub.show("sim-headset", {Lamp.OFF_HOOK: ON})
        desk.until(lambda: desk.burns("sim-headset", Lamp.OFF_HOOK))
        assert desk.keys == [LIFTED]


def test_a_hook_lifted_without_a_call_falls_back_when_the_lamps_are_written_again() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.until(lambda: bool(desk.device("sim-headset").shown))
        simulated.press("sim-headset", Key.HOOK)
        desk.hub.show("sim-headset", {}, again=True)
        desk.until(lambda: desk.keys == [LIFTED, REPLACED])


def test_twenty_presses_of_mute_are_twenty_presses() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.until_state("sim-headset", DeviceState.ONLINE)
        for _ in range(20):
            simulated.press("sim-headset", Key.MUTE)
            simulated.release("sim-headset", Key.MUTE)
        desk.until(lambda: len(desk.keys) == 40)
        assert sum(event.pressed for event in desk.keys) == 20


def test_an_unplugged_headset_is_offline_and_back_with_the_lamps_of_the_present() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.hub.show("sim-headset", {Lamp.RING: ON})
        desk.until(lambda: simulated.lamps("sim-headset").get(Lamp.RING) == ON)
        simulated.unplug("sim-headset")
        assert desk.device("sim-headset").state is DeviceState.OFFLINE
        assert not desk.device("sim-headset").shown
        desk.hub.show("sim-headset", {Lamp.HOLD: ON})
        simulated.plug("sim-headset")
        desk.until(lambda: desk.burns("sim-headset", Lamp.HOLD))
        assert not simulated.lamps("sim-headset")[Lamp.RING].lit


def test_a_replugged_headset_is_online_before_its_hook_echoes_the_lamp_it_came_back_with() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.until_state("sim-headset", DeviceState.ONLINE)
        desk.hub.show("sim-headset", {Lamp.OFF_HOOK: ON})
        desk.until(lambda: len(desk.keys) == 1)
        simulated.unplug("sim-headset")
        desk.until_state("sim-headset", DeviceState.OFFLINE)
        desk.hub.show("sim-headset", {Lamp.OFF_HOOK: ON})
        simulated.plug("sim-headset")
        desk.until(lambda: len(desk.keys) == 2)
        echo = desk.all.index(LIFTED, desk.all.index(LIFTED) + 1)
        told = [news for news in desk.all[:echo] if isinstance(news, Device) and news.id == "sim-headset"]
        assert told[-1].state is DeviceState.ONLINE


def test_after_the_end_all_lamps_are_dark() -> None:
    simulated = SimulatedDesk()
    with Desk(simulated=simulated) as desk:
        desk.hub.show("sim-light", {Lamp.STATUS: LampState(Pattern.ON, (255, 0, 0))})
        desk.until(lambda: desk.burns("sim-light", Lamp.STATUS))
    assert not any(state.lit for state in simulated.lamps("sim-light").values())


@pytest.mark.parametrize(
    ("device", "key", "known"),
    [
        ("sim-phone", Key.HOOK, "sim-headset, sim-light, sim-buttons"),
        ("sim-buttons", Key.HOOK, "answer, hold, park"),
        ("sim-light", "glow", "none"),
    ],
)
def test_a_wrong_name_is_refused_with_the_names_that_are_known(device: str, key: str, known: str) -> None:
    with pytest.raises(DriverError, match=known):
        SimulatedDesk().press(device, key)


def test_a_key_of_an_unplugged_device_cannot_be_pressed() -> None:
    simulated = SimulatedDesk()
    simulated.unplug("sim-headset")
    with pytest.raises(DriverError, match="sim-headset is unplugged"):
        simulated.press("sim-headset", Key.HOOK)
