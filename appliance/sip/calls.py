"""All calls of the desk, by whatever line they came: their names, what is done with them, who hears whom."""

from __future__ import annotations

import ctypes
import itertools
from contextlib import suppress
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk import actions
from appliance.desk.events import CallReleased
from appliance.sip.arrival import arrival
from appliance.sip.call import Call
from appliance.sip.errors import words
from appliance.sip.identity import is_completed_elsewhere, message
from appliance.sip.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.account import Account
    from appliance.sip.call import Voice
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine
    from appliance.sip.trace import Quality

FORGOTTEN_SECONDS = 35.0
"""After so long pjsip has forgotten a dialog: it keeps it for 32 s after the BYE."""

_libc = ctypes.CDLL(None)

CallAction = (
    actions.AnswerCall
    | actions.RejectCall
    | actions.DivertCall
    | actions.HangUpCall
    | actions.HoldCall
    | actions.ResumeCall
    | actions.TransferCall
    | actions.JoinCalls
    | actions.MixCalls
    | actions.MuteCall
    | actions.SendDtmf
)


class Calls:
    """The calls there are. Lives in the SIP thread."""

    def __init__(
        self,
        engine: Engine,
        voice: Voice,
        emit: Callable[[Event], None],
        make_call: Callable[..., Call] = Call,
    ) -> None:
        """There are none yet."""
        self.voice, self.emit = voice, emit
        self._engine, self._make_call = engine, make_call
        self._calls: dict[str, Call] = {}
        self._arrivals = itertools.count(1)
        self._texts = itertools.count(1)
        self._mixed: tuple[str, ...] = ()
        self._give_back = self.later(0, self._give_memory_back)

    def __bool__(self) -> bool:
        """Whether there is any call."""
        return bool(self._calls)

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Do something later in the SIP thread."""
        return self._engine.later(seconds, action)

    def forget(self, call: Call) -> None:
        """Drop a call whose dialog has ended."""
        if self._calls.get(call.name) is call:
            del self._calls[call.name]
        call.destroy()
        if not self._calls:
            self._give_back.cancel()
            self._give_back = self.later(FORGOTTEN_SECONDS, self._give_memory_back)

    def heard(self, call_id: str, quality: Quality) -> None:
        """Keep how a call was heard."""
        self._engine.trace.heard(call_id, quality)

    def _give_memory_back(self) -> None:
        """Let the system have what pjsip's dialogs took: the C library keeps it else, 10 MB of it."""
        if not self._calls:
            _libc.malloc_trim(0)

    def new_text(self) -> str:
        """Return the id of a text message that came in."""
        return f"text-in-{next(self._texts)}"

    def replaced(self, call: Call) -> Call:
        """Return a new call object, for another dialog, that has the name of this one from now on."""
        new = self._make_call(call.account, call.config, self, call.name)
        self._calls[call.name] = new
        return new

    def arrived(self, account: Account, config: SipConfig, call_id: int, invite: str) -> None:
        """Let a call ring that came in."""
        call = self._make_call(account, config, self, f"in-{next(self._arrivals)}", call_id)
        self._calls[call.name] = call
        call.ring()
        event = arrival(call.name, message(invite), config)
        call.party = event.party
        self.emit(event)

    def cancelled(self, cancel: str) -> None:
        """Hear a CANCEL; pjsip acts on it then, but does not tell what its Reason is (RFC 3326)."""
        request = message(cancel)
        for call in self._calls.values():
            if call.is_in_dialog(request.first("call-id")):
                call.elsewhere = call.elsewhere or is_completed_elsewhere(request)

    def place(self, account: Account, config: SipConfig, action: actions.PlaceCall) -> None:
        """Call a number; CallReleased tells when not even an INVITE can be sent."""
        call = self._make_call(account, config, self, action.call)
        self._calls[call.name] = call
        try:
            call.dial(config.uri(action.number), action.replaces)
        except pj.Error as error:
            log.warning("call %s cannot be placed: %s", action.call, words(error))
            self.emit(CallReleased(action.call, 400, words(error)))
            self.later(0, lambda: self.forget(call))

    def perform(self, action: CallAction) -> None:
        """Do what is to be done with a call; one that is not here has been released, and that was told."""
        if isinstance(action, actions.MixCalls):
            self._mix_anew(action.calls)
        elif call := self._calls.get(action.call):
            self._perform_on(call, action)

    def refresh_audio(self) -> None:
        """Connect the calls' audio anew, after the voice has changed."""
        for call in self._calls.values():
            call.connect_audio()

    def delay(self) -> int:
        """Return how late the operator hears the far end, in ms; see `Levels`."""
        return max((call.delay() for call in self._calls.values()), default=0)

    def hang_up(self) -> None:
        """End all calls."""
        for call in self._calls.values():
            if call.isActive():
                call.release()

    def close(self) -> None:
        """Drop the calls."""
        self._calls.clear()

    def mix(self, call: Call) -> None:
        """Connect a call with those it confers with, or part them: the bridge forgets it with every hold."""
        ours = call.audio()
        for other in self._others(call):
            theirs = other.audio()
            if ours is None or theirs is None:
                continue
            if call.mixable and other.mixable:
                ours.startTransmit(theirs)
                theirs.startTransmit(ours)
            else:
                _part(ours, theirs)

    def _others(self, call: Call) -> list[Call]:
        if call.name not in self._mixed:
            return []
        return [self._calls[name] for name in self._mixed if name != call.name and name in self._calls]

    def _mix_anew(self, names: tuple[str, ...]) -> None:
        for one, other in itertools.combinations(self._mixed, 2):
            if one in names and other in names:
                continue
            if one in self._calls and other in self._calls:
                ours, theirs = self._calls[one].audio(), self._calls[other].audio()
                if ours is not None and theirs is not None:
                    _part(ours, theirs)
        self._mixed = names
        for name in names:
            if name in self._calls:
                self.mix(self._calls[name])

    def _perform_on(self, call: Call, action: CallAction) -> None:
        match action:
            case actions.AnswerCall(_, held):
                call.pick_up(held)
            case actions.RejectCall(_, code):
                call.release(code)
            case actions.DivertCall(_, number):
                call.divert(call.config.uri(number))
            case actions.HangUpCall():
                call.release()
            case actions.HoldCall():
                call.hold()
            case actions.ResumeCall():
                call.resume()
            case actions.TransferCall(_, target):
                call.transfer(call.config.uri(target))
            case actions.JoinCalls(_, other):
                call.join(self._calls.get(other))
            case actions.MuteCall(_, on):
                call.mute(on)
            case actions.SendDtmf(_, digits):
                call.send_digits(digits)


def _part(one: pj.AudioMedia, other: pj.AudioMedia) -> None:
    with suppress(pj.Error):  # not connected
        one.stopTransmit(other)
    with suppress(pj.Error):
        other.stopTransmit(one)
