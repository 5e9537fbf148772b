"""In step with an exchange's phone book: every dialect of telephones, in pages, unchanged, and hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.directory.person import Number
from appliance.directory.sources import fetch
from appliance.directory.sources.base import SourceError
from appliance.directory.sources.phonebook import people
from tests.directory.sources.servers import Asked, Web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.directory.sources.conftest import Directory
    from tests.sip.certificates import Authority

Answered = tuple[int, dict[str, str], bytes]

YEALINK = """<?xml version="1.0" encoding="UTF-8"?>
<YealinkIPPhoneDirectory clearlight="true">
  <Title>Phonelist</Title>
  <DirectoryEntry><Name>Ada Lovelace</Name><Telephone label="Work">1001</Telephone>
    <Telephone label="Mobile Number">333 1234567</Telephone></DirectoryEntry>
  <DirectoryEntry><Name>Rossi &amp; Figli</Name><Telephone>02 7654321</Telephone></DirectoryEntry>
</YealinkIPPhoneDirectory>"""
FANVIL = YEALINK.replace("Yealink", "Fanvil")
SNOM = YEALINK.replace("YealinkIPPhoneDirectory", "SnomIPPhoneDirectory").replace("label", "kind")
CISCO = YEALINK.replace("Yealink", "Cisco")
BOOK = """<YealinkIPPhoneBook><Title>Company</Title><Menu Name="Staff">
  <Unit Name="Ada Lovelace" Phone1="1001" Phone2="333 1234567" Phone3="" default_photo="Resource:"/>
  <Unit Name="Rossi &amp; Figli" Phone1="02 7654321"/></Menu></YealinkIPPhoneBook>"""
GRANDSTREAM = """<AddressBook><version>1</version><pbgroup><id>1</id><name>Staff</name></pbgroup>
  <Contact><id>7</id><FirstName>Ada</FirstName><LastName>Lovelace</LastName><Department>R&amp;D</Department>
    <Phone type="Work"><phonenumber>1001</phonenumber><accountindex>1</accountindex></Phone>
    <Phone type="Cell"><phonenumber>333 1234567</phonenumber><accountindex>1</accountindex></Phone>
  </Contact>
  <Contact><id>8</id><LastName>Rossi &amp; Figli</LastName>
    <Phone type="Work"><phonenumber>02 7654321</phonenumber></Phone></Contact></AddressBook>"""
TBOOK = """<tbook e="2"><item context="active" type="" fav="false"><first_name>Ada</first_name>
  <last_name>Lovelace</last_name><number>1001</number><number_type>extension</number_type></item>
  <item><name>Rossi &amp; Figli</name><number>02 7654321</number></item></tbook>"""
POLYCOM = """<directory><item_list><item><ln>Lovelace</ln><fn>Ada</fn><ct>1001</ct></item>
  <item><ln>Rossi &amp; Figli</ln><ct>02 7654321</ct></item></item_list></directory>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">%s]>
<YealinkIPPhoneDirectory><DirectoryEntry><Name>&h;</Name><Telephone>1</Telephone></DirectoryEntry>
</YealinkIPPhoneDirectory>""" % "".join(  # noqa: UP031
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


class Exchange:
    """What an exchange's web server answers: its book, and whether that has changed."""

    def __init__(self, book: str) -> None:
        self.book, self.version, self.password = book, 1, ""
        self.status = 200
        self.unchanged = 0

    def __call__(self, asked: Asked) -> Answered:
        if self.password and asked.headers.get("Authorization") != self.password:
            return 401, {"WWW-Authenticate": "Basic"}, b""
        if asked.headers.get("If-None-Match") == f'"{self.version}"':
            self.unchanged += 1
            return 304, {}, b""
        return self.status, {"ETag": f'"{self.version}"'}, self.book.encode()

    def change(self, before: str, now: str) -> None:
        self.book, self.version = self.book.replace(before, now), self.version + 1


@pytest.mark.parametrize("book", [YEALINK, FANVIL, SNOM, CISCO, BOOK, GRANDSTREAM, TBOOK, POLYCOM])
def test_every_dialect_is_read_changed_and_deleted(directory: Directory, book: str) -> None:
    exchange = Exchange(book)
    with Web(exchange) as web:
        assert directory.counts(kind="phonebook", url=web.url) == (2, 0, 0)
        ada = directory.people()["Ada Lovelace"]
        assert ada.numbers[0].number == "1001"
        if "333" in book:
            assert ada.numbers[1].number == "333 1234567"
            assert ada.numbers[1].type == ("work" if book == SNOM else "mobile")
        assert directory.people()["Rossi & Figli"].numbers == (Number("02 7654321"),)
        assert directory.counts() == (0, 0, 0)
        assert exchange.unchanged == 1
        exchange.change("02 7654321", "02 5555555")
        assert directory.counts() == (0, 1, 0)
        exchange.change("Rossi", "Bianchi")
        # Grandstream's have a key; elsewhere who has another name is somebody else.
        assert directory.counts() == ((0, 1, 0) if book == GRANDSTREAM else (1, 0, 1))
        assert directory.people().keys() == {"Ada Lovelace", "Bianchi & Figli"}


def test_two_people_of_one_name_are_two(directory: Directory) -> None:
    exchange = Exchange(YEALINK.replace("Rossi &amp; Figli", "Ada Lovelace"))
    with Web(exchange) as web:
        assert directory.counts(kind="phonebook", url=web.url) == (2, 0, 0)
        exchange.version += 1
        assert directory.counts() == (0, 0, 0)


