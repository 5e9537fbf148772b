"""A feature code at the exchange: a call of its own in the background, that nobody hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import CodeDialled
from appliance.sip.call import received
from appliance.sip.engine import guarded
from appliance.sip.errors import words
from appliance.sip.identity import is_cleared_normally, message
from appliance.sip.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine

ANSWERED_SECONDS = 1.0
"""How long the exchange may speak after it has answered: what it does, it did by then."""

AT_MOST_SECONDS = 10.0


class FeatureCode(pj.Call):  # type: ignore[misc]
    """One dialled code. It succeeded when the exchange answered, or cleared it as nothing unusual.

    Exchanges that do their work and hang up without an answer send 603 or 480 with Reason: Q.850;cause=16
    (RFC 3326): 200 is told then.
    """

    def __init__(
        self,
        account: Account,
        code: str,
        engine: Engine,
        emit: Callable[[CodeDialled], None],
        on_end: Callable[[FeatureCode], None],
    ) -> None:
        """Nothing is sent before `dial()`; `on_end` drops it."""
        super().__init__(account)
        self._code, self._engine = code, engine
        self._emit, self._on_end = emit, on_end
        self._overdue: Alarm | None = None
        self._answered = False

    def dial(self, config: SipConfig) -> None:
        """Send INVITE."""
        try:
            self.makeCall(config.uri(self._code), parameters())
        except pj.Error as error:
            self._end(400, words(error))
        else:
            self._overdue = self._engine.later(AT_MOST_SECONDS, self.give_up)

    def give_up(self) -> None:
        """Hang up."""
        if self.isActive():
            self.hangup(parameters())

    def destroy(self) -> None:
        """Free pjsua2's object now: freed later, it would hang up the call that has its number by then."""
        pj.Call.__swig_destroy__(self)

    @guarded
    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        """The INVITE session changed its state."""
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._answered = True
            self._plan(ANSWERED_SECONDS)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            done = self._answered or is_cleared_normally(message(received(prm.e)))
            self._end(200 if done else info.lastStatusCode, info.lastReason)

    def _plan(self, seconds: float) -> None:
        if self._overdue:
            self._overdue.cancel()
        self._overdue = self._engine.later(seconds, self.give_up)

    def _end(self, status: int, reason: str) -> None:
        if self._overdue:
            self._overdue.cancel()
        self._emit(CodeDialled(self._code, status, reason))
        self._engine.later(0, lambda: self._on_end(self))
