"""Given places that people are kept in step with, when somebody sets one up on the page, then ..."""

from __future__ import annotations

import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from appliance.directory import people
from appliance.settings import SECRETS_NAME
from appliance.store.file import connect, writing
from tests.directory.sources.microsoft import CLIENT, TENANT, Microsoft
from tests.sip.certificates import Authority

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.conftest import SignedIn

SECONDS = 60.0  # for what a process of its own does, on a machine that has much to do


@pytest.fixture
def file(desk_store: Path, settings_path: Path) -> Iterator[sqlite3.Connection]:
    """The site's store and settings, without people and sources before and after."""
    secrets = settings_path.with_name(SECRETS_NAME)
    before = settings_path.read_text(), secrets.read_text()
    with closing(connect(desk_store)) as file:
        yield file
        with writing(file):
            file.execute("DELETE FROM person")
            file.execute("DELETE FROM source")
    settings_path.write_text(before[0])
    secrets.write_text(before[1])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture
def microsoft(authority: Authority) -> Iterator[Microsoft]:
    """Where people sign in, with Ada among the contacts."""
    with Microsoft(authority.issue("IP:127.0.0.1")) as server:
        server.put("1", surname="Lovelace", givenName="Ada", businessPhones=["02 1234567"])
        yield server


def save(client: SignedIn, name: str, **said: str) -> tuple[int, str]:
    """Save what a source is read with, the rest as it is."""
    page = client.get(f"/directory/sources/{name}").text
    was = re.search(r'name="was" value="([^"]*)"', page)
    assert was
    unchanged = was[1].replace("&#34;", '"').replace("&quot;", '"').replace("&#39;", "'")
    options = {
        f"sources.{name}.every": "30",
        f"sources.{name}.tenant": "common",
        f"sources.{name}.pictures": "on",
    }
    options |= {f"sources.{name}.{option}": value for option, value in said.items()}
    answer = client.post(f"/directory/sources/{name}", data={"was": unchanged, **options})
    return answer.status_code, answer.text


def over(client: SignedIn, name: str) -> str:
    """Return the page of a source once nothing goes on there any more."""
    end = time.monotonic() + SECONDS
    while "data-running" in (page := client.get(f"/directory/sources/{name}").text):
        assert time.monotonic() < end, page
        time.sleep(0.05)
    return page


def test_a_source_is_added_signed_in_read_and_removed(
    client: SignedIn,
    file: sqlite3.Connection,
    microsoft: Microsoft,
    authority: Authority,
    settings_path: Path,
) -> None:
    added = client.post("/directory/sources", data={"name": "Company"})
    assert added.location == "/directory/sources/company"
    said = {"url": f"{microsoft.url}/v1.0", "authority": microsoft.url, "tenant": TENANT, "client_id": CLIENT}
    code, text = save(client, "company", kind="graph", ca_file=str(authority.file), **said)
    assert code == 303, text
    assert "# The reception in the hall." in settings_path.read_text()
    assert "not read yet" in client.get("/directory/sources").text

    assert client.post("/directory/sources/company/read").status_code == 303
    assert "deskbell directory sign-in company" in over(client, "company")
    assert client.post("/directory/sources/company/sign-in").status_code == 303
    page = over(client, "company")
    assert "enter the code ABCD1234" in page
    assert "signed in as ada@example.com" in page
    client.post("/directory/sources/company/read")
    assert "in step" in over(client, "company")
    assert [(one.name, one.source) for one in people.every(file)] == [("Ada Lovelace", "company")]

    assert "1 person of it leaves the directory" in client.get("/directory/sources/company/delete").text
    assert client.post("/directory/sources/company/delete").status_code == 303
    assert "[sources.company]" not in settings_path.read_text()
    end = time.monotonic() + SECONDS
    while list(people.every(file)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_is_wrong_stands_beside_its_field_and_the_file_is_as_it_was(
    client: SignedIn, file: sqlite3.Connection, settings_path: Path
) -> None:
    before = settings_path.read_text()
    for said, text in (
        ({"kind": "ldap", "url": "ldaps://192.0.2.1"}, "base"),
        ({"kind": "phonebook", "url": "not an address"}, "url"),
        ({"kind": "phonebook", "url": "https://192.0.2.1/book.xml", "every": "often"}, "every"),
    ):
        code, page = save(client, "company", **said)
        assert (code, f'id="sources.company.{text}-error"' in page) == (422, True), page
    assert settings_path.read_text() == before
    answer = client.post("/directory/sources", data={"name": "../etc"})
    assert (answer.status_code, "Write a short name" in answer.text) == (422, True)


def test_a_password_is_kept_among_the_secrets_and_never_shown(
    client: SignedIn, file: sqlite3.Connection, settings_path: Path
) -> None:
    said = {"kind": "carddav", "url": "https://192.0.2.1/book", "user": "reader", "password": "correct horse"}
    assert save(client, "book", **said)[0] == 303
    assert "correct horse" not in settings_path.read_text()
    assert "correct horse" in settings_path.with_name(SECRETS_NAME).read_text()
    assert "correct horse" not in client.get("/directory/sources/book").text
    told = [row[0] for row in file.execute("SELECT details FROM audit")]
    assert not any("correct horse" in details for details in told)


def test_a_source_that_nobody_set_up_is_not_read(client: SignedIn, file: sqlite3.Connection) -> None:
    for deed in ("read", "sign-in"):
        assert client.post(f"/directory/sources/nobody/{deed}").status_code == 404
    assert client.get("/directory/sources/-x").status_code == 404
