"""`deskbell directory sources`, `sync`, `sign-in`, `forget`, as a person or the daemon gives them."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from appliance import settings
from tests.directory.sources.microsoft import CLIENT, TENANT, Microsoft
from tests.directory.sources.servers import Web
from tests.directory.sources.test_phonebook import YEALINK, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sip.certificates import Authority

SECRET = "correct-horse"


class Box:
    """The settings and the store of one box."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.state = folder / "state"
        self.sources: dict[str, dict[str, Any]] = {}

    def write(self) -> Path:
        """Write the settings; return where they are."""
        path = self._folder / "deskbell.toml"
        line = {"server": "127.0.0.1", "user": "200"}
        desk = {"store": str(self.state / "desk.db"), "socket": str(self._folder / "desk.sock")}
        path.write_text(tomlkit.dumps({"desk": desk, "line": line, "sources": self.sources}))
        secrets = path.with_name("secrets.toml")
        secrets.touch(0o600)
        passwords = {
            name: {"password": SECRET} for name, source in self.sources.items() if source.get("user")
        }
        secrets.write_text(tomlkit.dumps({"line": {"password": SECRET}, "sources": passwords}))
        return path

    def deskbell(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Give a command of `deskbell directory`."""
        return subprocess.run(
            [sys.executable, "-m", "appliance", "directory", *words, "--settings", str(self.write())],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self, *words: str) -> str:
        """Give a command that must be carried out; return what it prints."""
        done = self.deskbell(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refused(self, *words: str) -> str:
        """Give a command that must be refused; return why."""
        done = self.deskbell(*words)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr + done.stdout


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@pytest.fixture
def book() -> Iterator[tuple[Web, Exchange]]:
    exchange = Exchange(YEALINK)
    with Web(exchange) as web:
        yield web, exchange


def test_a_person_reads_the_sources_and_sees_how_they_do(box: Box, book: tuple[Web, Exchange]) -> None:
    assert box.said("sources") == "no sources\n"
    web, exchange = book
    box.sources = {
        "company": {"kind": "phonebook", "url": web.url, "user": "ada", "in_clear": True},
        "down": {"kind": "phonebook", "url": "http://127.0.0.1:1/"},
    }
    assert box.said("sources").splitlines() == [
        "company: 0 people, not read yet",
        "down: 0 people, not read yet",
    ]
    assert box.said("sync", "company") == "company: 2 new, 0 changed, 0 gone\n"
    both = box.refused("sync")
    assert "company: 0 new, 0 changed, 0 gone\n" in both
    assert "down: nothing was changed: it cannot be reached" in both
    company, down = box.said("sources").splitlines()
    assert re.fullmatch(r"company: 2 people, in step \d{4}-\d\d-\d\d \d\d:\d\d", company)
    assert re.match(
        r"down: 0 people, failed .*: it cannot be reached, or fell silent: .*; as it was never", down
    )
    states = json.loads(box.said("sources", "--json"))
    assert [(each["name"], each["people"], each["configured"]) for each in states] == [
        ("company", 2, True),
        ("down", 0, True),
    ]
    exchange.change("1001", "1002")
    assert json.loads(box.said("sync", "company", "--json")) == [
        {"name": "company", "added": 0, "changed": 1, "removed": 0, "reason": ""}
    ]
    assert SECRET not in both + company + down + json.dumps(states)


def test_the_daemon_reads_what_is_due_and_takes_no_fault_amiss(box: Box, book: tuple[Web, Exchange]) -> None:
    assert box.said("sync", "--due") == ""
    assert not box.state.exists()  # nothing is opened for nothing
    box.sources = {
        "company": {"kind": "phonebook", "url": book[0].url},
        "down": {"kind": "phonebook", "url": "http://127.0.0.1:1/"},
    }
    assert "company: 2 new" in (first := box.said("sync", "--due"))
    assert "down: nothing was changed" in first
    assert box.said("sync", "--due") == ""


def test_one_process_at_a_time_reads(box: Box, book: tuple[Web, Exchange]) -> None:
    box.sources = {"company": {"kind": "phonebook", "url": book[0].url}}
    box.said("sync")
    with (box.state / "sources.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another process reads" in box.refused("sync")
        assert box.said("sync", "--due") == ""
    assert box.said("sync") == "company: 0 new, 0 changed, 0 gone\n"


def test_the_people_of_a_source_that_is_in_the_settings_no_more_stay_until_it_is_forgotten(
    box: Box, book: tuple[Web, Exchange]
) -> None:
    box.sources = {"company": {"kind": "phonebook", "url": book[0].url}}
    box.said("sync")
    assert "take [sources.company] out first" in box.refused("forget", "company")
    box.sources = {}
    assert "company: 2 people, no longer in the settings" in box.said("sources")
    assert box.said("forget", "company") == "2 people removed\n"
    assert "there is no source 'company'" in box.refused("forget", "company")
    assert box.said("sources") == "no sources\n"


def test_somebody_signs_in_and_their_contacts_are_read(
    box: Box, served: Path, certificates: Authority, book: tuple[Web, Exchange]
) -> None:
    with Microsoft(served) as microsoft:
        microsoft.put("1", surname="Lovelace", mobilePhone="333 1234567")
        box.sources = {
            "contacts": {
                "kind": "graph",
                "url": f"{microsoft.url}/v1.0",
                "authority": microsoft.url,
                "tenant": TENANT,
                "client_id": CLIENT,
                "ca_file": str(certificates.file),
            },
            "company": {"kind": "phonebook", "url": book[0].url},
        }
        assert "deskbell directory sign-in contacts" in box.refused("sync", "contacts")
        told = box.said("sign-in", "contacts")
        assert "enter the code ABCD1234" in told
        assert told.endswith("signed in as ada@example.com\n")
        assert box.said("sync", "contacts") == "contacts: 1 new, 0 changed, 0 gone\n"
        assert "nobody has to sign in" in box.refused("sign-in", "company")
        microsoft.denied = True
        assert "AADSTS70016" in box.refused("sign-in", "contacts", "--json")
    assert "there is no source 'none'" in box.refused("sign-in", "none")
    assert "there is no source 'none'" in box.refused("sync", "none")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({}, "sources.one.kind: is missing; write one of ldap, carddav, graph, phonebook"),
        ({"kind": "ldap", "url": "https://h"}, "write ldaps://host"),
        ({"kind": "ldap", "url": "ldaps://h"}, "sources.one.base: is missing"),
        (
            {"kind": "ldap", "url": "ldaps://h", "base": "dc=x", "start_tls": True},
            "start_tls: is for ldap:// alone",
        ),
        ({"kind": "ldap", "url": "ldap://h", "base": "dc=x", "user": "u"}, "would be sent unencrypted"),
        ({"kind": "carddav", "url": "http://h", "user": "u"}, "write https://, or in_clear = true"),
        ({"kind": "carddav", "url": "ldap://h"}, "write https://host/path"),
        ({"kind": "carddav", "url": f"https://u:{SECRET}@h"}, "without user and password"),
        ({"kind": "graph"}, "sources.one.client_id: is missing"),
        ({"kind": "phonebook"}, "write https://host/path"),
        ({"kind": "ldap", "url": "ldaps://h", "base": "dc=x", "filter": "(a=b"}, "write it in parentheses"),
        ({"kind": "ldap", "url": "ldaps://h", "base": "dc=x", "attributes": ["ou"]}, "such as department=ou"),
        ({"kind": "graph", "client_id": "1", "every": 0}, "write a whole number from 1 to 10080"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told_with_its_fix(
    box: Box, source: dict[str, Any], reason: str
) -> None:
    box.sources = {"one": source}
    path = box.write()
    with pytest.raises(settings.SettingsError) as error:
        settings.load(path)
    assert reason in str(error.value)
    assert SECRET not in str(error.value)
