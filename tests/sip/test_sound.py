"""A sound card that is missing or vanishes costs the operator the sound, never the caller the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import HangUpCall, MuteMicrophone, PlaceCall, RouteAudio
from appliance.desk.events import CallReleased
from tests.sip.parties import Operator, config, until

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange


@pytest.mark.exchange
@pytest.mark.parametrize("when", ["before", "during"])
def test_a_missing_sound_card_is_named_and_the_call_goes_on(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, when: str
) -> None:
    settings = config(exchange, null_audio=False)
    with Operator(settings, card_of=lambda device: f"{device}Card") as operator:
        operator.registered()
        if when == "before":
            operator.do(RouteAudio("Missing"))
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")
        if when == "during":
            operator.do(RouteAudio("Missing"))
        until(lambda: "no sound card MissingCard" in caplog.text, "the missing card is named")
        operator.do(MuteMicrophone(True))
        operator.do(RouteAudio(""))
        operator.do(MuteMicrophone(False))
        assert not [event for event in operator.events if isinstance(event, CallReleased)]
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1", code=200)
