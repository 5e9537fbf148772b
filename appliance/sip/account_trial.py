"""Tries an account out: would the exchange take it, and if not, what is wrong with it?

It must not take the registration of a desk or phone away that uses the account already, and some exchanges
keep only one. So it first asks who is registered (RFC 3261 section 10.2.3), which changes nothing and needs
the password all the same. Only where nobody is, or the exchange does not answer that, it registers and takes
that back.
"""

from __future__ import annotations

import queue
import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.state import RegistrationState
from appliance.sip.account import Account
from appliance.sip.engine import Engine, guarded
from appliance.sip.errors import SipError
from appliance.sip.network import local_address
from appliance.sip.registrar import ANSWER_SECONDS, REASONS, Registrar
from appliance.sip.servers import NoServer, find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.desk.events import RegistrationChanged
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm
    from appliance.sip.servers import Server

Outcome = Literal["registered", "name", "network", "certificate", "password", "account", "refused", "failed"]

SECONDS = 20.0
"""How long it may take; longer than all servers of an exchange need to be silent."""

_STOP_SECONDS = 5.0
_UNREGISTER_SECONDS = 1.0
_BOUND = re.compile(r"^(?:Contact|m)\s*:", re.IGNORECASE | re.MULTILINE)
_AUTHORIZED = re.compile(r"^(?:Proxy-)?Authorization\s*:", re.IGNORECASE | re.MULTILINE)
_WRONG_PASSWORD = (401, 403, 407)
_NO_SERVICE = (0, 408, 502, 503, 504)
_FIXES: dict[Outcome, str] = {
    "registered": "",
    "name": "see how the server is spelled, and whether this box has a name server",
    "network": "see the server, the port and the transport, and whether a firewall is in between",
    "certificate": "have the exchange show a certificate that is believed, or pin this one when it is yours",
    "password": "see user and password: many exchanges do not tell which of the two is wrong",
    "account": "see the user: it must be one that the exchange knows",
    "refused": "ask the exchange's admin",
    "failed": "try again",
}


class Verdict(NamedTuple):
    """What came of it: the reason in words, and the SIP status code (0: none).

    `fingerprint` is the SHA-256 of the certificate that was shown and not believed.
    """

    outcome: Outcome
    reason: str
    code: int = 0
    fingerprint: str = ""

    @property
    def fix(self) -> str:
        """What to do about it."""
        return _FIXES[self.outcome]


def run(config: SipConfig) -> Verdict:
    """Try an account out, blocking; from a process that runs no desk: there may be one SIP stack in it."""
    try:
        servers = find(config.first_hop, config.name_server).servers
    except NoServer as error:
        return Verdict("name", str(error))
    except SipError as error:
        return Verdict("failed", str(error))
    if not local_address(config.bind, servers[0]):
        return Verdict("network", "this box has no network that leads to the exchange")
    own = replace(config, local_port=0, null_audio=True, instance=f"<urn:uuid:{uuid.uuid4()}>")
    return _Trial(own, servers).run()


class _Trial:
    """One account, one verdict."""

    def __init__(self, config: SipConfig, servers: Sequence[Server]) -> None:
        self._config, self._server, self._alone = config, servers[0], len(servers) == 1
        self._verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()
        self._engine = Engine(config, self._open, self._close, self._die)
        self._overdue: Alarm | None = None

    def run(self) -> Verdict:
        """Return what comes of it within SECONDS."""
        try:
            self._engine.start()
        except SipError as error:
            return Verdict("failed", str(error))
        try:
            return self._verdicts.get(timeout=SECONDS)
        except queue.Empty:
            return Verdict("network", REASONS[408], 408)
        finally:
            self._engine.stop(_STOP_SECONDS)

    def _open(self) -> None:
        self._account = _Account(self._config, self._engine, lambda _call, _invite: None)
        self._registrar = Registrar(
            self._account, self._engine, self._config, self._registered, _nothing, _nothing, lambda: False
        )
        self._engine.trust(self._config, (self._server,))
        if self._account.fault:
            self._verdicts.put(Verdict("failed", self._account.fault))
            return
        self._account.on_bindings = self._asked
        self._overdue = self._engine.later(ANSWER_SECONDS, self._silent)
        self._account.attach(self._server, local_address(self._config.bind, self._server))
        self._account.ask_for_bindings(self._config)

    def _close(self) -> None:
        self._registrar.unregister()
        self._engine.pump(lambda: self._registrar.unregistered, _UNREGISTER_SECONDS)
        self._account.shutdown()

    def _die(self, error: BaseException) -> None:
        self._verdicts.put(Verdict("failed", f"the SIP stack has died: {error}"))

    def _silent(self) -> None:
        """The first server does not answer; another may."""
        if self._alone:
            self._verdicts.put(Verdict("network", REASONS[408], 408))
        else:
            self._registrar.register()

    def _asked(self, code: int, answer: str, authorized: bool) -> None:
        """The exchange tells who is registered, or why it does not."""
        if self._overdue:
            self._overdue.cancel()
        if code == 200 and _BOUND.search(answer):
            reason = "the exchange takes it, and a phone is registered with it"
            self._verdicts.put(Verdict("registered", reason, code))
        elif code in _WRONG_PASSWORD and authorized:  # not tried twice: exchanges ban who does
            self._verdicts.put(Verdict("password", REASONS[code], code))
        else:
            self._registrar.register()

    def _registered(self, event: RegistrationChanged) -> None:
        if event.state is RegistrationState.REGISTERED:
            self._verdicts.put(Verdict("registered", "the exchange takes it", event.code))
        elif event.state is RegistrationState.FAILED:
            self._verdicts.put(self._failed(event))

    def _failed(self, event: RegistrationChanged) -> Verdict:
        """Say what is wrong with an account that was not taken."""
        outcome: Outcome = "refused"
        if self._engine.fault(self._server):
            shown = self._engine.fingerprint(self._server)
            return Verdict("certificate", event.reason, event.code, shown)
        if event.code in _NO_SERVICE:
            outcome = "network"
        elif event.code in _WRONG_PASSWORD and self._account.challenged:
            outcome = "password"
        elif event.code in (403, 404):
            outcome = "account"
        return Verdict(outcome, event.reason, event.code)


class _Account(Account):
    """The account, which also asks who is registered."""

    on_bindings: Callable[[int, str, bool], None] | None = None
    """Gets the code and text of the answer to `ask_for_bindings`, and whether it saw a password."""
    challenged = False
    """Whether the exchange has asked for the password."""

    def ask_for_bindings(self, config: SipConfig) -> None:
        """Send a REGISTER without a contact."""
        asked = pj.SendRequestParam()
        asked.method = "REGISTER"
        asked.txOption.targetUri = config.uri(config.user)
        self.sendRequest(asked)

    @guarded
    def onAuthChallenge(self, prm: pj.OnAuthChallengeParam) -> None:
        """The exchange wants the password."""
        self.challenged = True
        super().onAuthChallenge(prm)

    @guarded
    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:
        """The exchange has told who is registered; or, by pjsip's own word, has not."""
        event = prm.e.body.tsxState
        if event.tsx.method == "REGISTER" and self.on_bindings:
            answer = event.src.rdata.wholeMsg if event.type == pj.PJSIP_EVENT_RX_MSG else ""
            authorized = _AUTHORIZED.search(event.tsx.lastTx.wholeMsg) is not None
            self.on_bindings(event.tsx.statusCode, answer, authorized)


def _nothing(_: object) -> None:
    """What nobody needs to know here."""
