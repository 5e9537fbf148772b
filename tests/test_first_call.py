"""The main job, whole: a caller rings, the desk answers, holds, parks, retrieves, and everything shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.control.protocol import Plug, Unplug
from appliance.desk.events import Dial, Reject, Transfer
from tests.running import RunningDesk, lit, status_light

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange
CALLER, NAME = "0305551234", "Müller Bakery"


@pytest.fixture
def desk(tmp_path: Path, exchange: Exchange) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path, exchange.sip_port, extensions={"1001": "Ada", "1002": "Grace"}) as running:
        running.until_registered()
        yield running


def legs(exchange: Exchange, caller: str) -> list[str]:
    """Return the states of the legs of that caller."""
    return [channel.state for channel in exchange.channels() if channel.id.startswith(caller)]


def bridged(exchange: Exchange) -> bool:
    """Whether the exchange has joined the operator's leg with another: before that it transfers nothing."""
    return any(
        entry.get("Channel", "").startswith("PJSIP/200-") and entry.get("BridgeId")
        for entry in exchange.ami("CoreShowChannels")
    )


def rings(exchange: Exchange, desk: RunningDesk, name: str = NAME) -> str:
    caller = exchange.originate(CALLER, "200", name=name)
    desk.until("a call rings", lambda state: any(c["state"] == "ringing" for c in state["calls"].values()))
    return caller


def test_given_a_caller_when_the_hook_lifts_then_they_talk(exchange: Exchange, desk: RunningDesk) -> None:
    caller = rings(exchange, desk)
    state = desk.until("the headset rings", lambda state: "ring" in lit(state))
    (call,) = state["calls"].values()
    assert (call["name"], call["number"], call["called"]) == (NAME, CALLER, "200")
    assert lit(state) == {"ring": "blink"}
    desk.until("the Answer key's lamp", lambda state: lit(state, "sim-buttons") == {"answer": "fast"})
    desk.until("the light rings", lambda state: status_light(state) == ("blink", "#ffbe00"))

    desk.lift()
    desk.until("off-hook", lambda state: lit(state) == {"off_hook": "on"})
    desk.until("the light is busy", lambda state: status_light(state) == ("wink", "#ff0000"))
    desk.until("the exchange says so too", lambda _: "Up" in legs(exchange, caller))

    desk.replace()
    state = desk.until_call()
    assert lit(desk.until("dark", lambda state: not lit(state))) == {}
    desk.until("the caller is gone", lambda _: not legs(exchange, caller))


def test_hold_park_and_retrieve_by_the_three_buttons(exchange: Exchange, desk: RunningDesk) -> None:
    caller = rings(exchange, desk)
    desk.press("answer")
    desk.until_call("answered")
    desk.until("they are joined", lambda _: bridged(exchange))
    desk.press("hold")
    desk.until_call("held")
    desk.until("the hold lamp", lambda state: lit(state, "sim-buttons") == {"hold": "blink"})
    desk.press("hold")
    desk.until_call("answered")
    desk.press("park")
    state = desk.until(
        "parked", lambda state: state["orbits"]["701"]["state"] == "taken" and not state["calls"]
    )
    assert state["orbits"]["701"]["name"] == NAME
    assert legs(exchange, caller), "the caller is still there"
    desk.press("park")
    state = desk.until(
        "retrieved", lambda state: state["orbits"]["701"]["state"] == "free" and state["calls"]
    )
    (call,) = desk.until_call("answered")["calls"].values()
    assert call["name"] == NAME
    desk.until("the exchange says so too", lambda _: "Up" in legs(exchange, caller))
    desk.press("hold")
    desk.until_call("held")
    assert desk.deskbell("hangup", next(iter(desk.status()["calls"]))).returncode == 0
    desk.until("the caller is gone", lambda _: not legs(exchange, caller))


