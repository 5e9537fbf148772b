"""Given a caller who is being talked to, nothing that anybody sends to the desk reaches that call."""

from __future__ import annotations

import itertools
import random
import re
import socket
import statistics
import struct
import threading
import time
import unicodedata
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self

import pytest

from appliance.desk.events import Dial, HangUp, Reject
from tests.running import RunningDesk
from tests.sip.parties import until
from tests.sip.scripted import ScriptedExchange
from tests.sip.torture.fuzz import fuzz
from tests.sip.torture.messages import SDP, request
from tests.sip.torture.mutation import ours, samples
from tests.sip.torture.wire import Wire, free_port
from tests.sip.torture.witness import Witness, resident

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sip.torture.wire import Address, Heard

MEGABYTE = 1 << 20
GROWTH = 20 << 20  # bytes that the desk may have grown by after the worst
TRANSACTION = 16 << 10  # bytes that pjsip keeps for each request, until nobody can send it again
STORM = 3.0  # seconds
BUSY = {486, 480, 503, 603}


def settled(desk: RunningDesk, *states: str) -> None:
    """Fail unless the calls come to these states, and nothing went wrong in the desk's own view."""
    desk.until_call(*states)
    log = desk.log.read_text()
    assert "Traceback" not in log, log[-5000:]
    assert "bug in" not in log


@pytest.fixture(scope="module")
def exchange() -> Iterator[ScriptedExchange]:
    """An exchange that agrees to everything."""
    with ScriptedExchange() as running:
        running.bodies["1001"] = dialog_info("terminated")
        yield running


