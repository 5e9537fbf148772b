"""One line of the exchange: its registration, its calls, its busy lamp field."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk import actions
from appliance.desk.events import CallArrived, CallReleased
from appliance.sip.account import Account
from appliance.sip.blf import Field, Lamp
from appliance.sip.call import Call
from appliance.sip.errors import words
from appliance.sip.identity import called_number, message, remote_party
from appliance.sip.log import log
from appliance.sip.registrar import Registrar

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.call import Voice
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine

CallAction = (
    actions.AnswerCall
    | actions.RejectCall
    | actions.HangUpCall
    | actions.HoldCall
    | actions.ResumeCall
    | actions.PlaceCall
    | actions.TransferCall
    | actions.SendDtmf
)


class Line:
    """An account with all that belongs to it. Lives in the SIP thread, from creation to `close()`."""

    def __init__(
        self,
        config: SipConfig,
        engine: Engine,
        voice: Voice,
        emit: Callable[[Event], None],
        make_call: Callable[..., Call] = Call,
    ) -> None:
        """Open the account and send the first REGISTER."""
        self.voice, self.emit = voice, emit
        self._config, self._engine, self._make_call = config, engine, make_call
        self._calls: dict[str, Call] = {}
        self._arrivals = itertools.count(1)
        self._account = Account(config, engine, self._arrived)
        self._field = Field(
            Lamp(number, config.uri(number), self._account, engine, emit, self._forgotten)
            for number in dict.fromkeys(config.extensions + config.orbits)
        )
        self._registrar = Registrar(
            self._account, engine, config, emit, self._known, self._field.lose, lambda: bool(self._calls)
        )
        self._registrar.register()

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Do something later in the SIP thread."""
        return self._engine.later(seconds, action)

    def forget(self, call: Call) -> None:
        """Drop a call whose dialog has ended."""
        if self._calls.pop(call.name, None) is call:
            call.destroy()

    def perform(self, action: CallAction) -> None:
        """Do what is to be done with a call; one that is not here has been released, and that is told."""
        if isinstance(action, actions.PlaceCall):
            self._place(action.call, action.number)
        elif call := self._calls.get(action.call):
            self._perform_on(call, action)

    def refresh_audio(self) -> None:
        """Connect the calls' audio anew, after the voice has changed."""
        for call in self._calls.values():
            call.connect_audio()

    def hang_up(self) -> None:
        """End all calls, subscriptions and the registration; pjsip needs a little time to send it all."""
        self._registrar.unregister()
        self._field.close()
        for call in self._calls.values():
            if call.isActive():
                call.release()

    @property
    def idle(self) -> bool:
        """Whether the exchange has confirmed all that `hang_up()` asked for."""
        return self._registrar.unregistered and not self._calls

    def close(self) -> None:
        """Drop the calls, then the account: the order that pjsua2 survives."""
        self._calls.clear()
        self._account.shutdown()

    def _perform_on(self, call: Call, action: CallAction) -> None:
        match action:
            case actions.AnswerCall():
                call.pick_up()
            case actions.RejectCall(_, code):
                call.release(code)
            case actions.HangUpCall():
                call.release()
            case actions.HoldCall():
                call.hold()
            case actions.ResumeCall():
                call.resume()
            case actions.TransferCall(_, target):
                call.transfer(self._config.uri(target))
            case actions.SendDtmf(_, digits):
                call.dialDtmf(digits)

    def _place(self, name: str, number: str) -> None:
        call = self._make_call(self._account, self, name)
        self._calls[name] = call
        try:
            call.dial(self._config.uri(number))
        except pj.Error as error:
            log.warning("the call to %s cannot be placed: %s", number, words(error))
            self.emit(CallReleased(name, 400, words(error)))
            self.later(0, lambda: self.forget(call))

    def _arrived(self, call_id: int, invite: str) -> None:
        call = self._make_call(self._account, self, f"in-{next(self._arrivals)}", call_id)
        self._calls[call.name] = call
        call.ring()
        request = message(invite)
        call.party = remote_party(request)
        self.emit(CallArrived(call.name, call.party, called_number(request)))

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
