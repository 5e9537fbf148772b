"""A sound card that is missing or vanishes costs the operator the sound, never the caller the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import HangUpCall, MuteMicrophone, PlaceCall, RouteAudio
from appliance.desk.events import CallReleased
from appliance.devices import Devices
from appliance.settings.options import DeviceOptions, Settings
from appliance.sip.card import SILENCE, Card, rate_for
from drivers.base import Device, Kind
from tests.sip.parties import Operator, config, until

if TYPE_CHECKING:
    from appliance.demo.exchange import Exchange


@pytest.mark.exchange
@pytest.mark.parametrize("when", ["before", "during"])
def test_a_missing_sound_card_is_named_and_the_call_goes_on(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, when: str
) -> None:
    settings = config(exchange, null_audio=False)
    with Operator(settings, card_of=lambda device: Card(f"{device}Card")) as operator:
        operator.registered()
        if when == "before":
            operator.do(RouteAudio("Missing"))
        operator.do(PlaceCall("out-1", "800"))
        operator.talks("out-1")
        if when == "during":
            operator.do(RouteAudio("Missing"))
        until(lambda: "ALSA has no sound card MissingCard" in caplog.text, "the missing card is named")
        operator.do(MuteMicrophone(True))
        operator.do(RouteAudio(""))
        operator.do(MuteMicrophone(False))
        assert not [event for event in operator.events if isinstance(event, CallReleased)]
        operator.do(HangUpCall("out-1"))
        operator.wait(CallReleased, call="out-1", code=200)


@pytest.mark.parametrize(
    ("playback", "capture", "echo", "best"),
    [
        ({48000}, {48000}, False, 48000),
        ({16000, 48000}, {16000, 48000}, False, 16000),  # no resampling at all
        ({48000}, {16000}, False, 48000),  # ALSA only ever goes up
        ({8000, 44100, 48000}, {8000, 44100, 48000}, False, 48000),
        ({44100}, {44100}, False, 44100),
        ({44100}, {44100}, True, 48000),  # the echo canceller knows no 44.1 kHz
        ({8000}, {8000}, False, 8000),
        ({96000}, {96000}, False, 48000),
    ],
)
def test_a_card_is_opened_at_the_rate_that_costs_least(
    playback: set[int], capture: set[int], echo: bool, best: int
) -> None:
    assert rate_for(Card("Any", echo), [playback, capture]) == best
    if playback == capture:
        assert rate_for(Card("Any", echo), [playback]) == best, "a speaker alone"


@pytest.mark.parametrize(
    ("setting", "kinds"),
    [
        ("speakerphones", {Kind.SPEAKERPHONE}),
        ("always", {Kind.SPEAKERPHONE, Kind.HEADSET, Kind.HANDSET}),
        ("never", set()),
    ],
)
def test_the_echo_canceller_is_for_the_devices_that_the_setting_names(setting: str, kinds: set[Kind]) -> None:
    settings = Settings(devices=DeviceOptions(usb=False, echo_canceller=setting))
    devices = Devices(settings, lambda *_: None, lambda _: None, lambda: None, lambda *_: None)
    for kind in (Kind.SPEAKERPHONE, Kind.HEADSET, Kind.HANDSET):
        devices._known[kind] = Device(kind, kind, "Any", frozenset(), frozenset(), audio="Any")
        assert devices.card_of(kind) == Card("Any", echo=kind in kinds)
    devices._known["light"] = Device("light", Kind.LIGHT, "Light", frozenset(), frozenset())
    assert devices.card_of("light") == devices.card_of("unknown") == SILENCE
