"""Given a file of people, when somebody imports it on the page, then they see first what it would do, ..."""

from __future__ import annotations

import io
import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance.directory import people
from appliance.directory.imported import imports
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.numbers import DialPlan
from appliance.store.file import connect, writing
from tests.web.conftest import NAME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn

KEYS = Keys(DialPlan())
SECONDS = 60.0  # for what a process of its own does, on a machine that has much to do
LONG = SECONDS * 1000  # ms
HEAD = "last name,first name,e-mail,number 1\n"
FILE = HEAD + "Lovelace,Ada,ada@example.com,1001\nHopper,Grace,,1.2E+11\nNoether,Emmy,,1009\n"


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The site's store, where nobody is in the directory before and after."""
    with closing(connect(desk_store)) as file:
        yield file
        with writing(file):
            for table in ("person", "category", "import"):
                file.execute(f"DELETE FROM {table}")


def upload(client: SignedIn, text: str, name: str = "people.csv", **manner: str) -> str:
    """Upload a file and return the address of its page, once it was looked at."""
    said = {"file": (io.BytesIO(text.encode()), name), **manner}
    answer = client.post("/directory/import", data=said)
    assert answer.status_code == 303, answer.text
    over(client, answer.location)
    return answer.location


def over(client: SignedIn, address: str) -> str:
    """Return the page of an import once nothing goes on there any more."""
    end = time.monotonic() + SECONDS
    while "data-running" in (page := client.get(address).text):
        assert time.monotonic() < end, page
        time.sleep(0.05)
    return page


