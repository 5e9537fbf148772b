"""Tells the exchange what the operator does, so that others can see it (PUBLISH, RFC 3903)."""

from __future__ import annotations

import re
from html import escape  # xml.sax.saxutils has it too, and brings an HTTP client with it
from typing import TYPE_CHECKING

import pjsua2 as pj  # type: ignore[import-untyped]

from appliance.desk.state import ExtensionState
from appliance.sip.errors import words
from appliance.sip.log import log

if TYPE_CHECKING:
    from appliance.sip.account import Account
    from appliance.sip.config import SipConfig
    from appliance.sip.engine import Alarm, Engine

EXPIRES = 3600  # seconds
RETRY_SECONDS = 30.0
_NO_ANSWER = (408, 480, 500, 502, 503, 504)
_CHANGED = 412  # Conditional Request Failed: our publication is not there any more
_TOO_BRIEF = 423
_TAG = re.compile(r"^SIP-ETag\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_EXPIRES = re.compile(r"^Expires\s*:\s*(\d{1,9})", re.IGNORECASE | re.MULTILINE)
_MIN_EXPIRES = re.compile(r"^Min-Expires\s*:\s*(\d{1,9})", re.IGNORECASE | re.MULTILINE)

_PIDF = "urn:ietf:params:xml:ns:pidf"
_ACTIVITIES = {  # RFC 4480 has no word for do-not-disturb
    ExtensionState.BUSY: "<rpid:activities><rpid:on-the-phone/></rpid:activities>",
    ExtensionState.AWAY: "<rpid:activities><rpid:away/></rpid:activities>",
    ExtensionState.DND: "<rpid:activities><rpid:busy/></rpid:activities><dm:note>Do not disturb</dm:note>",
}


class Publication:
    """Our presence at the exchange, kept there; an exchange that wants none is left in peace."""

    def __init__(self, config: SipConfig, account: Account, engine: Engine) -> None:
        """Nothing is sent before `publish()`."""
        self._uri = config.uri(config.user)
        self._account, self._engine = account, engine
        self._wanted: ExtensionState | None = None
        self._published: ExtensionState | None = None
        self._asked: ExtensionState | None = None  # what the request says that waits for its answer
        self._tag = ""
        self._expires = EXPIRES
        self._refused = not config.publish
        self._next: Alarm | None = None
        account.on_published = self._answered

    def publish(self, state: ExtensionState) -> None:
        """Tell that the operator is AVAILABLE, BUSY, AWAY, or does not want to be disturbed (DND)."""
        self._wanted = state
        if state is not self._published:
            self._send()

    def renew(self) -> None:
        """Tell it again: the exchange is there, and may know nothing of us."""
        self._send()

    def withdraw(self) -> None:
        """Take it back."""
        if self._next:
            self._next.cancel()
        if self._tag and not self._refused:
            self._refused = True  # no answer matters any more
            self._request(0, "")

    def _send(self) -> None:
        if self._refused or self._asked or self._wanted is None:
            return
        self._asked = self._wanted
        unchanged = self._tag and self._asked is self._published
        self._request(self._expires, "" if unchanged else _document(self._uri, self._asked))

    def _request(self, expires: int, body: str) -> None:
        prm = pj.SendRequestParam()
        prm.method = "PUBLISH"
        prm.txOption.targetUri = self._uri
        headers = {"Event": "presence", "Expires": str(expires)} | (
            {"SIP-If-Match": self._tag} if self._tag else {}
        )
        for name, value in headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            prm.txOption.headers.append(header)
        if body:
            prm.txOption.contentType = "application/pidf+xml"
            prm.txOption.msgBody = body
        try:
            self._account.sendRequest(prm)
        except pj.Error as error:
            self._answered(503, words(error), "")

    def _answered(self, code: int, reason: str, response: str) -> None:
        asked, self._asked = self._asked, None
        if self._refused:
            return
        if code // 100 == 2:
            self._accepted(asked, response)
        elif code == _CHANGED and self._tag:
            self._tag, self._published = "", None
            self._plan(0)
        elif code == _TOO_BRIEF and (least := _number(_MIN_EXPIRES, response)) > self._expires:
            self._expires = least
            self._plan(0)
        elif code in _NO_ANSWER:
            self._plan(RETRY_SECONDS)
        else:
            self._refused = True
            log.warning("the exchange takes no publication of our presence (%d %s)", code, reason)

    def _accepted(self, state: ExtensionState | None, response: str) -> None:
        tag = _TAG.search(response)
        self._tag, self._published = tag[1] if tag else "", state
        lasts = _number(_EXPIRES, response) or self._expires
        self._plan(0 if self._wanted is not state else max(lasts * 0.8, 1.0))

    def _plan(self, seconds: float) -> None:
        if self._next:
            self._next.cancel()
        self._next = self._engine.later(seconds, self._send)


def _document(uri: str, state: ExtensionState) -> str:
    whose = escape(uri.partition(";")[0])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<presence xmlns="{_PIDF}" xmlns:dm="{_PIDF}:data-model" xmlns:rpid="{_PIDF}:rpid" entity="{whose}">'
        '<tuple id="telephone"><status><basic>open</basic></status></tuple>'
        f'<dm:person id="operator">{_ACTIVITIES.get(state, "")}</dm:person></presence>\n'
    )


def _number(pattern: re.Pattern[str], response: str) -> int:
    found = pattern.search(response)
    return int(found[1]) if found else 0
