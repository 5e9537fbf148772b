"""Text messages (SIP MESSAGE, RFC 3428) of one line."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.events import TextAnswered, TextArrived
from appliance.sip.account import Account
from appliance.sip.engine import guarded
from appliance.sip.errors import words
from appliance.sip.identity import message, remote_party

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.sip.calls import Calls
    from appliance.sip.config import SipConfig

MAX_BYTES = 10_000
"""How long a text may be, in UTF-8."""

PART_BYTES = 500
"""A longer text goes in parts: a MESSAGE must not exceed 1300 bytes (RFC 3428 section 8), headers and
credentials included, and Asterisk drops the text of one that has more than 1023."""

_PLAIN = "text/plain"
_REASONS = {
    404: "the exchange does not know this number",
    408: "the exchange does not answer",
    415: "the other end takes no text",
    503: "the exchange cannot be reached",
}


def verdict(request: str) -> int:
    """Return what to answer a MESSAGE with before anybody reads it, 0: let it in.

    What is no text gets 415 (RFC 3428 section 7); an empty one is well, and says nothing.
    """
    asked = message(request)
    if asked.first("content-type").partition(";")[0].strip().lower() != _PLAIN:
        return 415
    return 0 if asked.body else 200


def parts(text: str) -> list[str]:
    """Cut a text into what one MESSAGE each may hold, behind a blank where there is one."""
    found, rest = [], text
    while len(rest.encode()) > PART_BYTES:
        part = rest.encode()[:PART_BYTES].decode(errors="ignore")
        part = part[: part.rfind(" ") + 1] or part
        found.append(part)
        rest = rest[len(part) :]
    return [*found, rest]


class TextAccount(Account):
    """The account, which also passes on the messages that came and the answers to ours."""

    on_text: Callable[[pj.OnInstantMessageParam], None] | None = None
    on_text_answer: Callable[[pj.OnInstantMessageStatusParam], None] | None = None

    @guarded
    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:
        """A MESSAGE came, and pjsip has answered 200."""
        if self.on_text:
            self.on_text(prm)

    @guarded
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:
        """A MESSAGE of ours has its final answer."""
        if self.on_text_answer:
            self.on_text_answer(prm)


class _Text(NamedTuple):
    """A text of ours, as far as it is not sent yet."""

    name: str
    uri: str
    parts: deque[str]


class Texts:
    """The text messages of a line, in and out."""

    def __init__(
        self,
        account: TextAccount,
        config: SipConfig,
        emit: Callable[[TextArrived | TextAnswered], None],
        calls: Calls,
    ) -> None:
        """`calls` names the texts that come in."""
        self._account, self._config, self._emit = account, config, emit
        self._new_id, self._later = calls.new_text, calls.later
        self._unsent: deque[_Text] = deque()  # the first of them waits for an answer
        account.on_text, account.on_text_answer = self._arrived, self._answered

    def send(self, name: str, number: str, text: str) -> None:
        """Send a text once those before it are answered; TextAnswered tells what came of it."""
        if len(text.encode()) > MAX_BYTES:
            self._emit(TextAnswered(name, 413, f"the text is longer than {MAX_BYTES} bytes"))
            return
        self._unsent.append(_Text(name, self._config.uri(number), deque(parts(text))))
        if len(self._unsent) == 1:
            self._send_next()

    def _send_next(self) -> None:
        """Send the next part of the first text."""
        text = self._unsent[0]
        try:
            self._send(text.uri, text.parts[0])
        except pj.Error as error:
            self._finish(400, words(error))

    def _send(self, uri: str, part: str) -> None:
        settings = pj.BuddyConfig()
        settings.uri, settings.subscribe = uri, False
        buddy = pj.Buddy()  # pjsua2 sends messages to buddies only
        buddy.create(self._account, settings)
        parameters = pj.SendInstantMessageParam()
        parameters.contentType, parameters.content = f"{_PLAIN};charset=UTF-8", part
        buddy.sendInstantMessage(parameters)

    def _answered(self, prm: pj.OnInstantMessageStatusParam) -> None:
        if not self._unsent:
            return
        text = self._unsent[0]
        text.parts.popleft()
        if prm.code // 100 == 2 and text.parts:
            self._send_next()
        else:
            self._finish(prm.code, _REASONS.get(prm.code, prm.reason))

    def _finish(self, status: int, reason: str) -> None:
        """Tell of the first text, and go on to the next."""
        text = self._unsent.popleft()
        self._emit(TextAnswered(text.name, status, reason))
        if self._unsent:
            self._later(0, self._send_next)

    def _arrived(self, prm: pj.OnInstantMessageParam) -> None:
        sender = remote_party(message(prm.rdata.wholeMsg))
        self._emit(TextArrived(self._new_id(), sender, prm.msgBody))
