"""Given extensions to watch, the page shows what each does as it happens, and who is not watched, and why."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from html import unescape
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from appliance import settings
from appliance.directory import monitored, people
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.numbers import DialPlan
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, audit
from tests.reception import Reception
from tests.web import states
from tests.web.conftest import NAME, PASSWORD, token_of
from web import access

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from appliance.demo.exchange import Exchange
    from tests.web.conftest import Show, SignedIn
    from tests.web.daemon import StandInDaemon

KEYS = Keys(DialPlan())


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The store of the site, with nobody in it."""
    with closing(connect(desk_store)) as file:
        with writing(file):
            for table in ("person", "audit"):
                file.execute(f"DELETE FROM {table}")
        yield file
        with writing(file):
            file.execute("DELETE FROM person")


@pytest.fixture(autouse=True)
def as_before(settings_path: Path) -> Iterator[None]:
    """Leave the settings as they were."""
    before = settings_path.read_text()
    yield
    settings_path.write_text(before)


def named(settings_path: Path, *numbers: str) -> None:
    """Let the settings name these extensions."""
    lines = "".join(f'"{number}" = "Person {number}"\n' for number in numbers)
    settings_path.write_text(f"{settings_path.read_text()}\n[extensions]\n{lines}")


def insert(file: sqlite3.Connection, *numbers: str) -> list[int]:
    """Put a person into the directory for each of these extensions, and return who they are."""
    with writing(file):
        made = [Person(f"Colleague {number}", numbers=(Number(number),)) for number in numbers]
        return people.insert(file, KEYS, made)


def watched(file: sqlite3.Connection) -> list[str]:
    return [number for number, _name in monitored.watched(file)]


def row(page: str, number: str) -> str:
    """Return the words in the row of an extension, as a reader has them."""
    inside = page.split(f'<tr data-key="{number}"')[1].split("</tr>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inside)).split())


# --- who is watched


def test_an_extension_is_added_to_the_settings_whose_comments_stay_and_taken_out_again(
    client: SignedIn, file: sqlite3.Connection, settings_path: Path, daemon: StandInDaemon
) -> None:
    reply = client.post("/monitored/add", data={"number": " 10 01 ", "name": " Ada  Lovelace "})
    assert reply.status_code == 303
    assert settings.load(settings_path).extensions == {"1001": "Ada Lovelace"}
    assert settings_path.read_text().startswith("# The reception in the hall.\n")
    assert daemon.asked == [("reload", {})]
    assert "1 of 50 are monitored" in client.get("/monitored").text
    client.post("/monitored/remove", data={"number": "1001"})
    assert settings.load(settings_path).extensions == {}
    told = [(one.what, one.details["number"]) for one in audit.entries(file)]
    assert told == [("extension no longer monitored", "1001"), ("extension monitored", "1001")]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "<b>"}, "number"),
        ({"number": "ü1"}, "number"),
        ({"number": "1" * 65}, "number"),
        ({"number": "1000"}, "number"),
        ({"number": "1001", "name": "x" * 101}, "name"),
    ],
)
def test_what_cannot_be_added_is_told_beside_its_field_and_nothing_changes(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon, form: dict[str, str], field: str
) -> None:
    named(settings_path, "1000")
    before = settings_path.read_text()
    reply = client.post("/monitored/add", data=form)
    assert reply.status_code == 422
    assert f'id="{field}-error"' in reply.text
    assert settings_path.read_text() == before
    assert daemon.asked == []


def test_the_settings_have_fifty_at_most(client: SignedIn, settings_path: Path) -> None:
    named(settings_path, *(str(1000 + at) for at in range(50)))
    reply = client.post("/monitored/add", data={"number": "2000"})
    assert reply.status_code == 422
    assert "write 50 at most; there are 51" in reply.text.split('id="number-error"')[1].split("</p>")[0]
    assert len(settings.load(settings_path).extensions) == 50


