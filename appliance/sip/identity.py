"""Who is at the other end: read from SIP headers (RFC 3261, 3325, 5806, 7044). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from appliance.desk.state import NOBODY, Party

_FOLD = re.compile(r"\r?\n[ \t]+")
_COMPACT = {"from": "f", "to": "t"}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME_ADDR = re.compile(rf"\s*(?P<name>{_QUOTED}|[^<\"]*)\s*<(?P<uri>[^>]*)>", re.DOTALL)
_COMMA = re.compile(rf"({_QUOTED}|<[^>]*>|[^,])")
_SCHEME = re.compile(r"\s*(sips?|tel):", re.IGNORECASE)
_SEPARATORS = str.maketrans("", "", "-.() ")


class Message(NamedTuple):
    """A SIP message as it came: its headers in order, and its body."""

    headers: tuple[tuple[str, str], ...]
    body: str

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
    lines = _FOLD.sub(" ", head).splitlines()[1:]
    pairs = (line.partition(":") for line in lines)
    return Message(tuple((key.strip().lower(), value.strip()) for key, colon, value in pairs if colon), body)


def party(name_addr: str, display: str = "") -> Party:
    """Return the number and name of a name-addr or a bare URI, such as `"Ann" <sip:1001@host>`."""
    match = _NAME_ADDR.match(name_addr)
    if match is None:
        return Party(number_of(name_addr), display.strip())
    return Party(number_of(match["uri"]), display.strip() or _unquoted(match["name"].strip()))


def number_of(uri: str) -> str:
    """Return the user part of a sip or tel URI, unescaped and without parameters; "" for anonymous ones."""
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return ""
    rest = uri[scheme.end() :].strip()
    if scheme[1].lower() == "tel":
        return unquote(rest.partition(";")[0]).translate(_SEPARATORS)
    user, at, _ = rest.rpartition("@")
    number = unquote(user.partition(";")[0].partition(":")[0]) if at else ""
    return "" if number.lower() == "anonymous" else number


def remote_party(request: Message) -> Party:
    """Return who sent a request: what the exchange asserts (RFC 3325) over what the caller says."""
    return asserted_party(request) or party(request.first("from"))


def asserted_party(any_message: Message) -> Party | None:
    """Return whom P-Asserted-Identity names; None without one, or when that party wants privacy (RFC 3325).

    A tel URI may stand beside the URI with the name.
    """
    wishes = {wish.strip().lower() for value in any_message.all("privacy") for wish in value.split(";")}
    if "id" in wishes:
        return None
    parties = [party(value) for value in any_message.all("p-asserted-identity")]
    known = [found for found in parties if found != NOBODY]
    if not known:
        return None
    number = next((found.number for found in known if found.number), "")
    return Party(number, next((found.name for found in known if found.name), ""))


def called_number(request: Message) -> str:
    """Return the number that the caller dialled: before any diversion, where the exchange tells."""
    diversions = request.all("diversion")
    original = diversions[-1] if diversions else request.first("history-info")
    return number_of(_uri(original)) or number_of(_uri(request.first("to")))


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
