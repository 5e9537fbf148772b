"""One call: a dialog, and the operator's part in it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import CallAnswered, CallReleased, PartyChanged
from appliance.desk.state import NOBODY, Party
from appliance.sip.digits import Digits
from appliance.sip.engine import guarded
from appliance.sip.hold import Hold
from appliance.sip.identity import connected_party, is_completed_elsewhere, message, remote_party
from appliance.sip.log import log
from appliance.sip.parameters import parameters
from appliance.sip.referral import Referral
from appliance.sip.trace import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.events import Event
    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm

_JOIN_SECONDS = 0.3
"""Until so long after the answer Asterisk may not have joined both legs: it loses a hold, refuses a REFER."""


class Voice(Protocol):
    """Who speaks and listens at our end."""

    def connect(self, call: pj.AudioMedia, talking: bool) -> None:
        """Let it and the far end hear each other, or not."""

    def ringing_tone(self, call: str, on: bool) -> None:
        """Let it hear that the far end of that call rings, or no longer."""


class Owner(Protocol):
    """What a call needs of whoever keeps it."""

    voice: Voice

    def emit(self, event: Event) -> None:
        """Tell what happened."""

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Do something later in the SIP thread."""

    def forget(self, call: Call) -> None:
        """Drop a call whose dialog has ended."""

    def mix(self, call: Call) -> None:
        """Let it hear the parties it confers with, and them it, or no longer."""

    def heard(self, call_id: str, quality: Quality) -> None:
        """Keep how a call was heard."""

    def replaced(self, call: Call) -> Call:
        """Return a new call object that takes this one's place."""