def test_people_of_the_directory_are_chosen_disabled_and_left_out(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    (ada,) = insert(file, "1001")
    (outside,) = insert(file, "0301234567")
    assert "Colleague 1001" in client.get("/monitored?find=coll").text
    client.post("/monitored/choose", data={"person": ada})
    assert watched(file) == ["1001"]
    client.post("/monitored/choose", data={"person": outside})
    assert "has no extension that could be monitored" in client.get("/monitored").text
    client.post("/monitored/disable", data={"person": ada, "disabled": "yes"})
    page = client.get("/monitored").text
    assert "Disabled" in row(page, "1001")
    assert "0 of 50 are monitored" in page
    client.post("/monitored/disable", data={"person": ada, "disabled": "no"})
    assert watched(file) == ["1001"]
    client.post("/monitored/leave", data={"person": ada})
    assert watched(file) == []
    for nonsense in ("", "x", "-1", "9" * 30, "4711"):
        for deed in ("choose", "leave", "disable"):
            assert client.post(f"/monitored/{deed}", data={"person": nonsense}).status_code == 404


def test_the_fifty_first_is_not_monitored_and_says_why_until_there_is_room(
    client: SignedIn, file: sqlite3.Connection, settings_path: Path, show: Show
) -> None:
    named(settings_path, "1000")
    ids = insert(file, *(str(1001 + at) for at in range(50)))
    with writing(file):
        monitored.monitor(file, KEYS, ids[:49])
    client.post("/monitored/choose", data={"person": ids[49]})
    show(states.idle() | {"extensions": {"1050": states.extension("Colleague 1050")}})
    page = client.get("/monitored").text
    assert "50 of 50 are monitored" in page
    assert "on the list, but not monitored: there is no room" in page
    assert "Not monitored" in row(page, "1050"), "never a wrong state"
    assert "50 others are monitored: remove or disable one of them." in row(page, "1050")
    client.post("/monitored/disable", data={"person": ids[0], "disabled": "yes"})
    assert "Not monitored" not in row(client.get("/monitored").text, "1050")


# --- what they do


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("the exchange refuses the subscription (404 Not Found)", "check the number"),
        ("the exchange refuses the subscription (403 Forbidden)", "allow that for the desk's account"),
        ("the exchange refuses the subscription (489 Bad Event)", "choose another under Account and lines"),
        ("the exchange does not answer the subscription", "Look whether the exchange runs"),
        ("something that nobody has thought of", "The log tells more"),
    ],
)
def test_one_that_cannot_be_known_says_why_and_what_to_do(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon, reason: str, fix: str
) -> None:
    named(settings_path, "1001")
    daemon.show(states.idle() | {"extensions": {"1001": states.extension("Ada", "unknown", reason=reason)}})
    deadline = time.monotonic() + 10
    while "Failed" not in row(page := client.get("/monitored").text, "1001"):
        assert time.monotonic() < deadline, row(page, "1001")
    assert reason in row(page, "1001")
    assert fix in row(page, "1001")


@pytest.mark.browser
def test_states_change_as_they_do_at_the_desk_and_nothing_moves(
    page: Page, site: str, settings_path: Path, daemon: StandInDaemon
) -> None:
    named(settings_path, "1001", "1002")
    daemon.show(
        states.idle() | {"extensions": {"1001": states.extension("Ada"), "1002": states.extension("Grace")}}
    )
    page.goto(f"{site}monitored")
    ada = page.locator("tr[data-key='1001']")
    expect(ada).to_contain_text("Available")
    before = page.locator("tr[data-key='1002']").bounding_box()
    reason = "the exchange refuses the subscription (404 Not Found)"
    for state, word, more in (
        ("ringing", "Ringing", {}),
        ("busy", "Busy", {"party_name": "Müller Bakery"}),
        ("dnd", "Do not disturb", {}),
        ("unknown", "Failed", {"reason": reason}),
    ):
        daemon.change(extensions={"1001": states.extension("Ada", state, **more)})
        expect(ada.locator("[data-slot=word]")).to_have_text(word)
        expect(ada.locator(".extension")).to_have_attribute("data-state", state)
        assert page.locator("tr[data-key='1002']").bounding_box() == before
    expect(ada).to_contain_text("check the number")


@pytest.fixture
def reception(tmp_path: Path, exchange: Exchange) -> Iterator[Reception]:
    """A running desk at a real exchange; 1001 has a telephone, and nobody knows an extension 1999."""
    extensions = {"1001": "Ada", "1999": "Nobody"}
    desk = Reception(tmp_path, exchange, extensions=extensions)
    desk.desk.start()
    try:
        yield desk
    finally:
        desk.__exit__()


@pytest.mark.browser
@pytest.mark.exchange
def test_the_page_follows_a_real_exchange(reception: Reception, browser: Browser) -> None:
    store = reception.home / "desk.db"
    prepare(store)  # the desk does so as well, and may not be done
    with closing(connect(store)) as file, writing(file):
        accounts.add(file, NAME, PASSWORD, "admin")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "web", "--settings", str(reception.desk.settings), "--bind", address]
    server = subprocess.Popen(command)
    context = browser.new_context()
    try:
        while server.poll() is None:
            with suppress(OSError), urlopen(f"http://{address}/static/icon.svg"):
                break
            time.sleep(0.05)
        cookie = {"name": access.COOKIE, "value": token_of(store), "url": f"http://{address}/"}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        reception.has("1001")
        page.goto(f"http://{address}/monitored")
        ada = page.locator("tr[data-key='1001'] [data-slot=word]")
        expect(ada).to_have_text("Available", timeout=15_000)
        nobody = page.locator("tr[data-key='1999']")
        expect(nobody).to_contain_text("Failed", timeout=15_000)
        expect(nobody).to_contain_text("check the number")
        reception.phones.do("1001", "call", number="808")
        expect(ada).to_have_text("Busy", timeout=15_000)
        page.get_by_label("Extension", exact=True).fill("1002")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("tr[data-key='1002']")).to_be_visible()
        reception.has("1002")
        expect(page.locator("tr[data-key='1002'] [data-slot=word]")).to_have_text("Available", timeout=30_000)
    finally:
        context.close()
        server.terminate()
        server.wait(20)
