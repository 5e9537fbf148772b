"""The SIP side of the desk: takes the desk's actions, tells its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions
from appliance.desk.events import CallArrived, CallReleased, CodeDialled, RegistrationChanged, TextAnswered
from appliance.desk.state import RegistrationState
from appliance.sip.calls import Calls
from appliance.sip.card import SILENCE, Card
from appliance.sip.echo import EchoTest
from appliance.sip.engine import Engine, guarded
from appliance.sip.line import Line, called_line
from appliance.sip.meter import Levels, Meter
from appliance.sip.readable import readable
from appliance.sip.ring import Ring
from appliance.sip.sound import Sound
from appliance.sip.texts import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.desk.events import Event
    from appliance.desk.ringing import Ringing
    from appliance.desk.state import ExtensionState
    from appliance.sip.config import SipConfig
    from appliance.sip.trace import Trace

_HANG_UP_SECONDS = 0.6
_LAST_WORDS_SECONDS = 0.2  # for BYE, CANCEL and SUBSCRIBE, which pjsip does not tell the end of
_NO_LINE = "there is no such line"
NO_ACCOUNT = "no account is set up yet"
"""Why a line without an exchange does nothing."""


class SipAgent:
    """The operator's lines. Events come in the SIP thread: `on_event` passes them on and returns at once.

    `config` is the first line and what goes for the whole process; `more_lines` are other accounts, each with
    an id (`SipConfig.line`) of its own; a line without a `host` has no account yet. `card_of` gives the sound
    card of a device, SILENCE for one without. `on_levels` is told how loud calls are, in the SIP thread too,
    while `meter` is on. `on_death` is called, from the SIP thread as its last deed, when that thread dies of
    what it cannot know how to survive.
    """

    _calls: Calls
    _sound: Sound
    _ring: Ring
    _meter: Meter
    _echo: EchoTest

    def __init__(
        self,
        config: SipConfig,
        on_event: Callable[[Event], None],
        *,
        more_lines: Sequence[SipConfig] = (),
        card_of: Callable[[str], Card] = lambda _device: SILENCE,
        on_levels: Callable[[Levels], None] = lambda _levels: None,
        on_death: Callable[[BaseException], None] = lambda _error: None,
        trace: Trace | None = None,
    ) -> None:
        """Nothing happens before `start()`; ValueError when two lines have the same id."""
        self._configs = (config, *more_lines)
        if len({each.line for each in self._configs}) < len(self._configs):
            raise ValueError("each line needs an id of its own")
        self._on_event = guarded(lambda event: self._tell(event, on_event))
        self._card_of, self._on_levels = card_of, on_levels
        self._lines: dict[str, Line] = {}
        self._engine = Engine(config, self._open, self._close, on_death, trace)

    @property
    def alive(self) -> bool:
        """Whether the SIP thread runs."""
        return self._engine.alive

    @property
    def turns(self) -> int:
        """How often the SIP thread has gone round: a number that grows for as long as it lives."""
        return self._engine.turns

    def start(self) -> None:
        """Open the lines and begin to register; SipError when the SIP stack cannot be opened."""
        self._engine.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Hang up, unsubscribe, unregister and end; SipError when that takes more than `timeout` seconds."""
        self._engine.stop(timeout)

    def do(self, action: actions.SipAction | actions.RouteAudio) -> None:
        """Have an action of the desk done; callable from any thread, returns at once."""
        self._engine.post(lambda: self._perform(action))

    def publish(self, state: ExtensionState) -> None:
        """Tell the exchanges that the operator is AVAILABLE, BUSY, AWAY or DND; from any thread, at once."""
        self._engine.post(lambda: self._publish(state))

    def ring(self, ringing: Ringing | None) -> None:
        """Let the operator hear that calls wait, or nothing; callable from any thread, returns at once."""
        self._engine.post(lambda: self._ring.sound(ringing))

    def meter(self, on: bool) -> None:
        """Have `on_levels` told ten times a second, or no longer; callable from any thread, does not wait."""
        self._engine.post(lambda: self._meter.run(on))

    def test_sound(self, device: str, file: str, echo: bool) -> None:
        """Have a device's microphone measured for a while, and with `echo` played back what it heard.

        `file` is where that may be kept meanwhile, a WAV file to be; from any thread, at once.
        """
        self._engine.post(lambda: self._echo.begin(self._card_of(device), file, echo))

    def end_sound_test(self) -> None:
        """End that; from any thread, at once."""
        self._engine.post(lambda: self._echo.end())

    def _tell(self, event: Event, on_event: Callable[[Event], None]) -> None:
        on_event(readable(event))
        if isinstance(event, CallArrived):
            self.end_sound_test()  # the call is not kept waiting for it

    def _perform(self, action: actions.SipAction | actions.RouteAudio) -> None:
        match action:
            case actions.MuteMicrophone(on):
                self._sound.mute(on)
            case actions.RouteAudio(device):
                self._echo.end()
                self._sound.use(self._card_of(device) if device else SILENCE)
            case actions.PlaceCall(call, line=name):
                self._echo.end()
                if line := self._lines.get(name):
                    line.place(action)
                else:
                    self._on_event(CallReleased(call, 400, self._missing(name)))
            case actions.DialCode(code, name):
                if line := self._lines.get(name):
                    line.dial_code(code)
                else:
                    self._on_event(CodeDialled(code, 400, self._missing(name)))
            case actions.SendText(message):
                if line := self._lines.get(self._configs[0].line):
                    line.send_text(action)
                else:
                    self._on_event(TextAnswered(message, 400, NO_ACCOUNT))
            case actions.WatchExtensions(extensions):
                if line := self._lines.get(self._configs[0].line):
                    line.watch(extensions)
            case _:
                self._calls.perform(action)

    def _missing(self, line: str) -> str:
        """Return why there is no such line."""
        return NO_ACCOUNT if line in {config.line for config in self._configs} else _NO_LINE

    def _publish(self, state: ExtensionState) -> None:
        for line in self._lines.values():
            line.publish(state)

    def _open(self) -> None:
        self._sound = Sound(self._engine, self._configs[0].null_audio)
        self._ring = Ring(self._engine, self._sound)
        self._calls = Calls(self._engine, self._sound, self._on_event)
        self._echo = EchoTest(self._engine, self._sound, self._calls)
        self._meter = Meter(self._engine, self._sound, self._calls, self._echo, guarded(self._on_levels))
        self._engine.endpoint.on_request = self._requested
        self._engine.endpoint.on_select = self._account_for
        for config in self._configs:
            self._open_line(config)

    def _open_line(self, config: SipConfig) -> None:
        if config.host:
            self._lines[config.line] = Line(config, self._engine, self._calls, self._on_event)
        else:
            self._on_event(RegistrationChanged(RegistrationState.UNSET, 0, NO_ACCOUNT, config.line))

    def _close(self) -> None:
        self._meter.run(False)
        self._echo.end()
        self._ring.sound(None)
        self._calls.hang_up()
        for line in self._lines.values():
            line.hang_up()
        self._engine.pump(lambda: self._idle, _HANG_UP_SECONDS)
        self._engine.pump(lambda: False, _LAST_WORDS_SECONDS)
        self._calls.close()
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._engine.endpoint.on_request = self._engine.endpoint.on_select = None
        self._sound.close()
        del self._meter, self._echo, self._calls, self._ring, self._sound

    def _requested(self, method: str, text: str) -> int:
        """Say what to answer a request outside any dialog with, 0: let it in."""
        if method == "CANCEL":
            self._calls.cancelled(text)
        return verdict(text) if method == "MESSAGE" else 0

    def _account_for(self, request: str) -> int | None:
        """Say which account a request is for; None leaves it to pjsip, which goes by user and domain.

        Every line but the first has its id in its contact; the first shares its user with another at most.
        """
        user, name = called_line(request)
        line = self._lines.get(name)
        if line is None or not (name or user == self._configs[0].user):
            return None
        return line.account_number

    @property
    def _idle(self) -> bool:
        return not self._calls and all(line.idle for line in self._lines.values())