class Call(pj.Call):  # type: ignore[misc]
    """A call, by the desk's name for it. All methods are for the SIP thread."""

    def __init__(
        self, account: Account, config: SipConfig, owner: Owner, name: str, call_id: int = pj.PJSUA_INVALID_ID
    ) -> None:
        """Without `call_id`, nothing is sent before `dial()`; with it, this is the call that came in."""
        super().__init__(account, call_id)
        self.account, self.config, self.name = account, config, name
        self.party: Party = NOBODY
        self._owner = owner
        self._talking = False
        self._muted = False
        self._hold = Hold(self, lambda: self._is_confirmed() and self._joined, self._later)
        self._referral = Referral(name, owner.emit, self._later)
        self._digits = Digits(self._later)
        self._answered = False
        self._joined = False  # with the other party, as far as we can guess
        self._postponed: Callable[[], None] | None = None
        self._ended = False
        self.elsewhere = False
        self._alarms: list[Alarm] = []

    def destroy(self) -> None:
        """Free pjsua2's object now: freed later, it would hang up the call that has its number by then."""
        pj.Call.__swig_destroy__(self)
        del self._hold, self._referral, self._digits, self._alarms, self._postponed  # they refer to it

    def ring(self) -> None:
        """Send 180."""
        self.answer(parameters(180))

    def pick_up(self, held: bool = False) -> None:
        """Send 200, and let the operator talk, or hold the call."""
        self._talking = not held
        if held:
            self._hold.want(True)
        self.answer(parameters(200))

    def divert(self, uri: str) -> None:
        """Send 302 with the URI to call instead."""
        self.hangup(parameters(302, {"Contact": f"<{uri}>"}))

    def dial(self, uri: str, replaces: str = "") -> None:
        """Send INVITE, to take over a dialog where one is named; the operator hears what is played."""
        self._talking = True
        self.makeCall(uri, parameters(headers={"Replaces": replaces} if replaces else {}))

    def hold(self) -> None:
        """Take the operator's audio away at once, and hold the call on the wire."""
        self._hold.want(True)
        self._talk(False)

    def resume(self) -> None:
        """Give the operator's audio back, and resume the call on the wire where it was held."""
        self._hold.want(False)
        self._talk(True)

    def transfer(self, uri: str) -> None:
        """Send REFER; what becomes of it is told by TransferProgressed, the last of them `final`."""
        self._talk(False)
        self._when_joined(lambda: self._referral.send(lambda: self.xfer(uri, parameters())))

    def join(self, other: Call | None) -> None:
        """Send REFER with Replaces, so that the exchange joins our party and that of the other call."""
        self._talk(False)
        if other is None:
            self._referral.fail(481, "the other call is over")
            return
        other._talk(False)
        self._when_joined(lambda: self._referral.send(lambda: self.xferReplaces(other, parameters())))

    def send_digits(self, digits: str) -> None:
        """Send DTMF in the way the line is set to."""
        self._digits.send(self, self.audio(), digits, self.config.dtmf)

    def mute(self, on: bool) -> None:
        """Cut or restore what its party says."""
        self._muted = on
        self.connect_audio()

    def release(self, code: int = 0) -> None:
        """Send BYE, CANCEL or a final refusal; for pjsip the call is over at once, answered or not."""
        self._talk(False)
        self.hangup(parameters(code))

    @property
    def mixable(self) -> bool:
        """Whether its party may be heard by others and hear them: not while it is on hold."""
        return not self._hold.wanted

    def is_in_dialog(self, call_id: str) -> bool:
        """Whether its dialog has this Call-ID."""
        return not self._ended and self.isActive() and self.getInfo().callIdString == call_id

    def audio(self) -> pj.AudioMedia | None:
        """Return its audio in the conference bridge, None while there is none."""
        if self._ended or not self.isActive():
            return None
        info = self.getInfo()  # owns its media
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in _FLOWING:
                return self.getAudioMedia(index)
        return None

    def delay(self) -> int:
        """Return how late the operator hears its party, in ms; 0 while nothing is known, or nothing heard."""
        if not self._talking or self._ended or not self.isActive():
            return 0
        for index, media in enumerate(self.getInfo().media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in _FLOWING:
                found = self.getStreamStat(index)
                return int(found.jbuf.avgDelayMsec + found.rtcp.rttUsec.last / 2000)
        return 0

    def connect_audio(self) -> None:
        """Join the call's audio, as far as it has any, with our voice and its conference, or part them."""
        audio = self.audio()
        if audio is not None:
            audio.adjustTxLevel(0.0 if self._muted else 1.0)  # what it gives to the bridge
            self._owner.voice.connect(audio, self._talking)
            self._owner.mix(self)

    @guarded
    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        """The INVITE session changed its state."""
        info = self.getInfo()
        self._tell_ringing(info)
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            if not self._answered:
                self._owner.emit(CallAnswered(self.name))
            self._answered = True
            self._later(_JOIN_SECONDS, self._be_joined)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._end(info.lastStatusCode, info.lastReason, received(prm.e))

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:
        """Media were agreed. Connected after the answer is sent: opening a sound card takes its time."""
        self._later(0, self.connect_audio)

    @guarded
    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:
        """Its sound is over: keep how it was heard, if pjsip still knows; another offer may have taken it."""
        info = self.getInfo()
        if prm.streamIdx < len(info.media) and info.media[prm.streamIdx].type == pj.PJMEDIA_TYPE_AUDIO:
            with suppress(pj.Error):
                self._owner.heard(info.callIdString, quality(self.getStreamStat(prm.streamIdx)))

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        """A message of this dialog came or went."""
        state = prm.e.body.tsxState
        if text := received(prm.e):
            self._heard(text)
        transaction = state.tsx
        if transaction.role != pj.PJSIP_ROLE_UAC:
            return
        finished = transaction.state >= pj.PJSIP_TSX_STATE_COMPLETED
        if transaction.method == "UPDATE":
            self._hold.updating(not finished)
        elif transaction.method == "INVITE" and finished and state.prevState < pj.PJSIP_TSX_STATE_COMPLETED:
            self._hold.answered(transaction.statusCode)

    @guarded
    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        """The REFER was answered, or a NOTIFY with a sipfrag came."""
        self._referral.progressed(prm.statusCode, prm.reason, bool(prm.finalNotify))

    @guarded
    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """Refuse a REFER in the call: where the desk's calls go, the operator alone says. The call stays."""
        prm.statusCode = 603
        log.info("the far end of call %s asked us to call another number: refused", self.name)

    @guarded
    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        """Another dialog takes this one's place (RFC 3891): for the desk it is the same call."""
        prm.newCall = new = self._owner.replaced(self)
        self._ended = True
        new.take_over(self, prm.rdata.wholeMsg)

    def take_over(self, old: Call, invite: str) -> None:
        """Be to the desk what the old call was."""
        self._talking, self._muted, self._answered = old._talking, old._muted, old._answered
        self.party = old.party
        self._connected_with(remote_party(message(invite)))

    def _talk(self, talking: bool) -> None:
        self._talking = talking
        self.connect_audio()

    def _tell_ringing(self, info: pj.CallInfo) -> None:
        """Where the exchange sends 180 and plays nothing, the tone is ours to make (RFC 3960 section 3.2)."""
        rings = info.role == pj.PJSIP_ROLE_UAC and info.state == pj.PJSIP_INV_STATE_EARLY
        silent = not any(media.status in _FLOWING for media in info.media)
        self._owner.voice.ringing_tone(self.name, self._talking and rings and silent)

    def _is_confirmed(self) -> bool:
        return bool(
            not self._ended and self.isActive() and self.getInfo().state == pj.PJSIP_INV_STATE_CONFIRMED
        )

    def _when_joined(self, deed: Callable[[], None]) -> None:
        """Do it as soon as the exchange can; a later deed takes the place of one that waits."""
        if self._joined or not self._is_confirmed():
            deed()
        else:
            self._postponed = deed

    def _be_joined(self) -> None:
        self._joined = True
        deed, self._postponed = self._postponed, None
        if deed:
            deed()
        self._hold.settle()

    def _heard(self, text: str) -> None:
        heard = message(text)
        self.elsewhere = self.elsewhere or is_completed_elsewhere(heard)
        party = connected_party(heard, self.getInfo().remoteUri)
        if party is not None:
            self._connected_with(party)

    def _connected_with(self, party: Party) -> None:
        if party != self.party:
            self.party = party
            self._owner.emit(PartyChanged(self.name, party))

    def _end(self, code: int, reason: str, last: str) -> None:
        """Nothing may be asked of it from now on: pjsip gives its number to another call."""
        self._owner.later(0, lambda: self._owner.forget(self))
        for alarm in self._alarms:
            alarm.cancel()
        if self._ended:
            return
        self._ended = True
        elsewhere = self.elsewhere or is_completed_elsewhere(message(last))
        self._owner.emit(CallReleased(self.name, code, reason, elsewhere))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later, if the call still lives then."""
        self._alarms = [alarm for alarm in self._alarms if alarm.action]
        self._alarms.append(self._owner.later(seconds, action))


def quality(stream: pj.StreamStat) -> Quality:
    """Return how a stream was heard, at both ends as far as the other has told."""
    ours, theirs = stream.rtcp.rxStat, stream.rtcp.txStat
    return Quality(
        packets=ours.pkt,
        loss=_percent(ours.loss, ours.pkt + ours.loss),
        jitter=round(ours.jitterUsec.mean / 1000, 1),
        far_loss=_percent(theirs.loss, theirs.pkt),
        far_jitter=round(theirs.jitterUsec.mean / 1000, 1),
        round_trip=round(stream.rtcp.rttUsec.mean / 1000, 1),
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


_FLOWING = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)


def received(event: pj.SipEvent) -> str:
    """Return the message whose arrival a pjsua2 event tells of, "" when it tells of something else."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return ""
    return str(event.body.tsxState.src.rdata.wholeMsg)
