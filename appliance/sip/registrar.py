"""Keeps an account registered (RFC 3261 section 10) with the best of the exchange's servers that serves."""

from __future__ import annotations

import errno
import os
import random
import re
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import RegistrationChanged
from appliance.desk.state import RegistrationState
from appliance.sip import servers
from appliance.sip.errors import SipError, words
from appliance.sip.log import log
from appliance.sip.network import local_address
from appliance.sip.servers import NoServer, Servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine
    from appliance.sip.servers import Found, Server

ANSWER_SECONDS = 3.0
"""How long a REGISTER may go unanswered until the server counts as gone."""

RETRY_SECONDS = 2.0
RETRY_SECONDS_MAX = 30.0
"""Between two rounds over servers that do not serve: so long at first, and at most."""

REFUSED_SECONDS = (5.0, 30.0, 300.0, 600.0, 1800.0)
"""After the exchange has refused us, again and again: exchanges ban who tries a wrong password often."""

BETTER_SECONDS = 30.0
"""How often a better server is asked whether it serves again."""

_DNS_SECONDS = 30.0  # until the DNS is asked again after it told nothing, or for less than this
_NO_SERVICE = (408, 502, 503, 504)
_UNREACHABLE = {
    os.strerror(code) for code in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)
}
_RETRY_AFTER = re.compile(r"^Retry-After\s*:\s*(\d{1,6})", re.IGNORECASE | re.MULTILINE)
_CONTACT = re.compile(r"^(?:Contact|m)\s*:\s*(?:[^<\r\n]*<)?([^>;\r\n]*)", re.IGNORECASE | re.MULTILINE)
_REFUSED = "the exchange refuses the user or the password"
REASONS = {  # of the SIP status codes that say what is wrong
    401: _REFUSED,
    403: _REFUSED,
    404: "the exchange does not know this user",
    407: _REFUSED,
    408: "the exchange does not answer",
    423: "the exchange wants a longer registration",
    503: "the exchange is out of service",
}
_NO_NETWORK = "no network"


