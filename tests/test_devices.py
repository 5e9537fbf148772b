"""The devices as a person at the command line meets them: listed with all they have, tested one by one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from appliance.control.client import Client
from appliance.control.protocol import EndSoundTest, Press, Refused, Release, TestLamp, TestSound, Unplug
from tests.running import PATIENCE, RunningDesk, lit, status_light

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """A desk whose exchange is not there: devices do not need one."""
    with RunningDesk(tmp_path, 9) as running:
        running.until("the devices", lambda state: len(state["devices"]) == 3)
        running.until("a lit light", lambda state: lit(state, "sim-light"))
        yield running


def test_each_device_is_listed_with_its_keys_and_lamps(desk: RunningDesk) -> None:
    said = desk.deskbell("devices").stdout
    assert "sim-headset: headset Simulated headset, online" in said
    assert "    keys: flash, hook, mute, reject\n    lamps: hold, mute, off_hook, ring\n" in said
    assert "    lit: status flash\n" in said


def test_given_a_headset_under_test_when_every_key_was_pressed_then_it_is_whole(desk: RunningDesk) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "appliance", "--socket", str(desk.socket), "devices", "test", "sim-headset"],
        stdout=subprocess.PIPE,
        text=True,
    ) as trial:
        said = []
        for line in trial.stdout or ():
            said.append(line.strip())
            if said[-1].startswith("lamp "):
                expected = {said[-1].split()[1].rstrip(":"): "on"}
                desk.until("it is lit, and no other", lambda state: lit(state) == expected)  # noqa: B023
            if said[-1].startswith("keys:"):
                for key in ("hook", "mute", "flash", "reject"):
                    desk.ask(Press("sim-headset", key))
                    desk.ask(Release("sim-headset", key))
        assert trial.wait(PATIENCE) == 0
    assert said[-1] == "every key works"
    assert sum(line.startswith("lamp ") for line in said) == 4
    desk.until("the test is over", lambda state: not lit(state))


def test_a_key_that_does_not_come_is_named(desk: RunningDesk) -> None:
    tested = desk.deskbell("devices", "test", "sim-buttons", "--seconds", "0.2")
    assert tested.returncode == 1
    assert "never pressed: answer, hold, park" in tested.stdout


def test_what_is_not_there_is_not_tested_and_the_others_are_named(desk: RunningDesk) -> None:
    tested = desk.deskbell("devices", "test", "toaster")
    assert tested.returncode == 1
    assert "no device 'toaster'; known: sim-" in tested.stderr
    desk.ask(Unplug("sim-light"))
    desk.until("unplugged", lambda state: state["devices"]["sim-light"]["state"] == "offline")
    assert "unplugged" in desk.deskbell("devices", "test", "sim-light").stderr


def test_a_light_shows_the_colour_that_is_asked_for_and_then_what_the_desk_wants(desk: RunningDesk) -> None:
    before = status_light(desk.status())
    desk.ask(TestLamp("sim-light", "status", "#00c8ff"))
    desk.until("the colour", lambda state: status_light(state) == ("on", "#00c8ff"))
    desk.ask(TestLamp("sim-light", "status", "red fast"))
    desk.until("the next, blinking", lambda state: status_light(state) == ("fast", "#ff0000"))
    desk.until("the test is over", lambda state: status_light(state) == before)
    with pytest.raises(Refused, match="'mauve' is no colour"):
        desk.ask(TestLamp("sim-light", "status", "mauve"))


def test_the_sound_of_a_device_is_tried_and_the_levels_are_sent(desk: RunningDesk) -> None:
    with Client(desk.socket) as listener:
        levels = listener.levels(beat=0.2)
        assert next(levels) == {}, "nobody speaks, and nothing is tried"
        desk.ask(TestSound("sim-headset", echo=True))
        assert [next(found for found in levels if found)[name] for name in ("test", "fault")] == ["speak", ""]
        desk.ask(EndSoundTest())
        assert next(found for found in levels if found and not found["test"])
    with pytest.raises(Refused, match="sim-light has no sound card"):
        desk.ask(TestSound("sim-light"))


@pytest.mark.exchange
def test_while_somebody_calls_nothing_is_tested(tmp_path: Path, exchange: Exchange) -> None:
    with RunningDesk(tmp_path, exchange.sip_port) as desk:
        desk.until_registered()
        exchange.originate("030", "200")
        desk.until_call("ringing")
        with pytest.raises(Refused, match="there are calls"):
            desk.ask(TestLamp("sim-headset", "off_hook"))
        with pytest.raises(Refused, match="there are calls"):
            desk.ask(TestSound("sim-headset"))


def test_without_a_desk_it_is_said_what_is_plugged_in(tmp_path: Path) -> None:
    desk = RunningDesk(tmp_path, 9)
    listed = desk.deskbell("devices", "--settings", str(desk.settings))
    assert listed.returncode == 0
    assert "this is what is plugged in" in listed.stderr
    assert listed.stdout == "no devices\n"
    found = desk.deskbell("doctor", "--settings", str(desk.settings)).stdout
    assert "FAULT desk: no desk answers" in found


def test_a_desk_that_runs_is_not_made_dark(desk: RunningDesk) -> None:
    refused = desk.deskbell("devices", "dark", "--settings", str(desk.settings))
    assert (refused.returncode, "a desk is running" in refused.stderr) == (1, True)
    assert lit(desk.status(), "sim-light")
    desk.kill()
    assert desk.deskbell("devices", "dark", "--settings", str(desk.settings)).returncode == 0


def test_what_is_to_be_left_alone_is(tmp_path: Path) -> None:
    with RunningDesk(tmp_path, 9, devices={"ignore": ["sim-light"]}) as desk:
        desk.until("the headset", lambda state: state["audio"] == "sim-headset")
        assert set(desk.status()["devices"]) == {"sim-headset", "sim-buttons"}


def test_a_level_that_cannot_be_set_is_refused(desk: RunningDesk) -> None:
    too_loud = desk.deskbell("devices", "level", "sim-headset", "--speaker", "11")
    assert "11 is no level" in too_loud.stderr
    silent = desk.deskbell("devices", "level", "sim-light", "--speaker", "0.5")
    assert "sim-light has no sound card" in silent.stderr


def test_a_ring_tone_that_has_vanished_keeps_no_desk_shut_and_the_doctor_tells(tmp_path: Path) -> None:
    gone = tmp_path / "gone.wav"
    desk = RunningDesk(tmp_path, 9, ringing={"tone_external": str(gone)})
    with desk:
        assert desk.status()["calls"] == {}
    found = desk.deskbell("doctor", "--settings", str(desk.settings)).stdout
    assert f"FAULT ringing: {gone}: there is no such file; the built-in tone rings" in found