def test_given_a_held_call_when_the_headset_is_put_back_then_the_caller_stays_on_hold(
    exchange: Exchange, desk: RunningDesk
) -> None:
    caller = rings(exchange, desk)
    desk.lift()
    desk.until_call("answered")
    desk.until("they are joined", lambda _: bridged(exchange))
    desk.press("hold")
    desk.until_call("held")
    desk.replace()
    desk.until("the headset follows its lamp", lambda state: state["devices"]["sim-headset"]["lifted"])
    desk.until_call("held")
    assert "Up" in legs(exchange, caller)
    desk.press("hold")
    desk.until_call("answered")


def test_given_a_call_when_another_is_answered_then_the_first_is_held(
    exchange: Exchange, desk: RunningDesk
) -> None:
    callers = [rings(exchange, desk)]
    desk.press("answer")
    desk.until_call("answered")
    callers.append(rings(exchange, desk, "Sofia"))
    desk.press("answer")
    desk.until_call("held", "answered")
    desk.press("hold")
    desk.until_call("answered", "held")
    desk.until("both are connected", lambda _: all("Up" in legs(exchange, caller) for caller in callers))


def test_when_the_caller_gives_up_then_nothing_rings_any_more(exchange: Exchange, desk: RunningDesk) -> None:
    caller = rings(exchange, desk)
    exchange.hang_up(caller)
    desk.until_call()
    desk.until("dark", lambda state: not lit(state) and not lit(state, "sim-buttons"))


def test_a_rejected_caller_is_told_so(exchange: Exchange, desk: RunningDesk) -> None:
    caller = rings(exchange, desk)
    desk.ask(Reject())
    desk.until_call()
    desk.until("the caller is gone", lambda _: not legs(exchange, caller))


def test_a_call_to_nobody_says_why_on_the_page(desk: RunningDesk) -> None:
    desk.ask(Dial("4711"))
    state = desk.until("it says why", lambda state: state["notice"])
    assert state["notice"].startswith("4711: ")
    assert state["calls"] == {}


def test_a_transfer_to_nobody_brings_the_caller_back(exchange: Exchange, desk: RunningDesk) -> None:
    caller = rings(exchange, desk)
    desk.lift()
    desk.until_call("answered")
    desk.until("they are joined", lambda _: bridged(exchange))
    desk.ask(Transfer("4711"))
    state = desk.until("it says why", lambda state: state["notice"])
    assert "404" in state["notice"]
    desk.until_call("answered")
    desk.until("the exchange says so too", lambda _: "Up" in legs(exchange, caller))


def test_an_extension_that_gets_a_call_is_seen_ringing_and_free_again(
    exchange: Exchange, desk: RunningDesk
) -> None:
    exchange.set_extension("1001", "RINGING")
    desk.until("1001 rings", lambda state: state["extensions"]["1001"]["state"] == "ringing")
    exchange.set_extension("1001", "INUSE")
    desk.until("1001 talks", lambda state: state["extensions"]["1001"]["state"] == "busy")
    exchange.set_extension("1001", "NOT_INUSE")
    desk.until("1001 is free", lambda state: state["extensions"]["1001"]["state"] == "available")


def test_given_a_call_when_the_headset_is_pulled_out_then_the_caller_stays_and_the_lamp_comes_back(
    exchange: Exchange, desk: RunningDesk
) -> None:
    caller = rings(exchange, desk)
    desk.lift()
    desk.until_call("answered")
    desk.ask(Unplug("sim-headset"))
    desk.until("offline", lambda state: state["devices"]["sim-headset"]["state"] == "offline")
    desk.until_call("answered")
    desk.until("the exchange says so too", lambda _: "Up" in legs(exchange, caller))
    desk.ask(Plug("sim-headset"))
    desk.until("off-hook again", lambda state: lit(state) == {"off_hook": "on"})
    desk.until("lifted again", lambda state: state["devices"]["sim-headset"]["lifted"])
    desk.replace()
    desk.until_call()
