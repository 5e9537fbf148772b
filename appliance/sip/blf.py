"""The busy lamp field: what the monitored extensions and orbits do (SUBSCRIBE dialog, RFC 6665 and 4235)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import ExtensionChanged
from appliance.desk.state import ExtensionState
from appliance.sip.dialog_info import DialogInfoError, Dialogs, parse
from appliance.sip.engine import guarded
from appliance.sip.identity import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from appliance.sip.account import Account
    from appliance.sip.engine import Alarm, Engine

RETRY_SECONDS = 2.0
RETRY_SECONDS_MAX = 300.0
_FORGOTTEN = 481  # Call/Transaction Does Not Exist


class Subscription(pj.Buddy):  # type: ignore[misc]
    """One SUBSCRIBE dialog; pjsua2 calls it a buddy."""

    def __init__(self, on_body: Callable[[str], None], on_end: Callable[[int, str], None]) -> None:
        """`on_body` gets the body of each NOTIFY, `on_end` the SIP code and reason of the end."""
        super().__init__()
        self._on_body, self._on_end = on_body, on_end

    def open(self, account: Account, uri: str) -> None:
        """Subscribe."""
        settings = pj.BuddyConfig()
        settings.uri = uri
        settings.subscribe = False  # to presence
        settings.subscribe_dlg_event = True
        self.create(account, settings)

    @guarded
    def onBuddyEvSubDlgEventState(self, prm: pj.OnBuddyEvSubStateParam) -> None:
        """A NOTIFY came, or the subscription changed its state."""
        body = _notify_body(prm.e)
        if body is not None:
            self._on_body(body)
        info = self.getInfo()
        if info.subState == pj.PJSIP_EVSUB_STATE_TERMINATED:
            self._on_end(info.subTermCode, info.subTermReason)


class Lamp:
    """One monitored number: its subscription, its dialogs, and what was told of it."""

    def __init__(
        self,
        number: str,
        uri: str,
        account: Account,
        engine: Engine,
        emit: Callable[[ExtensionChanged], None],
        on_forgotten: Callable[[], None],
    ) -> None:
        """Nothing is sent before `subscribe()`; `on_forgotten` is called when the exchange answers 481."""
        self.number = number
        self._uri, self._account, self._engine = uri, account, engine
        self._emit, self._on_forgotten = emit, on_forgotten
        self._subscription: Subscription | None = None
        self._dialogs = Dialogs()
        self._told: ExtensionChanged | None = None
        self._renewing = False
        self._pause = RETRY_SECONDS
        self._again: Alarm | None = None

    def subscribe(self) -> None:
        """Subscribe anew, in a dialog of its own; the old one is given up."""
        self.close()
        self._dialogs = Dialogs()
        self._subscription = Subscription(self._notified, self._ended)
        self._subscription.open(self._account, self._uri)

    def renew(self) -> None:
        """End the subscription and subscribe anew: an exchange that has forgotten us says so (481)."""
        if self._subscription is not None and not self._renewing:
            self._renewing = True
            self._subscription.subscribeDlgEvent(False)

    def lose(self, reason: str) -> None:
        """Say that the state cannot be known."""
        self._tell(ExtensionChanged(self.number, ExtensionState.UNKNOWN, reason=reason))

    def close(self) -> None:
        """Drop the subscription, and whatever was planned."""
        if self._again:
            self._again.cancel()
        self._renewing = False
        self._subscription = None

    def _notified(self, body: str) -> None:
        if self._renewing or not body.strip():
            return  # the last word of the old subscription, or the empty first one of some exchanges
        try:
            whole = self._dialogs.apply(parse(body))
        except DialogInfoError as error:
            self.lose(str(error))
            return
        self._pause = RETRY_SECONDS
        if not whole:
            self._engine.later(0, self.subscribe)
            return
        state, party = self._dialogs.summary()
        reason = "" if state is not ExtensionState.UNKNOWN else "the exchange sent a state that is not known"
        self._tell(ExtensionChanged(self.number, state, party, reason))

    def _ended(self, code: int, reason: str) -> None:
        if code == _FORGOTTEN:
            self._engine.later(0, self._on_forgotten)
        elif self._renewing:
            self._again = self._engine.later(0, self.subscribe)
        else:
            self.lose(_ending(code, reason))
            self._again = self._engine.later(self._pause, self.subscribe)
            self._pause = min(2 * self._pause, RETRY_SECONDS_MAX)

    def _tell(self, event: ExtensionChanged) -> None:
        if event != self._told:
            self._told = event
            self._emit(event)


class Field:
    """All monitored numbers of an account."""

    def __init__(self, lamps: Iterable[Lamp]) -> None:
        """Nothing is sent before `subscribe()`."""
        self._lamps = list(lamps)
        self._turn = 0

    def subscribe(self) -> None:
        """Subscribe all anew: the exchange is there, and knows none of our subscriptions."""
        for lamp in self._lamps:
            lamp.subscribe()

    def renew_next(self) -> None:
        """Renew one subscription, each time the next: so a forgetful exchange is found out."""
        if self._lamps:
            self._lamps[self._turn % len(self._lamps)].renew()
            self._turn += 1

    def lose(self, reason: str) -> None:
        """Say that no state can be known."""
        for lamp in self._lamps:
            lamp.lose(reason)

    def close(self) -> None:
        """Drop all subscriptions."""
        for lamp in self._lamps:
            lamp.close()


def _notify_body(event: pj.SipEvent) -> str | None:
    """Return the body of the NOTIFY in a pjsua2 event, None when the event is something else."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return None
    text = event.body.tsxState.src.rdata.wholeMsg
    return message(text).body if text.startswith("NOTIFY ") else None


def _ending(code: int, reason: str) -> str:
    if code == 200:
        return f"the exchange ended the subscription ({reason or 'no reason given'})"
    if code == 408:
        return "the exchange does not answer the subscription"
    return f"the exchange refuses the subscription ({code} {reason})".replace(" )", ")")
