"""A subscription at the exchange that keeps itself alive, whatever it is about (RFC 6665)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.sip.engine import guarded
from appliance.sip.errors import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.account import Account
    from appliance.sip.engine import Alarm, Engine

RETRY_SECONDS = 2.0
RETRY_SECONDS_MAX = 300.0
EXPIRES = 600  # seconds; pjsip refreshes it in time
_FORGOTTEN = 481  # Call/Transaction Does Not Exist
_TOO_BRIEF = 423  # Interval Too Brief
_AT_ONCE = ("deactivated", "timeout")  # RFC 6665 section 4.1.3
_HOPELESS = ("rejected", "noresource")
_LISTS = ("multipart/related", "application/rlmi+xml")


class Package(NamedTuple):
    """An event package, and the body that its notifications bring."""

    event: str
    body: str


DIALOG = Package("dialog", "application/dialog-info+xml")
PRESENCE = Package("presence", "application/pidf+xml")
MESSAGES = Package("message-summary", "application/simple-message-summary")


class Reader(Protocol):
    """Who makes something of the notifications."""

    def begin(self) -> None:
        """A subscription begins: what an earlier one counted does not matter any more."""

    def take(self, content_type: str, body: str) -> bool:
        """Take a body in; False when one before it was missed, so that the whole state must be asked for."""

    def lose(self, reason: str) -> None:
        """The state cannot be known."""


class _Dialog(pj.EventSubscription):  # type: ignore[misc]
    """pjsua2's; it only passes on what happens. It must not be dropped in one of its own callbacks."""

    def __init__(
        self, on_notify: Callable[[str, str], None], on_state: Callable[[pj.OnEventStateParam], None]
    ) -> None:
        super().__init__()
        self._on_notify, self._on_state = on_notify, on_state

    @guarded
    def onNotify(self, prm: pj.OnEventNotifyParam) -> None:
        self._on_notify(prm.contentType, prm.body)

    @guarded
    def onState(self, prm: pj.OnEventStateParam) -> None:
        self._on_state(prm)


class Subscription:
    """What the exchange is asked to tell about one URI; `lists`: which may be a list of many (RFC 4662)."""

    def __init__(
        self,
        package: Package,
        uri: str,
        account: Account,
        engine: Engine,
        reader: Reader,
        on_forgotten: Callable[[], None],
        *,
        lists: bool = False,
    ) -> None:
        """Nothing is sent before `subscribe()`; `on_forgotten`: the exchange knows us no more (481)."""
        self._package, self._uri, self._lists = package, uri, lists
        self._account, self._engine = account, engine
        self._reader, self._on_forgotten = reader, on_forgotten
        self._dialog: _Dialog | None = None
        self._expires = EXPIRES
        self._begun = 0.0
        self._accepted = False
        self._behind: Alarm | None = None  # while the whole state is asked for
        self._again: Alarm | None = None
        self._pause = RETRY_SECONDS

    def subscribe(self) -> None:
        """Subscribe anew, in a dialog of its own; the old one is given up."""
        self.close()
        self._reader.begin()
        self._begun, self._accepted = time.monotonic(), False
        self._dialog = _Dialog(self._notified, self._changed)
        try:
            self._dialog.create(self._account, self._settings())
        except pj.Error as error:
            self._retry(f"the exchange cannot be reached: {words(error)}")

    def renew(self) -> None:
        """Ask for the whole state again: an exchange that has forgotten us says so."""
        if self._dialog is None or not self._dialog.isActive():
            return
        try:
            self._dialog.refresh()
        except pj.Error as error:
            self._retry(f"the exchange cannot be reached: {words(error)}")

    def lose(self, reason: str) -> None:
        """Say that the state cannot be known."""
        self._reader.lose(reason)

    def close(self) -> None:
        """Unsubscribe, and forget whatever was planned."""
        for alarm in (self._again, self._behind):
            if alarm:
                alarm.cancel()
        self._again = self._behind = None
        self._dialog = None

    def _settings(self) -> pj.EventSubscriptionConfig:
        settings = pj.EventSubscriptionConfig()
        settings.uri = self._uri
        settings.event = self._package.event
        settings.expires = self._expires
        settings.accept = pj.StringVector([self._package.body, *(_LISTS if self._lists else ())])
        settings.supported = pj.StringVector(["eventlist"] if self._lists else [])
        return settings

    def _notified(self, content_type: str, body: str) -> None:
        if not body.strip():
            return  # some exchanges send an empty one first
        if not self._reader.take(content_type, body):
            self._catch_up()
        elif self._behind:
            self._behind.cancel()
            self._behind = None

    def _catch_up(self) -> None:
        """A notification was missed: ask for the whole state; when none comes, by a new subscription."""
        if self._behind is None:
            self._engine.later(0, self.renew)
            self._behind = self._engine.later(
                RETRY_SECONDS, lambda: self._retry("the exchange tells changes of a state that it never told")
            )

    def _changed(self, prm: pj.OnEventStateParam) -> None:
        if prm.state == pj.PJSIP_EVSUB_STATE_TERMINATED:
            self._ended(prm.statusCode, prm.reason, prm.retryAfter, prm.minExpires)
        elif prm.state == pj.PJSIP_EVSUB_STATE_PENDING:
            self._accepted = True
            self.lose("the exchange has not allowed to watch it yet")
        elif prm.state in (pj.PJSIP_EVSUB_STATE_ACCEPTED, pj.PJSIP_EVSUB_STATE_ACTIVE):
            self._accepted = True

    def _ended(self, code: int, reason: str, retry_after: int, min_expires: int) -> None:
        if code == _FORGOTTEN and self._accepted:
            self._engine.later(0, self._on_forgotten)
        elif code == _TOO_BRIEF and min_expires > self._expires:
            self._expires = min_expires
            self._engine.later(0, self.subscribe)
        elif code == 200 and reason == "invariant":
            return  # it will never change (RFC 6665 section 4.1.3): what was told holds
        else:
            if time.monotonic() - self._begun > 2 * self._pause:
                self._pause = RETRY_SECONDS
            if code == 200 and reason in _AT_ONCE and self._pause == RETRY_SECONDS:
                self._pause *= 2  # the next time, it waits
                self._engine.later(0, self.subscribe)
                return
            if code == 200 and reason in _HOPELESS:
                self._pause = RETRY_SECONDS_MAX
            self._retry(_ending(code, reason), retry_after)

    def _retry(self, reason: str, not_before: float = 0) -> None:
        self.lose(reason)
        if self._again:
            self._again.cancel()
        self._again = self._engine.later(max(self._pause, not_before), self.subscribe)
        self._pause = min(2 * self._pause, RETRY_SECONDS_MAX)


def _ending(code: int, reason: str) -> str:
    if code == 200:
        return f"the exchange ended the subscription ({reason or 'no reason given'})"
    if code == 408:
        return "the exchange does not answer the subscription"
    return f"the exchange refuses the subscription ({code} {reason})".replace(" )", ")")