@pytest.fixture(scope="module")
def running(exchange: ScriptedExchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk that is registered there by UDP."""
    home = tmp_path_factory.mktemp("udp")
    with RunningDesk(
        home,
        exchange.sip_port,
        desk={"log_level": "info"},
        park={"orbits": []},
        extensions={"1001": "Ada"},
    ) as desk:
        yield desk
        assert "Traceback" not in desk.log.read_text()


@pytest.fixture
def desk(running: RunningDesk) -> Iterator[RunningDesk]:
    """That desk, without a call; and with none left when the test is over."""
    running.until_registered()
    for name, call in running.status()["calls"].items():  # what a test that failed has left
        running.ask((Reject if call["state"] == "ringing" else HangUp)(name))
    settled(running)
    yield running
    running.replace()
    settled(running)


@pytest.fixture
def address(exchange: ScriptedExchange, desk: RunningDesk) -> Address:
    """Where the desk listens."""
    return next(asked.source for asked in exchange.asked if asked.method == "REGISTER")


@pytest.fixture
def wire(address: Address) -> Iterator[Wire]:
    """Somebody at the exchange's address."""
    with Wire.udp(address) as running:
        yield running


@pytest.fixture
def witness(desk: RunningDesk, address: Address) -> Iterator[Witness]:
    """A caller in a call, who hangs up at the end."""
    with Wire.udp(address) as wire, Witness(desk, wire) as caller:
        yield caller
        caller.is_untouched()
        caller.hang_up()


def dialog_info(state: str, version: int = 0) -> str:
    """A dialog-info body with one dialog."""
    return (
        '<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" '
        f'version="{version}" state="full" entity="sip:1001@127.0.0.1">'
        f'<dialog id="1"><state>{state}</state></dialog></dialog-info>'
    )


# --- calls to ourselves, in circles, and too many


def test_a_refer_makes_the_desk_call_nobody(
    exchange: ScriptedExchange, desk: RunningDesk, witness: Witness, wire: Wire
) -> None:
    ourselves = f"sip:200@{wire.desk[0]}:{wire.desk[1]}"
    targets = (ourselves, "sip:200@127.0.0.1", f"sip:0900123456@127.0.0.1:{exchange.sip_port}")
    for target in targets:
        within = witness.wire.ask(witness.request("REFER", refer_to=f"<{target}>"))
        assert within.status >= 400, "the caller does not choose whom the operator calls"
        without = wire.ask(request(wire.sender(), "REFER", refer_to=f"<{target}>"))
        assert without.status >= 400
        witness.is_untouched()
    settled(desk, "answered")
    assert exchange.count("INVITE") == 0


def test_a_call_that_says_it_comes_from_us_rings_and_ends_as_any_other(
    desk: RunningDesk, witness: Witness, wire: Wire
) -> None:
    sender = wire.sender()
    wire.send(request(sender, "INVITE", "", SDP, from_=f"<{sender.uri}>;tag=us", contact=f"<{sender.uri}>"))
    ringing = wire.wait(lambda h: h.status >= 180 and sender.token in h.header("Call-ID"))
    assert ringing.status == 180
    desk.until_call("answered", "ringing")
    wire.give_up(ringing)
    settled(desk, "answered")
    witness.is_untouched()


def test_the_same_invite_by_two_ways_is_one_call(
    desk: RunningDesk, witness: Witness, wire: Wire, address: Address
) -> None:
    with Wire.udp(address) as other:
        sender = wire.sender()
        invite = request(sender, "INVITE", "", SDP)
        wire.send(invite)
        ringing = wire.rings(sender)
        here = f"{other.here[0]}:{other.here[1]}"
        other.send(invite.replace(sender.via.encode(), f"SIP/2.0/UDP {here};branch=z9hG4bKother".encode(), 1))
        merged = other.wait(lambda h: h.status >= 180)
        assert merged.status == 482
        other.follow(merged, "ACK")
        desk.until_call("answered", "ringing")
        wire.give_up(ringing)
    settled(desk, "answered")
    witness.is_untouched()


def test_of_300_invites_at_once_some_ring_and_the_rest_is_busy_and_then_all_is_as_before(
    desk: RunningDesk, witness: Witness, address: Address
) -> None:
    before = resident(desk)
    with Wire.udp(address) as crowd:
        invites = {
            f"{sender.token}@torture": request(sender, "INVITE", "", SDP)
            for sender in (crowd.sender() for _ in range(300))
        }
        answers: dict[str, Heard] = {}
        for _ in range(20):  # what was lost is sent again, as UDP demands
            for call_id in invites.keys() - answers.keys():
                crowd.send(invites[call_id])
            with suppress(AssertionError):
                crowd.wait(lambda _h: len(first_answers(crowd)) >= len(invites), 0.5)
            answers = first_answers(crowd)
            if answers.keys() == invites.keys():
                break
        assert answers.keys() == invites.keys()
        ringing = [answer for answer in answers.values() if answer.status == 180]
        assert 1 <= len(ringing) <= 31
        assert {answer.status for answer in answers.values()} <= {180, *BUSY}
        for answer in answers.values():
            if answer.status != 180:
                crowd.follow(answer, "ACK")
        witness.is_untouched()
        for answer in ringing:
            crowd.give_up(answer)
        settled(desk, "answered")
        sender = crowd.sender()
        crowd.send(request(sender, "INVITE", "", SDP))
        crowd.give_up(crowd.rings(sender))
    settled(desk, "answered")
    assert resident(desk) - before < GROWTH


def first_answers(wire: Wire) -> dict[str, Heard]:
    """What each INVITE got first, beside 100, by Call-ID."""
    told = (heard for heard in reversed(wire.heard) if heard.status >= 180 and heard.method == "INVITE")
    return {heard.header("Call-ID"): heard for heard in told}


def test_a_call_that_is_sent_in_a_circle_ends_with_a_reason(
    exchange: ScriptedExchange, desk: RunningDesk
) -> None:
    challenge = 'Unauthorized\r\nWWW-Authenticate: Digest realm="x", nonce="{}", algorithm=MD5'
    circles = {
        "to itself": lambda _n: (302, "Moved Temporarily"),
        "the same challenge again": lambda _n: (401, challenge.format("same")),
        "another challenge each time": lambda n: (401, challenge.format(n)),
        "for ever stale": lambda n: (401, challenge.format(n) + ", stale=true"),
    }
    for circle in circles.values():
        exchange.answers["invite"] = circle
        asked = len(exchange.asked)
        desk.ask(Dial("1002"))
        settled(desk)
        assert len([r for r in exchange.asked[asked:] if r.method == "INVITE"]) < 20
    del exchange.answers["invite"]


@pytest.mark.parametrize(
    "headers",
    [
        {"session_expires": "1", "supported": "timer"},
        {"session_expires": "0", "supported": "timer"},
        {"session_expires": "4294967295", "supported": "timer", "min_se": "4294967295"},
        {"session_expires": "99999999999999999999;refresher=nobody", "require": "timer"},
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": "99999999999999999999"},
        {"max_forwards": "-1"},
        {"max_forwards": "99999999999999999999"},
        {"max_forwards": ""},
        {"cseq": "0 INVITE"},
        {"cseq": "2147483648 INVITE"},
        {"cseq": "4294967296 INVITE"},
        {"cseq": "-1 INVITE"},
        {"contact": "*"},
        {"contact": "<sip:>"},
        {"contact": None},
        {"require": "tea, coffee"},
        {"record_route": ", ".join(f"<sip:p{i}.example.com;lr>" for i in range(200))},
        {"route": "<sip:127.0.0.1:9;lr>"},
        {"alert_info": "<" * 3000},
        {"diversion": "<sip:1@a>;reason=" + "x" * 9000},
        {"diversion": ",".join(["<sip:1@a>"] * 500)},
        {"history_info": "<sip:1@a?Reason=SIP%3Bcause%3D302>;index=1." + "1." * 2000},
        {"p_asserted_identity": '"' + "\\" * 999},
        {"remote_party_id": "sip:;;;===;party=calling;privacy=full;screen=maybe"},
        {"privacy": ";" * 2000},
        {"replaces": "nobody@nowhere;to-tag=1;from-tag=2"},
        {"content_type": "multipart/mixed;boundary="},
        {"content_type": "multipart/mixed;boundary=" + "b" * 500},
        {"supported": "," * 500},
        {"allow": "INVITE," * 500},
        {"x": "y" * 8000},
    ],
    ids=lambda headers: " ".join(f"{key}={str(value)[:20]}" for key, value in headers.items()),
)
def test_absurd_headers_are_refused_or_ring_and_can_be_given_up(
    headers: dict[str, str | None], desk: RunningDesk, witness: Witness, address: Address
) -> None:
    with Wire.udp(address) as wire:
        wire.send(request(wire.sender(), "INVITE", "", SDP, **headers))
        wire.probe()
        wire.probe()
        give_up_all(wire)
    settled(desk, "answered")


def give_up_all(wire: Wire) -> None:
    """End whatever rings because of what was sent there."""
    finals = {h.header("Call-ID") for h in wire.heard if h.status >= 200}
    for heard in list(wire.heard):
        if heard.status == 180 and heard.header("Call-ID") not in finals:
            wire.give_up(heard)


SPEECH = "m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SPEECH, ""),
        (SPEECH, SPEECH * 60),
        (SPEECH, "m=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" + SPEECH),
        (SPEECH, SPEECH + "a=x\r\n" * 1500),
        ("audio 9 ", "audio 0 "),
        ("audio 9 ", "audio 65536 "),
        ("audio 9 ", "audio -1 "),
        ("audio 9 ", "audio 9/4294967295 "),
        ("RTP/AVP", "RTP/SAVPF"),
        ("RTP/AVP 8", "RTP/AVP 8 " + "8 " * 500),
        ("RTP/AVP 8", "RTP/AVP 999 -1 x"),
        ("8000", "0"),
        ("8000", "4294967295/255"),
        ("127.0.0.1", "255.255.255.255"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "no-such-host.invalid"),
        ("IN IP4", "IN IP6"),
        ("c=", "x="),
        ("v=0", "v=" + "0" * 5000),
        ("t=0 0", "t=" + "9" * 400),
        ("s=-\r\n", ""),
        (SPEECH, SPEECH + "a=ptime:0\r\na=maxptime:-1\r\n"),
        (SPEECH, SPEECH + "a=ptime:4294967295\r\n"),
        (SPEECH, SPEECH + "a=fmtp:8 " + "x=" * 2000 + "\r\n"),
        (SPEECH, SPEECH + "a=rtcp:0\r\na=rtcp-mux\r\na=rtcp-fb:* nack\r\n"),
        (SPEECH, SPEECH + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:!!!!|2^99|1:4294967295\r\n"),
        (SPEECH, SPEECH + "a=ice-ufrag:x\r\na=ice-pwd:y\r\na=candidate:1 1 UDP 1 300.1.1.1 9 typ host\r\n"),
        (SPEECH, SPEECH + "a=sendonly\r\na=recvonly\r\na=inactive\r\n"),
        ("\r\n", "\n"),
        ("\r\n", "\0\r\n"),
    ],
)
def test_absurd_media_are_refused_or_answered_and_the_next_call_is_heard(
    old: str, new: str, desk: RunningDesk, address: Address
) -> None:
    with Wire.udp(address) as wire:
        sender = wire.sender()
        wire.send(request(sender, "INVITE", "", SDP.replace(old, new)))
        first = wire.wait(lambda h: h.status >= 180)
        if first.status == 180:
            desk.until_call("ringing")
            desk.lift()
            first = wire.final(sender)
        wire.follow(first, "ACK")
        if first.status == 200:
            desk.until_call("answered")
            bye = request(sender, "BYE", to=first.header("To"), cseq="9 BYE")
            wire.ask(bye.replace(b"z9hG4bK", b"z9hG4bKbye"))
        desk.replace()
        settled(desk)
    with Wire.udp(address) as wire, Witness(desk, wire) as caller:
        caller.is_untouched()
        caller.hang_up()


