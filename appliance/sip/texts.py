"""Text messages (SIP MESSAGE, RFC 3428) of one line."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import TextAnswered, TextArrived
from appliance.sip.account import Account
from appliance.sip.engine import guarded
from appliance.sip.errors import words
from appliance.sip.identity import message, remote_party
from appliance.sip.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.config import SipConfig

MAX_BYTES = 12_000
"""How long a text may be: with its headers it has to fit what pjsip takes as one message, 16,384 bytes."""

_PLAIN = "text/plain"
_REASONS = {
    404: "the exchange does not know this number",
    408: "the exchange does not answer",
    415: "the other end takes no text",
    503: "the exchange cannot be reached",
}


class TextAccount(Account):
    """The account, which also passes on the messages that came and the answers to ours."""

    on_text: Callable[[pj.OnInstantMessageParam], None] | None = None
    on_text_answer: Callable[[pj.OnInstantMessageStatusParam], None] | None = None

    @guarded
    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:
        """A MESSAGE came; pjsip has answered 200."""
        if self.on_text:
            self.on_text(prm)

    @guarded
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:
        """A MESSAGE of ours has its final answer."""
        if self.on_text_answer:
            self.on_text_answer(prm)


class Texts:
    """The text messages of a line, in and out."""

    def __init__(
        self,
        account: TextAccount,
        config: SipConfig,
        emit: Callable[[TextArrived | TextAnswered], None],
        new_id: Callable[[], str],
    ) -> None:
        """`new_id` names the messages that come in."""
        self._account, self._config, self._emit, self._new_id = account, config, emit, new_id
        # pjsua2 names an answered message by its target and text: of equal ones, the first is answered first.
        self._sent: dict[tuple[str, str], deque[str]] = {}
        account.on_text, account.on_text_answer = self._arrived, self._answered

    def send(self, name: str, number: str, text: str) -> None:
        """Send a text; TextAnswered tells what came of it."""
        if len(text.encode()) > MAX_BYTES:
            self._emit(TextAnswered(name, 413, f"the text is longer than {MAX_BYTES} bytes"))
            return
        uri = self._config.uri(number)
        sent = self._sent.setdefault((uri, text), deque())
        sent.append(name)
        try:
            self._send(uri, text)
        except pj.Error as error:
            sent.pop()
            self._emit(TextAnswered(name, 400, words(error)))

    def _send(self, uri: str, text: str) -> None:
        settings = pj.BuddyConfig()
        settings.uri, settings.subscribe = uri, False
        buddy = pj.Buddy()  # pjsua2 sends messages to buddies only
        buddy.create(self._account, settings)
        parameters = pj.SendInstantMessageParam()
        parameters.contentType, parameters.content = f"{_PLAIN};charset=UTF-8", text
        buddy.sendInstantMessage(parameters)

    def _answered(self, prm: pj.OnInstantMessageStatusParam) -> None:
        waiting = self._sent.get((prm.toUri, prm.msgBody))
        if not waiting:
            log.warning("an answer to a message that was not sent: %d", prm.code)
            return
        name = waiting.popleft()
        if not waiting:
            del self._sent[(prm.toUri, prm.msgBody)]
        self._emit(TextAnswered(name, prm.code, _REASONS.get(prm.code, prm.reason)))

    def _arrived(self, prm: pj.OnInstantMessageParam) -> None:
        came = message(prm.rdata.wholeMsg)
        if prm.contentType.lower() != _PLAIN:
            log.info("a message of the type %s is not shown", prm.contentType)
            return
        self._emit(TextArrived(self._new_id(), remote_party(came), prm.msgBody))
