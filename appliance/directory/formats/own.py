"""Our own CSV: every field of a person, and as many numbers as the one with the most has.

The columns may stand in any order and be left out. A number has five: "number 1", "number 1 type", "number 1
speed dial", "number 1 default", "number 1 monitored". Categories are separated by semicolons.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from appliance.csv_cells import defused
from appliance.directory.formats.items import Fault, Notice, row
from appliance.directory.formats.table import cell, lost_plus, spoiled, table, writer
from appliance.directory.person import Number, Person, Picture
from appliance.directory.pictures import Album, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.directory.formats.items import Item

TEXT_COLUMNS = {
    "last name": "last",
    "first name": "first",
    "company": "company",
    "department": "department",
    "office": "office",
    "title": "title",
    "notes": "notes",
    "external id": "external_id",
    "e-mail": "email",
    "web": "web",
    "xmpp": "xmpp",
    "calendar": "calendar",
    "owner": "owner",
}
FLAGS = ("favourite", "disabled")
OTHERS = ("categories", "picture")
NUMBER = ("", "type", "speed dial", "default", "monitored")
SAMPLE = (
    Person(
        last="Rossi",
        first="Anna",
        company="Acme S.p.A.",
        department="Sales",
        office="Milan",
        title="Head of sales",
        notes="speaks English and German",
        external_id="E-1001",
        email="anna.rossi@example.com",
        web="https://example.com",
        xmpp="anna@example.com",
        categories=("Customers", "Milan"),
        favourite=True,
        numbers=(
            Number("+39 02 5550 1234", "work", default=True),
            Number("+39 333 555 0123", "mobile", speed_dial="5"),
            Number("201", "extension", monitored=True),
        ),
    ),
    Person(company="Porter's lodge", numbers=(Number("9", "extension"),)),
)

YES = {"yes", "y", "true", "1", "x", "sì", "si", "s", "vero"}
NO = {"", "no", "n", "false", "0", "falso"}

_NUMBER_COLUMN = re.compile(r"number ([1-9][0-9]?)(?: (type|speed dial|default|monitored))?")
_DATA = re.compile("data:[a-z]+/[a-z.+-]+;base64,", re.IGNORECASE)
_SEPARATOR = re.compile(r"(?<!\\)((?:\\\\)*);")


def known(columns: Sequence[str]) -> int:
    """Return how many of the names are columns of ours."""
    return sum(_is_known(name.casefold()) for name in columns)


def read(stream: BinaryIO, encoding: str = "", country_code: str = "") -> Iterator[Item]:
    """Yield the people of a CSV of ours; "" lets the encoding be found out."""
    found = table(stream, encoding, known)
    names = [name.casefold() for name in found.columns]
    for name in found.columns:
        if name and not _is_known(name.casefold()):
            yield Notice(found.line, f"the column {name!r} is not known here and left out")
    reader = Reader(names, country_code)
    texts = [(at, TEXT_COLUMNS[name]) for at, name in enumerate(names) if name in TEXT_COLUMNS]
    for record in found.records:
        if isinstance(record, Fault):
            yield record
            continue
        line, cells = record
        cells += [""] * (len(names) - len(cells))
        fields: dict[str, Any] = {field: cell(cells[at]) for at, field in texts if cells[at]}
        yield from reader.read(line, cells, fields, [])


def write(people: Iterable[Person], stream: BinaryIO) -> None:
    """Write people; they are gone through twice, so an iterator will not do."""
    write_row, finish = writer(stream)
    most = most_numbers(people)
    write_row([*TEXT_COLUMNS, *own_columns(most)])
    for person in people:
        texts = (getattr(person, field) for field in TEXT_COLUMNS.values())
        write_row(defused(text) for text in (*texts, *own_cells(person, most)))
    finish()


def sample(stream: BinaryIO) -> None:
    """Write a file that shows how."""
    write(SAMPLE, stream)


def most_numbers(people: Iterable[Person]) -> int:
    """Return how many numbers there have to be columns for."""
    if isinstance(people, Iterator):
        raise TypeError("people are gone through twice")
    return max((len(person.numbers) for person in people), default=1)


def own_columns(most: int) -> list[str]:
    """Return the names of the columns that only our files have."""
    numbers = [f"number {at} {part}".rstrip() for at in range(1, most + 1) for part in NUMBER]
    return [*FLAGS, *OTHERS, *numbers]


def own_cells(person: Person, most: int) -> list[str]:
    """Return what stands in them."""
    picture = person.picture
    cells = [
        _said(person.favourite),
        _said(person.disabled),
        joined(person.categories),
        f"data:{picture.type};base64,{base64.b64encode(picture.data).decode()}" if picture else "",
    ]
    for number in person.numbers:
        cells += (
            number.number,
            number.type,
            number.speed_dial,
            _said(number.default),
            _said(number.monitored),
        )
    return cells + [""] * len(NUMBER) * (most - len(person.numbers))


def joined(names: Iterable[str]) -> str:
    """Return names as one text; a backslash stands before what is part of a name."""
    return ";".join(name.replace("\\", "\\\\").replace(";", "\\;") for name in names)


def parted(text: str) -> tuple[str, ...]:
    """Return the names in a text, each once."""
    if not text:
        return ()
    parts = _SEPARATOR.sub("\\1\n;", text).split("\n;") if ";" in text else [text]
    names = (re.sub(r"\\([\\;])", r"\1", part).strip() for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))


def is_beside(name: str) -> bool:
    """Return whether it is one of `own_columns`."""
    return name in FLAGS or name in OTHERS or bool(_NUMBER_COLUMN.fullmatch(name))


class Reader:
    """Reads the columns that only our files have."""

    def __init__(self, names: list[str], country_code: str) -> None:
        """`names` are the columns' in small letters, `country_code` as `table.lost_plus` wants it."""
        self._flags = [(names.index(name), name) for name in FLAGS if name in names]
        self._at = {name: names.index(name) for name in OTHERS if name in names}
        groups: dict[int, dict[str, int]] = {}
        for at, name in enumerate(names):
            if match := _NUMBER_COLUMN.fullmatch(name):
                groups.setdefault(int(match[1]), {})[match[2] or ""] = at
        end = len(names)  # the index of an empty cell
        self._numbers = [
            [group.get(part, end) for part in NUMBER] for _, group in sorted(groups.items()) if "" in group
        ]
        self._country_code = country_code
        self._album = Album()

    def read(
        self, line: int, cells: list[str], fields: dict[str, Any], numbers: list[Number]
    ) -> Iterator[Item]:
        """Yield the person that these fields and numbers, and the cells of our own columns, make."""
        try:
            mine = self._read_numbers([*cells, ""])
            for number in (*numbers, *mine):
                if wrong := spoiled(number.number):
                    raise ValueError(wrong)
                if lost_plus(number.number, self._country_code):
                    yield Notice(line, f"{number.number} seems to have lost its + in a spreadsheet")
            there = {number.number for number in mine}
            fields["numbers"] = (*mine, *(number for number in numbers if number.number not in there))
            for at, name in self._flags:
                fields[name] = _flag(cell(cells[at]), name)
            if categories := self._cell(cells, "categories"):
                fields["categories"] = parted(categories)
        except ValueError as error:
            yield Fault(line, str(error))
            return
        try:
            fields["picture"] = self._picture(self._cell(cells, "picture"))
        except PictureError as error:
            yield Notice(line, f"the picture is left out: {error}")
        yield row(line, Person(**fields))

    def _read_numbers(self, cells: list[str]) -> list[Number]:
        found = []
        for number, kind, speed_dial, default, monitored in self._numbers:
            if cells[number] and (text := cell(cells[number])):
                found.append(
                    Number(
                        text,
                        cell(cells[kind]) or "work",
                        cell(cells[speed_dial]),
                        _flag(cell(cells[default]), "default"),
                        _flag(cell(cells[monitored]), "monitored"),
                    )
                )
        if sum(number.default for number in found) > 1:
            raise ValueError("more than one of its numbers is the default")
        return found

    def _cell(self, cells: list[str], name: str) -> str:
        return cell(cells[self._at[name]]) if name in self._at else ""

    def _picture(self, text: str) -> Picture | None:
        if not text:
            return None
        if not (data := _DATA.match(text)):
            raise PictureError("it is no data: address")
        try:
            return self._album.picture(base64.b64decode(text[data.end() :]))
        except binascii.Error as error:
            raise PictureError(f"it is no base64: {error}") from error


def _is_known(name: str) -> bool:
    return name in TEXT_COLUMNS or is_beside(name)


def _flag(text: str, name: str) -> bool:
    if not text:
        return False
    word = text.casefold()
    if word not in YES and word not in NO:
        raise ValueError(f"{name}: {text!r} is neither yes nor no")
    return word in YES


def _said(flag: bool) -> str:
    return "yes" if flag else ""
