"""Delimited text: what RFC 4180 says, and what spreadsheets make of it.

Cells that a spreadsheet would take for a formula are written with an apostrophe before them, as OWASP
advises ("CSV Injection"): those that begin with = + - @, tab, CR, LF, or their wide forms. So are those that
begin with apostrophes and then one of these: reading takes one apostrophe off what looks like that, and finds
exactly what was written. A number with a plus before it is a formula, too: with the apostrophe a spreadsheet
keeps its plus. A quotation mark that is never closed costs the record it is in, not the rest of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from appliance.csv_cells import FORMULA
from appliance.directory.formats.items import MAX_ROWS, Fault, FormatError, tidy
from appliance.directory.formats.text import encoding_of, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from appliance.directory.formats.text import Line

MAX_LINE = 1024 * 1024  # characters
MAX_RECORD_LINES = 20_000
MAX_COLUMNS = 10_000
MAX_ENDLESS = 100  # quotation marks that are never closed
DELIMITERS = ",;\t"
LOST_PLUS = 11  # digits: national numbers that begin like the country's code are shorter

_WRAPPED = re.compile('="(.*)"', re.DOTALL)  # Excel's way to keep the zeros of a number
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)

csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True, slots=True)
class Table:
    """The columns' names, the line they are in, and the records below."""

    line: int
    columns: list[str]
    records: Iterator[tuple[int, list[str]] | Fault]


def table(stream: BinaryIO, encoding: str, known: Callable[[Sequence[str]], int]) -> Table:
    """Read a delimited file; `known` counts the names among some that are columns of this format.

    The delimiter is the one that most of the known names are found with. FormatError when there are none.
    """
    feed = lines(stream, encoding_of(stream, encoding), MAX_LINE)
    head = next((line for line in feed if line.text.strip()), None)
    delimiters = DELIMITERS
    if head and (said := re.fullmatch("sep=(.)", head.text.strip("\ufeff\r\n"), re.IGNORECASE)):
        delimiters, head = said[1], next(feed, None)  # what Excel is told the delimiter by
    if head is None:
        raise FormatError("the file is empty")
    if head.fault:
        raise FormatError(f"line {head.number}: {head.fault}")
    ways = {delimiter: _columns(head.text, delimiter) for delimiter in delimiters}
    delimiter = max(ways, key=lambda one: known(ways[one]))
    if not known(ways[delimiter]):
        shown = head.text.strip()[:60]
        raise FormatError(f"line {head.number} names no column that is known here: {shown!r}")
    return Table(head.number, ways[delimiter], _Records(feed, delimiter, len(ways[delimiter])).read())


def cell(text: str) -> str:
    """Return what a cell means: without what keeps a spreadsheet from taking it for something else."""
    if text and text[0] in "'=":
        if wrapped := _WRAPPED.fullmatch(text):
            return tidy(wrapped[1].replace('""', '"'))
        if text[0] == "'" and FORMULA.match(text):
            text = text[1:]
    return tidy(text)


def spoiled(number: str) -> str:
    """Return what a spreadsheet has done to a number that cannot be taken back, "" for nothing."""
    if _SCIENTIFIC.fullmatch(number):
        return (
            f"{number} is what a spreadsheet made of a long number: give the column the format Text there,"
            " and enter the number again"
        )
    return ""


def lost_plus(number: str, country_code: str) -> bool:
    """Return whether this seems to be an international number without its plus, as spreadsheets leave it.

    `country_code` is the one of numbers here ("39"), "" where that is not known. In North America it is the
    prefix of long-distance calls too.
    """
    return (
        country_code not in ("", "1")
        and number.startswith(country_code)
        and number.isdecimal()
        and len(number) >= LOST_PLUS
    )


def writer(stream: BinaryIO) -> tuple[Callable[[Iterable[str]], object], Callable[[], object]]:
    """Return what writes a row, and what has to be called after the last one.

    Comma, CR LF, and UTF-8 with the mark that makes Excel read it as that.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    return csv.writer(text).writerow, text.detach


def _columns(head: str, delimiter: str) -> list[str]:
    if head.count(delimiter) >= MAX_COLUMNS:
        raise FormatError(f"the first line names more than {MAX_COLUMNS} columns")
    return [cell(name.removeprefix("\ufeff")) for name in next(csv.reader([head], delimiter=delimiter))]


class _Endless(Exception):
    """A record that does not end."""


class _Records:
    """Reads records, and after a faulty one the line that follows."""

    def __init__(self, feed: Iterator[Line], delimiter: str, columns: int) -> None:
        self._feed, self._delimiter, self._columns = feed, delimiter, columns
        self._again: deque[Line] = deque()  # lines to be read a second time
        self._taken: list[Line] = []  # by the record that is being read
        self._length = 0

    def read(self) -> Iterator[tuple[int, list[str]] | Fault]:
        """Yield the cells of each record with the line that it begins at, or what is wrong with it."""
        rows = endless = 0
        reader = self._reader()
        while True:
            self._taken, self._length = [], 0
            try:
                cells = next(reader)
                found = self._checked(cells)
            except StopIteration:
                return
            except (csv.Error, _Endless) as error:
                if len(self._taken) > 1:
                    endless += 1
                    self._again.extendleft(reversed(self._taken[1:]))
                found = Fault(self._taken[0].number, self._reason(error))
                reader = self._reader()
            if found is None:
                continue
            rows += 1
            if rows > MAX_ROWS or endless > MAX_ENDLESS:
                what = f"{MAX_ROWS} rows" if rows > MAX_ROWS else f"{MAX_ENDLESS} quotation marks left open"
                raise FormatError(f"line {self._taken[0].number}: the file has more than {what}")
            yield found

    def _checked(self, cells: list[str]) -> tuple[int, list[str]] | Fault | None:
        """Return a record, its fault, or None when it is empty."""
        for line in self._taken:
            if line.fault:
                return Fault(line.number, line.fault)
        if not any(cells):
            return None
        if len(cells) > self._columns and any(cells[self._columns :]):
            return Fault(
                self._taken[0].number,
                f"it has {len(cells)} cells, but there are {self._columns} columns:"
                " is there a delimiter in a text without quotation marks?",
            )
        return self._taken[0].number, cells

    def _reason(self, error: Exception) -> str:
        fault = next((line.fault for line in self._taken if line.fault), "")
        if fault:
            return fault
        if isinstance(error, _Endless) or "unexpected end" in str(error):
            return "a quotation mark is opened and never closed"
        return f"it cannot be read: {error}"

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else next(self._feed, None):
            self._taken.append(line)
            self._length += len(line.text)
            if len(self._taken) > 1 and (self._length > MAX_LINE or len(self._taken) > MAX_RECORD_LINES):
                raise _Endless
            if line.text.count(self._delimiter) >= MAX_COLUMNS:
                line = line._replace(text="\n", fault=f"the line has more than {MAX_COLUMNS} cells")
                self._taken[-1] = line
            yield line.text
