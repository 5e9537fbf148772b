"""One call: a dialog, what is wanted of it, and what is agreed on the wire."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Protocol

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import CallAnswered, CallReleased, PartyChanged, TransferProgressed
from appliance.desk.state import NOBODY, Party
from appliance.sip.engine import guarded
from appliance.sip.errors import words
from appliance.sip.identity import asserted_party, message
from appliance.sip.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.account import Account
    from appliance.sip.engine import Alarm

REFER_SECONDS = 10.0
"""How long a REFER may go unanswered."""

_BUSY_SECONDS = 0.3  # another offer is under way: try again
_GLARE = 491


class Voice(Protocol):
    """Who speaks and listens at our end."""

    def connect(self, call: pj.AudioMedia, talking: bool) -> None:
        """Let it and the far end hear each other, or not."""

    def ringing_tone(self, call: str, on: bool) -> None:
        """Let it hear that the far end of that call rings, or no longer."""


class Owner(Protocol):
    """What a call needs of the line it belongs to."""

    voice: Voice

    def emit(self, event: Event) -> None:
        """Tell what happened."""

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Do something later in the SIP thread."""

    def forget(self, call: Call) -> None:
        """Drop a call whose dialog has ended."""


class Call(pj.Call):  # type: ignore[misc]
    """A call, by the desk's name for it. All methods are for the SIP thread."""

    def __init__(self, account: Account, owner: Owner, name: str, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        """Without `call_id`, nothing is sent before `dial()`; with it, this is the call that came in."""
        super().__init__(account, call_id)
        self.name = name
        self.party: Party = NOBODY
        self._owner = owner
        self._talking = False
        self._hold = False  # wanted
        self._held = False  # agreed on the wire
        self._offer: bool | None = None  # the hold that our unanswered re-INVITE asks for
        self._updating = False  # pjsip's own UPDATE, to agree on one codec, waits for its answer
        self._referring = False
        self._refer_answered = False
        self._ended = False
        self._alarms: list[Alarm] = []

    def destroy(self) -> None:
        """Free pjsua2's object now: freed later, it would hang up the call that has its number by then."""
        pj.Call.__swig_destroy__(self)

    def ring(self) -> None:
        """Send 180."""
        self.answer(_parameters(180))

    def pick_up(self) -> None:
        """Send 200 and let the operator talk."""
        self._talking = True
        self.answer(_parameters(200))

    def dial(self, uri: str) -> None:
        """Send INVITE; the operator hears what the exchange plays."""
        self._talking = True
        self.makeCall(uri, _parameters())

    def hold(self) -> None:
        """Take the operator's audio away at once, and hold the call on the wire."""
        self._talk(False)
        self._hold = True
        self._settle()

    def resume(self) -> None:
        """Give the operator's audio back, and resume the call on the wire where it was held."""
        self._talk(True)
        self._hold = False
        self._settle()

    def transfer(self, uri: str) -> None:
        """Send REFER; what becomes of it is told by TransferProgressed, the last of them `final`."""
        self._talk(False)
        self._referring, self._refer_answered = True, False
        try:
            self.xfer(uri, _parameters())
        except pj.Error as error:
            self._transfer_progressed(500, words(error), final=True)
            return
        self._later(REFER_SECONDS, self._refer_overdue)

    def release(self, code: int = 0) -> None:
        """Send BYE, CANCEL or a final refusal; for pjsip the call is over at once, answered or not."""
        self._talk(False)
        self.hangup(_parameters(code))

    @guarded
    def onCallState(self, _prm: pj.OnCallStateParam) -> None:
        """The INVITE session changed its state."""
        info = self.getInfo()
        self._tell_ringing(info)
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._owner.emit(CallAnswered(self.name))
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._end(info.lastStatusCode, info.lastReason)

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:
        """Media were agreed. Connected after the answer is sent: opening a sound card takes its time."""
        self._later(0, self.connect_audio)

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        """A message of this dialog came or went."""
        state = prm.e.body.tsxState
        if state.type == pj.PJSIP_EVENT_RX_MSG:
            self._heard(state.src.rdata.wholeMsg)
        transaction = state.tsx
        if transaction.role != pj.PJSIP_ROLE_UAC:
            return
        finished = transaction.state >= pj.PJSIP_TSX_STATE_COMPLETED
        if transaction.method == "UPDATE":
            self._updating = not finished
            self._later(0, self._settle)
        elif transaction.method == "INVITE" and finished and state.prevState < pj.PJSIP_TSX_STATE_COMPLETED:
            self._offer_answered(transaction.statusCode)

    @guarded
    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        """The REFER was answered, or a NOTIFY with a sipfrag came (RFC 3515 section 2.4.4)."""
        self._refer_answered = True
        # A final status in a subscription that stays open is final all the same.
        final = bool(prm.finalNotify) or prm.statusCode >= 200
        self._transfer_progressed(prm.statusCode, prm.reason, final)

    def _talk(self, talking: bool) -> None:
        self._talking = talking
        self.connect_audio()

    def connect_audio(self) -> None:
        """Join the call's audio, as far as it has any, with our voice, or part them."""
        if self._ended or not self.isActive():
            return
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in _FLOWING:
                self._owner.voice.connect(self.getAudioMedia(index), self._talking)

    def _tell_ringing(self, info: pj.CallInfo) -> None:
        """Where the exchange sends 180 and plays nothing, the tone is ours to make (RFC 3960 section 3.2)."""
        rings = info.role == pj.PJSIP_ROLE_UAC and info.state == pj.PJSIP_INV_STATE_EARLY
        silent = not any(media.status in _FLOWING for media in info.media)
        self._owner.voice.ringing_tone(self.name, self._talking and rings and silent)

    def _settle(self) -> None:
        """Offer hold or its end (RFC 3264 section 8.4), unless that is agreed or an offer is under way."""
        offering = self._updating or self._offer is not None
        if self._hold == self._held or offering or not self._confirmed():
            return
        # Inactive, not sendonly: pjsip's silence would be heard through the music of the exchange.
        direction = pj.PJMEDIA_DIR_NONE if self._hold else pj.PJMEDIA_DIR_ENCODING_DECODING
        parameters = _parameters()
        parameters.opt.flag |= pj.PJSUA_CALL_SET_MEDIA_DIR
        parameters.opt.mediaDir = pj.IntVector([direction])
        try:
            self.reinvite(parameters)
        except pj.Error:  # an offer of the far end waits for its answer
            self._later(_BUSY_SECONDS, self._settle)
        else:
            self._offer = self._hold

    def _confirmed(self) -> bool:
        return bool(
            not self._ended and self.isActive() and self.getInfo().state == pj.PJSIP_INV_STATE_CONFIRMED
        )

    def _offer_answered(self, code: int) -> None:
        if self._offer is None or code in (401, 407):
            return  # the first INVITE, or pjsip offers again with credentials
        offer, self._offer = self._offer, None
        if code // 100 == 2:
            self._held = bool(offer)
            self._later(0, self._settle)
        elif code == _GLARE:
            self._later(self._glare_pause(), self._settle)
        else:
            log.warning("the exchange answers %d to hold=%s", code, offer)

    def _glare_pause(self) -> float:
        """Seconds to wait after both ends offered at once (RFC 3261 section 14.1)."""
        ours = self.getInfo().role == pj.PJSIP_ROLE_UAC
        return random.uniform(2.1, 4.0) if ours else random.uniform(0.0, 2.0)  # noqa: S311

    def _heard(self, text: str) -> None:
        party = asserted_party(message(text))
        if party is not None and party != self.party:
            self.party = party
            self._owner.emit(PartyChanged(self.name, party))

    def _refer_overdue(self) -> None:
        if not self._refer_answered:
            self._transfer_progressed(408, "the exchange does not answer the transfer", final=True)

    def _transfer_progressed(self, code: int, reason: str, final: bool) -> None:
        if self._referring:
            self._referring = not final
            self._owner.emit(TransferProgressed(self.name, code, reason, final))

    def _end(self, code: int, reason: str) -> None:
        """Nothing may be asked of it from now on: pjsip gives its number to another call."""
        if self._ended:
            return
        self._ended = True
        for alarm in self._alarms:
            alarm.cancel()
        self._owner.emit(CallReleased(self.name, code, reason))
        self._owner.later(0, lambda: self._owner.forget(self))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, if the call still lives then."""
        self._alarms = [alarm for alarm in self._alarms if alarm.action]
        self._alarms.append(self._owner.later(seconds, action))


_FLOWING = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)


def _parameters(code: int = 0) -> pj.CallOpParam:
    """pjsua2's parameters of a request or response: one audio stream, no video, no text."""
    parameters = pj.CallOpParam(True)
    parameters.opt.audioCount = 1
    parameters.opt.videoCount = 0
    parameters.opt.textCount = 0
    parameters.statusCode = code
    return parameters
