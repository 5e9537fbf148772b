"""The SIP side of the desk: takes the desk's actions, tells its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions
from appliance.sip.engine import Engine, guarded
from appliance.sip.line import Line
from appliance.sip.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.config import SipConfig

_HANG_UP_SECONDS = 0.6
_LAST_WORDS_SECONDS = 0.2  # for BYE, CANCEL and SUBSCRIBE, which pjsip does not tell the end of


class SipAgent:
    """The operator's line. Events come in the SIP thread: `on_event` passes them on and returns at once.

    `card_of` gives the ALSA card id of a device, "" for one without sound. `on_death` is called, from the
    SIP thread as its last deed, when that thread dies of what it cannot know how to survive.
    """

    _line: Line
    _sound: Sound

    def __init__(
        self,
        config: SipConfig,
        on_event: Callable[[Event], None],
        *,
        card_of: Callable[[str], str] = lambda _device: "",
        on_death: Callable[[BaseException], None] = lambda _error: None,
    ) -> None:
        """Nothing happens before `start()`."""
        self._config = config
        self._on_event = guarded(on_event)
        self._card_of = card_of
        self._engine = Engine(config, self._open, self._close, on_death)

    @property
    def alive(self) -> bool:
        """Whether the SIP thread runs."""
        return self._engine.alive

    def start(self) -> None:
        """Open the line and begin to register; SipError when the SIP stack cannot be opened."""
        self._engine.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Hang up, unsubscribe, unregister and end; SipError when that takes more than `timeout` seconds."""
        self._engine.stop(timeout)

    def do(self, action: actions.SipAction | actions.RouteAudio) -> None:
        """Have an action of the desk done; callable from any thread, returns at once."""
        self._engine.post(lambda: self._perform(action))

    def _perform(self, action: actions.SipAction | actions.RouteAudio) -> None:
        match action:
            case actions.MuteMicrophone(on):
                self._sound.mute(on)
            case actions.RouteAudio(device):
                self._sound.use(self._card_of(device) if device else "")
                self._line.refresh_audio()
            case _:
                self._line.perform(action)

    def _open(self) -> None:
        self._sound = Sound(self._engine.endpoint, self._config.null_audio)
        self._line = Line(self._config, self._engine, self._sound, self._on_event)

    def _close(self) -> None:
        self._line.hang_up()
        self._engine.pump(lambda: self._line.idle, _HANG_UP_SECONDS)
        self._engine.pump(lambda: False, _LAST_WORDS_SECONDS)
        self._line.close()
        self._sound.close()
        del self._line, self._sound
