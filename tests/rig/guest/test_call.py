"""One call, for real: a caller at the exchange, the daemon, a USB headset and a button on the GPIO header."""

from __future__ import annotations

import time
import wave
from typing import TYPE_CHECKING

import pytest

from appliance.desk.events import Dial, HangUp
from tests.rig.devices import Headset, eventually
from tests.rig.gpio import GpioChip
from tests.rig.tone import Recording
from tests.running import RunningDesk, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange
CALLER = "0305551234"
CALLER_HZ, OPERATOR_HZ, RINGING_HZ = 1000, 440, 425
SERIAL = "E2E1"
PINS = {"park": 22, "park_lamp": 25}


@pytest.fixture
def headset() -> Iterator[Headset]:
    with Headset(SERIAL) as headset:
        yield headset


@pytest.fixture
def chip() -> Iterator[GpioChip]:
    with GpioChip({number: name for name, number in PINS.items()}) as chip:
        yield chip


@pytest.fixture
def desk(tmp_path: Path, exchange: Exchange, headset: Headset, chip: GpioChip) -> Iterator[RunningDesk]:
    """The daemon with what is plugged in and wired, nothing simulated."""
    devices = {"usb": True, "simulated": False, "sound": True}
    with RunningDesk(tmp_path, exchange.sip_port, devices=devices, buttons=PINS) as running:
        running.until_registered()
        running.until("the headset works", lambda state: online(state, "headset"))
        yield running


def test_the_hook_switch_answers_and_both_are_heard(
    exchange: Exchange, desk: RunningDesk, headset: Headset, tmp_path: Path
) -> None:
    headset.hear_tone(OPERATOR_HZ)
    exchange.originate(CALLER, "200", speaks="tone", record=tmp_path / "caller.wav")
    headset.wait_for_lamp("Ring")
    assert "Off-Hook" not in headset.lamps

    headset.lift_hook()
    off_hook = headset.wait_for_lamp("Off-Hook")
    headset.wait_for_lamp("Ring", lit=False)
    assert not any("Off-Hook" in lamps.lit for lamps in headset.lamp_history() if lamps.at < off_hook)
    desk.until_call("answered")
    time.sleep(3)
    at_the_operator = headset.played(3)
    headset.replace_hook()
    desk.until_call()
    headset.wait_for_lamp("Off-Hook", lit=False)

    eventually("the caller is gone", lambda: not exchange.channels())
    at_the_caller = wav(tmp_path / "caller.wav")
    heard, said = at_the_operator.clear_for(CALLER_HZ, 30), at_the_caller.cut(1).clear_for(OPERATOR_HZ, 30)
    print(f"the operator hears {heard:.1f} s without a click, the caller {said:.1f} s")
    assert min(heard, said) > 0.8


def test_a_button_on_the_header_parks_the_call(
    exchange: Exchange, desk: RunningDesk, headset: Headset, chip: GpioChip
) -> None:
    desk.until("the buttons work", lambda state: online(state, "buttons"))
    caller = exchange.originate(CALLER, "200")
    headset.wait_for_lamp("Ring")
    headset.lift_hook()
    desk.until_call("answered")
    chip.press("park")
    time.sleep(0.1)
    chip.release("park")
    desk.until("parked", lambda state: state["orbits"]["701"]["state"] == "taken" and not state["calls"])
    eventually("the Park button's lamp", lambda: chip.lit("park_lamp"))
    headset.wait_for_lamp("Off-Hook", lit=False)
    assert [leg.state for leg in exchange.channels() if leg.id.startswith(caller)], "the caller waits"
    exchange.hang_up(caller)


def test_a_headset_pulled_out_in_a_call_loses_no_caller_and_comes_back_lit(
    exchange: Exchange, desk: RunningDesk, headset: Headset
) -> None:
    caller = exchange.originate(CALLER, "200", speaks="tone")
    headset.wait_for_lamp("Ring")
    headset.lift_hook()
    desk.until_call("answered")
    headset.unplug()
    desk.until("the headset is offline", lambda state: not online(state, "headset"))
    time.sleep(1)
    desk.until_call("answered")
    headset.plug()
    headset.wait_for_lamp("Off-Hook")
    time.sleep(3)
    assert headset.played(3).clear_for(CALLER_HZ) > 0.8
    exchange.hang_up(caller)
    desk.until_call()
    headset.wait_for_lamp("Off-Hook", lit=False)


def test_the_operator_hears_the_far_end_ring_where_the_exchange_plays_nothing(
    desk: RunningDesk, headset: Headset
) -> None:
    desk.ask(Dial("802"))  # rings for ever
    headset.wait_for_lamp("Off-Hook")
    eventually("the ringing tone", lambda: headset.played(0.5).measure(RINGING_HZ).snr > 20, 10)
    desk.ask(HangUp())
    desk.until_call()
    time.sleep(2)
    assert headset.played(0.5).measure(RINGING_HZ).snr < 0, "it ends with the call"


def test_a_headset_that_sends_garbage_in_a_call_loses_no_caller_and_is_named_in_the_log(
    exchange: Exchange, desk: RunningDesk, headset: Headset
) -> None:
    caller = exchange.originate(CALLER, "200")
    headset.wait_for_lamp("Ring")
    headset.lift_hook()
    desk.until_call("answered")
    for garbage in (b"\xee\xee\xee", b"\xff" * 60, b"\x01", b"\x01\x01"):  # unknown, long, cut short
        headset.send(garbage)
    eventually("the log says so", lambda: "sends reports that it did not declare" in desk.log.read_text())
    desk.until_call("answered")
    assert [leg.state for leg in exchange.channels() if leg.id.startswith(caller)]
    headset.replace_hook()
    desk.until_call()


def online(state: State, kind: str) -> bool:
    """Whether a device of that kind works."""
    return any((device["kind"], device["state"]) == (kind, "online") for device in state["devices"].values())


def wav(path: Path) -> Recording:
    """A mono file."""
    with wave.open(str(path)) as file:
        return Recording(file.getframerate(), 1, file.readframes(file.getnframes()))
