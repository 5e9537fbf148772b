"""Which of the formats a file is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from appliance.directory.formats import outlook, own, vcard
from appliance.directory.formats.table import MAX_LINE, table
from appliance.directory.formats.text import encoding_of, lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

FORMATS: dict[str, ModuleType] = {"csv": own, "outlook": outlook, "vcard": vcard}


def detect(stream: BinaryIO, encoding: str) -> str:
    """Return the format of a seekable file; FormatError when it is of none."""
    for line in lines(stream, encoding_of(stream, encoding), MAX_LINE):
        if word := line.text.strip("\ufeff \t\r\n"):
            if word.upper() == "BEGIN:VCARD":
                return "vcard"
            break
    columns = table(stream, encoding, _known).columns
    return "outlook" if outlook.known(columns) > own.known(columns) else "csv"


def _known(columns: Sequence[str]) -> int:
    return max(outlook.known(columns), own.known(columns))
