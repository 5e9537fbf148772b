"""In step with an address book: a real Radicale, with a password, killed, emptied, and without its tokens."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import requests

from appliance.directory.person import Number
from appliance.directory.sources import carddav
from tests.directory.sources.pictures import jpeg
from tests.directory.sources.servers import PASSWORD, Asked, Radicale, Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.directory.sources.conftest import Directory
    from tests.sip.certificates import Authority

BOOK = "/ada/people/"
MAKING = """<?xml version="1.0"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype><displayname>People</displayname>
</prop></set></mkcol>"""


class Book:
    """An address book on a Radicale."""

    def __init__(self, server: Radicale, path: str = BOOK, ca_file: str = "") -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_file or False
        self._url = f"http{'s' * bool(ca_file)}://127.0.0.1:{server.port}{path}"
        self._ask("MKCOL", "", MAKING)

    def put(self, name: str, last: str, number: str, more: str = "") -> None:
        """Write the card of Ada Last."""
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{name}", f"N:{last};Ada;;;", f"FN:Ada {last}"]
        lines += [f"TEL;TYPE=WORK:{number}", *filter(None, [more]), "END:VCARD", ""]
        self._ask("PUT", f"{name}.vcf", "\r\n".join(lines))

    def delete(self, name: str = "") -> None:
        """Delete a card; none named: the book."""
        self._ask("DELETE", f"{name}.vcf" if name else "", "")

    def _ask(self, method: str, name: str, body: str) -> None:
        headers = {"Content-Type": "text/vcard; charset=utf-8" if name else "text/xml"}
        answer = self._session.request(
            method, self._url + name, data=body.encode(), headers=headers, auth=("ada", PASSWORD), timeout=30
        )
        answer.raise_for_status()


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    with Radicale(tmp_path / "radicale") as server:
        yield server


def options(port: int, path: str = BOOK) -> dict[str, Any]:
    return {
        "kind": "carddav",
        "url": f"http://127.0.0.1:{port}{path}",
        "user": "ada",
        "password": PASSWORD,
    }


def test_cards_are_read_changed_and_deleted_as_in_the_book(directory: Directory, radicale: Radicale) -> None:
    book = Book(radicale)
    book.put(
        "1", "Lovelace", "02 1234567", f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(jpeg('red')).decode()}"
    )
    book.put("2", "Byron", "02 7654321")
    assert directory.counts(**options(radicale.port)) == (2, 0, 0)
    lovelace = directory.people()["Ada Lovelace"]
    assert lovelace.numbers == (Number("02 1234567"),)
    assert lovelace.picture
    assert directory.counts() == (0, 0, 0)
    book.put("1", "King", "02 1234567")
    book.delete("2")
    book.put("3", "Noel", "02 5555555")
    assert directory.counts() == (1, 1, 1)
    assert directory.people().keys() == {"Ada King", "Ada Noel"}
    assert directory.people()["Ada King"].id == lovelace.id
    assert directory.people()["Ada King"].picture is None


def test_only_what_has_changed_is_asked_for(
    directory: Directory, radicale: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carddav, "BATCH", 3)
    book = Book(radicale)
    for at in range(10):
        book.put(str(at), f"Person{at}", f"02 123456{at}")
    asked: list[Asked] = []
    with through(radicale, asked) as front:
        assert directory.counts(**options(front.port)) == (10, 0, 0)
        assert [each.method for each in asked].count("REPORT") == 4
        asked.clear()
        assert directory.counts() == (0, 0, 0)
        book.put("7", "Person7", "02 7777777")
        book.delete("8")
        assert directory.counts() == (0, 1, 1)
    assert "1" not in [each.headers["Depth"] for each in asked]  # nothing is listed
    assert [each.body.count(b".vcf") for each in asked if b"multiget" in each.body] == [1]


@pytest.mark.parametrize("path", ["/", "", "/ada/"])
def test_the_books_are_found_from_the_server_or_the_user(
    directory: Directory, radicale: Radicale, path: str
) -> None:
    Book(radicale).put("1", "Lovelace", "02 1234567")
    other = Book(radicale, "/ada/more/")
    other.put("1", "Byron", "02 7654321")
    assert directory.counts(**options(radicale.port, path)) == (2, 0, 0)
    other.delete()
    assert directory.counts() == (0, 0, 1)
    assert directory.people().keys() == {"Ada Lovelace"}


def test_a_server_that_has_forgotten_its_token_is_listed_anew(
    directory: Directory, radicale: Radicale
) -> None:
    book = Book(radicale)
    book.put("1", "Lovelace", "02 1234567")
    book.put("2", "Byron", "02 7654321")
    assert directory.counts(**options(radicale.port)) == (2, 0, 0)
    mark = directory.file.execute("SELECT mark FROM source").fetchone()[0]
    assert "token" in mark
    with_another = mark.replace("sync/", "sync/" + "0" * 8)
    directory.file.execute("UPDATE source SET mark = ?", (with_another,))
    book.delete("2")
    assert directory.counts() == (0, 0, 1)


def test_a_server_without_tokens_is_listed_when_its_tag_has_changed(
    directory: Directory, radicale: Radicale
) -> None:
    book = Book(radicale)
    book.put("1", "Lovelace", "02 1234567")
    book.put("2", "Byron", "02 7654321")
    asked: list[Asked] = []
    with through(radicale, asked, hide=b"sync-token") as front:
        assert directory.counts(**options(front.port)) == (2, 0, 0)
        asked.clear()
        assert directory.counts() == (0, 0, 0)
        assert len(asked) == 2  # is it a book, and its tag
        book.put("1", "Lovelace", "02 5555555")
        book.delete("2")
        assert directory.counts() == (0, 1, 1)


def test_a_card_that_cannot_be_read_is_left_and_the_others_are_read(
    directory: Directory, radicale: Radicale
) -> None:
    book = Book(radicale)
    book.put("1", "Lovelace", "02 1234567")
    book.put("2", "Byron", "02 7654321")

    def spoil(body: bytes) -> bytes:
        start = body.find(b"BEGIN:VCARD")
        end = body.find(b"END:VCARD", start) + 9
        return body[:start] + b"this is no card" + body[end:] if start >= 0 else body

    with through(radicale, [], change=spoil) as front:
        assert directory.counts(**options(front.port)) == (1, 0, 0)


def test_half_an_answer_changes_nothing(directory: Directory, radicale: Radicale) -> None:
    book = Book(radicale)
    for at in range(4):
        book.put(str(at), f"Person{at}", f"02 123456{at}")
    assert directory.counts(**options(radicale.port)) == (4, 0, 0)
    book.put("1", "Other", "02 1234567")
    book.delete("2")

    def without_cards(body: bytes) -> bytes:
        start, end = body.find(b"<response>"), body.rfind(b"</response>") + 11
        return body[:start] + body[end:] if b"address-data" in body else body

    with through(radicale, [], change=without_cards) as front:
        assert "half an answer" in directory.refused(url=f"http://127.0.0.1:{front.port}{BOOK}")
    with through(radicale, [], change=lambda body: body[: len(body) // 2]) as front:
        assert "no readable XML" in directory.refused(url=f"http://127.0.0.1:{front.port}{BOOK}")
    assert directory.counts(url=f"http://127.0.0.1:{radicale.port}{BOOK}") == (0, 1, 1)


def test_a_wrong_password_a_server_that_is_down_and_a_book_that_is_not_there_change_nothing(
    directory: Directory, radicale: Radicale
) -> None:
    book = Book(radicale)
    book.put("1", "Lovelace", "02 1234567")
    assert directory.counts(**options(radicale.port)) == (1, 0, 0)
    assert "refuses the user or the password" in directory.refused(password="wrong")
    assert "there is nothing at" in directory.refused(**options(radicale.port, BOOK + "nowhere/"))
    radicale.stop()
    assert "cannot be reached" in directory.refused(**options(radicale.port))
    radicale.start()
    book.put("1", "King", "02 1234567")
    assert directory.counts() == (0, 1, 0)


def test_a_certificate_is_checked(
    directory: Directory, tmp_path: Path, served: Path, certificates: Authority
) -> None:
    with Radicale(tmp_path / "radicale", served) as radicale:
        book = Book(radicale, ca_file=str(certificates.file))
        book.put("1", "Lovelace", "02 1234567")
        url = f"https://127.0.0.1:{radicale.port}{BOOK}"
        chosen = options(radicale.port) | {"url": url, "ca_file": str(certificates.file)}
        assert directory.counts(**chosen) == (1, 0, 0)
        book.put("1", "King", "02 1234567")
        assert "certificate is not to be trusted" in directory.refused(ca_file="")
        elsewhere = url.replace("127.0.0.1", "localhost")
        assert "certificate is not to be trusted" in directory.refused(**chosen | {"url": elsewhere})
        assert directory.counts(**chosen) == (0, 1, 0)


def test_a_book_that_is_suddenly_empty_is_believed_only_when_a_person_says_so(
    directory: Directory, radicale: Radicale
) -> None:
    book = Book(radicale)
    for at in range(12):
        book.put(str(at), f"Person{at}", f"02 123456{at:02}")
    assert directory.counts(**options(radicale.port)) == (12, 0, 0)
    for at in range(12):
        book.delete(str(at))
    assert "lost 12 of 12 people" in directory.refused()
    assert directory.counts(believe=True) == (0, 0, 12)


def test_nobody_is_sent_the_password_but_the_server_in_the_settings(
    directory: Directory, radicale: Radicale
) -> None:
    with Web(lambda _: (500, {}, b"")) as other:
        elsewhere = {"Location": f"http://localhost:{other.port}/"}
        with Web(lambda _: (301, elsewhere, b"")) as moved:
            assert f"it refers to http://localhost:{other.port}" in directory.refused(**options(moved.port))
        assert not other.asked


def through(
    radicale: Radicale, asked: list[Asked], hide: bytes = b"", change: Any = lambda body: body
) -> Web:
    """Stand before Radicale; keep what it is asked, and change or hide something in its answers."""

    def answer(request: Asked) -> tuple[int, dict[str, str], bytes]:
        asked.append(request)
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        real = requests.request(
            request.method,
            f"http://127.0.0.1:{radicale.port}{request.path}",
            data=request.body,
            headers=headers,
            timeout=30,
        )
        body = change(real.content)
        return real.status_code, {"Content-Type": "text/xml"}, body.replace(hide, b"x") if hide else body

    return Web(answer)
