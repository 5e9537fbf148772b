"""Settings that were changed hold at once; what needs a new start waits until nobody calls."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from appliance.control.protocol import ControlError, Refused, Reload
from appliance.desk.events import Answer, HangUp
from appliance.settings.draft import editing
from tests.running import PATIENCE, RunningDesk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange


@pytest.fixture
def desk(tmp_path: Path, exchange: Exchange) -> Iterator[RunningDesk]:
    with RunningDesk(tmp_path, exchange.sip_port, extensions={"1001": "Ada"}) as desk:
        desk.until_registered()
        yield desk


def change(desk: RunningDesk, section: str, option: str, value: object) -> None:
    """Change one setting as the page does."""
    with editing(desk.settings) as draft:
        draft.put(section, option, value)
        draft.save()
    desk.ask(Reload())


def test_in_the_middle_of_a_call_the_desk_is_set_up_in_another_way(
    desk: RunningDesk, exchange: Exchange
) -> None:
    exchange.originate("0305551234", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")
    change(desk, "desk", "name", "Front desk")
    change(desk, "extensions", "1002", "Bob")
    change(desk, "speed_dial", "1", "1002")
    change(desk, "ringing", "volume", 0.2)
    change(desk, "lights", "talking", "blue")
    state = desk.until(
        "the exchange tells of the new extension",
        lambda state: state["extensions"].get("1002", {}).get("state", "unknown") != "unknown",
    )
    assert state["desk"]["name"] == "Front desk"
    assert state["speed_dials"] == {"1": "1002"}
    assert not state["leaving"]
    desk.until(
        "the light shows another colour",
        lambda state: state["devices"]["sim-light"]["lamps"]["status"]["colour"] == "#0000c8",
    )
    desk.until_call("answered")
    assert "Traceback" not in desk.log.read_text()


def test_what_needs_a_new_start_waits_until_nobody_calls(desk: RunningDesk, exchange: Exchange) -> None:
    exchange.originate("0305551234", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")
    pid = desk.pid
    change(desk, "park", "orbits", ["701", "702"])
    state = desk.until_call("answered")
    assert state["leaving"]
    assert set(state["orbits"]) == {"701", "702", "703"}
    desk.ask(HangUp())
    until_anew(desk, {"701", "702"})
    assert desk.pid == pid
    desk.until_registered()
    exchange.originate("0305551234", "200")
    desk.until_call("ringing")


def until_anew(desk: RunningDesk, orbits: set[str]) -> None:
    """Wait until the desk has started anew with these orbits."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(ControlError):
            state = desk.status()
            if set(state["orbits"]) == orbits and not state["leaving"]:
                return
        assert time.monotonic() < deadline, desk.log.read_text()
        time.sleep(0.02)


def test_settings_that_are_wrong_change_nothing(desk: RunningDesk) -> None:
    text = desk.settings.read_text()
    desk.settings.write_text(text.replace('prefix = "*7"', 'prefix = "* 7"'))
    with pytest.raises(Refused) as refused:
        desk.ask(Reload())
    assert "park.prefix" in str(refused.value)
    assert not desk.status()["leaving"]
    desk.settings.write_text(text)
    desk.ask(Reload())
