"""Our own CSV: written and read again, and as spreadsheets leave it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from appliance.directory.formats import own
from appliance.directory.formats.detect import detect
from appliance.directory.formats.items import FormatError, Row
from appliance.directory.formats.text import encoding_of
from appliance.directory.person import Number, Person
from tests.directory.persons import PEOPLE, QUICK, faults_in, notices_in, people_in

if TYPE_CHECKING:
    from appliance.directory.formats.items import Item

FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1")


def read(text: str | bytes, country_code: str = "") -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    return list(own.read(io.BytesIO(data), country_code=country_code))


def written(people: list[Person]) -> bytes:
    stream = io.BytesIO()
    own.write(people, stream)
    return stream.getvalue()


@QUICK
@given(PEOPLE)
def test_who_was_exported_is_read_again_as_the_same(people: list[Person]) -> None:
    assert people_in(read(written(people))) == people


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_export_is_a_formula_to_a_spreadsheet(formula: str) -> None:
    numbers = (Number(formula, formula, speed_dial=formula),)
    texts = dict.fromkeys(own.TEXT_COLUMNS.values(), formula)
    person = Person(**texts, categories=(formula,), numbers=numbers)  # type: ignore[arg-type]

    cells = list(csv.reader(io.StringIO(written([person]).decode("utf-8-sig"), newline="")))[1]

    assert sum(formula in cell for cell in cells) == len(own.TEXT_COLUMNS) + 4
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n\uff1d") and cell]


def test_a_number_keeps_its_plus_on_its_way_through_a_spreadsheet() -> None:
    """A cell that begins with an apostrophe is a text to it: it is written again as it was read."""
    person = Person("Rossi", numbers=(Number("+39 02 1234"),))
    rows = list(csv.reader(io.StringIO(written([person]).decode("utf-8-sig"))))
    again = io.StringIO()
    csv.writer(again, delimiter=";").writerows(rows)

    assert people_in(read(again.getvalue().encode("cp1252"))) == [person]


def test_the_sample_shows_every_column_and_can_be_imported() -> None:
    stream = io.BytesIO()
    own.sample(stream)

    assert people_in(read(stream.getvalue())) == list(own.SAMPLE)
    assert {*own.TEXT_COLUMNS, *own.FLAGS, *own.OTHERS} <= set(
        next(csv.reader([stream.getvalue().decode("utf-8-sig").splitlines()[0]]))
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_delimiter_and_encoding_are_found_out(delimiter: str, encoding: str) -> None:
    rows = [["Last Name", "first name", "number 1"], ["Müller, Söhne; Co", "Café\tàè", "+49 30 1"]]
    rows += [[f"Ç{at}", "", "ü"] for at in range(3)]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)

    found = people_in(read(text.getvalue().encode(encoding)))

    assert found[0] == Person("Müller, Söhne; Co", "Café\tàè", numbers=(Number("+49 30 1"),))
    assert [person.last for person in found[1:]] == ["Ç0", "Ç1", "Ç2"]


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        ("Łukasz;Wójcik\nŻaneta;Śliwińska\nGrażyna;Dąbrowska\nBłażej;Źdźbło\n", "cp1250"),
        ("Юлия;Жилин\nЛидия;Щипцин\n", "cp1251"),
        ("Niccolò;Caffè Città\nJörg;Müller\nFrançois;Hélène\nIñaki;Núñez\n", "cp1252"),
        ("Jörg;\n", "cp1252"),
    ],
)
def test_another_code_page_is_told_by_its_language(names: str, encoding: str) -> None:
    assert encoding_of(io.BytesIO(f"first name;last name\n{names}".encode(encoding))) == encoding


def test_a_byte_that_does_not_fit_costs_its_row_and_is_told_by_line() -> None:
    good = "".join(f"Müller{at},ß\n" for at in range(9))
    data = b"last name,company\nRossi,A\n" + b"B\xe8,b\n" + good.encode()

    found = read(data)

    assert faults_in(found) == [(3, "the byte 0xe8 does not fit the encoding utf-8")]
    assert sum(isinstance(item, Row) for item in found) == 10


def test_what_excel_makes_of_numbers_is_understood_or_refused_never_guessed() -> None:
    found = read(
        'sep=;\nlast name;number 1;number 2\nA;="0391234";\nB;3,9E+11;1\nC;1;3.90212E+11\nD;390212345678;\n',
        "39",
    )

    assert [item.person for item in found if isinstance(item, Row)] == [
        Person("A", numbers=(Number("0391234"),)),
        Person("D", numbers=(Number("390212345678"),)),
    ]
    assert [line for line, reason in faults_in(found) if "format Text" in reason] == [4, 5]
    assert notices_in(found) == ["390212345678 seems to have lost its + in a spreadsheet"]


def test_bad_rows_are_told_by_line_and_the_rest_goes_in() -> None:
    found = read(
        "last name,favourite,number 1\n"
        "A,yes,1\n"
        "B,perhaps,2\n"
        ",,\n"
        "C,,1,too many\n"
        '"D\nd",no,3\n'
        ",yes,\n"
        'E "quoted",x,4\n'
        '"F"f,,5\n'
        "G,,6\n"
    )

    assert [item.person.last for item in found if isinstance(item, Row)] == ["A", "D\nd", 'E "quoted"', "G"]
    assert [line for line, _ in faults_in(found)] == [3, 5, 8, 10]


def test_a_quotation_mark_left_open_costs_one_row() -> None:
    found = read('last name,company\nA,a\nB,"b\nC,c\nD,d\n')

    assert faults_in(found) == [(3, "a quotation mark is opened and never closed")]
    assert [item.person.last for item in found if isinstance(item, Row)] == ["A", "C", "D"]


def test_a_column_that_is_not_known_is_told() -> None:
    assert notices_in(read("last name,shoe size\nA,44\n")) == [
        "the column 'shoe size' is not known here and left out"
    ]


def test_a_file_of_which_no_column_is_known_is_refused() -> None:
    with pytest.raises(FormatError, match="names no column that is known here: 'foo,bar'"):
        detect(io.BytesIO(b"foo,bar\n1,2\n"), "")
    with pytest.raises(FormatError, match="empty"):
        detect(io.BytesIO(b"\n \n"), "")
    with pytest.raises(FormatError, match="there is no encoding 'utf-9'"):
        encoding_of(io.BytesIO(b"last name\nA\n"), "utf-9")
