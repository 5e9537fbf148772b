"""Measures the way to the exchange: an OPTIONS now and then, and how long its answer takes (RFC 3261, 11)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine

LATE_SECONDS = 4.0
"""An answer that takes longer counts as lost. Over UDP pjsip repeats a request after 0.5, 1.5 and 3.5 s."""


class Link:
    """The first line's way to its exchange. Of each question the engine's trace is told once: ms, or None.

    One question at a time: what is answered late or never is lost, and so is what could not be asked
    meanwhile. That pjsip repeats it over UDP is the way to hear soon that the exchange is back.
    """

    def __init__(self, config: SipConfig, account: Account, engine: Engine) -> None:
        """The first question is asked after one interval."""
        self._uri, self._every = config.registrar, 0.0 if config.line else config.link_check
        self._account, self._engine = account, engine
        self._asked = 0.0  # when, while an answer is waited for
        self._next: Alarm | None = None
        self._late: Alarm | None = None
        account.on_options_answered = self._answered
        self._plan()

    def close(self) -> None:
        """Ask no more."""
        self._every = 0.0
        for alarm in (self._next, self._late):
            if alarm:
                alarm.cancel()

    def _plan(self) -> None:
        if self._every:
            self._next = self._engine.later(self._every, self._ask)

    def _ask(self) -> None:
        self._plan()
        if self._asked:
            self._engine.trace.on_round_trip(None)
            return
        if not self._account.attached:
            return  # no server is known yet
        question = pj.SendRequestParam()
        question.method = "OPTIONS"
        question.txOption.targetUri = self._uri
        self._asked = time.monotonic()
        try:
            self._account.sendRequest(question)
        except pj.Error:
            self._asked = 0.0
            self._engine.trace.on_round_trip(None)
        else:
            self._late = self._engine.later(LATE_SECONDS, self._lost)

    def _lost(self) -> None:
        self._late = None
        self._engine.trace.on_round_trip(None)

    def _answered(self, times: int) -> None:
        """The question is over: answered so many times, or given up by pjsip."""
        asked, self._asked = self._asked, 0.0
        if not asked or self._late is None:
            return  # it was lost
        self._late.cancel()
        self._late = None
        self._engine.trace.on_round_trip(1000 * (time.monotonic() - asked) / times if times else None)
