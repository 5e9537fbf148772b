"""How late one hears the other through the box: `python -m tests.bench.delay [EVENTS [RATE]]`.

In the rig, in real time, on snd-aloop, in several calls: a click is played into the box's microphone and
looked for in the RTP that it sends, and one is sent in RTP and looked for in what it plays.

- mouth → RTP: from the moment at which the microphone hears a sample to that at which the far end could play
  it, had it no buffer and were it here: with the 20 ms in which a packet fills.
- RTP → ear: from the moment at which a sample could be played that has come in a packet, to that at which it
  is. Together they are the mouth-to-ear delay between two boxes without the network between them; the box's
  own part of what an operator notices in a call with any other telephone.

Where the time goes, in ms, for G.711 on a card at 48 kHz:

- mouth → RTP: 10 until a frame is captured, and 1 as snd-aloop tells of it in whole jiffies; 3 until the
  bridge takes it; 5 to join it with what may have been made up before (WSOLA); 1 to resample to 16 kHz and
  2 to 8 kHz; 10 more until the packet of 20 is full.
- RTP → ear: 0 to 10 until the bridge takes the packet's first half, as the far end's clock and the card's
  happen to lie (hence several calls); 5 to conceal what is lost (WSOLA); 2 and 1 to resample; 9 or 10 that
  the card has in hand.

"loopback alone" is what the same mouth and ear measure with nothing in between. Real time in the guest is
honest only on a machine that does nothing else; with DESKBELL_RIG_TIME=virtual the processor costs no time,
and what remains is what waits in buffers.
"""

from __future__ import annotations

import logging
import math
import os
import random
import re
import socket
import statistics
import struct
import sys
import threading
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

from appliance.desk.actions import AnswerCall, RouteAudio
from appliance.sip.card import Card
from tests.rig.boot import Job, run
from tests.sip.far_end import FarEnd
from tests.sip.parties import Operator, config
from tests.sip.scripted import SDP, ScriptedExchange

EVENTS, RATE = 120, 48000
CALLS = 12  # so that packets meet the card's clock at all moments
TARGET = 60.0  # ms, of the 95th percentile of both ways together
CARD = "Loopback"
PCM_RATE, PACKET = 8000, 160  # G.711 in packets of 20 ms
PIECE_SECONDS = 0.005
LOUD = 6000  # of 32767
OFFSET = 40  # samples, of a click in its packet
MOST_DELAY = 0.35  # seconds
INEXACT = 2.0  # ms, which the measurement itself may be wrong by
SETTLE_SECONDS = 3.0  # until the buffers of a call have found their depth
CLOSE_SECONDS = 2.0  # until the box has closed its card after a call


@dataclass
class Clicks:
    """When clicks began to be made, and when they began to be heard; seconds on the monotonic clock."""

    made: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    _quiet_until: float = 0.0

    def listen(self, samples: array[int], start: float, rate: int) -> None:
        """Look for the beginning of a click in samples of which the first is heard at `start`."""
        if not samples or max(max(samples), -min(samples)) <= LOUD:
            return
        at = start + next(index for index, sample in enumerate(samples) if abs(sample) > LOUD) / rate
        if at > self._quiet_until:
            self.heard.append(at)
        self._quiet_until = at + 0.1

    def delays(self) -> list[float]:
        """The time in ms from each click to when it was heard; NaN for one that was not."""
        found = []
        for made in self.made:
            after = [heard - made for heard in self.heard if -INEXACT / 1000 < heard - made < MOST_DELAY]
            found.append(1000 * min(after, default=float("nan")))
        return found


@dataclass(frozen=True)
class Delays:
    """In ms, of each click; and how often a sound buffer ran empty or over."""

    out: list[float]
    into: list[float]
    alone: list[float]  # with nothing but a loopback where the box would be
    underruns: int