class Registrar:
    """Registers an account, and again every `watch` seconds: the one question every exchange must answer.

    `on_known` is called each time the exchange has answered that it knows us, with whether that is news;
    `on_lost` with the reason when it no longer does, or does not answer. While `busy` says that there are
    calls, a server that serves is not left for a better one.
    """

    def __init__(
        self,
        account: Account,
        engine: Engine,
        config: SipConfig,
        emit: Callable[[RegistrationChanged], None],
        on_known: Callable[[bool], None],
        on_lost: Callable[[str], None],
        busy: Callable[[], bool],
    ) -> None:
        """Nothing is sent before `register()`."""
        self._account, self._engine, self._config = account, engine, config
        self._emit, self._on_known, self._on_lost, self._busy = emit, on_known, on_lost, busy
        self._told: RegistrationChanged | None = None
        self._servers = Servers()
        self._good_until = 0.0  # what the DNS told
        self._address = ""
        self._asking = False
        self._looking_up = False
        self._next: Alarm | None = None
        self._overdue: Alarm | None = None
        self._better: Alarm | None = None
        self._rounds = 0  # over all servers, in vain
        self._refusals = 0
        self._ending = False
        self.unregistered = False
        account.on_answer = self._answered
        engine.on_network(self, self._network_changed)

    @property
    def registered(self) -> bool:
        """Whether the exchange knows us, as far as we can tell."""
        return self._told is not None and self._told.state is RegistrationState.REGISTERED

    def register(self) -> None:
        """Send REGISTER, unless one waits for its answer; ask the DNS first where that is due."""
        if self._asking or self._looking_up or self._ending:
            return
        if self._told is None:
            self._tell(RegistrationState.REGISTERING)
        if self._account.fault:
            self._fail(0, self._account.fault, REFUSED_SECONDS[-1])
        elif self._engine.now < self._good_until or (self.registered and self._busy()):
            self._ask()
        else:
            self._looking_up = True
            servers.look_up(self._config.first_hop, self._config.name_server, self._looked_up)

    def unregister(self) -> None:
        """Stop asking, and give the registration back where there is one."""
        self._ending = True
        self._engine.forget(self)
        for alarm in (self._next, self._overdue, self._better):
            if alarm:
                alarm.cancel()
        self._account.on_answer = self._answered_at_the_end
        if not self._asking:
            self._give_back(self.registered)

    def _answered_at_the_end(self, answer: pj.OnRegStateParam) -> None:
        asked, self._asking = self._asking, False
        self._give_back(asked and answer.code // 100 == 2)

    def _give_back(self, registered: bool) -> None:
        self.unregistered = not registered
        if registered:
            self._engine.later(0, lambda: self._account.setRegistration(False))

    def _looked_up(self, answer: Found | NoServer) -> None:
        """The DNS answered; called in a thread of its own, or at once."""
        self._engine.post(lambda: self._found(answer))

    def _found(self, answer: Found | NoServer) -> None:
        self._looking_up = False
        if self._ending:
            return
        if isinstance(answer, NoServer):
            self._good_until = self._engine.now + _DNS_SECONDS
            if self._servers.current is None:
                self._good_until = 0.0
                self._fail(0, str(answer), self._pause())
                return
            log.warning("%s: going on with the servers known so far", answer)
        else:
            self._good_until = self._engine.now + max(answer.seconds, _DNS_SECONDS)
            self._servers.update(answer.servers)
            self._engine.trust(self._config, answer.servers)
        self._ask()

    def _ask(self) -> None:
        server = self._servers.current
        if server is None or self._asking or self._ending:
            return
        self._address = local_address(self._config.bind, server)
        if not self._address:
            self._fail(0, _NO_NETWORK, self._pause())
            return
        try:
            self._account.attach(server, self._address)
            self._account.setRegistration(True)
        except pj.Error as error:
            self._not_served(503, self._why(words(error)), 0.0)
        except SipError as error:
            self._fail(0, str(error), self._pause())
        else:
            self._await_answer()

    def _await_answer(self) -> None:
        self._asking = True
        if self._overdue:
            self._overdue.cancel()
        self._overdue = self._engine.later(ANSWER_SECONDS, self._unanswered)

    def _unanswered(self) -> None:
        self._asking = False
        self._account.abandon()
        self._not_served(408, REASONS[408], 0.0)

    def _answered(self, answer: pj.OnRegStateParam) -> None:
        code, text = answer.code, answer.rdata.wholeMsg
        self._asking = False
        if self._overdue:
            self._overdue.cancel()
        if code // 100 == 2:
            self._known()
        elif code in _NO_SERVICE:
            reason = REASONS.get(code, f"the exchange answers {code} {answer.reason}")
            wait = _RETRY_AFTER.search(text)
            self._not_served(
                code,
                reason if text else self._why(answer.reason),
                min(float(wait[1]), REFUSED_SECONDS[2]) if wait else 0.0,
            )
        else:
            self._refused(code, answer.reason, text)

    def _known(self) -> None:
        returned = not self.registered
        self._rounds = self._refusals = 0
        self._servers.serve()
        self._tell(RegistrationState.REGISTERED, 200, "registered")
        self._plan(self._config.watch)
        if self._servers.better and not (self._better and self._better.action):
            self._better = self._engine.later(BETTER_SECONDS, self._try_better)
        self._on_known(returned)

    def _refused(self, code: int, reason: str, text: str) -> None:
        """The exchange has answered, and does not want us: none of its servers would."""
        told = REASONS.get(code, f"the exchange answers {code} {reason}")
        if code // 100 == 3 and (elsewhere := _CONTACT.search(text)):
            # Not followed: whoever can send this answer would get our digest.
            told = f"the exchange wants us to register at {elsewhere[1].strip()}: set that as the server"
        self._fail(code, told, REFUSED_SECONDS[min(self._refusals, len(REFUSED_SECONDS) - 1)])
        self._refusals += 1

    def _not_served(self, code: int, reason: str, wait: float) -> None:
        """The server in use does not serve: on to the next at once, or when there is none, wait."""
        failed, following = self._servers.current, self._servers.fail()
        if following is None:
            self._fail(code, reason, max(self._pause(), wait))
            return
        log.warning("%s: %s; asking %s", failed, reason, following)
        was_registered = self.registered
        self._tell(RegistrationState.REGISTERING, code, f"{reason}: asking the next server")
        self._plan(0.0)
        if was_registered:
            self._on_lost(reason)

    def _fail(self, code: int, reason: str, pause: float) -> None:
        self._tell(RegistrationState.FAILED, code, reason)
        self._plan(pause)
        self._on_lost(reason)

    def _pause(self) -> float:
        """Seconds until the next round: longer each time, and not the same for every desk (RFC 5626 4.5)."""
        longest: float = min(RETRY_SECONDS * 2.0**self._rounds, RETRY_SECONDS_MAX)
        self._rounds = min(self._rounds + 1, 16)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    def _why(self, reason: str) -> str:
        """Return in plain words why a request could not be sent; `reason` is the system's or OpenSSL's."""
        server = self._servers.current
        if reason == os.strerror(errno.ECONNREFUSED):
            return f"the exchange refuses the connection: nobody listens at {server}"
        if reason in _UNREACHABLE:
            return _NO_NETWORK
        if fault := self._engine.fault(server):
            return fault
        if self._config.first_hop.transport == "tls":
            return f"no connection by TLS 1.2 or newer to {server}: {reason}"
        return f"the exchange cannot be reached: {reason}"

    def _try_better(self) -> None:
        better = self._servers.better
        if better is None or not self.registered:
            return
        if self._busy():
            self._better = self._engine.later(BETTER_SECONDS, self._try_better)
            return
        transport = self._config.first_hop.transport
        servers.answers(better, transport, lambda it: self._engine.post(lambda: self._probed(better, it)))

    def _probed(self, better: Server, answers: bool) -> None:
        if self._ending or not self.registered or better != self._servers.better:
            return
        if answers and not self._busy() and not self._asking:
            log.info("the server %s serves again", better)
            self._servers.use(better)
            self._tell(RegistrationState.REGISTERING, 0, "moving to the better server")
            self._ask()
        else:
            self._better = self._engine.later(BETTER_SECONDS, self._try_better)

    def _network_changed(self) -> None:
        """Addresses or routes of this machine changed: register at once with the right one."""
        server = self._servers.current
        if self._refusals:
            return
        if server is None:
            self._rounds = 0
            self.register()
            return
        address = local_address(self._config.bind, server)
        if not address:
            if self._told and self._told.reason != _NO_NETWORK:
                self._abandon()
                self._fail(0, _NO_NETWORK, self._pause())
        elif address != self._address:
            log.warning("the local address is %s now", address)
            self._rounds = 0
            self._move(server, address)
        elif not self.registered:
            self._rounds = 0
            self.register()

    def _move(self, server: Server, address: str) -> None:
        self._address = address
        self._abandon()
        self._tell(RegistrationState.REGISTERING, 0, "the network has changed")
        try:
            self._account.attach(server, address)
        except SipError as error:
            self._fail(0, str(error), self._pause())
        else:
            self._engine.move()
            self._await_answer()

    def _abandon(self) -> None:
        if self._asking:
            self._asking = False
            self._account.abandon()
        if self._overdue:
            self._overdue.cancel()

    def _plan(self, seconds: float) -> None:
        if self._next:
            self._next.cancel()
        self._next = self._engine.later(seconds, self.register)

    def _tell(self, state: RegistrationState, code: int = 0, reason: str = "") -> None:
        event = RegistrationChanged(state, code, reason, self._config.line)
        if event != self._told:
            self._told = event
            self._emit(event)
