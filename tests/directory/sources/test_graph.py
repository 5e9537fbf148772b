"""In step with the contacts of an account of Microsoft 365, on a server that speaks the documented API."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from appliance.directory.person import Number
from appliance.directory.sources.base import SourceError
from appliance.directory.sources.graph import Account
from appliance.settings import SourceOptions
from tests.directory.sources.microsoft import CLIENT, TENANT, Microsoft
from tests.directory.sources.pictures import jpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.directory.sources.conftest import Directory
    from tests.sip.certificates import Authority


@pytest.fixture
def microsoft(served: Path, directory: Directory, certificates: Authority) -> Iterator[Microsoft]:
    with Microsoft(served) as server:
        directory.options = {
            "kind": "graph",
            "url": f"{server.url}/v1.0",
            "authority": server.url,
            "tenant": TENANT,
            "client_id": CLIENT,
            "ca_file": str(certificates.file),
        }
        yield server


def sign_in(directory: Directory) -> tuple[str, list[str]]:
    told: list[str] = []
    account = Account("company", SourceOptions(**directory.options), directory.folder)
    return account.sign_in(told.append), told


def test_nothing_is_read_before_somebody_signs_in_with_a_code(
    directory: Directory, microsoft: Microsoft
) -> None:
    microsoft.put("1", surname="Lovelace", givenName="Ada", businessPhones=["02 1234567"])
    assert "deskbell directory sign-in company" in directory.refused()
    microsoft.approved = False  # not yet when it is first asked
    user, told = sign_in(directory)
    assert user == "ada@example.com"
    assert "enter the code ABCD1234" in told[0]
    assert directory.counts() == (1, 0, 0)
    kept = directory.folder / "company.token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert microsoft.refreshing in kept.read_text()
    assert [path.name for path in directory.folder.iterdir() if path.suffix == ".new"] == []


def test_who_refuses_to_sign_in_is_told_why(directory: Directory, microsoft: Microsoft) -> None:
    microsoft.denied = True
    with pytest.raises(SourceError, match=r"nobody has signed in: AADSTS70016: the user has refused$"):
        sign_in(directory)
    assert not (directory.folder / "company.token").exists()


def test_contacts_are_read_changed_and_deleted_as_in_outlook(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    microsoft.put(
        "AAMk=/1",
        surname="Lovelace",
        givenName="Ada",
        companyName="Example",
        jobTitle="Engineer",
        officeLocation="12",
        department="R&D",
        personalNotes="speaks to engines",
        businessHomePage="https://example.com",
        businessPhones=["02 1234567", "1001"],
        mobilePhone="333 1234567",
        homePhones=["02 7654321"],
        emailAddresses=[{"name": "Ada", "address": "ada@example.com"}],
        imAddresses=["ada@xmpp.example.com"],
    )
    microsoft.photos["AAMk=/1"] = jpeg("red")
    microsoft.put("2", displayName="Byron", mobilePhone="333 7654321")
    for at in range(3, 8):
        microsoft.put(str(at), companyName=f"Company {at}", businessPhones=[f"02 {at}"])
    assert directory.counts(prefix="") == (7, 0, 0)  # in four pages
    ada = directory.people()["Ada Lovelace"]
    assert (ada.company, ada.title, ada.office, ada.department) == ("Example", "Engineer", "12", "R&D")
    assert (ada.email, ada.xmpp, ada.web) == (
        "ada@example.com",
        "ada@xmpp.example.com",
        "https://example.com",
    )
    assert ada.numbers == (
        Number("02 1234567"),
        Number("1001"),
        Number("333 1234567", "mobile"),
        Number("02 7654321", "home"),
    )
    assert ada.picture
    assert "Byron" in directory.people()
    assert directory.counts() == (0, 0, 0)
    microsoft.put("2", displayName="Byron", mobilePhone="333 5555555")
    microsoft.delete("3")
    microsoft.put("8", surname="Noel", mobilePhone="333 1111111")
    microsoft.asked.clear()
    assert directory.counts() == (1, 1, 1)
    asked = [each.path for each in microsoft.asked if "/contacts/" in each.path]
    assert len([path for path in asked if "/delta" in path]) == 2  # only what has changed
    assert len([path for path in asked if "/photo" in path]) == 2
    assert directory.people()["Byron"].numbers == (Number("333 5555555", "mobile"),)


def test_of_a_contact_of_whom_only_the_change_is_told_all_is_asked(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", businessPhones=["02 1234567"])
    assert directory.counts() == (1, 0, 0)
    microsoft.partly = True
    microsoft.put("1", mobilePhone="333 1234567")
    assert directory.counts() == (0, 1, 0)
    assert directory.people()["Lovelace"].numbers == (Number("02 1234567"), Number("333 1234567", "mobile"))


def test_where_graph_has_forgotten_all_is_read_again(directory: Directory, microsoft: Microsoft) -> None:
    sign_in(directory)
    for at in range(5):
        microsoft.put(str(at), surname=f"Person {at}", mobilePhone="333 1234567")
    assert directory.counts() == (5, 0, 0)
    microsoft.delete("3")
    microsoft.forgotten = True
    assert directory.counts() == (0, 0, 1)


def test_a_busy_graph_is_asked_again_after_the_pause_that_it_wants(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
    microsoft.busy = 3
    assert directory.counts() == (1, 0, 0)
    microsoft.busy = 1 << 30
    assert "too busy" in directory.refused()
    microsoft.busy = 0
    assert directory.counts() == (0, 0, 0)


def test_a_graph_that_breaks_off_between_two_pages_changes_nothing(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    for at in range(5):
        microsoft.put(str(at), surname=f"Person {at}", mobilePhone="333 1234567")
    assert directory.counts() == (5, 0, 0)
    for at in range(5):
        microsoft.put(str(at), mobilePhone="333 7654321")
    microsoft.break_after = 5  # three pages were read before
    assert "it answers 500" in directory.refused()
    microsoft.break_after = 1 << 30
    assert directory.counts() == (0, 5, 0)


def test_a_token_that_has_expired_is_renewed_and_a_sign_in_that_was_revoked_is_told(
    directory: Directory, microsoft: Microsoft
) -> None:
    microsoft.lives = 1  # msal renews what expires within minutes
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
    microsoft.token, microsoft.refreshing = "access-2", "refresh-1"
    assert directory.counts() == (1, 0, 0)
    microsoft.refreshing = "revoked"
    assert "deskbell directory sign-in company" in directory.refused()
    sign_in(directory)
    assert directory.counts() == (0, 0, 0)


def test_a_certificate_is_checked_where_people_sign_in_and_at_graph(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
    assert directory.counts() == (1, 0, 0)
    ca_file = directory.options["ca_file"]
    assert "certificate" in directory.refused(ca_file="")
    assert directory.counts(ca_file=ca_file) == (0, 0, 0)


def test_a_microsoft_that_cannot_be_reached_changes_nothing(
    directory: Directory, microsoft: Microsoft
) -> None:
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
    assert directory.counts() == (1, 0, 0)
    there = directory.options["authority"]
    assert "cannot be reached" in directory.refused(
        authority="https://127.0.0.1:1", url="https://127.0.0.1:1"
    )
    assert directory.counts(authority=there, url=f"{there}/v1.0") == (0, 0, 0)


def test_no_token_is_written_where_it_could_be_read(
    directory: Directory,
    microsoft: Microsoft,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    sign_in(directory)
    microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
    assert directory.counts() == (1, 0, 0)
    microsoft.busy = 1 << 30
    said = directory.refused() + caplog.text + "".join(capfd.readouterr())
    for secret in (microsoft.token, microsoft.refreshing, "the-device"):
        assert secret not in said
        rows = directory.file.execute("SELECT * FROM source").fetchall()
        assert all(secret not in str(value) for row in rows for value in row)