def _of_alaw(code: int) -> int:
    """The sample that a byte stands for (ITU-T G.711)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return value if code & 0x80 else -value


ALAW = [_of_alaw(code) for code in range(256)]


def alaw(samples: array[int]) -> bytes:
    """Samples as the bytes that come nearest."""
    return bytes(min(range(256), key=lambda code: abs(ALAW[code] - sample)) for sample in samples)


def click(rate: int) -> array[int]:
    """10 ms of 1 kHz, at once as loud as it gets."""
    return array("h", (round(24000 * math.cos(2 * math.pi * 1000 * n / rate)) for n in range(rate // 100)))


class Mouth(threading.Thread):
    """Plays clicks into the box's microphone."""

    def __init__(self, rate: int, clicks: Clicks, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._rate, self._clicks, self._over = rate, clicks, over
        self.due = threading.Event()

    def run(self) -> None:
        pcm = pcm_of("PCM_PLAYBACK", self._rate)
        buffered = pcm.info()["buffer_size"]
        piece = bytes(2 * int(self._rate * PIECE_SECONDS))
        sound = click(self._rate).tobytes()
        while not self._over.is_set():
            if self.due.is_set():
                self.due.clear()
                self._clicks.made.append(time.monotonic() + (buffered - pcm.avail()) / self._rate)
                pcm.write(sound)
            pcm.write(piece)
        pcm.close()


class Ear(threading.Thread):
    """Hears what the box plays; or, at the box's own end of the loopback, what it would hear."""

    def __init__(self, rate: int, clicks: Clicks, over: threading.Event, end: int = 1) -> None:
        super().__init__(daemon=True)
        self._rate, self._clicks, self._over, self._end = rate, clicks, over, end

    def run(self) -> None:
        pcm = pcm_of("PCM_CAPTURE", self._rate, self._end)
        while not self._over.is_set():
            frames, data = pcm.read()
            if frames > 0:
                end = time.monotonic() - pcm.avail() / self._rate
                start = end - frames / self._rate
                self._clicks.listen(array("h", data), start, self._rate)
        pcm.close()


def pcm_of(direction: str, rate: int, end: int = 1) -> Any:
    """One end of the loopback; the box has end 0."""
    import alsaaudio  # type: ignore[import-not-found]

    return alsaaudio.PCM(
        type=getattr(alsaaudio, direction),
        device=f"hw:CARD={CARD},DEV={end}",
        rate=rate,
        channels=1,
        format=alsaaudio.PCM_FORMAT_S16_LE,
        periodsize=int(rate * PIECE_SECONDS),
        periods=8,
    )


class Rtp:
    """The far end's speech: sends a packet every 20 ms, and hears those that come."""

    def __init__(self, said: Clicks, heard: Clicks, over: threading.Event) -> None:
        self._said, self._heard, self._over = said, heard, over
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self.due = threading.Event()

    def start(self, to: tuple[str, int]) -> None:
        for target in (lambda: self._send(to), self._receive):
            threading.Thread(target=target, daemon=True).start()

    def _send(self, to: tuple[str, int]) -> None:
        sound, silence = alaw(click(PCM_RATE)), alaw(array("h", bytes(2 * PACKET)))
        begun = time.monotonic()
        number = 0
        while not self._over.is_set():
            samples = silence
            due = self.due.is_set()
            if due:
                self.due.clear()
                samples = silence[:OFFSET] + sound + silence[OFFSET + len(sound) :]
            header = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * PACKET, 0xD35C)
            wait = begun + number * PACKET / PCM_RATE - time.monotonic()
            time.sleep(max(0.0, wait))
            if due:
                self._said.made.append(time.monotonic() + OFFSET / PCM_RATE)
            self._socket.sendto(header + samples, to)
            number += 1

    def _receive(self) -> None:
        while not self._over.is_set():
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            at = time.monotonic()
            samples = array("h", (ALAW[code] for code in packet[12:]))
            self._heard.listen(samples, at, PCM_RATE)


