"""Who is at the other end: read from SIP headers (RFC 3261, 3323, 3325, 3326, 4916, 5806, 7044). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from appliance.desk.state import NOBODY, Party

_FOLD = re.compile(r"\r?\n[ \t]+")
_COMPACT = {"from": "f", "to": "t", "call-id": "i", "content-type": "c", "referred-by": "b"}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME_ADDR = re.compile(rf"\s*(?P<name>{_QUOTED}|[^<\"]*)\s*<(?P<uri>[^>]*)>", re.DOTALL)
_COMMA = re.compile(rf"({_QUOTED}|<[^>]*>|[^,])")
_SCHEME = re.compile(r"\s*(sips?|tel):", re.IGNORECASE)
_SEPARATORS = str.maketrans("", "", "-.() ")
_WITHHELD = {"anonymous", "restricted", "private"}
_NOWHERE = "anonymous.invalid"  # RFC 3323 section 4.1.1.3
_NOT_KNOWN = {"unknown", "unavailable"}
_PRIVACY = {"id", "user", "header"}
_PRIVATE = re.compile(r";\s*privacy\s*=\s*\"?(?:full|uri)\b", re.IGNORECASE)
_REASON = re.compile(r"\s*(SIP|Q\.850)\s*;(?:[^;]*;)*?\s*cause\s*=\s*(\d{1,9})", re.IGNORECASE)


class Message(NamedTuple):
    """A SIP message as it came: its headers in order, and its body."""

    headers: tuple[tuple[str, str], ...]
    body: str
    method: str = ""  # "" for a response

    def all(self, name: str) -> list[str]:
        """Every value of a header, those that share a line taken apart; names are matched without case."""
        names = {name.lower(), _COMPACT.get(name.lower(), name.lower())}
        return [value for key, line in self.headers if key in names for value in _split(line)]

    def first(self, name: str) -> str:
        """The first value of a header, "" when it is missing."""
        return next(iter(self.all(name)), "")


def message(text: str) -> Message:
    """Take a SIP message apart; what is no header line is left out."""
    head, _, body = text.partition("\r\n\r\n")
    start, *lines = re.split(r"\r?\n", _FOLD.sub(" ", head))
    method = "" if start.startswith("SIP/") else start.partition(" ")[0]
    pairs = (line.partition(":") for line in lines)
    headers = tuple((key.strip().lower(), value.strip()) for key, colon, value in pairs if colon)
    return Message(headers, body, method)


def party(name_addr: str, display: str = "") -> Party:
    """Return the number and name of a name-addr or a bare URI, such as `"Ann" <sip:1001@host>`.

    `display` is a name that was told apart from it. What exchanges write where they know nothing
    ("Unknown", "unavailable") is neither number nor name.
    """
    match = _NAME_ADDR.match(name_addr)
    name = display.strip() or (_unquoted(match["name"].strip()) if match else "")
    uri = match["uri"] if match else name_addr
    return Party(number_of(uri), "" if name.lower() in _NOT_KNOWN else name)


def number_of(uri: str) -> str:
    """Return the user part of a sip or tel URI, unescaped and without parameters.

    "" where that is no number: where the caller withholds it, or the exchange does not know it.
    """
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return ""
    rest = uri[scheme.end() :].strip()
    if scheme[1].lower() == "tel":
        return unquote(rest.partition(";")[0]).translate(_SEPARATORS)
    user, at, _ = rest.rpartition("@")
    number = unquote(user.partition(";")[0].partition(":")[0]) if at else ""
    return "" if number.lower() in _WITHHELD | _NOT_KNOWN else number


def remote_party(request: Message) -> Party:
    """Return who sent a request.

    What the exchange asserts (P-Asserted-Identity, RFC 3325, then the older Remote-Party-ID) counts more
    than what the caller says (From). P-Preferred-Identity is for a telephone to say to its exchange and
    proves nothing here. Whoever asks for privacy, by Privacy (RFC 3323), Remote-Party-ID's own parameter or
    an anonymous From that nobody knows better, is withheld.
    """
    if _wants_privacy(request):
        return Party(withheld=True)
    asserted = asserted_party(request)
    if asserted is not None:
        return asserted
    sender = request.first("from")
    return Party(withheld=True) if _is_anonymous(sender) else party(sender)


def asserted_party(any_message: Message) -> Party | None:
    """Return whom the exchange asserts to be at the other end; None when it does not tell, or must not.

    A tel URI may stand beside the URI with the name.
    """
    if _wants_privacy(any_message):
        return None
    parties = [party(value) for value in any_message.all("p-asserted-identity")]
    known = [found for found in parties if found != NOBODY] or [
        found for value in _remote_party_ids(any_message) if (found := party(value)) != NOBODY
    ]
    if not known:
        return None
    number = next((found.number for found in known if found.number), "")
    return Party(number, next((found.name for found in known if found.name), ""))


def connected_party(any_message: Message, remote_uri: str) -> Party | None:
    """Return who is at the other end of a dialog now, where a message in it tells (RFC 4916), else None.

    Without an assertion that is a request's From, when it differs from the number in `remote_uri`, which
    the dialog began with: an unchanged From says nothing new.
    """
    asserted = asserted_party(any_message)
    if asserted is not None or not any_message.method or _wants_privacy(any_message):
        return asserted
    sender = party(any_message.first("from"))
    return sender if sender.number and sender.number != number_of(_uri(remote_uri)) else None


def diversions(request: Message) -> list[Party]:
    """Return whom a call was for before it was diverted to us, in the order they were called.

    Diversion (RFC 5806) bears the latest first; of History-Info (RFC 7044) the last entry is ourselves.
    """
    values = reversed(request.all("diversion"))
    found = [Party(withheld=True) if _PRIVATE.search(value) else party(value) for value in values]
    history = [party(value) for value in request.all("history-info")]
    earlier = [entry for entry in history[:-1] if entry.number != history[-1].number]
    return [one for one in found if one != NOBODY] or [one for one in earlier if one != NOBODY]


def called_number(request: Message) -> str:
    """Return the number that the caller dialled: before any diversion, where the exchange tells."""
    first = next(iter(diversions(request)), NOBODY).number
    history = number_of(_uri(request.first("history-info")))
    return first or history or number_of(_uri(request.first("to")))


def is_completed_elsewhere(any_message: Message) -> bool:
    """Whether a CANCEL or BYE says that somebody else took the call (RFC 3326; Q.850 cause 26)."""
    return _reasons(any_message) & {("sip", 200), ("q.850", 26)} != set()


def is_cleared_normally(any_message: Message) -> bool:
    """Whether a message says that nothing was wrong with the call that it ends (Q.850 cause 16)."""
    return ("q.850", 16) in _reasons(any_message)


def _reasons(any_message: Message) -> set[tuple[str, int]]:
    found = (_REASON.match(value) for value in any_message.all("reason"))
    return {(match[1].lower(), int(match[2])) for match in found if match}


def _wants_privacy(any_message: Message) -> bool:
    wishes = {wish.strip().lower() for value in any_message.all("privacy") for wish in value.split(";")}
    return bool(wishes & _PRIVACY) or any(_PRIVATE.search(value) for value in _remote_party_ids(any_message))


def _remote_party_ids(any_message: Message) -> list[str]:
    """The Remote-Party-ID values that speak of the other end, not of the number that was called first."""
    values = any_message.all("remote-party-id")
    return [value for value in values if "party=redirect" not in value.lower()]


def _is_anonymous(name_addr: str) -> bool:
    user, _, host = _SCHEME.sub("", _uri(name_addr)).rpartition("@")
    return user.partition(":")[0].lower() in _WITHHELD or host.partition(";")[0].lower() == _NOWHERE


def _uri(name_addr: str) -> str:
    match = _NAME_ADDR.match(name_addr)
    return match["uri"] if match else name_addr


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1], flags=re.DOTALL).strip()
    return name


def _split(line: str) -> list[str]:
    """Split a header line at the commas that stand outside quotes and angle brackets."""
    values = [""]
    for piece in re.split(_COMMA, line):
        if piece == ",":
            values.append("")
        else:
            values[-1] += piece
    return [value.strip() for value in values if value.strip()]
