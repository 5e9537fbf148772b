"""Outlook's CSV, with the English and the Italian names of its columns.

The names are those that Outlook's export of a folder of contacts writes. What it has a column for that a
person has no field for is kept in the notes. For what Outlook has no column for there are our own beside its:
it leaves those out when it imports, and we read the same people again.

A number made only of digits and what stands between them is written as it is, a plus before it too: Outlook
has to dial it, and no formula can be made of that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from appliance.csv_cells import defused
from appliance.directory.formats import own
from appliance.directory.formats.items import Fault
from appliance.directory.formats.table import cell, table, writer
from appliance.directory.person import Number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.directory.formats.items import Item
    from appliance.directory.person import Person

Language = Literal["en", "it"]

TEXT_COLUMNS = (  # field, English, Italian
    ("first", "First Name", "Nome"),
    ("last", "Last Name", "Cognome"),
    ("company", "Company", "Società"),
    ("department", "Department", "Reparto"),
    ("title", "Job Title", "Posizione"),
    ("office", "Office Location", "Ubicazione ufficio"),
    ("email", "E-mail Address", "Indirizzo posta elettronica"),
    ("web", "Web Page", "Pagina Web"),
    ("external_id", "Organizational ID Number", "Numero ID organizzativo"),
    ("calendar", "Internet Free Busy", "Disponibilità Internet"),
    ("notes", "Notes", "Note"),
)
PHONES = (  # our type, English, Italian
    ("work", "Business Phone", "Ufficio"),
    ("work", "Business Phone 2", "Ufficio 2"),
    ("mobile", "Mobile Phone", "Cellulare"),
    ("home", "Home Phone", "Abitazione"),
    ("home", "Home Phone 2", "Abitazione 2"),
    ("fax", "Business Fax", "Fax (uff.)"),
    ("other", "Other Phone", "Altro telefono"),
    ("home fax", "Home Fax", "Fax (ab.)"),
    ("other fax", "Other Fax", "Altro fax"),
    ("primary", "Primary Phone", "Telefono principale"),
    ("company", "Company Main Phone", "Telefono principale società"),
    ("assistant", "Assistant's Phone", "Telefono assistente"),
    ("callback", "Callback", "Richiamata automatica"),
    ("car", "Car Phone", "Telefono auto"),
    ("isdn", "ISDN", "ISDN"),
    ("pager", "Pager", "Cercapersone"),
    ("radio", "Radio Phone", "Radiotelefono"),
    ("tty", "TTY/TDD Phone", "Telefono TTY/TDD"),
    ("telex", "Telex", "Telex"),
)
MIDDLE_NAME = {"middle name", "secondo nome"}
CATEGORIES = {"categories", "categorie"}
OURS = (("xmpp", "XMPP"), ("owner", "Owner"))  # texts that Outlook has no column for
ALIASES = {"indirizzo di posta elettronica": "email", "e-mail": "email"}
SAYS_NOTHING = re.compile(  # columns that hold what Outlook writes by itself
    "priority|private|sensitivity|gender|directory server|initials|account"
    "|priorità|privato|riservatezza|sesso|server di directory|iniziali"
    "|e-mail( [23])? (type|display name)|(tipo|nome visualizzato) posta elettronica( [23])?"
)
NO_DATE = "0/0/00"

_PLAIN_NUMBER = re.compile(r"\+?[0-9(][0-9 ()/.-]*")

_FIELDS = ALIASES | {name.casefold(): field for field, *names in (*TEXT_COLUMNS, *OURS) for name in names}
_TYPES = {name.casefold(): kind for kind, *names in PHONES for name in names}


def known(columns: Sequence[str]) -> int:
    """Return how many of the names are Outlook's, or our own beside them."""
    return sum(_is_known(name.casefold()) for name in columns)


def read(stream: BinaryIO, encoding: str = "", country_code: str = "") -> Iterator[Item]:
    """Yield the people of a CSV of Outlook's; "" lets the encoding be found out."""
    found = table(stream, encoding, known)
    names = [name.casefold() for name in found.columns]
    texts = [(at, _FIELDS[name]) for at, name in enumerate(names) if name in _FIELDS]
    phones = [(at, _TYPES[name]) for at, name in enumerate(names) if name in _TYPES]
    middle = next((at for at, name in enumerate(names) if name in MIDDLE_NAME), len(names))
    others = [
        (at, name)
        for at, name in enumerate(found.columns)
        if not (not name or _is_known(name.casefold()) or SAYS_NOTHING.fullmatch(name.casefold()))
    ]
    mine = own.Reader(["categories" if name in CATEGORIES else name for name in names], country_code)
    for record in found.records:
        if isinstance(record, Fault):
            yield record
            continue
        line, cells = record
        cells += [""] * (len(names) + 1 - len(cells))
        fields: dict[str, Any] = {field: cell(cells[at]) for at, field in texts if cells[at]}
        if cells[middle]:
            fields["first"] = f"{fields.get('first', '')} {cell(cells[middle])}".strip()
        more = [f"{name}: {cell(cells[at])}" for at, name in others if cells[at] and cells[at] != NO_DATE]
        if more:
            fields["notes"] = "\n".join(filter(None, (fields.get("notes", ""), *more)))
        numbers = [Number(cell(cells[at]), kind) for at, kind in phones if cells[at]]
        yield from mine.read(line, cells, fields, [number for number in numbers if number.number])


def write(people: Iterable[Person], stream: BinaryIO, language: Language = "en") -> None:
    """Write people; they are gone through twice, so an iterator will not do."""
    at = 1 if language == "en" else 2
    write_row, finish = writer(stream)
    most = own.most_numbers(people)
    beside = [name for name in own.own_columns(most) if name not in CATEGORIES]
    hidden = own.own_columns(most).index("categories")
    names = [column[at] for column in (*TEXT_COLUMNS, *PHONES)]
    write_row([*names, ("Categories", "Categorie")[at - 1], *(name for _, name in OURS), *beside])
    for person in people:
        rest = own.own_cells(person, most)
        categories = rest.pop(hidden)
        write_row(
            (
                *(defused(getattr(person, field)) for field, *_ in TEXT_COLUMNS),
                *_slots(person.numbers),
                *map(defused, (categories, person.xmpp, person.owner, *rest)),
            )
        )
    finish()


def _slots(numbers: Iterable[Number]) -> list[str]:
    """Return what stands in the columns of PHONES: of each type as many as there are columns for."""
    cells = [""] * len(PHONES)
    for number in numbers:
        free = (at for at, (kind, *_) in enumerate(PHONES) if kind == number.type and not cells[at])
        if (at := next(free, -1)) >= 0:
            plain = _PLAIN_NUMBER.fullmatch(number.number)
            cells[at] = number.number if plain else defused(number.number)
    return cells


def _is_known(name: str) -> bool:
    return (
        name in _FIELDS or name in _TYPES or name in MIDDLE_NAME or name in CATEGORIES or own.is_beside(name)
    )
