"""Given two headsets, when another is preferred in the settings, then it is spoken through at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.control.protocol import Reload
from appliance.settings.draft import editing
from tests.rig.models import MODELS
from tests.running import RunningDesk

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange
MODEL = MODELS["one report"]
ONE, OTHER = "usb-0b0e-0307-ONE", "usb-0b0e-0307-OTHER"


def test_the_order_of_preference_holds_without_a_new_start(exchange: Exchange, tmp_path: Path) -> None:
    devices = {"usb": True, "simulated": False, "sound": False, "prefer": [ONE, OTHER]}
    with (
        MODEL.headset("ONE", audio=False),
        MODEL.headset("OTHER", audio=False) as other,
        RunningDesk(tmp_path, exchange.sip_port, devices=devices) as desk,
    ):
        desk.until_registered()
        desk.until("the first is used", lambda state: state["audio"] == ONE and OTHER in state["devices"])
        with editing(desk.settings) as draft:
            draft.put("devices", "prefer", [OTHER, ONE])
            draft.save()
        desk.ask(Reload())
        desk.until("the other is used", lambda state: state["audio"] == OTHER and not state["leaving"])
        exchange.originate("0305551234", "200")
        desk.until_call("ringing")
        other.lift_hook()
        desk.until_call("answered")
        with editing(desk.settings) as draft:
            draft.put("devices", "prefer", [ONE, OTHER])
            draft.save()
        desk.ask(Reload())
        assert desk.until_call("answered")["audio"] == OTHER, "who talks goes on talking there"
        other.replace_hook()
        desk.until_call()
        desk.until("the first is used again", lambda state: state["audio"] == ONE)
