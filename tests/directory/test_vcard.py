"""vCard 2.1, 3.0 and 4.0."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
import vobject
from hypothesis import given

from appliance.directory.formats import vcard
from appliance.directory.formats.detect import detect
from appliance.directory.formats.items import Row
from appliance.directory.person import Number, Person, Picture
from appliance.directory.pictures import small
from tests.directory.persons import PEOPLE, QUICK, faults_in, notices_in, people_in, picture_of

if TYPE_CHECKING:
    from appliance.directory.formats.items import Item
    from appliance.directory.formats.vcard import Version

PHOTO = picture_of("JPEG")
CODED = base64.b64encode(PHOTO).decode()
FOLDED = "\r\n ".join(CODED[at : at + 70] for at in range(0, len(CODED), 70))
SMALL = small(PHOTO)
VERSIONS = pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])


def read(text: str | bytes, encoding: str = "") -> list[Item]:
    stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
    return list(vcard.read(stream, encoding))


def card(*lines: str, version: str = "3.0") -> str:
    return "".join(f"{line}\r\n" for line in ("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD"))


def written(people: list[Person], version: Version) -> bytes:
    stream = io.BytesIO()
    vcard.write(people, stream, version)
    return stream.getvalue()


@VERSIONS
@QUICK
@given(PEOPLE)
def test_who_was_exported_is_read_again_as_the_same(version: Version, people: list[Person]) -> None:
    assert people_in(read(written(people, version))) == people


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_no_line_of_an_export_is_longer_than_75_octets(version: Version) -> None:
    person = Person("Ö" * 90, notes="x" * 300 + "\n" + "🦊" * 50, picture=SMALL)
    assert max(map(len, written([person], version).split(b"\r\n"))) <= 75


@pytest.mark.parametrize("version", ["3.0"])
def test_another_reader_understands_what_is_written(version: Version) -> None:
    person = Person(
        "Rossi; Söhne",
        "Anna, Maria",
        "Acme",
        "Sales",
        notes="one\ntwo\\n",
        email="a@example.com",
        categories=("A", "B,C"),
        numbers=(Number("+39 02 1", "work", default=True), Number("+39 333 1", "mobile")),
        picture=SMALL,
    )
    read_by_vobject = vobject.readOne(written([person], version).decode())

    assert (read_by_vobject.n.value.family, read_by_vobject.n.value.given) == ("Rossi; Söhne", "Anna, Maria")
    assert read_by_vobject.org.value == ["Acme", "Sales"]
    assert read_by_vobject.note.value == "one\ntwo\\n"
    assert read_by_vobject.categories.value == ["A", "B,C"]
    assert [(tel.value, tel.params["TYPE"]) for tel in read_by_vobject.tel_list] == [
        ("+39 02 1", ["work", "pref"]),
        ("+39 333 1", ["cell"]),
    ]
    assert read_by_vobject.photo.value == SMALL.data


def test_a_card_of_2_1_as_old_telephones_write_it() -> None:
    text = card(
        "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg",
        "ORG:Acme;Sales;North",
        "TEL;WORK;VOICE;PREF:030 1",
        "TEL;CELL:0170 1",
        "TEL;HOME;FAX:030 2",
        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:line one=0D=0A=",
        "line two: C:\\new =C3=A9",
        "X-IRMC-LUID:5",
        "PHOTO;JPEG;ENCODING=BASE64:",
        *(f" {CODED[at : at + 70]}" for at in range(0, len(CODED), 70)),
        "",
        "TITLE:Head",
        version="2.1",
    )
    found = read(text)

    assert [item.person for item in found if isinstance(item, Row)] == [
        Person(
            "Müller",
            "Jörg",
            "Acme",
            "Sales, North",
            title="Head",
            notes="line one\nline two: C:\\new é",
            numbers=(
                Number("030 1", "work", default=True),
                Number("0170 1", "mobile"),
                Number("030 2", "home fax"),
            ),
            picture=SMALL,
        )
    ]
    assert notices_in(found) == ["X-IRMC-LUID is not known here and left out"]


def test_a_card_of_2_1_whose_text_is_in_the_code_page_that_it_names() -> None:
    text = card("N;CHARSET=windows-1252:Müller", "TEL;WORK:1", version="2.1").encode("cp1252")
    assert people_in(read(text)) == [Person("Müller", numbers=(Number("1"),))]


def test_a_card_of_3_0_as_an_address_book_exports_it() -> None:
    text = card(
        "PRODID:-//Example//EN",
        "N:Rossi;Anna;Maria;Dr.;",
        "FN:Dr. Anna Maria Rossi",
        "item1.TEL;type=WORK;type=VOICE;type=pref:+39 02 1",
        "TEL;TYPE=CELL,VOICE:+39 333 1",
        "item1.X-ABLabel:_$!<Work>!$_",
        "EMAIL;TYPE=INTERNET:anna@example.com",
        "EMAIL;TYPE=INTERNET:a@example.com",
        "ADR;TYPE=WORK:;;Via Roma\\, 1;Milano;;20100;Italy",
        "NOTE:one\\ntwo\\, \\; three",
        "IMPP;X-SERVICE-TYPE=Jabber:xmpp:anna@example.com",
        "IMPP:skype:anna",
        "UID:urn:uuid:1",
        f"PHOTO;ENCODING=b;TYPE=JPEG:{FOLDED}",
        "CATEGORIES:A,B\\,C",
    )
    assert people_in(read(text)) == [
        Person(
            "Rossi",
            "Anna Maria",
            notes="one\ntwo, ; three\nE-mail: a@example.com\nAddress: Via Roma, 1, Milano, 20100, Italy"
            "\nInstant messages: skype:anna",
            email="anna@example.com",
            xmpp="anna@example.com",
            external_id="urn:uuid:1",
            categories=("A", "B,C"),
            numbers=(Number("+39 02 1", default=True), Number("+39 333 1", "mobile")),
            picture=SMALL,
        )
    ]


def test_a_card_of_4_0_with_uris() -> None:
    text = card(
        "KIND:individual",
        "FN:Anna Rossi",
        'TEL;VALUE=uri;PREF=2;TYPE="voice,work":tel:+39-02-1;ext=5',
        'TEL;VALUE=uri;PREF=1;TYPE="cell":tel:+39-333-1',
        f"PHOTO:data:image/jpeg;base64,{FOLDED}",
        version="4.0",
    )
    assert people_in(read(text)) == [
        Person(
            "Anna Rossi",
            numbers=(Number("+39-02-1;ext=5"), Number("+39-333-1", "mobile", default=True)),
            picture=SMALL,
        )
    ]
    assert faults_in(read(card("KIND:group", "FN:All", version="4.0"))) == [
        (1, "the card is of a group, not of a person")
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_file_of_cards_is_found_out(encoding: str) -> None:
    stream = io.BytesIO(card("N:Müller;Jörg", "ORG:Söhne Köln Übersee", "NOTE:äöüßÄÖÜ").encode(encoding))
    assert detect(stream, "") == "vcard"
    assert [person.name for person in people_in(vcard.read(stream))] == ["Jörg Müller"]


def test_bad_cards_are_told_by_line_and_the_rest_goes_in() -> None:
    text = "".join(
        (
            card("N:A"),
            "rubbish\r\nmore of it\r\n",
            card("N:B", "this is no property"),
            card("NOTE:nobody"),
            "BEGIN:VCARD\r\nN:C\r\n",
            card("N:D", "NOTE;CHARSET=nonsense;ENCODING=QUOTED-PRINTABLE:=E9", version="2.1"),
            card("N:E", "PHOTO;ENCODING=b:rubbish", "PHOTO:http://example.com/a.jpg"),
            "BEGIN:VCARD\r\nN:F\r\n",
        )
    )
    found = read(text)

    assert [item.person.last for item in found if isinstance(item, Row)] == ["A", "E"]
    assert [line for line, _ in faults_in(found)] == [5, 10, 12, 16, 18, 29]
    assert len(notices_in(found)) == 2


def test_a_card_inside_a_card_is_left_out() -> None:
    agent = ("AGENT:", *card("N:Agent", "AGENT:", *card("N:Deeper").splitlines()).splitlines())
    found = read(card("N:A", *agent, "TEL:1", version="2.1"))

    assert [item.person for item in found if isinstance(item, Row)] == [Person("A", numbers=(Number("1"),))]
    assert not faults_in(found)


def test_a_picture_that_is_no_jpeg_is_written_with_its_type() -> None:
    png = Picture("image/png", b"\x89PNG...")
    assert b"PHOTO;ENCODING=b;TYPE=PNG:" in written([Person("A", picture=png)], "3.0")
