"""The two sides of a tested call: the operator's line in this process, phones in another."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.actions import AnswerCall, HangUpCall, PlaceCall
from appliance.desk.events import (
    CallAnswered,
    CallArrived,
    CallReleased,
    Event,
    ExtensionChanged,
    RegistrationChanged,
)
from appliance.desk.state import ExtensionState, RegistrationState
from appliance.sip import SipAgent, SipConfig, tones
from tests.sip.sound import level, samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.demo.exchange import Exchange
    from appliance.desk.actions import RouteAudio, SipAction
    from tests.sip.scripted import ScriptedExchange

SECONDS = 10.0
ROOT = Path(__file__).parents[2]
T = TypeVar("T", bound=Event)


def config(exchange: Exchange | ScriptedExchange, **changes: Any) -> SipConfig:
    """The operator's line at that exchange."""
    settings: dict[str, Any] = {
        "user": "200",
        "password": exchange.password("200"),
        "host": exchange.host,
        "port": exchange.sip_port,
        "null_audio": True,
    }
    return SipConfig(**{**settings, **changes})


class Operator:
    """A SipAgent, and all that it tells."""

    def __init__(self, settings: SipConfig, **more: Any) -> None:
        self.agent = SipAgent(settings, self._happened, **more)
        self.events: list[Event] = []
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        self.agent.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.agent.stop()

    def do(self, action: SipAction | RouteAudio) -> None:
        self.agent.do(action)

    def wait(self, kind: type[T], *, since: int = 0, seconds: float = SECONDS, **fields: object) -> T:
        """The first event of that kind with those fields, from the `since`th event on."""

        def found() -> T | None:
            for event in self.events[since:]:
                if isinstance(event, kind) and all(getattr(event, k) == v for k, v in fields.items()):
                    return event
            return None

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, seconds), (
                f"no {kind.__name__} {fields} among {self.events[since:]}"
            )
            event = found()
        assert event is not None
        return event

    def registered(self) -> Self:
        self.wait(RegistrationChanged, state=RegistrationState.REGISTERED)
        return self

    def extension(self, number: str, state: ExtensionState, since: int = 0) -> ExtensionChanged:
        return self.wait(ExtensionChanged, number=number, state=state, since=since)

    def rings(self, since: int = 0) -> CallArrived:
        return self.wait(CallArrived, since=since)

    def talks(self, call: str, since: int = 0) -> None:
        self.wait(CallAnswered, call=call, since=since)

    def count(self, kind: type[Event], since: int = 0) -> int:
        return sum(isinstance(event, kind) for event in self.events[since:])

    def mark(self) -> int:
        """A place in the events, for `since`."""
        return len(self.events)

    def speaks(self, hz: int) -> None:
        """From now on the operator says a tone, whatever the microphone hears."""

        def speak() -> None:
            voice = tones.generator()
            tones.play(voice, [tones.Tone(hz, 0, 1000, 0)], loop=True, level=8000)
            self.agent._sound._microphone = voice
            self.agent._calls.refresh_audio()

        self.in_the_sip_thread(speak)

    def listens(self, file: Path) -> None:
        """From now on, what the operator hears is kept in a WAV file, until `listened()`."""

        def listen() -> None:
            ear = pj.AudioMediaRecorder()
            ear.createRecorder(str(file))
            self.agent._sound._speaker = ear
            self.agent._calls.refresh_audio()

        self.in_the_sip_thread(listen)

    def listened(self, seconds: float = 0.0) -> None:
        """Close the WAV file after so many seconds; pjsip takes a little longer."""

        def stop() -> None:
            sound = self.agent._sound
            sound._speaker = sound._devices.getPlaybackDevMedia()

        time.sleep(seconds)
        self.in_the_sip_thread(stop)
        time.sleep(0.3)

    def in_the_sip_thread(self, deed: Callable[[], None]) -> None:
        """Do something where pjsua2 may be touched, and wait until it is done."""
        done = threading.Event()

        def run() -> None:
            try:
                deed()
            finally:
                done.set()

        self.agent._engine.post(run)
        assert done.wait(SECONDS)

    def _happened(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()


class Phones:
    """A process of `appliance.sip.phone`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._events: list[dict[str, Any]] = []
        self._recordings = 0
        self._news = threading.Condition()
        program = [sys.executable, "-X", "faulthandler", "-m", "appliance.sip.phone"]
        self._process = subprocess.Popen(
            [*program, exchange.host, str(exchange.sip_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def register(self, line: str, **habits: Any) -> str:
        since = self.mark()
        self.do(line, "register", password=self._exchange.password(line), **habits)
        self.wait(line, "Behaves", since=since)  # else a call may be faster than the habit to answer it
        self.wait(line, "RegistrationChanged", state="registered")
        return line

    def do(self, line: str, verb: str, **more: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": verb, "line": line, **more}) + "\n")
        self._process.stdin.flush()

    def mark(self) -> int:
        return len(self._events)

    def wait(self, line: str, event: str, *, since: int = 0, **fields: Any) -> dict[str, Any]:
        wanted = {"line": line, "event": event, **fields}

        def found() -> dict[str, Any] | None:
            return next((e for e in self._events[since:] if wanted.items() <= e.items()), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, SECONDS), (
                f"no {wanted} among {self._events[since:]}"
            )
            return found() or {}

    def told(self, line: str, event: str, since: int = 0) -> list[dict[str, Any]]:
        """All that a phone told of one kind."""
        return [e for e in self._events[since:] if (e["line"], e["event"]) == (line, event)]

    def hears(self, line: str, hz: float, folder: Path) -> float:
        """How loud a tone is in what this phone hears just now, 0 to 32767."""
        return level(self.heard(line, folder), hz)

    def heard(self, line: str, folder: Path, seconds: float = 0.4) -> Path:
        """Record what this phone hears just now; for longer where a busy machine recorded nothing."""
        file = self._record(line, folder, seconds)
        while seconds < SECONDS and not samples(file)[0]:
            seconds *= 2
            file = self._record(line, folder, seconds)
        return file

    def _record(self, line: str, folder: Path, seconds: float) -> Path:
        self._recordings += 1
        file = folder / f"{line}-{self._recordings}.wav"
        since = self.mark()
        self.do(line, "record", file=str(file))
        time.sleep(seconds)
        self.do(line, "stop_recording")
        self.wait(line, "Recorded", since=since)
        return file

    def close(self) -> int:
        """End the process and return its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        status = self._process.wait(SECONDS)
        self._reader.join(SECONDS)
        return status

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self._events.append(json.loads(line))
                self._news.notify_all()


def call_the_operator(operator: Operator, phones: Phones, line: str, number: str = "200") -> str:
    """A phone calls, and it rings here; the call's id."""
    since = operator.mark()
    phones.do(line, "call", number=number)
    return operator.rings(since).call


def talk_to_the_operator(operator: Operator, phones: Phones, line: str) -> str:
    """A phone calls and is answered; the call's id."""
    since = phones.mark()
    call = call_the_operator(operator, phones, line)
    operator.do(AnswerCall(call))
    operator.talks(call)
    phones.wait(line, "CallAnswered", since=since)
    return call


def talk_to(operator: Operator, phones: Phones, line: str, call: str = "out-1") -> str:
    """The operator calls a phone that answers; the call's id."""
    phones.register(line, answer_after=0.05)
    since, events = phones.mark(), operator.mark()
    operator.do(PlaceCall(call, line))
    operator.talks(call, events)
    phones.wait(line, "CallAnswered", since=since)
    return call


def hang_up(operator: Operator, call: str) -> None:
    operator.do(HangUpCall(call))
    operator.wait(CallReleased, call=call)


def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait for a condition that nobody tells of."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def joined(exchange: Exchange, *lines: str) -> None:
    """Wait until the exchange has joined these lines' legs: before, it loses a hold and refuses a REFER."""

    def are_joined() -> bool:
        legs = {leg.get("Channel", ""): leg.get("BridgeId") for leg in exchange.ami("CoreShowChannels")}
        ours = {line: [leg for leg in legs if leg.startswith(f"PJSIP/{line}-")] for line in lines}
        return all(ours.values()) and all(legs[leg] for line in lines for leg in ours[line])

    until(are_joined, f"the legs of {lines} are joined")
