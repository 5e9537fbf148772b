"""Bodies of several parts (RFC 2046, 2387), as SIP carries them. Pure, and lenient on purpose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_HEADER = re.compile(r"^([!-9;-~]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_FOLD = re.compile(r"\r?\n[ \t]+")
_AFTER = ("", " ", "\t", "\r", "\n")
_EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n")


class MediaType(NamedTuple):
    """What a Content-Type says: type and subtype in lower case, and its parameters."""

    name: str
    parameters: dict[str, str]

    @property
    def is_multipart(self) -> bool:
        """Whether the body has parts."""
        return self.name.startswith("multipart/")


class Part(NamedTuple):
    """One part of a body; `id` is its Content-ID without the angle brackets."""

    content_type: str
    id: str
    body: str


def media_type(content_type: str) -> MediaType:
    """Take a Content-Type apart."""
    name, _, _ = content_type.partition(";")
    found = ((key.lower(), _unquoted(value)) for key, value in _PARAMETER.findall(content_type))
    return MediaType(name.strip().lower(), dict(found))


def parts(content_type: str, body: str) -> list[Part]:
    """Split a body at its boundary; a body without parts is one part by itself.

    Missing are forgiven: the parameter `boundary`, when the body shows what it is, and the last boundary.
    """
    kind = media_type(content_type)
    if not kind.is_multipart:
        return [Part(content_type, "", body)]
    boundary = kind.parameters.get("boundary", "")
    if not boundary:
        shown = re.search(r"^--(\S+)[ \t]*\r?$", body, re.MULTILINE)
        boundary = shown[1] if shown else ""
    return [_part(piece) for piece in _between(body, "--" + boundary)] if boundary else []


def content_id(reference: str) -> str:
    """Return the Content-ID that a reference means: "<a@b>", "cid:a@b" and "a@b" are the same."""
    return reference.strip().removeprefix("cid:").removeprefix("<").removesuffix(">").strip()


def _between(body: str, delimiter: str) -> Iterator[str]:
    """What stands between delimiters at the start of a line, up to the last, which two hyphens follow.

    Exchanges take another boundary each time: for a regular expression, compiling it costs more than this.
    """
    begun = -1
    at = body.find(delimiter)
    while at >= 0:
        end = at + len(delimiter)
        last = body.startswith("--", end)
        if (at == 0 or body[at - 1] == "\n") and (last or body[end : end + 1] in _AFTER):
            if begun >= 0:
                yield body[begun:at].removesuffix("\n").removesuffix("\r")
            if last:
                return
            begun = end
        at = body.find(delimiter, end)
    if begun >= 0:
        yield body[begun:]


def _part(piece: str) -> Part:
    """A part without headers begins with an empty line; one without an empty line is headers only."""
    empty = _EMPTY_LINE.search(piece)
    head, body = (piece[: empty.start()], piece[empty.end() :]) if empty else (piece, "")
    headers = {key.lower(): value for key, value in _HEADER.findall(_FOLD.sub(" ", head).replace("\r", ""))}
    return Part(headers.get("content-type", "text/plain"), content_id(headers.get("content-id", "")), body)


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value
