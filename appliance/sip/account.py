"""The account at the exchange, kept registered (RFC 3261 section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import RegistrationChanged
from appliance.desk.state import RegistrationState
from appliance.sip.engine import guarded
from appliance.sip.errors import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine

ANSWER_SECONDS = 3.0
"""How long a REGISTER may go unanswered until the exchange counts as gone."""

RETRY_SECONDS = 2.0
RETRY_SECONDS_MAX = 60.0
_OUTBOUND_PROXY = 1  # PJSUA_REG_USE_OUTBOUND_PROXY

_REASONS = {
    401: "the exchange refuses the user or the password",
    403: "the exchange refuses the user or the password",
    404: "the exchange does not know this user",
    407: "the exchange refuses the user or the password",
    408: "the exchange does not answer",
    423: "the exchange wants a longer registration",
    503: "the exchange cannot be reached",
}


class Account(pj.Account):  # type: ignore[misc]
    """pjsua2's account; it only passes on what happens."""

    on_answer: Callable[[int, str], None] | None = None

    def __init__(self, settings: pj.AccountConfig, on_call: Callable[[int, str], None]) -> None:
        """`on_call` gets pjsua2's id of a call that comes in, and the INVITE."""
        super().__init__()
        self._settings = settings
        self._on_call = on_call
        self.create(settings)

    def abandon(self) -> None:
        """Give up a REGISTER that gets no answer: pjsip would wait 32 s, and refuse another until then.

        It lets go only when the account is changed; here in what has no effect, as there is no such proxy.
        """
        self._settings.regConfig.proxyUse ^= _OUTBOUND_PROXY
        self.modify(self._settings)

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        """The registrar answered, or did not in time."""
        if self.on_answer:
            self.on_answer(prm.code, prm.reason)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        """An INVITE came."""
        self._on_call(prm.callId, prm.rdata.wholeMsg)


def account_config(config: SipConfig, address: str) -> pj.AccountConfig:
    """Return pjsua2's settings for a line whose media are at this local address ("": any)."""
    settings = pj.AccountConfig()
    settings.idUri = config.address_of_record
    settings.regConfig.registrarUri = config.registrar
    settings.regConfig.registerOnAdd = False  # the Registrar does, and tries again
    settings.regConfig.retryIntervalSec = 0
    settings.regConfig.timeoutSec = config.expires
    settings.regConfig.disableRegOnModify = True
    settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", config.user, 0, config.password))
    if config.proxy:
        settings.sipConfig.proxies.append(config.proxy)
    settings.mediaConfig.transportConfig.boundAddress = address
    settings.mediaConfig.transportConfig.port = config.rtp_ports[0]
    settings.mediaConfig.transportConfig.portRange = config.rtp_ports[1] - config.rtp_ports[0]
    settings.mediaConfig.transportConfig.randomizePort = True  # other programs may use the range too
    settings.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if config.srtp else pj.PJMEDIA_SRTP_DISABLED
    settings.mediaConfig.srtpSecureSignaling = 0
    settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    return settings


class Registrar:
    """Registers an account, and again every `watch` seconds: the one question every exchange must answer.

    `on_known` is called each time the exchange has answered that it knows us, `on_lost` with the reason when
    it no longer does, or does not answer.
    """

    def __init__(
        self,
        account: Account,
        engine: Engine,
        watch: float,
        emit: Callable[[RegistrationChanged], None],
        on_known: Callable[[bool], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """Nothing is sent before `register()`."""
        self._account, self._engine, self._watch = account, engine, watch
        self._emit, self._on_known, self._on_lost = emit, on_known, on_lost
        self._told: RegistrationChanged | None = None
        self._asking = False
        self._next: Alarm | None = None
        self._overdue: Alarm | None = None
        self._pause = RETRY_SECONDS
        self.unregistered = False
        account.on_answer = self._answered

    @property
    def registered(self) -> bool:
        """Whether the exchange knows us, as far as we can tell."""
        return self._told is not None and self._told.state is RegistrationState.REGISTERED

    def register(self) -> None:
        """Send REGISTER, unless one waits for its answer."""
        if self._asking:
            return
        if self._told is None:
            self._tell(RegistrationChanged(RegistrationState.REGISTERING))
        try:
            self._account.setRegistration(True)
        except pj.Error as error:
            self._failed(0, f"the exchange cannot be reached: {words(error)}", RETRY_SECONDS)
            return
        self._asking = True
        self._overdue = self._engine.later(ANSWER_SECONDS, self._unanswered)

    def unregister(self) -> None:
        """Stop asking, and give the registration back where there is one."""
        self._plan(None)
        if self._overdue:
            self._overdue.cancel()
        self._account.on_answer = self._answered_at_the_end
        if not self._asking:
            self._give_back(self.registered)

    def _answered_at_the_end(self, code: int, _reason: str) -> None:
        asked, self._asking = self._asking, False
        self._give_back(asked and code // 100 == 2)

    def _give_back(self, registered: bool) -> None:
        self.unregistered = not registered
        if registered:
            self._engine.later(0, lambda: self._account.setRegistration(False))

    def _answered(self, code: int, reason: str) -> None:
        self._asking = False
        if self._overdue:
            self._overdue.cancel()
        if code // 100 == 2:
            returned = not self.registered
            self._pause = RETRY_SECONDS
            self._tell(RegistrationChanged(RegistrationState.REGISTERED, code, "registered"))
            self._plan(self._watch)
            self._on_known(returned)
        elif code in (408, 503):
            self._failed(code, _REASONS[code], RETRY_SECONDS)
        else:
            self._failed(code, _REASONS.get(code, f"the exchange answers {code} {reason}"), self._pause)
            self._pause = min(2 * self._pause, RETRY_SECONDS_MAX)

    def _unanswered(self) -> None:
        self._asking = False
        self._account.abandon()
        self._failed(408, _REASONS[408], RETRY_SECONDS)

    def _failed(self, code: int, reason: str, pause: float) -> None:
        self._tell(RegistrationChanged(RegistrationState.FAILED, code, reason))
        self._plan(pause)
        self._on_lost(reason)

    def _plan(self, seconds: float | None) -> None:
        if self._next:
            self._next.cancel()
        self._next = self._engine.later(seconds, self.register) if seconds is not None else None

    def _tell(self, event: RegistrationChanged) -> None:
        if event != self._told:
            self._told = event
            self._emit(event)
