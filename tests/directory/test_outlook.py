"""Outlook's CSV, English and Italian."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from appliance.directory.formats import outlook
from appliance.directory.formats.detect import detect
from appliance.directory.person import Number, Person
from tests.directory.persons import PEOPLE, QUICK, people_in

if TYPE_CHECKING:
    from appliance.directory.formats.outlook import Language

COLUMNS = (  # English, Italian, what Outlook wrote
    ("Title", "Titolo", "Dr."),
    ("First Name", "Nome", "Anna"),
    ("Middle Name", "Secondo nome", "Maria"),
    ("Last Name", "Cognome", "Rossi"),
    ("Suffix", "Titolo straniero", ""),
    ("Company", "Società", "Acme"),
    ("Department", "Reparto", "Sales"),
    ("Job Title", "Posizione", "Head"),
    ("Business City", "Città (uff.)", "Milan"),
    ("Business Fax", "Fax (uff.)", "+39 02 9"),
    ("Business Phone", "Ufficio", "+39 02 1"),
    ("Business Phone 2", "Ufficio 2", "+39 02 2"),
    ("Home Phone", "Abitazione", ""),
    ("Mobile Phone", "Cellulare", "+39 333 1"),
    ("Anniversary", "Anniversario", "0/0/00"),
    ("Categories", "Categorie", "Customers;VIP"),
    ("E-mail Address", "Indirizzo posta elettronica", "anna@example.com"),
    ("E-mail Type", "Tipo posta elettronica", "SMTP"),
    ("E-mail 2 Address", "Indirizzo posta elettronica 2", "a@example.com"),
    ("Notes", "Notes", "tall"),
    ("Office Location", "Ubicazione ufficio", "3rd"),
    ("Priority", "Priorità", "Normal"),
    ("Private", "Privato", "False"),
    ("Web Page", "Pagina Web", "https://example.com"),
)
ENGLISH, ITALIAN, CELLS = (",".join(f'"{name}"' for name in row) for row in zip(*COLUMNS, strict=True))
ANNA = Person(
    last="Rossi",
    first="Anna Maria",
    company="Acme",
    department="Sales",
    title="Head",
    office="3rd",
    email="anna@example.com",
    web="https://example.com",
    categories=("Customers", "VIP"),
    numbers=(
        Number("+39 02 9", "fax"),
        Number("+39 02 1"),
        Number("+39 02 2"),
        Number("+39 333 1", "mobile"),
    ),
)
NOTES = {
    "en": "tall\nTitle: Dr.\nBusiness City: Milan\nE-mail 2 Address: a@example.com",
    "it": "tall\nTitolo: Dr.\nCittà (uff.): Milan\nIndirizzo posta elettronica 2: a@example.com",
}


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", f"{ENGLISH}\r\n{CELLS}\r\n"), ("it", f"{ITALIAN}\r\n{CELLS}\r\n".replace('","', '";"'))],
)
def test_what_outlook_exports_is_read_and_what_has_no_field_is_in_the_notes(language: str, text: str) -> None:
    stream = io.BytesIO(text.encode("cp1252"))

    assert detect(stream, "") == "outlook"
    [found] = people_in(outlook.read(stream))

    assert found == replace(ANNA, notes=NOTES[language])


@pytest.mark.parametrize("language", ["en", "it"])
@QUICK
@given(PEOPLE)
def test_who_was_exported_is_read_again_as_the_same(language: Language, people: list[Person]) -> None:
    stream = io.BytesIO()
    outlook.write(people, stream, language)

    assert people_in(outlook.read(stream)) == people


@pytest.mark.parametrize(
    ("language", "phone", "mobile"),
    [("en", "Business Phone", "Mobile Phone"), ("it", "Ufficio", "Cellulare")],
)
def test_outlook_gets_numbers_that_it_can_dial_and_no_formula(
    language: Language, phone: str, mobile: str
) -> None:
    numbers = (Number("+39 02 (1) 2-3"), Number("=1+1", "mobile"), Number("+39 02 2"), Number("+39 02 3"))
    stream = io.BytesIO()
    outlook.write([Person("Rossi", notes="=1", numbers=numbers)], stream, language)

    assert detect(stream, "") == "outlook"
    [row] = csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig")))
    assert (row[phone], row[f"{phone} 2"], row[mobile]) == ("+39 02 (1) 2-3", "+39 02 2", "'=1+1")
    assert row["Notes" if language == "en" else "Note"] == "'=1"
