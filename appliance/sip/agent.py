"""The SIP side of the desk: takes the desk's actions, tells its events."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk import actions
from appliance.desk.events import CallArrived, CallReleased
from appliance.sip.account import Account, Registrar, account_config
from appliance.sip.blf import Field, Lamp
from appliance.sip.call import Call
from appliance.sip.engine import Engine, local_address
from appliance.sip.errors import words
from appliance.sip.identity import called_number, message, remote_party
from appliance.sip.log import log
from appliance.sip.sound import Sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm

_CLOSING_SECONDS = 0.6


class SipAgent:
    """A line of the exchange. Events come in the SIP thread: `on_event` passes them on and returns at once.

    `card_of` gives the ALSA card id of a device, "" for one without sound. `on_death` is called, from the
    SIP thread as its last deed, when that thread dies of what it cannot know how to survive.
    """

    sound: Sound
    _account: Account
    _registrar: Registrar

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
        self._on_event = on_event
        self._card_of = card_of
        self._engine = Engine(config, self._open, self._close, on_death)
        self._field = Field([])
        self._calls: dict[str, Call] = {}
        self._numbers = itertools.count(1)

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

    def emit(self, event: Event) -> None:
        """Tell the desk."""
        self._on_event(event)

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Do something later in the SIP thread."""
        return self._engine.later(seconds, action)

    def forget(self, call: Call) -> None:
        """Drop a call whose dialog has ended."""
        if self._calls.get(call.name) is call:
            del self._calls[call.name]

    def _perform(self, action: actions.SipAction | actions.RouteAudio) -> None:
        match action:
            case actions.PlaceCall(call, number):
                self._place(call, number)
            case actions.MuteMicrophone(on):
                self.sound.mute(on)
            case actions.RouteAudio(device):
                self.sound.use(self._card_of(device) if device else "")
            case _:
                call_here = self._calls.get(action.call)
                if call_here is not None:  # else it has been released, and the desk hears of it
                    self._perform_on(call_here, action)

    def _perform_on(self, call: Call, action: actions.SipAction) -> None:
        match action:
            case actions.AnswerCall():
                call.pick_up()
            case actions.RejectCall(_, code):
                call.reject(code)
            case actions.HangUpCall():
                call.release()
            case actions.HoldCall():
                call.hold()
            case actions.ResumeCall():
                call.resume()
            case actions.TransferCall(_, target):
                call.transfer(self._config.uri(target))
            case actions.SendDtmf(_, digits):
                call.send_digits(digits)

    def _place(self, name: str, number: str) -> None:
        call = Call(self._account, self, name)
        self._calls[name] = call
        try:
            call.dial(self._config.uri(number))
        except pj.Error as error:
            log.warning("the call to %s cannot be placed: %s", number, words(error))
            self.emit(CallReleased(name, 400, words(error)))
            self.later(0, lambda: self.forget(call))

    def _arrived(self, call_id: int, invite: str) -> None:
        call = Call(self._account, self, f"in-{next(self._numbers)}", call_id)
        self._calls[call.name] = call
        call.ring()
        request = message(invite)
        call.party = remote_party(request)
        self.emit(CallArrived(call.name, call.party, called_number(request)))

    def _open(self) -> None:
        endpoint = self._engine.endpoint
        self.sound = Sound(endpoint, self._config.null_audio)
        endpoint.on_sound_failed = self.sound.failed
        self._account = account = Account()
        account.on_call = self._arrived
        account.create(account_config(self._config, local_address(self._config)))
        numbers = dict.fromkeys(self._config.extensions + self._config.orbits)
        self._field = Field(
            Lamp(number, self._config.uri(number), account, self._engine, self.emit, self._forgotten)
            for number in numbers
        )
        self._registrar = Registrar(
            account, self._engine, self._config.watch, self.emit, self._known, self._field.lose
        )
        self._registrar.register()

    def _known(self, returned: bool) -> None:
        """The exchange knows us: again, or still."""
        if returned:
            self._field.subscribe()
        else:
            self._field.renew_next()

    def _forgotten(self) -> None:
        """The exchange knows one of our subscriptions no more: it was restarted, and knows none."""
        log.warning("the exchange has forgotten us: registering and subscribing anew")
        self._field.subscribe()
        self._registrar.register()

    def _close(self) -> None:
        """Leave in the order that pjsua2 survives: calls, subscriptions, account."""
        self._registrar.stop()
        self._engine.endpoint.hangupAllCalls()
        self._engine.pump(lambda: not any(call.isActive() for call in self._calls.values()), _CLOSING_SECONDS)
        self._calls.clear()
        self._field.close()
        self._field = Field([])
        self._account.on_call = None
        self._account.shutdown()
        del self._registrar, self._account, self.sound
