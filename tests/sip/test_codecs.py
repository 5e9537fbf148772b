"""Codecs are offered in the configured order, and each carries sound both ways."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import PlaceCall
from appliance.sip import SipAgent, SipConfig, SipError
from tests.sip.own_phone import Phone
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import ScriptedExchange
from tests.sip.sound import level

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange

TALKING_SECONDS = 1.5


def spoken(exchange: Exchange, line: str) -> str:
    """The codec that the exchange speaks with that line."""
    leg = next(channel.name for channel in exchange.channels() if channel.name.startswith(f"PJSIP/{line}-"))
    found = re.search(r"NativeFormats: \((.*?)\)", exchange.cli(f"core show channel {leg}"))
    assert found
    return found[1]


@pytest.mark.exchange
@pytest.mark.parametrize(
    ("codec", "asterisk"),
    [("G722", "g722"), ("PCMA", "alaw"), ("PCMU", "ulaw"), ("G729", "g729"), ("opus", "opus")],
)
def test_a_tone_comes_back_through_each_codec(
    exchange: Exchange, tmp_path: Path, codec: str, asterisk: str
) -> None:
    file = tmp_path / "heard.wav"
    with Phone(exchange, "1001", codecs=(codec,)) as phone:
        phone.do("tone", hz=1000)
        phone.do("record", file=str(file))
        phone.do("call", number="800")  # echo
        phone.wait("CallAnswered")
        until(lambda: spoken(exchange, "1001") == asterisk, f"{codec} is spoken")
        threading.Event().wait(TALKING_SECONDS)
        phone.do("stop_recording")
        phone.wait("Recorded")
    print(f"{codec}: 1000 Hz comes back at {level(file, 1000):.0f}, 1700 Hz at {level(file, 1700):.0f}")
    assert level(file, 1000) > 2000
    assert level(file, 1700) < level(file, 1000) / 20


def offered(order: tuple[str, ...]) -> list[str]:
    """The audio codecs of an INVITE, in their order."""
    with ScriptedExchange() as exchange, Operator(config(exchange, codecs=order)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
    invite = next(request.text for request in exchange.asked if request.method == "INVITE")
    media = re.search(r"m=audio \d+ \S+ ([\d ]+)", invite)
    assert media
    static = {"0": "PCMU", "8": "PCMA", "9": "G722", "18": "G729"}
    names = static | dict(re.findall(r"a=rtpmap:(\d+) (\w[\w-]*)", invite))
    return [names[number] for number in media[1].split() if names[number] != "telephone-event"]


@pytest.mark.parametrize("order", [("opus", "PCMU", "G722", "PCMA", "G729"), ("g729", "PCMA"), ("PCMA",)])
def test_codecs_are_offered_in_the_configured_order_and_no_others(order: tuple[str, ...]) -> None:
    assert [name.lower() for name in offered(order)] == [name.lower() for name in order]


def test_an_unknown_codec_is_named_with_those_that_there_are() -> None:
    wrong = SipConfig("200", "x", "127.0.0.1", codecs=("G722", "G.711"), null_audio=True)
    with pytest.raises(SipError, match=r"no such codec: g\.711; there are .*G722.*PCMA"):
        SipAgent(wrong, lambda _event: None).start()
