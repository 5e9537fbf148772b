"""The account at the exchange: pjsua2's, and how it is set up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.engine import guarded
from appliance.sip.errors import SipError
from appliance.sip.identity import message
from appliance.sip.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Engine
    from appliance.sip.servers import Server

LINE_PARAMETER = "deskbell-line"
"""What an exchange gives back to us with the URI that it calls: the line that registered it."""

_STALE = re.compile(r"^(?:WWW|Proxy)-Authenticate:.*\bstale\s*=\s*\"?true", re.IGNORECASE | re.MULTILINE)
_AUTHORIZED = re.compile(r"^(?:Proxy-)?Authorization:", re.IGNORECASE | re.MULTILINE)
_OUTBOUND_PROXY = 1  # PJSUA_REG_USE_OUTBOUND_PROXY
_SESSION_SECONDS_MIN = 90  # RFC 4028 section 4: Min-SE
_SRTP = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


class Account(pj.Account):  # type: ignore[misc]
    """pjsua2's account; it only passes on what happens."""

    on_answer: Callable[[pj.OnRegStateParam], None] | None = None
    on_mailbox: Callable[[str], None] | None = None
    on_published: Callable[[int, str, str], None] | None = None
    on_options_answered: Callable[[int], None] | None = None
    """Gets how often the exchange answered an OPTIONS: 0, 1, or 2 where it wanted to know who asks."""

    def __init__(self, config: SipConfig, engine: Engine, on_call: Callable[[int, str], None]) -> None:
        """`on_call` gets pjsua2's id of a call that comes in, and the INVITE.

        SipError when the transport of the first line cannot be opened; of another line that is a `fault`.
        """
        super().__init__()
        if config.srtp == "mandatory" and config.first_hop.transport != "tls":
            log.warning("the keys of encrypted media go over %s in clear", config.first_hop.transport.upper())
        self._config, self._engine = config, engine
        self.fault = ""
        """Why this line cannot work: in words, "" when it can."""
        try:
            engine.check(config)
        except SipError as error:
            if not config.line:  # without the first line there is no desk
                raise
            self.fault = str(error)
        self._settings = _settings(config)
        self._challenged = "", 0  # Call-ID and CSeq
        self._way: tuple[Server, str] | None = None
        self._on_call = on_call
        self.create(self._settings)

    @property
    def attached(self) -> bool:
        """Whether a server is known that requests go to."""
        return self._way is not None

    def attach(self, server: Server, address: str) -> None:
        """Send all new requests to this server, from this local address; PortError when that cannot be."""
        if self._way == (server, address):
            return
        self._settings.sipConfig.transportId = self._engine.transport(self._config, address)
        self._way = server, address
        # "hide": only an outbound proxy is told of itself (loose routing, RFC 3261 section 16.12).
        hide = "" if self._config.outbound_proxy else ";hide"
        route = f"<sip:{server};transport={self._config.first_hop.transport};lr{hide}>"
        self._settings.sipConfig.proxies = pj.StringVector([route])
        self._settings.mediaConfig.transportConfig.boundAddress = address
        self.modify(self._settings)

    def abandon(self) -> None:
        """Give up a REGISTER that gets no answer: pjsip would wait 32 s, and refuse another until then.

        It lets go only when the account is changed; here in what has no effect, as there is no such proxy.
        """
        self._settings.regConfig.proxyUse ^= _OUTBOUND_PROXY
        self.modify(self._settings)

    @guarded
    def onAuthChallenge(self, prm: pj.OnAuthChallengeParam) -> None:
        """Answer no challenge that follows on a digest of ours, unless only its nonce was stale (RFC 7616).

        pjsip would try the same password again with every new nonce, and exchanges ban who does that.
        """
        response = message(prm.rdata.wholeMsg)
        call, sequence = response.first("call-id"), int(response.first("cseq").split()[0])
        refused = self._challenged == (call, sequence - 1) and not _STALE.search(prm.rdata.wholeMsg)
        self._challenged = call, sequence
        if refused:
            prm.challenge.abandon()

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        """The registrar answered, or did not in time."""
        self._challenged = "", 0
        if self.on_answer:
            self.on_answer(prm)

    @guarded
    def onMwiInfo(self, prm: pj.OnMwiInfoParam) -> None:
        """A NOTIFY about the mailbox came that nobody had asked for."""
        if self.on_mailbox:
            self.on_mailbox(prm.rdata.wholeMsg)

    @guarded
    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:
        """A request outside any dialog has its final answer; or, by pjsip's own word, none came."""
        event = prm.e.body.tsxState
        answered = event.type == pj.PJSIP_EVENT_RX_MSG
        if event.tsx.method == "OPTIONS" and self.on_options_answered:
            challenged = _AUTHORIZED.search(event.tsx.lastTx.wholeMsg) is not None
            self.on_options_answered(0 if not answered else 2 if challenged else 1)
        if event.tsx.method == "PUBLISH" and self.on_published:
            response = event.src.rdata.wholeMsg if answered else ""
            self.on_published(event.tsx.statusCode, event.tsx.statusText, response)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        """An INVITE came."""
        self._on_call(prm.callId, prm.rdata.wholeMsg)


def _settings(config: SipConfig) -> pj.AccountConfig:
    """Return pjsua2's settings for a line that is not attached to a server yet."""
    settings = pj.AccountConfig()
    settings.idUri = config.address_of_record
    settings.sipConfig.contactUriParams = f";{LINE_PARAMETER}={quote(config.line)}" if config.line else ""
    settings.regConfig.registrarUri = config.registrar
    settings.regConfig.registerOnAdd = False  # the Registrar does, and tries again
    settings.regConfig.retryIntervalSec = 0
    settings.natConfig.sipOutboundInstanceId = config.instance
    settings.regConfig.timeoutSec = config.expires
    settings.regConfig.disableRegOnModify = True
    settings.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", config.user, 0, config.password))
    settings.mediaConfig.transportConfig.port = config.rtp_ports[0]
    settings.mediaConfig.transportConfig.portRange = config.rtp_ports[1] - config.rtp_ports[0]
    settings.mediaConfig.transportConfig.randomizePort = True  # other programs may use the range too
    settings.mediaConfig.srtpUse = _SRTP[config.srtp]
    settings.mediaConfig.srtpSecureSignaling = 0
    if config.session_expires:
        settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        settings.callConfig.timerMinSESec = _SESSION_SECONDS_MIN
        settings.callConfig.timerSessExpiresSec = max(config.session_expires, _SESSION_SECONDS_MIN)
    else:
        settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_INACTIVE
    return settings
