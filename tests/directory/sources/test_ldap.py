"""In step with a company's directory: a real slapd, with a password, encrypted, in pages, and killed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from appliance.directory.person import Number
from appliance.directory.sources import ldap
from tests.directory.sources.pictures import jpeg
from tests.directory.sources.servers import BASE, PASSWORD, READER, Slapd, cut_off

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.directory.person import Person
    from tests.directory.sources.conftest import Directory
    from tests.sip.certificates import Authority


@pytest.fixture
def slapd(tmp_path: Path, served: Path) -> Iterator[Slapd]:
    with Slapd(tmp_path / "slapd", served) as server:
        yield server


def options(slapd: Slapd, **more: Any) -> dict[str, Any]:
    return {
        "kind": "ldap",
        "url": f"ldap://127.0.0.1:{slapd.port}",
        "user": READER,
        "password": PASSWORD,
        "base": BASE,
    } | more


def test_people_are_read_with_all_that_the_directory_says(directory: Directory, slapd: Slapd) -> None:
    slapd.add(
        "ada",
        sn="Lovelace",
        givenName="Ada",
        o="Example S.p.A.",
        departmentNumber="R&D",
        roomNumber="12",
        title="Engineer",
        mail="ada@example.com",
        employeeNumber="7",
        description="speaks to engines",
        labeledURI="https://example.com",
        telephoneNumber=["+39 02 1234567", "1001"],
        mobile="333 1234567",
        facsimileTelephoneNumber="02 7654321",
        jpegPhoto=jpeg("red"),
    )
    slapd.add("nobody")  # cannot be reached at all
    assert directory.counts(**options(slapd)) == (1, 0, 0)
    ada = directory.people()["Ada Lovelace"]
    assert (ada.company, ada.department, ada.office, ada.title) == ("Example S.p.A.", "R&D", "12", "Engineer")
    assert (ada.email, ada.external_id, ada.notes) == ("ada@example.com", "7", "speaks to engines")
    assert set(ada.numbers) == {
        Number("+39 02 1234567"),
        Number("1001"),
        Number("333 1234567", "mobile"),
        Number("02 7654321", "fax"),
    }
    assert ada.picture
    assert ada.picture.data.startswith(b"\xff\xd8")


def test_only_what_has_changed_is_read_again(
    directory: Directory, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uid in ("ada", "grace", "edsger"):
        slapd.add(uid, telephoneNumber="02 1234567")
    assert directory.counts(**options(slapd)) == (3, 0, 0)
    assert directory.counts() == (0, 0, 0)
    slapd.change("ada", telephoneNumber="02 7654321")
    slapd.delete("grace")
    slapd.add("alan", telephoneNumber="02 1111111")
    read = Counter[str]()
    person = ldap.Ldap._person

    def counted(source: ldap.Ldap, key: str, dn: str, entry: ldap.Entry) -> Person:
        read[dn] += 1
        return person(source, key, dn, entry)

    monkeypatch.setattr(ldap.Ldap, "_person", counted)
    assert directory.counts() == (1, 1, 1)
    assert read == {f"uid=ada,{BASE}": 1, f"uid=alan,{BASE}": 1}
    assert directory.people().keys() == {"ada", "edsger", "alan"}
    assert directory.people()["ada"].numbers == (Number("02 7654321"),)
    slapd.change("ada", mail="ada@example.com", telephoneNumber="02 7654321")
    slapd.change("ada", telephoneNumber="02 5555555")
    assert directory.counts() == (0, 1, 0)


def test_many_people_come_in_pages(
    directory: Directory, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ldap, "NAMES", 7)
    monkeypatch.setattr(ldap, "ENTRIES", 5)
    monkeypatch.setattr(ldap, "FEW", 10)
    for at in range(23):
        slapd.add(f"person{at}", telephoneNumber=f"02 12345{at:02}")
    assert directory.counts(**options(slapd)) == (23, 0, 0)  # all are read
    for at in range(8):
        slapd.change(f"person{at}", mail=f"{at}@example.com")
    assert directory.counts() == (0, 8, 0)  # by their keys


def test_other_attributes_and_another_filter_are_settings(directory: Directory, slapd: Slapd) -> None:
    slapd.add("ada", telephoneNumber="02 1234567", pager="1001", title="Engineer", ou="R&D")
    slapd.add("grace", telephoneNumber="02 7654321")
    chosen = options(
        slapd, filter="(uid=ada)", attributes=("extension=pager", "pager=", "title=", "department=ou")
    )
    assert directory.counts(**chosen) == (1, 0, 0)
    ada = directory.people()["ada"]
    assert set(ada.numbers) == {Number("02 1234567"), Number("1001", "extension")}
    assert (ada.title, ada.department) == ("", "R&D")


def test_settings_that_change_are_meant_at_once(directory: Directory, slapd: Slapd) -> None:
    slapd.add("ada", telephoneNumber="02 1234567", jpegPhoto=jpeg("red"))
    assert directory.counts(**options(slapd)) == (1, 0, 0)
    assert directory.counts(pictures=False, prefix="77", category="Company") == (0, 1, 0)
    ada = directory.people()["ada"]
    assert ada.picture is None
    assert (ada.numbers[0].number, ada.categories) == ("7702 1234567", ("Company",))
    assert directory.counts(category="Others") == (0, 1, 0)
    assert directory.people()["ada"].categories == ("Others",)


@pytest.mark.parametrize("kind", ["ldaps", "StartTLS"])
def test_what_is_said_is_encrypted_and_the_certificate_checked(
    directory: Directory, slapd: Slapd, certificates: Authority, kind: str, tmp_path: Path
) -> None:
    slapd.add("ada", telephoneNumber="02 1234567")
    chosen = options(slapd, ca_file=str(certificates.file), start_tls=kind == "StartTLS")
    if kind == "ldaps":
        chosen["url"] = f"ldaps://127.0.0.1:{slapd.encrypted}"
    assert directory.counts(**chosen) == (1, 0, 0)
    assert "certificate" in directory.refused(ca_file="")
    assert "certificate" in directory.refused(
        ca_file=str(certificates.file), url=chosen["url"].replace("127.0.0.1", "localhost")
    )
    assert "ca_file" in directory.refused(ca_file=str(tmp_path / "nowhere"), url=chosen["url"])
    assert directory.counts(ca_file=str(certificates.file)) == (0, 0, 0)


def test_a_wrong_password_changes_nothing(directory: Directory, slapd: Slapd) -> None:
    slapd.add("ada", telephoneNumber="02 1234567")
    assert directory.counts(**options(slapd)) == (1, 0, 0)
    assert "refuses the user or the password" in directory.refused(password="wrong")
    assert "base" in directory.refused(password=PASSWORD, base="dc=nowhere")
    assert directory.refused(base=BASE, user="", password="")  # nobody may read
    assert directory.counts(user=READER, password=PASSWORD) == (0, 0, 0)


def test_a_server_that_is_down_changes_nothing_until_it_is_back(directory: Directory, slapd: Slapd) -> None:
    slapd.add("ada", telephoneNumber="02 1234567")
    assert directory.counts(**options(slapd)) == (1, 0, 0)
    slapd.stop()
    assert "cannot be reached" in directory.refused()
    slapd.start()
    slapd.change("ada", telephoneNumber="02 7654321")
    assert directory.counts() == (0, 1, 0)


@pytest.mark.parametrize("after", [200, 20_000, 60_000])
def test_a_server_that_dies_in_the_middle_of_its_pages_changes_nothing(
    directory: Directory, slapd: Slapd, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(ldap, "NAMES", 20)
    for at in range(100):
        slapd.add(f"person{at}", telephoneNumber=f"02 12345{at:02}", description="x" * 500)
    assert directory.counts(**options(slapd)) == (100, 0, 0)
    for at in range(100):
        slapd.change(f"person{at}", mail=f"{at}@example.com")
    slapd.delete("person99")
    with cut_off(slapd.port, after, slapd.stop) as port:
        assert "cannot be reached" in directory.refused(url=f"ldap://127.0.0.1:{port}")
    slapd.start()
    assert directory.counts(url=f"ldap://127.0.0.1:{slapd.port}") == (0, 99, 1)


def test_a_server_that_gives_only_some_of_its_people_changes_nothing(
    directory: Directory, tmp_path: Path
) -> None:
    with Slapd(tmp_path / "limited", limit="size.soft=5 size.hard=5 size.pr=3 size.prtotal=5") as slapd:
        for at in range(8):
            slapd.add(f"person{at}", telephoneNumber="02 1234567")
        slapd.add("other", userPassword="secret", telephoneNumber="1")  # the root DN has no limits
        reason = directory.refused(**options(slapd, user=f"uid=other,{BASE}", password="secret"))
    assert "does not give so many people" in reason


def test_active_directory_is_known_by_its_own_keys_and_versions() -> None:
    entry = {"objectguid": [b"\x00(\xff"], "usnchanged": [b"17"], "modifytimestamp": [b"20260101000000.0Z"]}
    key, attribute, value = ldap._key("cn=ada", entry)
    assert (key, ldap._first(entry, ldap.VERSIONS)) == ("0028ff", "17")
    assert list(ldap._filters("(x=y)", {key: (attribute, value)})) == ["(&(x=y)(|(objectGUID=\\00\\28\\ff)))"]
    assert ldap._key("cn=ada", {}) == ("cn=ada", "", b"")  # a server without any keys: all is read
    assert list(ldap._filters("(x=y)", {"cn=ada": ("", b"")})) == ["(x=y)"]


def test_a_server_that_never_stops_sending_is_not_listened_to(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ldap, "LARGEST", 1 << 20)

    def flood(listening: socket.socket) -> None:
        client, _ = listening.accept()
        with client, contextlib.suppress(OSError):
            asked = client.recv(4096)
            bound = asked[2 : 4 + asked[3]] + bytes.fromhex("61070a010004000400")  # RFC 4511 4.1.1, 4.2.2
            client.sendall(bytes([0x30, len(bound)]) + bound)
            client.recv(4096)
            client.sendall(bytes.fromhex("30847fffffff"))  # a message of 2 GB
            while True:
                client.sendall(bytes(65536))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=flood, args=(listening,))
        thread.start()
        url = f"ldap://127.0.0.1:{listening.getsockname()[1]}"
        assert "more than 1 MB at once" in directory.refused(kind="ldap", url=url, base=BASE)
        thread.join()


def test_a_server_that_says_nothing_is_not_waited_for_long(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ldap, "READ", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "fell silent" in directory.refused(kind="ldap", url=f"ldap://127.0.0.1:{port}", base=BASE)
