"""The text of a file: its encoding found out, its lines read one by one in bounded memory.

A file is UTF-16 when it says so by its byte order mark, or every second byte of its beginning is 0; UTF-8
when it has that mark, or most of what is not ASCII in it is well-formed UTF-8; else of one of Windows' code
pages, 1252 unless charset-normalizer finds another language's in enough of it.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from appliance.directory.formats.items import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 80 * 1024 * 1024
"""The largest file that is read."""

SAMPLE = 64 * 1024  # bytes that are looked at closely
TELLING = 8  # bytes beyond ASCII from which on a language can be told
CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254")

NO_TEXT = {
    b"PK\x03\x04": "a zip archive or a spreadsheet (.xlsx, .ods)",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls)",
    b"%PDF": "a PDF",
}
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

_MISFIT = 0xDC00  # a byte that does not fit becomes the character 0xDC00 + byte, which no text holds
_MISFITS = re.compile("[\ud800-\udfff]")


class Line(NamedTuple):
    """One line with its end; `fault` says what is wrong with it, "" when nothing is."""

    number: int
    text: str
    fault: str


def encoding_of(stream: BinaryIO, said: str = "") -> str:
    """Return the name of a seekable file's encoding, or the one that is said to be it.

    FormatError: the file is too large or no text, or there is no such encoding.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > MAX_BYTES:
        raise FormatError(
            f"the file has {size / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f}: split it in smaller ones"
        )
    sample = stream.read(SAMPLE)
    for magic, what in NO_TEXT.items():
        if sample.startswith(magic):
            raise FormatError(f"the file is {what}: save it as CSV, or unpack it")
    if said:
        try:
            b"text".decode(said, "replace")
        except LookupError:
            raise FormatError(f"there is no encoding {said!r}: utf-8, utf-16 and cp1252 are some") from None
        return said
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name
    if wide := _wide(sample):
        return wide
    return _narrow(stream)


def lines(stream: BinaryIO, encoding: str, longest: int) -> Iterator[Line]:
    """Read a file from its beginning; of a line of more than `longest` characters comes only the fault."""
    stream.seek(0)
    reader = io.TextIOWrapper(stream, encoding, errors="deskbell.misfit", newline="")
    try:
        number = 0
        while text := reader.readline(longest):
            number += 1
            fault = ""
            if len(text) >= longest and text[-1] not in "\r\n":
                while (rest := reader.readline(longest)) and rest[-1] not in "\r\n":
                    pass
                text, fault = "\n", f"the line is longer than {longest} characters"
            elif "\0" in text:
                fault = "it holds a NUL byte: this is no text"
            elif not text.isascii() and (misfit := _MISFITS.search(text)):
                fault = f"the byte {ord(misfit[0]) - _MISFIT:#04x} does not fit the encoding {encoding}"
            yield Line(number, text, fault)
    except UnicodeError as error:
        raise FormatError(f"the file is not {encoding}: {error}") from error
    finally:
        if not stream.closed:
            reader.detach()


def _wide(sample: bytes) -> str:
    """Return which UTF-16 this is, "" for none: western text has a 0 in every second byte."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 10 > len(sample) and max(even, odd) > 20 * min(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    return ""


def _narrow(stream: BinaryIO) -> str:
    """Return utf-8 or a code page; reads all of the file, and keeps of it the lines beyond ASCII."""
    stream.seek(0)
    good = bad = 0
    beyond = b""
    for chunk in iter(lambda: stream.read(SAMPLE) + stream.readline(SAMPLE), b""):
        if chunk.isascii():
            continue
        text = chunk.decode("utf-8", "replace")
        bad += text.count("\ufffd")
        good += len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
        if len(beyond) < SAMPLE:
            beyond += b"".join(line for line in chunk.splitlines(keepends=True) if not line.isascii())
    return "utf-8" if good >= 4 * bad else _code_page(beyond[:SAMPLE])


def _code_page(sample: bytes) -> str:
    if sum(byte > 127 for byte in sample) < TELLING:
        return "cp1252"
    from charset_normalizer import from_bytes

    found = {match.encoding: match.coherence for match in from_bytes(sample, cp_isolation=list(CODE_PAGES))}
    return max(CODE_PAGES, key=lambda name: found.get(name, -1.0))


def _misfit(error: UnicodeError) -> tuple[str, int]:
    """Mark each byte that does not fit, and go on after it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(_MISFIT + byte) for byte in wrong), error.end


codecs.register_error("deskbell.misfit", _misfit)