@pytest.mark.parametrize("how", ["Refresh", "soft key"])
def test_the_pages_of_cisco_are_all_read(directory: Directory, how: str) -> None:
    def answer(asked: Asked) -> Answered:
        page = int(asked.path.partition("page=")[2] or 1)
        entries = (
            f"<DirectoryEntry><Name>Person {page}</Name><Telephone>100{page}</Telephone></DirectoryEntry>"
        )
        following = f"http://{asked.headers['Host']}/book?page={page + 1}" if page < 4 else ""
        key = (
            f"<SoftKeyItem><Name>Next</Name><URL>{following}</URL></SoftKeyItem>" if how == "soft key" else ""
        )
        headers = {"Refresh": f"0; url={following}"} if how == "Refresh" and following else {}
        return 200, headers, f"<CiscoIPPhoneDirectory>{entries}{key}</CiscoIPPhoneDirectory>".encode()

    with Web(answer) as web:
        assert directory.counts(kind="phonebook", url=f"{web.url}/book") == (4, 0, 0)
        assert directory.counts() == (0, 0, 0)


def test_pages_that_go_round_in_a_circle_are_refused(directory: Directory) -> None:
    def answer(asked: Asked) -> Answered:
        return 200, {"Refresh": f"0; url=http://{asked.headers['Host']}/book"}, CISCO.encode()

    with Web(answer) as web:
        assert "circle" in directory.refused(kind="phonebook", url=f"{web.url}/book")


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (BOMB, "no readable XML"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><tbook><item>&x;</item></tbook>',
            "no readable",
        ),
        (YEALINK[:-40], "no readable XML"),
        ("<html><body>Please log in</body></html>", "<html>, which is no phone book"),
        ("", "no readable XML"),
        ("<tbook>" + "<a>" * 200, "nested too deep"),
        ("<tbook>" + " " * 3_000_000, "more than 2 MB"),
    ],
)
def test_a_book_that_is_none_or_that_harms_changes_nothing(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, hostile: str, reason: str
) -> None:
    monkeypatch.setattr(fetch.Fetcher.ask, "__defaults__", ("", None, (200, 207), 2 << 20))
    exchange = Exchange(YEALINK)
    with Web(exchange) as web:
        assert directory.counts(kind="phonebook", url=web.url) == (2, 0, 0)
        exchange.change(exchange.book, hostile)
        assert reason in directory.refused()
        exchange.change(exchange.book, YEALINK.replace("1001", "1002"))
        assert directory.counts() == (0, 1, 0)


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "it answers 500"), (404, "there is nothing at"), (503, "too busy")]
)
def test_a_server_that_has_a_fault_changes_nothing(directory: Directory, status: int, reason: str) -> None:
    exchange = Exchange(YEALINK)
    with Web(exchange) as web:
        assert directory.counts(kind="phonebook", url=web.url) == (2, 0, 0)
        exchange.status, exchange.version = status, 2
        assert reason in directory.refused()
        exchange.status = 200
        assert directory.counts() == (0, 0, 0)


def test_an_answer_that_breaks_off_or_is_packed_changes_nothing(directory: Directory) -> None:
    data = YEALINK.encode()
    headers = {"Content-Length": str(len(data) + 10)}

    def answer(_: Asked) -> Answered:
        return 200, headers, data

    with Web(answer) as web:
        assert "no whole answer" in directory.refused(kind="phonebook", url=web.url)
        headers = {"Content-Encoding": "gzip"}
        assert "packed" in directory.refused()


def test_a_password_is_sent_and_a_wrong_one_changes_nothing(directory: Directory) -> None:
    exchange = Exchange(YEALINK)
    exchange.password = "Basic b3BlcmF0b3I6cGzDpHR6Y2hlbg=="
    with Web(exchange) as web:
        url = {"kind": "phonebook", "url": web.url, "user": "operator"}
        assert directory.counts(**url, password="plätzchen") == (2, 0, 0)
        assert "refuses the user or the password" in directory.refused(password="wrong")


def test_a_certificate_is_checked(directory: Directory, served: Path, certificates: Authority) -> None:
    with Web(Exchange(YEALINK), served) as web:
        assert "certificate is not to be trusted" in directory.refused(kind="phonebook", url=web.url)
        assert directory.counts(ca_file=str(certificates.file)) == (2, 0, 0)
        wrong = web.url.replace("127.0.0.1", "localhost")
        assert "certificate is not to be trusted" in directory.refused(url=wrong)


words = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1
).map(lambda text: " ".join(text.split()))


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(st.tuples(words.filter(bool), words.filter(bool)), max_size=5))
def test_what_a_book_says_is_read_as_it_was_written(entries: list[tuple[str, str]]) -> None:
    written = "".join(
        f"<DirectoryEntry><Name>{escape(name)}</Name><Telephone>{escape(number)}</Telephone></DirectoryEntry>"
        for name, number in entries
    )
    units = "".join(f"<Unit Name={quoteattr(name)} Phone1={quoteattr(number)}/>" for name, number in entries)
    for book in (
        f"<CiscoIPPhoneDirectory>{written}</CiscoIPPhoneDirectory>",
        f"<YealinkIPPhoneBook>{units}</YealinkIPPhoneBook>",
    ):
        read = [(person.name, person.numbers[0].number) for person in people(book.encode())]
        assert read == [(name, number) for name, number in entries]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300).map(lambda data: b"<tbook><item>" + data))
def test_anything_is_a_book_or_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        list(people(data))