# --- a call that is not theirs


def test_who_guesses_the_call_id_ends_no_call(desk: RunningDesk, witness: Witness, address: Address) -> None:
    with Wire.udp(address) as thief:
        for method in ("BYE", "INVITE", "UPDATE", "INFO", "REFER", "NOTIFY", "MESSAGE"):
            body = SDP if method == "INVITE" else ""
            via = thief.sender().via
            answer = thief.ask(witness.request(method, "", body, via=via, from_="<sip:x@y>;tag=guess"))
            assert answer.status >= 400, method
            if method == "INVITE":
                thief.follow(answer, "ACK")
        cancel = thief.ask(request(thief.sender(), "CANCEL"))
        assert cancel.status == 481
    settled(desk, "answered")


def test_rubbish_at_the_media_port_is_not_heard_and_takes_no_speech_away(
    desk: RunningDesk, witness: Witness
) -> None:
    port = witness.media_port
    header = struct.pack("!BBHII", 0x80, 8, 1, 160, 0xDECAF)
    rubbish = [
        b"",
        b"\x80",
        b"\xff" * 11,
        header,
        b"\x9f" + header[1:],  # extension and 15 contributing sources that are not there
        b"\x90" + header[1:] + b"\xbe\xde\xff\xff",  # an extension longer than the packet
        b"\xa0" + header[1:] + b"\xff" * 160 + b"\xff",  # more padding than packet
        header + b"\x00" * 60000,
        b"\x80\x65" + header[2:] + b"\xff\xff\xff\xff",  # a digit that there is not
        *(b"\x80" + bytes((kind,)) + b"\xff\xff" + b"\x00" * 20 for kind in range(200, 208)),  # RTCP
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        for packet, place in itertools.product(rubbish, (port, port + 1)):
            stranger.sendto(packet, ("127.0.0.1", place))
        for number in range(200):
            good = struct.pack("!BBHII", 0x80, 8, number, number * 160, 0xDECAF) + b"\xd5" * 160
            stranger.sendto(good, ("127.0.0.1", port))
        witness.is_untouched()


# --- names and bodies


@pytest.mark.parametrize(
    "name",
    [
        b'"\xf0\x9f\x92\x90 \xe2\x9b\x84"',
        '"\u05e9\u05dc\u05d5\u05dd \u202e evil \u202c \u0645\u0631\u062d\u0628\u0627"'.encode(),
        b'"\xff\xfe\xc0\x80 rubbish \xed\xa0\x80"',
        b'"nul \x00 inside"',
        b'"\x1b[31mred\x1b[0m\x07"',
        b'"' + b"long " * 2000 + b'"',
        b'"' + "\U0001f469\u200d\U0001f469\u200d\U0001f467".encode() * 300 + b'"',
        b'"<script>alert(1)</script>"',
        b'"%s%n%x {0} {0.__class__}"',
    ],
    ids=["emoji", "right to left", "not utf-8", "nul", "terminal", "long", "families", "script", "format"],
)
def test_any_name_comes_out_as_text(
    name: bytes, desk: RunningDesk, witness: Witness, address: Address
) -> None:
    with Wire.udp(address) as wire:
        sender = wire.sender()
        invite = request(sender, "INVITE", "", SDP, from_=f"NAME <sip:1005@{sender.here}>;tag=n")
        wire.send(invite.replace(b"NAME", name, 1))
        wire.probe()
        wire.probe()
        for call in desk.status()["calls"].values():
            text = call["name"] + call["number"]
            text.encode()  # no half of a surrogate pair
            assert not any(unicodedata.category(letter) == "Cc" for letter in text)
            assert len(text) < 500, "no page has room for more"
        give_up_all(wire)
    settled(desk, "answered")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghi"))
    + "]><dialog-info>&i;</dialog-info>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><dialog-info>&x;</dialog-info>',
        "<dialog-info>" * 5000,
        "<dialog-info>" + "<a>" * 2000 + "</a>" * 2000 + "</dialog-info>",
        "<dialog-info " + " ".join(f'a{i}="1"' for i in range(1500)) + "/>",
        dialog_info("\0confirmed"),
        dialog_info("confirmed").replace('version="0"', f'version="{"9" * 5000}"'),
        "<presence/>",
        "\ufeff\ufffe<?xml encoding='utf-7'?>",
        "",
    ],
    ids=["bomb", "file", "never closed", "deep", "wide", "nul", "version", "other", "encoding", "empty"],
)
def test_a_bad_notify_leaves_the_extension_known_or_says_why_not(
    body: str, exchange: ScriptedExchange, desk: RunningDesk, witness: Witness, address: Address
) -> None:
    before = resident(desk)
    with Wire.udp(address) as wire:
        storm = Storm(exchange, wire)
        storm.notify(body)
        witness.is_untouched()
        state = desk.status()["extensions"]["1001"]
        assert state["state"] != "unknown" or state["reason"]
        storm.notify(dialog_info("confirmed", 10**6))
        desk.until("busy", lambda state: state["extensions"]["1001"]["state"] == "busy")
        storm.notify(dialog_info("terminated", 10**6 + 1))
        desk.until("available", lambda state: state["extensions"]["1001"]["state"] == "available")
    assert resident(desk) - before < GROWTH


