"""Phones for the demo and the tests: up to 16 registered lines without a sound card, run by JSON lines.

    python -m appliance.sip.phone HOST PORT [LOCAL_ADDRESS]

Commands come on standard input, one JSON object each; all but "register" may leave out "call" when the line
has but one:

    {"do": "register", "line": "1001", "password": "…", "answer_after": 1.5, "hang_up_after": 20,
     "refuse": 486, "dtmf": "info"}                        (again: changes the habits)
    {"do": "call", "line": "1001", "number": "200"}        (and "replaces": "…", a dialog to take over)
    {"do": "answer", "line": "1001"}                       {"do": "reject", …, "code": 603}
    {"do": "hang_up" | "hold" | "resume", …}               {"do": "divert", …, "number": "1002"}
    {"do": "transfer", …, "number": "1002"}                {"do": "join", …, "other": "out-2"}
    {"do": "digits", …, "digits": "12#"}                   {"do": "tone", …, "hz": 1000}  (0: silence)
    {"do": "record", …, "file": "heard.wav"}               {"do": "stop_recording", …}
    {"do": "message", "line": "1001", "message": "m1", "number": "200", "text": "Hello"}

Events come on standard output: the desk's own (`appliance.desk.events`) as {"event": "CallArrived", "line":
"1001", …}, and "Digit", "Recorded", "Behaves" (a line has taken on its habits) and "Refused": a command that
cannot be done, and why. When standard input ends, the phones hang up, unregister, and the process ends.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk import actions, events
from appliance.sip import tones
from appliance.sip.call import Call
from appliance.sip.calls import Calls
from appliance.sip.config import SipConfig
from appliance.sip.engine import Engine, guarded
from appliance.sip.errors import SipError, words
from appliance.sip.line import Line
from appliance.sip.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.calls import CallAction

_LOUDNESS = 8000  # of 32767
_HANG_UP_SECONDS = 0.6
_WAV_SECONDS = 0.3  # pjsip closes a recording some time after it was asked to
_STOP_SECONDS = 10.0
_TRANSLATED = ("G722", "PCMA", "PCMU")
"""Neither Opus nor G.729: Asterisk passes them on, but hangs up where it would have to translate them."""


class PhoneCall(Call):
    """A call that also hears digits."""

    on_digit: Callable[[str], None] | None = None

    @guarded
    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        """A digit came."""
        if self.on_digit:
            self.on_digit(prm.digit)


class PhoneVoice:
    """What a phone says, a tone or nothing, and where it keeps what it hears."""

    def __init__(self, silence: Sound) -> None:
        """`silence` gives the calls their clock."""
        self._silence = silence
        self._tone: pj.ToneGenerator | None = None
        self._recorder: pj.AudioMediaRecorder | None = None

    def connect(self, call: pj.AudioMedia, talking: bool) -> None:
        """Let the phone and the far end hear each other, or not."""
        self._silence.connect(call, talking)
        with suppress(pj.Error):  # not connected
            if self._tone and talking:
                self._tone.startTransmit(call)
            elif self._tone:
                self._tone.stopTransmit(call)
        with suppress(pj.Error):
            if self._recorder and talking:
                call.startTransmit(self._recorder)
            elif self._recorder:
                call.stopTransmit(self._recorder)

    def ringing_tone(self, call: str, on: bool) -> None:
        """Nobody listens to these phones."""

    def play(self, hz: int) -> None:
        """Say a tone from now on; 0: nothing."""
        self._tone = None
        if hz:
            self._tone = tones.generator()
            tones.play(self._tone, [tones.Tone(hz, 0, 1000, 0)], loop=True, level=_LOUDNESS)

    def record(self, file: str) -> None:
        """Keep what is heard in a WAV file."""
        self._recorder = pj.AudioMediaRecorder()
        self._recorder.createRecorder(file)

    def stop_recording(self) -> None:
        """Close the WAV file; that takes pjsip some time."""
        self._recorder = None


class Phone:
    """One line and its habits."""

    def __init__(self, phones: Phones, config: SipConfig, command: dict[str, Any]) -> None:
        """Register; `command` is the "register" command."""
        self._phones = phones
        self._name = config.user
        self.behave(command)
        self._calls: list[str] = []
        self._placed = 0
        self._voice = PhoneVoice(phones.silence)
        self.calls = Calls(phones.engine, self._voice, self._happened, self._make_call)
        self.line = Line(config, phones.engine, self.calls, self._happened)

    def behave(self, command: dict[str, Any]) -> None:
        """Take on the habits in a "register" command."""
        self._answer_after: float | None = command.get("answer_after")
        self._hang_up_after: float | None = command.get("hang_up_after")
        self._refuse: int | None = command.get("refuse")
        self._phones.tell("Behaves", self._name)

    def do(self, verb: str, command: dict[str, Any]) -> None:
        """Do one command."""
        match verb:
            case "call":
                self._placed += 1
                call = f"out-{self._placed}"
                self._calls.append(call)
                self.line.place(
                    actions.PlaceCall(call, command["number"], replaces=command.get("replaces", ""))
                )
            case "message":
                self.line.send_text(actions.SendText(command["message"], command["number"], command["text"]))
            case "tone":
                self._voice.play(command["hz"])
                self.calls.refresh_audio()
            case "record":
                self._voice.record(command["file"])
                self.calls.refresh_audio()
            case "stop_recording":
                self._voice.stop_recording()
                self._phones.engine.later(_WAV_SECONDS, lambda: self._phones.tell("Recorded", self._name))
            case _:
                self.calls.perform(self._action(verb, command))

    def hang_up(self) -> None:
        """End calls and registration."""
        self.calls.hang_up()
        self.line.hang_up()

    @property
    def idle(self) -> bool:
        """Whether all that has ended."""
        return not self.calls and self.line.idle

    def close(self) -> None:
        """Drop calls and account, in the order that pjsua2 survives."""
        self.calls.close()
        self.line.close()

    def _action(self, verb: str, command: dict[str, Any]) -> CallAction:
        if not command.get("call") and not self._calls:
            raise SipError("there is no call")
        call = command.get("call") or self._calls[-1]
        match verb:
            case "answer":
                return actions.AnswerCall(call)
            case "reject":
                return actions.RejectCall(call, command.get("code", 486))
            case "divert":
                return actions.DivertCall(call, command["number"])
            case "join":
                return actions.JoinCalls(call, command["other"])
            case "hang_up":
                return actions.HangUpCall(call)
            case "hold":
                return actions.HoldCall(call)
            case "resume":
                return actions.ResumeCall(call)
            case "transfer":
                return actions.TransferCall(call, command["number"])
            case "digits":
                return actions.SendDtmf(call, command["digits"])
        raise SipError(f"no such command: {verb}")

    def _make_call(self, *args: Any) -> PhoneCall:  # noqa: ANN401
        call = PhoneCall(*args)
        call.on_digit = lambda digit: self._phones.tell("Digit", self._name, digit=digit)
        return call

    def _happened(self, event: events.Event) -> None:
        self._phones.tell(type(event).__name__, **{**asdict(event), "line": self._name})
        match event:
            case events.CallArrived(call):
                self._calls.append(call)
                if self._refuse is not None:
                    self._plan(0.0, actions.RejectCall(call, self._refuse))
                self._plan(self._answer_after, actions.AnswerCall(call))
            case events.CallAnswered(call):
                self._plan(self._hang_up_after, actions.HangUpCall(call))
            case events.CallReleased(call) if call in self._calls:
                self._calls.remove(call)

    def _plan(self, seconds: float | None, action: CallAction) -> None:
        if seconds is not None:
            self._phones.engine.later(seconds, lambda: self.calls.perform(action))


class Phones:
    """All phones of this process. `tell_line` writes one event out."""

    silence: Sound

    def __init__(self, config: SipConfig, tell_line: Callable[[str], None]) -> None:
        """Nothing happens before `start()`; the user of `config` is nobody's."""
        self._config = config
        self._tell_line = tell_line
        self._phones: dict[str, Phone] = {}
        self.engine = Engine(config, self._open, self._close, lambda _error: None)

    def start(self) -> None:
        """Open the SIP stack; SipError when it cannot be."""
        self.engine.start()

    def stop(self) -> None:
        """Hang up and unregister all."""
        self.engine.stop(_STOP_SECONDS)

    def do(self, line: str) -> None:
        """Have a command done; callable from any thread."""
        self.engine.post(lambda: self._do(line))

    def tell(self, event: str, line: str, **what: object) -> None:
        """Write an event of a phone out."""
        self._tell_line(json.dumps({"event": event, "line": line, **what}))

    def _do(self, text: str) -> None:
        line = ""
        try:
            command = json.loads(text)
            line = command["line"]
            if command["do"] == "register" and line in self._phones:
                self._phones[line].behave(command)
            elif command["do"] == "register":
                habits = {"dtmf": command.get("dtmf", "rfc4733")}
                config = replace(self._config, user=line, password=command["password"], **habits)
                self._phones[line] = Phone(self, config, command)
            else:
                self._phones[line].do(command["do"], command)
        except pj.Error as error:
            self.tell("Refused", line, reason=words(error))
        except (KeyError, TypeError, ValueError, SipError) as error:
            self.tell("Refused", line, reason=f"{type(error).__name__}: {error}")

    def _open(self) -> None:
        self.silence = Sound(self.engine, silent=True)

    def _close(self) -> None:
        for phone in self._phones.values():
            phone.hang_up()
        self.engine.pump(lambda: all(phone.idle for phone in self._phones.values()), _HANG_UP_SECONDS)
        for phone in self._phones.values():
            phone.close()
        self.silence.close()
        self._phones.clear()
        del self.silence


def main(host: str, port: str, bind: str = "") -> None:
    """Run phones until standard input ends."""
    writing = threading.Lock()

    def tell(line: str) -> None:
        with writing:
            print(line, flush=True)

    config = SipConfig(
        "", "", host, port=int(port), bind=bind, log_level=1, null_audio=True, codecs=_TRANSLATED
    )
    phones = Phones(config, tell)
    phones.start()
    try:
        for line in sys.stdin:
            phones.do(line)
    finally:
        phones.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
