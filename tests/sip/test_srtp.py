"""Media are encrypted where asked for; a call without is refused where it is demanded (RFC 4568)."""

from __future__ import annotations

import base64
import logging
import re
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from appliance.desk.actions import AnswerCall, PlaceCall
from appliance.desk.events import CallAnswered, CallArrived, CallReleased
from tests.sip.own_phone import Phone
from tests.sip.parties import Operator, config, until
from tests.sip.scripted import SDP, ScriptedExchange
from tests.sip.sound import level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

KEYS = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30, "AEAD_AES_256_GCM": 44}
TAGS = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4, "AEAD_AES_256_GCM": 16}
TAG_OF_OFFER = {"AEAD_AES_256_GCM": 1, "AES_CM_128_HMAC_SHA1_80": 7, "AES_CM_128_HMAC_SHA1_32": 8}
SILENCE = b"\xd5" * 160  # 20 ms of PCMA


def crypto(suite: str, tag: int = 1) -> str:
    key = base64.b64encode(bytes(range(KEYS[suite]))).decode()
    return f"a=crypto:{tag} {suite} inline:{key}\r\n"


class Media:
    """Where the far end gets its media, with nobody to decrypt them."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.sdp = SDP.replace("m=audio 9 ", f"m=audio {self._socket.getsockname()[1]} ")

    def packet(self) -> bytes:
        return self._socket.recv(2048)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def media() -> Iterator[Media]:
    one = Media()
    yield one
    one.close()


def invite(exchange: ScriptedExchange, sdp: str) -> None:
    """Call the desk with that offer."""
    desk, here = exchange.asked[0].source, f"{exchange.host}:{exchange.sip_port}"
    exchange.send(
        f"INVITE sip:200@{desk[0]}:{desk[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKoffer\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:1001@{here}>;tag=offer\r\nTo: <sip:200@{here}>\r\nCall-ID: offer\r\n"
        f"CSeq: 1 INVITE\r\nContact: <sip:{here}>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}",
        desk,
    )


def offer_of(exchange: ScriptedExchange) -> str:
    return next(request.text for request in exchange.asked if request.method == "INVITE")


# --- calls out


@pytest.mark.parametrize(
    ("srtp", "profile"), [("off", "RTP/AVP"), ("optional", "RTP/AVP"), ("mandatory", "RTP/SAVP")]
)
def test_what_is_offered(srtp: str, profile: str) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp=srtp)) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.wait(CallReleased if srtp == "mandatory" else CallAnswered, call="out-1")
    offer = offer_of(exchange)
    suites = re.findall(r"a=crypto:\d+ (\w+) inline:", offer)
    assert re.findall(r"m=audio \d+ (\S+)", offer) == [profile]
    assert bool(suites) == (srtp != "off")
    if suites:
        assert {"AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"} <= set(suites)


def test_an_answer_without_encryption_ends_a_call_that_must_have_it() -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp="mandatory")) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        assert operator.wait(CallReleased, call="out-1").code == 488
    assert exchange.count("BYE") == 1


def test_an_answer_without_encryption_is_taken_where_it_is_optional(media: Media) -> None:
    line = ScriptedExchange()
    line.sdp = media.sdp
    with line as exchange, Operator(config(exchange, srtp="optional", codecs=("PCMA",))) as operator:
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        assert media.packet()[12:] == SILENCE


@pytest.mark.parametrize("srtp", ["optional", "mandatory"])
@pytest.mark.parametrize("suite", list(KEYS))
def test_media_out_are_encrypted(media: Media, srtp: str, suite: str) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp=srtp, codecs=("PCMA",))) as operator:
        operator.registered()
        answer = media.sdp + crypto(suite, tag=TAG_OF_OFFER[suite])
        exchange.sdp = answer.replace("RTP/AVP", "RTP/SAVP") if srtp == "mandatory" else answer
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        packet = media.packet()
    assert len(packet) == 12 + len(SILENCE) + TAGS[suite]
    assert SILENCE not in packet


def test_media_are_in_clear_where_encryption_is_off(media: Media) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, codecs=("PCMA",))) as operator:
        exchange.sdp = media.sdp
        operator.registered()
        operator.do(PlaceCall("out-1", "1001"))
        operator.talks("out-1")
        assert media.packet()[12:] == SILENCE


# --- calls in


@pytest.mark.parametrize(("srtp", "profile"), [("off", "RTP/SAVP"), ("mandatory", "RTP/AVP")])
def test_an_offer_that_does_not_suit_is_refused_logged_and_rings_nobody(
    srtp: str, profile: str, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp=srtp)) as operator:
        operator.registered()
        offer = SDP.replace("RTP/AVP", profile)
        invite(exchange, offer + crypto("AES_CM_128_HMAC_SHA1_80") if profile == "RTP/SAVP" else offer)
        until(lambda: any(" 488 " in reply.split("\r\n")[0] for reply in exchange.replies), "it is refused")
        assert not [event for event in operator.events if isinstance(event, CallArrived)]
    assert "a call was refused with 488" in caplog.text


@pytest.mark.parametrize(
    ("srtp", "profile", "suite"),
    [
        ("mandatory", "RTP/SAVP", "AES_CM_128_HMAC_SHA1_80"),
        ("mandatory", "RTP/SAVP", "AEAD_AES_256_GCM"),
        ("optional", "RTP/SAVP", "AES_CM_128_HMAC_SHA1_80"),
        ("optional", "RTP/AVP", "AES_CM_128_HMAC_SHA1_80"),
        ("optional", "RTP/AVP", ""),
        ("off", "RTP/AVP", ""),
    ],
)
def test_media_in_a_call_from_outside_are_as_offered(
    media: Media, srtp: str, profile: str, suite: str
) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp=srtp, codecs=("PCMA",))) as operator:
        operator.registered()
        invite(exchange, media.sdp.replace("RTP/AVP", profile) + (crypto(suite) if suite else ""))
        operator.do(AnswerCall(operator.rings().call))
        packet = media.packet()
    assert len(packet) == 12 + len(SILENCE) + TAGS.get(suite, 0)
    assert (packet[12:] == SILENCE) == (not suite)


def test_keys_that_go_in_clear_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedExchange() as exchange, Operator(config(exchange, srtp="mandatory")) as operator:
        operator.registered()
    entries = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert "the keys of encrypted media go over UDP in clear" in entries


@pytest.mark.exchange
def test_a_tone_comes_back_encrypted_from_an_exchange_that_demands_it(
    exchange: Exchange, tmp_path: Path
) -> None:
    file = tmp_path / "heard.wav"
    secured = {"port": exchange.tls_port, "transport": "tls", "ca_file": str(exchange.ca_file)}
    with Phone(exchange, "201", srtp="mandatory", **secured) as phone:
        phone.do("tone", hz=1000)
        phone.do("record", file=str(file))
        phone.do("call", number="800")  # echo
        phone.wait("CallAnswered")
        threading.Event().wait(1.5)
        phone.do("stop_recording")
        phone.wait("Recorded")
    assert level(file, 1000) > 2000
