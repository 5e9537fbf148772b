"""Takes out of texts what must not leave the box: secrets always, numbers and names where that is chosen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECRET = "(secret)"  # noqa: S105 - what stands in its place
SHORTEST = 4
"""Letters of a secret that is looked for by itself; a shorter one would be found in every other word."""
CLEAR = 6
"""Digits of a number that can be nothing else."""

_PATTERNS = [
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE | re.DOTALL), instead)
    for pattern, instead in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", SECRET),
        (r"^((?:Proxy-)?Auth(?:orization|entication-Info)[ \t]*:[ \t]*\w*)[^\r\n]*", rf"\1 {SECRET}"),
        (r"\b(Bearer|Basic|Digest)[ \t]+[\w+/=.~-]{8,}", rf"\1 {SECRET}"),
        (r"\b((?:nonce|cnonce|response|opaque)=)\"[^\"]*\"", rf"\1{SECRET}"),
        (r"\binline:[\w+/=|:]+", f"inline:{SECRET}"),
        (r"\$argon2\w*\$[^\s\"']+", SECRET),
        (r"\beyJ[\w-]+\.[\w-]+\.[\w-]*", SECRET),
        (r"(\w://[^\s/:@\"']*:)[^\s/@\"']+(?=@)", rf"\1{SECRET}"),
        (r"(\bsips?:[^\s@:;>\"']*:)[^\s@>\"']+(?=@)", rf"\1{SECRET}"),
        (
            r"(\b[\w-]*(?:password|passwd|passphrase|secret|token|cookie|session(?!.expires))[\w-]*[\"']?"
            r"[ \t]*[=:][ \t]*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;)}\]\"']+)",
            rf"\1{SECRET}",
        ),
        (r"(\bSignal[ \t]*=[ \t]*)[0-9A-D*#]+", rf"\1{SECRET}"),
        (r"(\bDTMF(?: digits?)?(?: id)?:? )[0-9A-D*#,w]+(?![^\s,.])", rf"\1{SECRET}"),
    )
]

_NUMBERS = re.compile(
    r"(?:\bsips?:|\btel:|%3Csip%3A)(?P<uri>[^@;>\s:\"']+)(?=@|;|>|\s|\"|$)"
    r"|\b(?:number|called|user|extension|target|origin|dialog id)\"?(?:=|: ?)"
    r"(?P<q>[\"'])(?P<member>[^\"'\n]{2,})(?P=q)",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:\bname|display_name|display)\"?(?:=|: ?)(?P<q>[\"'])(?P<member>[^\"'\n]{2,})(?P=q)"
    r"|^(?:From|To|f|t|Contact|P-Asserted-Identity|Remote-Party-ID|Diversion|Referred-By)[ \t]*:[ \t]*"
    r"(?:\"(?P<quoted>(?:[^\"\\\n]|\\.)+)\"|(?P<token>[^<\"\n:;]+?))[ \t]*<"
    r"|<(?:\w+:)?(?:display-name|note)[^>]*>(?P<element>[^<]+)<",
    re.IGNORECASE | re.MULTILINE,
)
_DIGITS = re.compile(r"(?<![\w.:/=-])\+?\d[\d /()-]{4,}\d(?![\w.:-])")


class Redaction:
    """Replaces texts. `secrets` are values that are known to be secret, in whatever form they are found."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Numbers and names stay, until they are made known."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        self._secrets = re.compile(_either(forms)) if forms else None
        self._instead: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._known: dict[bool, re.Pattern[str] | None] = {}

    def know_numbers(self, numbers: Iterable[str], key: Callable[[str], str] = lambda number: number) -> None:
        """Have these numbers replaced; those with the same `key` are the same number."""
        self._know("number", numbers, lambda number: key(number) or number)

    def know_names(self, names: Iterable[str]) -> None:
        """Have these names replaced."""
        self._know("name", names, str.casefold)

    def learn(self, text: str, key: Callable[[str], str] = lambda number: number) -> None:
        """Have all numbers and names replaced that a log or SIP messages tell of."""
        self.know_numbers((found["uri"] or found["member"] for found in _NUMBERS.finditer(text)), key)
        self.know_names(
            found["member"] or found["quoted"] or found["token"] or found["element"]
            for found in _NAMES.finditer(text)
        )
        self.know_numbers((found[0] for found in _DIGITS.finditer(text)), key)

    def text(self, text: str, sip: bool = False) -> str:
        """Return a text without what must not leave the box; in `sip`, a 200 may be an answer."""
        if self._secrets:
            text = self._secrets.sub(SECRET, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        if not self._instead:
            return text
        if sip not in self._known:
            self._known[sip] = self._pattern(sip)
        text = _NUMBERS.sub(self._in_its_place, text)
        known = self._known[sip]
        return known.sub(lambda found: self._instead[found[0]], text) if known else text

    def data(self, data: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return plain data, each text in it without what must not leave the box."""
        if isinstance(data, str):
            return self._instead.get(data) or self.text(data)
        if isinstance(data, dict):
            return {self.data(str(name)): self.data(value) for name, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(value) for value in data]
        return data

    def _know(self, kind: str, texts: Iterable[str], key: Callable[[str], str]) -> None:
        for text in texts:
            text = (text or "").strip()
            if len(text) < 2 or text in self._instead:
                continue
            same = f"{kind} {key(text)}"
            if same not in self._counts:
                self._counts[same] = sum(known.startswith(kind) for known in self._counts) + 1
            self._instead[text] = f"{kind}-{self._counts[same]}"
            self._known.clear()

    def _pattern(self, sip: bool) -> re.Pattern[str] | None:
        """Return what finds names and numbers, no parts of words; a short one might be a port, an answer."""
        clear, short = [], []
        for text, instead in self._instead.items():
            digits = sum(map(str.isdigit, text))
            if instead.startswith("name") or digits >= CLEAR:
                clear.append(text)
            elif digits and not sip:
                short.append(text)
        parts = [r"(?<!\w)" + _either(clear)] if clear else []
        parts += [r"(?<![\w.:=/-])" + _either(short)] if short else []
        return re.compile(rf"(?:{'|'.join(parts)})(?!\w)") if parts else None

    def _in_its_place(self, found: re.Match[str]) -> str:
        """Return what names a number, with what stands for that."""
        number = found["uri"] or found["member"]
        return found[0].replace(number, self._instead.get(number, number))


def _forms(secret: str) -> set[str]:
    """Return a secret as it may stand in a text: as it is, in a URL, in JSON, as Python shows it."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def _either(texts: Iterable[str]) -> str:
    """Return a pattern that finds each of these texts, the longest first."""
    return f"(?:{'|'.join(map(re.escape, sorted(texts, key=len, reverse=True)))})"
