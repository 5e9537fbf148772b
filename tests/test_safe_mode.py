"""A desk that failed with its devices answers calls without them, says so, and can be led back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from appliance.control.protocol import Reload, Restart
from appliance.desk.events import Answer
from appliance.settings.draft import editing
from drivers.base import Kind
from drivers.hub import Hub
from drivers.sound_card import SoundCard
from tests.running import PATIENCE, RunningDesk
from tests.web.asking import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange
    from drivers.base import Device


class SafeDesk(RunningDesk):
    """As deskbell-safe.service runs it."""

    def words(self, *words: str) -> list[str]:
        return super().words(*words, *(["--safe"] if words[0] == "run" else []))


@pytest.fixture
def desk(tmp_path: Path, exchange: Exchange) -> Iterator[SafeDesk]:
    desk = SafeDesk(
        tmp_path,
        exchange.sip_port,
        devices={"simulated": False},
        buttons={"answer": 5},
        keys={"door": {"pin": 6}},
        ringing={"ringers": ["Headphones"]},
    )
    with desk:
        desk.until_registered()
        yield desk


def ends_by_itself(desk: SafeDesk) -> int:
    assert desk.process
    code = desk.process.wait(PATIENCE)
    desk.process = None
    return code


@pytest.mark.exchange
def test_a_call_is_answered_at_the_page_though_no_device_is_used(desk: SafeDesk, exchange: Exchange) -> None:
    assert desk.status()["devices"] == {}, "neither what is wired nor what rings"
    exchange.originate("0305551234", "200")
    desk.until_call("ringing")
    desk.ask(Answer())
    desk.until_call("answered")


@pytest.mark.exchange
def test_status_and_doctor_say_loudly_that_it_is_safe_mode_and_what_to_do(desk: SafeDesk) -> None:
    assert desk.status()["safe"]
    assert "safe mode" in desk.deskbell("status").stdout
    found = json.loads(desk.deskbell("doctor", "--json", "--settings", str(desk.settings)).stdout)
    (told,) = (one for one in found if one["id"] == "safe-mode")
    assert told["severity"] == "fault"
    assert "stopped several times in a row" in told["what"]
    assert "log" in told["remedy"]


@pytest.mark.exchange
def test_told_to_restart_it_ends_well_so_that_systemd_starts_the_one_with_devices(desk: SafeDesk) -> None:
    written = desk.settings.read_text()
    desk.ask(Restart())
    assert ends_by_itself(desk) == 0
    assert desk.settings.read_text() == written, "the settings are left alone"


@pytest.mark.exchange
def test_what_devices_need_changed_is_no_reason_to_leave_but_another_account_is(desk: SafeDesk) -> None:
    for section, option, value in (("buttons", "answer", 7), ("desk", "name", "Mended")):
        with editing(desk.settings) as draft:
            draft.put(section, option, value)
            draft.save()
        desk.ask(Reload())
    state = desk.until("it has another name", lambda state: state["desk"]["name"] == "Mended")
    assert not state["leaving"]
    with editing(desk.settings) as draft:
        draft.put("line", "user", "1001")
        draft.save()
    desk.ask(Reload())
    assert ends_by_itself(desk) == 0


def test_spoken_is_through_the_first_card_that_hears_and_is_heard(tmp_path: Path) -> None:
    for at, (name, streams) in enumerate((("vc4hdmi0", "p"), ("Headset", "pc"), ("Second", "pc"))):
        folder = tmp_path / f"class/sound/card{at}"
        folder.mkdir(parents=True)
        (folder / "id").write_text(f"{name}\n")
        for direction in streams:
            (folder / f"pcmC{at}D0{direction}").mkdir()
    seen: list[Device] = []
    hub = Hub(print, seen.append, usb=False, sound=SoundCard(tmp_path))
    hub.start()
    until(lambda: seen and seen[-1].state == "online")
    hub.show("card-Headset", {})
    hub.stop()
    assert {(device.id, device.kind, device.audio) for device in seen} == {
        ("card-Headset", Kind.HEADSET, "Headset")
    }


def test_without_any_card_it_goes_without(tmp_path: Path) -> None:
    hub = Hub(print, print, usb=False, sound=SoundCard(tmp_path))
    hub.start()
    hub.stop()
    assert hub.devices() == ()
