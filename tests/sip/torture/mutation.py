"""Messages that real exchanges sent, and ours, with random damage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sip.torture.messages import CASES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.sip.torture.messages import Sender

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples"
"""Captures of real calls, beside the checkout where there are any; they are not part of it."""

_NASTY = (
    b"\0", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n ", b'"', b"<", b">", b"<<", b";", b";;", b",", b":",
    b"@", b"=", b"%", b"%00", b"%s%n", b"\\", b"\xff", b"\xc0\x80", b"\xef\xbf\xbe", b"\x1b", b"[", b"[::",
    b"(", b"*", b";tag=", b";lr", b"?", b"//", b"&", b" ", b"\t", b"SIP/2.0", b"sip:", b"tel:", b"urn:",
    b"z9hG4bK", b"<!--", b"<![CDATA[", b"&x;", b"a=", b"m=audio", b"c=IN IP4 255.255.255.255",
    b"c=IN IP6 ::1",
)  # fmt: skip
_NUMBERS = (
    b"0", b"-1", b"1", b"255", b"256", b"65535", b"65536", b"2147483647", b"2147483648", b"4294967295",
    b"4294967296", b"18446744073709551616", b"9" * 400, b"1e9", b"0x10", b"",
)  # fmt: skip
_LENGTHS = (2, 20, 130, 300, 1000, 5000)
_TARGET = re.compile(rb"^([A-Z]+) (sips?|tel):\S+ SIP/2\.0")
_VIA = re.compile(rb"^(?:Via|v)\s*:[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_CALL_ID = re.compile(rb"^(?:Call-ID|i)\s*:[^\r\n]*", re.IGNORECASE | re.MULTILINE)


def samples() -> list[bytes]:
    """Every message of the captures."""
    messages: list[bytes] = []
    for file in sorted(SAMPLES.glob("*.txt")):
        if ".body." not in file.name:
            pieces = re.split(rb"^########[^\n]*\n", file.read_bytes(), flags=re.MULTILINE)
            messages += [re.sub(rb"\r?\n", b"\r\n", piece) for piece in pieces if b"SIP/2.0" in piece[:500]]
    return messages


def ours(sender: Sender) -> list[bytes]:
    """The torture messages."""
    return [case.build(sender.again()) for case in CASES]


def addressed(message: bytes, sender: Sender) -> bytes:
    """The same message, new, from here to the desk: so that it gets further than to the first check."""
    message = _TARGET.sub(rb"\1 " + sender.uri.encode() + b" SIP/2.0", message, count=1)
    message = _VIA.sub(b"Via: " + sender.via.encode(), message, count=1)
    return _CALL_ID.sub(b"Call-ID: " + sender.token.encode() + b"@fuzz", message, count=1)


def damaged(message: bytes, other: bytes, dice: random.Random) -> bytes:
    """The message with one to five things wrong; `other` is one to take pieces of."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 5))):
        message = dice.choice(_WAYS)(message, other, dice)
    return message[:60_000]


def _cut(message: bytes, dice: random.Random) -> tuple[bytes, bytes, bytes]:
    """The message in three pieces, the middle one mostly short."""
    start = dice.randrange(len(message) + 1)
    end = min(len(message), start + dice.choice((1, 2, 4, 10, 50, 400)))
    return message[:start], message[start:end], message[end:]


def _flip(message: bytes, _other: bytes, dice: random.Random) -> bytes:
    before, piece, after = _cut(message, dice)
    return before + bytes(byte ^ (1 << dice.randrange(8)) for byte in piece[:4]) + piece[4:] + after


def _drop(message: bytes, _other: bytes, dice: random.Random) -> bytes:
    before, _, after = _cut(message, dice)
    return before + after


def _insert(message: bytes, _other: bytes, dice: random.Random) -> bytes:
    before, piece, after = _cut(message, dice)
    return before + dice.choice(_NASTY) + piece + after


def _stretch(message: bytes, _other: bytes, dice: random.Random) -> bytes:
    before, piece, after = _cut(message, dice)
    return before + piece * (dice.choice(_LENGTHS) // max(1, len(piece)) + 1) + after


def _splice(message: bytes, other: bytes, dice: random.Random) -> bytes:
    return _cut(message, dice)[0] + b"".join(_cut(other, dice)[1:])


def _number(message: bytes, _other: bytes, dice: random.Random) -> bytes:
    found = list(re.finditer(rb"\d+", message))
    if not found:
        return message
    chosen = dice.choice(found)
    return message[: chosen.start()] + dice.choice(_NUMBERS) + message[chosen.end() :]


def _lines(message: bytes, other: bytes, dice: random.Random) -> bytes:
    lines = message.split(b"\r\n")
    place = dice.randrange(len(lines))
    match dice.randrange(4):
        case 0:
            lines.insert(place, lines[place])
        case 1:
            lines.pop(place)
        case 2:
            lines.insert(place, dice.choice(other.split(b"\r\n")))
        case _:
            lines[place] = lines[place].partition(b":")[0] + b": " + dice.choice(_NASTY)
    return b"\r\n".join(lines)


_WAYS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _flip,
    _drop,
    _insert,
    _stretch,
    _splice,
    _number,
    _lines,
    _lines,
)