class Storm:
    """NOTIFYs in the dialog that the desk has opened to watch extension 1001."""

    sequence = itertools.count(100_000)

    def __init__(self, exchange: ScriptedExchange, wire: Wire) -> None:
        self.exchange, self.wire = exchange, wire

    def build(self, body: str) -> tuple[bytes, int]:
        """The next one, and its number."""
        subscribe = next(
            asked
            for asked in reversed(self.exchange.asked)
            if asked.method == "SUBSCRIBE" and ":1001@" in asked.uri and asked.header("expires") != "0"
        )
        to = subscribe.header("to")
        number = next(self.sequence)
        contact = re.sub(r".*<([^>]*)>.*", r"\1", subscribe.header("contact"))
        message = request(
            self.wire.sender(),
            "NOTIFY",
            contact,
            body,
            from_=to if ";tag=" in to else f"{to};tag=scripted",
            to=subscribe.header("from"),
            call_id=subscribe.header("call-id"),
            cseq=f"{number} NOTIFY",
            event="dialog",
            subscription_state="active;expires=300",
            content_type="application/dialog-info+xml",
        )
        return message, number

    def notify(self, body: str) -> Heard:
        """Send one until it is answered, as an exchange does, in the dialog that is open by then."""
        for _ in range(30):
            message, number = self.build(body)
            self.wire.send(message)
            with suppress(AssertionError):
                answer = self._answer(number)
                if answer.status != 481:
                    return answer
        raise AssertionError("no NOTIFY is answered")

    def _answer(self, number: int) -> Heard:
        return self.wire.wait(lambda heard: heard.header("CSeq") == f"{number} NOTIFY", 0.5)