class Underruns(logging.Handler):
    """Counts what pjsip's sound driver tells of."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "underrun!" in (text := record.getMessage()) or "overrun!" in text


def pause() -> None:
    """Until the next click, which is to meet the box at any moment."""
    time.sleep(random.uniform(0.2, 0.3))


def alone(rate: int, events: int = 20) -> list[float]:
    """What the measurement itself adds: the delay from the mouth to an ear where the box would listen."""
    over, clicks = threading.Event(), Clicks()
    mouth, ear = Mouth(rate, clicks, over), Ear(rate, clicks, over, end=0)
    mouth.start()
    ear.start()
    for _ in range(events):
        pause()
        mouth.due.set()
    time.sleep(MOST_DELAY)
    over.set()
    mouth.join()
    ear.join()
    return clicks.delays()


def call(exchange: ScriptedExchange, operator: Operator, mouth: Mouth, rtp: Rtp, events: int) -> None:
    """Let clicks pass each way in one call."""
    far_end, begun = FarEnd(exchange), operator.mark()
    far_end.invite(sdp=SDP.replace("m=audio 9 ", f"m=audio {rtp.port} "))
    operator.do(AnswerCall(operator.rings(begun).call))
    answer = far_end.answered("INVITE", 1)
    far_end.ack()
    port = re.search(r"m=audio (\d+)", answer)
    assert port
    pause()
    rtp.start(("127.0.0.1", int(port[1])))
    time.sleep(SETTLE_SECONDS)
    for _ in range(events):
        mouth.due.set()
        pause()
        rtp.due.set()
        pause()
    time.sleep(MOST_DELAY)
    far_end.final("BYE", far_end.request("BYE"))
    time.sleep(CLOSE_SECONDS)


def measure(events: int, rate: int, calls: int = CALLS) -> Delays:
    """Let so many clicks pass each way."""
    over, out, into, counted = threading.Event(), Clicks(), Clicks(), Underruns()
    by_itself = alone(rate)
    logger = logging.getLogger("deskbell.sip")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(counted)
    mouth, ear = Mouth(rate, out, over), Ear(rate, into, over)
    settings = {"null_audio": False, "codecs": ("PCMA",), "log_level": 4}
    with (
        ScriptedExchange() as exchange,
        Operator(config(exchange, **settings), card_of=Card) as operator,
    ):
        operator.registered()
        mouth.start()
        ear.start()
        operator.do(RouteAudio(CARD))
        for _ in range(calls):
            hung_up = threading.Event()
            call(exchange, operator, mouth, Rtp(into, out, hung_up), events // calls)
            hung_up.set()
        over.set()
        mouth.join()
        ear.join()
    logger.removeHandler(counted)
    logger.setLevel(level)
    return Delays(out.delays(), into.delays(), by_itself, counted.count)


def report(found: Delays) -> str:
    """A table, and whether the target was reached."""
    both = [one + other for one, other in zip(found.out, found.into, strict=True)]
    lines = [f"{'ms':<16}{'median':>8}{'p95':>8}{'most':>8}{'lost':>6}"]
    rows = (
        ("mouth → RTP", found.out),
        ("RTP → ear", found.into),
        ("both", both),
        ("loopback alone", found.alone),
    )
    for name, times in rows:
        heard = sorted(time for time in times if not math.isnan(time)) or [math.nan]
        p95 = heard[int(0.95 * (len(heard) - 1))]
        lost = sum(map(math.isnan, times))
        lines.append(f"{name:<16}{statistics.median(heard):>8.1f}{p95:>8.1f}{heard[-1]:>8.1f}{lost:>6}")
    lines.append(f"target at p95: {TARGET:.0f} ms; buffers that ran empty or over: {found.underruns}")
    return "\n".join(lines)


def main(*arguments: str) -> int:
    """Measure in the guest."""
    if os.environ.get("DESKBELL_RIG") == "guest":
        events, rate = (int(word) for word in arguments)
        print(report(measure(events, rate)), flush=True)
        os._exit(0)
    defaults = [str(EVENTS), str(RATE)]
    words = [sys.executable, "-m", "tests.bench.delay", *arguments, *defaults[len(arguments) :]]
    return run(Job(words, real_time=os.environ.get("DESKBELL_RIG_TIME") != "virtual", limit=600))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
