"""What came from the wire, as text that can be shown, stored and sent on. Pure."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar

from appliance.desk.state import Party

NAME_LENGTH = 80
"""Letters of a name or number that are kept: no page and no display has room for more."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_STRAY = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # halves that stand for no byte
T = TypeVar("T")


def readable(value: T) -> T:
    """Return the same event or other value, with every text in it readable: of whole letters, none of them
    a control character or one that turns the direction of what stands behind it.

    What is not UTF-8 comes from pjsua2 as halves of surrogate pairs, and is most likely an old exchange's
    Windows-1252.
    """
    if isinstance(value, str) and not isinstance(value, Enum):
        return _text(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(readable, value))  # type: ignore[return-value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    texts = {field.name: readable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Party):
        texts = {name: text[:NAME_LENGTH] if isinstance(text, str) else text for name, text in texts.items()}
    return replace(value, **texts)


def _text(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            sent = _STRAY.sub("?", text).encode("utf-8", "surrogateescape")
            text = sent.decode("cp1252", "replace")
    return _CONTROLS.sub(" ", text)