def test_in_a_storm_of_notifies_calls_are_answered_and_the_last_state_is_right(
    exchange: ScriptedExchange, desk: RunningDesk, address: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    before = resident(desk)
    latencies: list[float] = []
    sent = 0
    over = threading.Event()

    def blow(storm: Storm, stranger: Wire) -> None:
        nonlocal sent
        begun = time.monotonic()
        while not over.is_set():
            state = ("confirmed", "terminated")[sent % 2]
            storm.wire.send(storm.build(dialog_info(state, sent))[0])
            stranger.send(request(stranger.sender(), "NOTIFY", event="dialog", subscription_state="active"))
            sent += 2
            ahead = sent / 2000 - (time.monotonic() - begun)
            if ahead > 0:
                over.wait(ahead)

    with Wire.udp(address) as inside, Wire.udp(address) as outside, Wire.udp(address) as caller:
        storm = Storm(exchange, inside)
        wind = threading.Thread(target=blow, args=(storm, outside))
        begun = time.monotonic()
        wind.start()
        try:
            while time.monotonic() - begun < STORM:
                latencies += [answered_after(desk, caller)]
        finally:
            over.set()
            wind.join()
        seconds = time.monotonic() - begun
        assert storm.notify(dialog_info("early", 10**7)).status == 200
        desk.until("1001 rings", lambda state: state["extensions"]["1001"]["state"] == "ringing")
        storm.notify(dialog_info("terminated", 10**7 + 1))
        desk.until("1001 is free", lambda state: state["extensions"]["1001"]["state"] == "available")
        agreed = sum(heard.status == 200 for heard in inside.heard)
        refused = sum(heard.status >= 400 for heard in outside.heard)
    with capsys.disabled():
        print(
            f"\n{len(latencies)} calls in {sent / seconds:.0f} NOTIFY/s ({agreed} agreed to, {refused} "
            f"refused): key to 200 OK {statistics.median(latencies) * 1000:.1f} ms, "
            f"at worst {max(latencies) * 1000:.1f} ms"
        )
    assert agreed > 0
    assert resident(desk) - before < GROWTH + sent * TRANSACTION


def answered_after(desk: RunningDesk, caller: Wire) -> float:
    """Call, lift the hook, hang up; return the seconds from the key to the 200 OK."""
    sender = caller.sender()
    for _ in range(20):  # a datagram may be lost in the storm: the exchange sends it again
        caller.send(request(sender, "INVITE", "", SDP))
        with suppress(AssertionError):
            caller.rings(sender, 0.5)
            break
    desk.until_call("ringing")
    begun = time.monotonic()
    desk.lift()
    answer = caller.final(sender)
    taken = time.monotonic() - begun
    caller.follow(answer, "ACK")
    desk.until_call("answered")
    desk.replace()
    desk.until_call()
    return taken


# --- all at once


def test_calls_that_are_cancelled_answered_and_changed_in_the_same_moment_end_in_a_state_that_is_true(
    desk: RunningDesk, address: Address
) -> None:
    with Wire.udp(address) as wire:
        for moment in range(24):
            sender = wire.sender()
            invite = request(sender, "INVITE", "", SDP)
            wire.send(invite)
            ringing = wire.rings(sender)
            desk.until_call("ringing")
            answering = threading.Thread(target=desk.press, args=("answer",))
            answering.start()
            time.sleep((moment % 8) * 0.0015)  # the CANCEL falls before, into and behind the answering
            wire.follow(ringing, "CANCEL")
            if moment % 2:
                again = request(sender, "INVITE", "", SDP, to=ringing.header("To"), cseq="2 INVITE")
                wire.send(again.replace(b"z9hG4bK", b"z9hG4bKagain"))
            answering.join()
            final = wire.final(sender)
            wire.follow(final, "ACK")
            if final.status == 200:
                desk.until_call("answered")
                bye = request(sender, "BYE", to=final.header("To"), cseq="9 BYE")
                wire.ask(bye.replace(b"z9hG4bK", b"z9hG4bKbye"))
            settled(desk)
        log = desk.log.read_text()
        assert log.count("CallReleased") >= 24


# --- by TCP


class TcpExchange:
    """An exchange that agrees to everything, by TCP."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for wire in self.wires:
            with wire:
                pass

    def _accept(self) -> None:
        while True:
            try:
                accepted, source = self._listener.accept()
            except OSError:
                return
            self.wires.append(Wire(accepted, source))


@pytest.fixture(scope="module")
def tcp_exchange() -> Iterator[TcpExchange]:
    with TcpExchange() as running:
        yield running


@pytest.fixture(scope="module")
def tcp_running(
    tcp_exchange: TcpExchange, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningDesk, Address]]:
    """A desk that is registered by TCP, and where it listens."""
    port = free_port(socket.SOCK_STREAM)
    with RunningDesk(
        tmp_path_factory.mktemp("tcp"),
        tcp_exchange.port,
        desk={"log_level": "info"},
        line={"transport": "tcp", "local_port": port},
        park={"orbits": []},
    ) as desk:
        desk.until_registered()
        yield desk, ("127.0.0.1", port)
        assert "Traceback" not in desk.log.read_text()


@pytest.fixture
def tcp_desk(tcp_running: tuple[RunningDesk, Address]) -> RunningDesk:
    settled(tcp_running[0])
    return tcp_running[0]


@pytest.fixture
def tcp_witness(tcp_desk: RunningDesk, tcp_running: tuple[RunningDesk, Address]) -> Iterator[Witness]:
    """A caller by a TCP connection of his own."""
    with Wire.tcp(tcp_running[1]) as wire, Witness(tcp_desk, wire) as caller:
        yield caller
        caller.is_untouched()
        caller.hang_up()
        tcp_desk.replace()
        settled(tcp_desk)


def large(wire: Wire) -> dict[str, bytes]:
    """Streams that no desk should swallow."""
    sender = wire.sender()
    sdp = SDP + "a=x:" + "y" * 990 + "\r\n"
    text = "\U0001f4de long " * (MEGABYTE // 10)
    many = {f"x_{number}": "y" for number in range(10_000)}
    return {
        "SDP of 1 MB": request(sender, "INVITE", "", sdp + ("a=x:" + "y" * 990 + "\r\n") * 1050),
        "text of 1 MB": request(sender.again(), "MESSAGE", "", text, content_type="text/plain"),
        "XML of 1 MB": request(
            sender.again(),
            "NOTIFY",
            "",
            "<dialog-info>" + "<dialog/>" * (MEGABYTE // 9),
            event="dialog",
            subscription_state="active",
            content_type="application/dialog-info+xml",
        ),
        "header without end": request(sender.again(), "OPTIONS").replace(b"\r\n\r\n", b"\r\nX: ")
        + b"x" * MEGABYTE,
        "10,000 headers": request(sender.again(), "OPTIONS", **many),
        "body longer than promised": request(
            sender.again(), "OPTIONS", "", "y" * MEGABYTE, content_length="10"
        ),
        "body shorter than promised": request(
            sender.again(), "OPTIONS", "", "y" * 1000, content_length="2000000000"
        )
        + b"z" * MEGABYTE,
        "length that is no number": request(sender.again(), "OPTIONS", "", "y" * 1000, content_length="ten"),
        "no SIP": bytes(range(256)) * 4096,
        "only line ends": b"\r\n" * (MEGABYTE // 2),
    }


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("SDP of 1 MB", "closed"),
        ("text of 1 MB", "closed"),
        ("XML of 1 MB", "closed"),
        ("header without end", "closed"),
        ("10,000 headers", "answered"),
        ("body longer than promised", "answered"),
        ("body shorter than promised", "closed"),
        ("length that is no number", "logged"),
        ("no SIP", "closed"),
        ("only line ends", "ignored"),  # they keep a connection alive (RFC 5626 section 4.4.1)
    ],
)
def test_a_stream_that_is_too_much_is_answered_or_closed(
    what: str,
    outcome: str,
    tcp_desk: RunningDesk,
    tcp_witness: Witness,
    tcp_running: tuple[RunningDesk, Address],
) -> None:
    before, logged = resident(tcp_desk), tcp_desk.log.stat().st_size
    with Wire.tcp(tcp_running[1]) as wire:
        wire.send(large(wire)[what])
        match outcome:
            case "closed":
                wire.wait_closed()
            case "answered":
                wire.wait(lambda heard: heard.status == 200)
            case "logged":
                until(lambda: tcp_desk.log.stat().st_size > logged, "the log tells of it")
        tcp_witness.is_untouched()
        with Wire.tcp(tcp_running[1]) as other:
            other.probe()
    settled(tcp_desk, "answered")
    assert resident(tcp_desk) - before < GROWTH


def test_when_the_exchange_itself_sends_too_much_the_line_comes_back_and_the_call_stays(
    tcp_exchange: TcpExchange, tcp_desk: RunningDesk, tcp_witness: Witness
) -> None:
    wire = tcp_exchange.wires[-1]
    wire.send(large(wire)["XML of 1 MB"])
    since = len(tcp_exchange.wires)
    tcp_witness.is_untouched()

    def registered_again() -> bool:
        answered = any(h.method == "REGISTER" for w in tcp_exchange.wires[since:] for h in w.heard)
        return answered or any(h.status == 200 and "OPTIONS" in h.method for h in wire.heard)

    wire.send(request(wire.sender(), "OPTIONS"))
    wire.send(request(wire.sender(), "OPTIONS"))
    until(registered_again, "the line is back", 30)
    tcp_witness.is_untouched()


def test_100_connections_that_say_nothing_keep_no_caller_out(
    tcp_desk: RunningDesk, tcp_witness: Witness, tcp_running: tuple[RunningDesk, Address]
) -> None:
    with ExitStack() as crowd:
        for _ in range(100):
            idle = socket.socket()
            crowd.callback(idle.close)
            idle.setblocking(False)
            idle.connect_ex(tcp_running[1])
        wire = crowd.enter_context(Wire.tcp(tcp_running[1]))
        wire.probe()
        sender = wire.sender()
        wire.send(request(sender, "INVITE", "", SDP))
        wire.give_up(wire.rings(sender))
        settled(tcp_desk, "answered")
        tcp_witness.is_untouched()


def test_a_header_of_60_kb_in_one_datagram_is_answered_or_not_and_the_next_is_answered(
    desk: RunningDesk, witness: Witness, address: Address
) -> None:
    with Wire.udp(address) as wire:
        wire.send(request(wire.sender(), "OPTIONS", x="y" * 60_000))
        wire.send(request(wire.sender(), "INVITE", "", SDP, subject="y" * 60_000))
        wire.probe()
        wire.probe()
        give_up_all(wire)
    settled(desk, "answered")


# --- at random


@pytest.mark.parametrize("source", ["torture messages", "captures"])
def test_damaged_messages_hurt_no_call(
    source: str, desk: RunningDesk, witness: Witness, address: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = samples() if source == "captures" else ours(witness.wire.sender())
    if not messages:
        pytest.skip("no captures in ../shared/samples: put SIP messages there as *.txt, one or more a file")
    seed = random.randrange(1 << 32)
    with capsys.disabled():
        print(f"\nseed {seed}")
    before = resident(desk)
    fuzz(desk, address, witness, messages, count=400, seed=seed)
    assert resident(desk) - before < GROWTH