def counts(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


def names(file: sqlite3.Connection) -> list[str]:
    return [one.name for one in people.every(file)]


def test_a_file_is_shown_imported_and_undone(client: SignedIn, file: sqlite3.Connection) -> None:
    with writing(file):
        people.insert(file, KEYS, [Person("Lovelace", "Ada", email="ada@example.com")])
    address = upload(client, FILE)
    shown = client.get(address).text
    assert counts(shown) == {"New": "1", "Merged": "1", "Unchanged": "0", "Faulty": "1", "Notices": "0"}
    assert re.search(r'<td class="amount">3</td>.*?left out.*?1\.2E\+11 is what a spreadsheet made', shown)
    assert names(file) == ["Ada Lovelace"]

    assert client.post(address, data={"deed": "apply"}).status_code == 303
    assert "It was imported." in over(client, address)
    assert names(file) == ["Ada Lovelace", "Emmy Noether"]
    [made] = imports(file)
    assert (made.author, made.name, made.added, made.merged, made.state) == (NAME, "people.csv", 1, 1, "done")
    assert "Undo the import of people.csv?" in client.get(f"/directory/import/undo/{made.id}").text

    undo = client.post(f"/directory/import/undo/{made.id}")
    assert "It was taken back." in over(client, undo.location)
    assert names(file) == ["Ada Lovelace"]
    assert next(people.every(file)).numbers == ()
    assert "undone" in client.get("/directory/import").text
    again = client.post(f"/directory/import/undo/{made.id}")
    assert "taken back already" in over(client, again.location)
    done = [row[0] for row in file.execute("SELECT what FROM audit ORDER BY id DESC LIMIT 3")]
    assert done == ["import undone", "import undone", "import begun"]


def test_the_manner_that_is_chosen_is_the_one_it_is_taken_in(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    address = upload(client, HEAD + "Müller,Jürgen,,1002\n", encoding="cp1252", category="Bakers")
    assert "MÃ¼ller" in client.get(address).text
    said = {"deed": "preview", "encoding": "utf-8", "category": "Bakers", "owner": NAME}
    client.post(address, data=said)
    assert "Jürgen Müller" in over(client, address)
    client.post(address, data={"deed": "apply"})
    over(client, address)
    [made] = people.every(file)
    assert (made.name, made.owner, made.categories) == ("Jürgen Müller", NAME, ("Bakers",))


def test_every_fault_is_told_by_its_line_a_page_at_a_time(client: SignedIn, file: sqlite3.Connection) -> None:
    address = upload(client, HEAD + "".join(f"Person,{at},,1.{at}E+11\n" for at in range(1250)))
    told: list[str] = []
    page = client.get(address).text
    assert counts(page)["Faulty"] == "1,250"
    for skip in range(0, 1250, 100):
        page = client.get(f"{address}?skip={skip}").text
        told += re.findall(r'<tr><td class="amount">([\d,]+)</td><td><span class="badge"', page)
    assert [int(line.replace(",", "")) for line in told] == list(range(2, 1252))


def test_a_file_that_cannot_be_taken_says_why(client: SignedIn, file: sqlite3.Connection) -> None:
    page = client.get(upload(client, "PK\x03\x04 and so on", "people.xlsx")).text
    assert "the file is a zip archive or a spreadsheet" in page
    assert 'value="apply"' not in page
    page = client.get(upload(client, "colour,size\nred,4\n")).text
    assert "names no column that is known here" in page


def test_nothing_is_taken_without_a_file_or_of_one_that_is_too_large(
    client: SignedIn, file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Choose a file first." in client.post("/directory/import", data={}).text
    monkeypatch.setattr("web.pages.importing.MAX_BYTES", 1000)
    said = {"file": (io.BytesIO(b"x" * 100_000), "people.csv")}
    answer = client.post("/directory/import", data=said)
    assert (answer.status_code, "The file is too large" in answer.text) == (413, True)


def test_a_file_is_thrown_away_and_then_gone(client: SignedIn, file: sqlite3.Connection, home: Path) -> None:
    address = upload(client, FILE)
    folder = home / "state" / "jobs" / address.rpartition("/")[2]
    assert (folder / "file").exists()
    assert client.post(address, data={"deed": "discard"}).status_code == 303
    assert not folder.exists()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["0123456789abcdef", "..%2f..%2fetc", "source-x", "x" * 300])
def test_a_name_that_nobody_was_given_leads_nowhere(client: SignedIn, name: str) -> None:
    assert client.get(f"/directory/import/{name}").status_code == 404
    assert client.post(f"/directory/import/{name}", data={"deed": "apply"}).status_code == 404


def test_an_import_whose_process_died_is_told_and_taken_back(
    client: SignedIn, file: sqlite3.Connection, home: Path
) -> None:
    address = upload(client, FILE)
    folder = home / "state" / "jobs" / address.rpartition("/")[2]
    (folder / "outcome.json").unlink()  # as when the power went
    assert "It was broken off" in client.get(address).text


def test_the_sample_imports_cleanly(client: SignedIn, file: sqlite3.Connection) -> None:
    sample = client.get("/directory/import/sample")
    assert sample.headers["Content-Disposition"] == 'attachment; filename="sample.csv"'
    found = counts(client.get(upload(client, sample.data.decode())).text)
    assert (found["New"], found["Faulty"]) == ("2", "0")


def test_what_is_exported_is_imported_as_the_same_people(client: SignedIn, file: sqlite3.Connection) -> None:
    with writing(file):
        people.insert(file, KEYS, [Person("Lovelace", "Ada", numbers=(Number("+44 20 7946 0018"),))])
    for format in ("csv", "vcard4"):
        sent = client.get(f"/directory/export?format={format}").data.decode()
        found = counts(client.get(upload(client, sent)).text)
        assert (found["New"], found["Unchanged"]) == ("0", "1"), format


@pytest.mark.browser
def test_somebody_imports_a_file_in_a_browser(
    page: Page, site: str, file: sqlite3.Connection, tmp_path: Path
) -> None:
    source = tmp_path / "people.csv"
    source.write_text(FILE)
    page.goto(f"{site}directory/import")
    page.get_by_label("File", exact=True).set_input_files(source)
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="What importing it would do")).to_be_visible(
        timeout=SECONDS * 1000
    )
    expect(page.get_by_role("row", name="Emmy Noether")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="It was imported.")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="All imports").click()
    page.get_by_role("link", name="Undo the import of people.csv").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="It was taken back.")).to_be_visible(timeout=LONG)
    assert names(file) == []
