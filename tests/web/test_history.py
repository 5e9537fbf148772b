"""Given many calls, the page finds those that one looks for; a note is kept, and who asks is forgotten."""

from __future__ import annotations

import csv
import datetime
import io
import re
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance import settings
from appliance.directory import people
from appliance.directory.lookup import Keys
from appliance.directory.person import Number, Person
from appliance.history import records
from appliance.history.readings import readings, sought
from appliance.history.record import Record, day_and_hour
from appliance.history.recorder import Changes, write
from appliance.numbers import DialPlan
from appliance.store.file import connect, writing
from appliance.users import accounts, audit
from web import figures

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon

OPERATOR = "olga"
MONDAY = datetime.datetime(2026, 3, 2, 9, 5, tzinfo=figures.zone()).timestamp()
DAY = 86_400.0
ON_MONDAY = "/history?from=2026-03-02&to=2026-03-02"


def call(id: int, began: float = MONDAY, /, **said: object) -> Record:
    """Return the record of a call that was answered, but for what is said."""
    day, hour = day_and_hour(began, figures.zone())
    usual: dict[str, object] = {
        "id": id,
        "direction": "in",
        "number": "030 1234567",
        "name": "Ada Lovelace",
        "called": "200",
        "began": began,
        "answered": began + 10,
        "ended": began + 70,
        "day": day,
        "hour": hour,
        "duration": 70.0,
        "waited": 10.0,
        "held": 5.0,
        "talked": 55.0,
        "state": "released",
        "outcome": "answered",
    } | said
    usual["sought"] = sought([str(usual["name"])], [str(usual["number"])], readings)
    return Record(**usual)  # type: ignore[arg-type]


UNANSWERED = {"answered": 0.0, "held": 0.0, "talked": 0.0, "waited": 20.0, "duration": 20.0}


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The store of the site, with a few calls in it: the ids tell them apart."""
    with closing(connect(desk_store)) as file:
        with writing(file):
            for table in ("call", "call_day", "call_hour", "message", "person", "audit"):
                file.execute(f"DELETE FROM {table}")
            write(
                file,
                Changes(
                    (
                        call(1, MONDAY - DAY, name="Grace Hopper", number="0049301"),
                        call(2),
                        call(
                            3, MONDAY + 60, outcome="missed", name="Zoë Ångström", number="0771", **UNANSWERED
                        ),
                        call(4, MONDAY + 120, direction="out", outcome="unanswered", **UNANSWERED),
                        call(5, MONDAY + 180, queue="600", called="600", name="", number="", withheld=True),
                        call(6, MONDAY + 240, outcome="screened", shown=False, name="", **UNANSWERED),
                    )
                ),
            )
        yield file
        with writing(file):
            file.execute("DELETE FROM call")
            file.execute("DELETE FROM person")


@pytest.fixture
def as_before(settings_path: Path) -> Iterator[None]:
    """Leave the settings as they were."""
    before = settings_path.read_text()
    yield
    settings_path.write_text(before)


def ids(page: str) -> list[int]:
    """Return the calls that a page lists."""
    return [int(id) for id in re.findall(r'<th scope="row"><a href="/history/(\d+)"', page)]


def said(page: str) -> str:
    """Return the words of a page, as a reader has them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# --- finding


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [5, 4, 3, 2]),
        ("&which=received", [5, 2]),
        ("&which=missed", [3]),
        ("&which=outgoing", [4]),
        ("&queues=hide", [4, 3, 2]),
        ("&screened=yes", [6, 5, 4, 3, 2]),
        ("&find=angstrom", [3]),
        ("&find=1234567", [4, 2]),
        ("&find=nobody", []),
        ("&which=nonsense", [5, 4, 3, 2]),
    ],
)
def test_the_calls_of_a_day_are_listed_and_chosen_from(
    client: SignedIn, file: sqlite3.Connection, query: str, found: list[int]
) -> None:
    page = client.get(ON_MONDAY + query).text
    assert ids(page) == found
    if not found:
        assert "No calls." in page
        assert "Search all days" in page


def test_other_days_are_an_arrow_away_and_all_of_them_can_be_searched(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    page = client.get(ON_MONDAY).text
    before = re.findall(r'rel="prev" href="([^"]+)"', page)[0]
    assert ids(client.get(unescape(before)).text) == [1]
    assert ids(client.get("/history?from=&to=&find=Hopper").text) == [1]
    assert ids(client.get("/history?from=2026-03-01&to=2026-03-02").text) == [5, 4, 3, 2, 1]
    assert ids(client.get("/history?from=2026-03-02&to=").text) == [5, 4, 3, 2]
    today = client.get("/history").text
    assert 'rel="next"' not in today, "nobody has called tomorrow"
    assert ids(today) == []


def test_a_row_says_direction_time_both_ends_and_how_it_went(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    text = said(client.get(ON_MONDAY).text)
    assert "In 9:05 AM Ada Lovelace 030 1234567 200 0:10 0:05 1:10 Answered" in text.replace("\u202f", " ")
    assert "Missed 9:06 AM Zoë Ångström 0771 200 0:20 0:20 Missed" in text.replace("\u202f", " ")
    assert "Number withheld 600 queue 600" in text


@pytest.mark.parametrize(
    ("query", "field", "why"),
    [
        ("from=yesterday&to=", "from-error", "There is no such day."),
        ("from=&to=2026-02-30", "to-error", "There is no such day."),
        ("from=0001-01-01&to=", "from-error", "There is no such day."),
        ("from=2026-03-02&to=2026-03-01", "to-error", "It ends before it begins."),
        ("from=&to=&find=" + "9" * 101, "find-error", "Write 100 characters at most."),
    ],
)
def test_what_cannot_be_looked_for_is_told_beside_the_field(
    client: SignedIn, file: sqlite3.Connection, query: str, field: str, why: str
) -> None:
    for address in ("/history", "/history.csv"):
        reply = client.get(f"{address}?{query}")
        assert reply.status_code == 422
        assert why in reply.text.split(f'id="{field}"')[1].split("</p>")[0]


def test_a_long_list_is_read_in_pages_of_a_hundred(client: SignedIn, file: sqlite3.Connection) -> None:
    with writing(file):
        write(file, Changes(tuple(call(1000 + at, MONDAY + 600 + at) for at in range(150))))
    page = client.get(ON_MONDAY).text
    assert "154 calls" in page
    assert ids(page) == list(range(1149, 1049, -1))
    older = unescape(re.findall(r'rel="next" href="([^"]+after[^"]+)"', page)[0])
    assert ids(client.get(older).text) == [*range(1049, 999, -1), 5, 4, 3, 2]
    assert client.get(ON_MONDAY + "&after=999999").status_code == 404


def test_the_table_for_spreadsheets_has_what_is_filtered(client: SignedIn, file: sqlite3.Connection) -> None:
    reply = client.get("/history.csv?from=2026-03-02&to=2026-03-02&which=received")
    assert reply.mimetype == "text/csv"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="calls-2026-03-02-2026-03-02.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert [row["Call"] for row in rows] == ["5", "2"]
    assert rows[1]["Date"] == "2026-03-02"
    assert rows[1]["Time"] == "09:05:00"


# --- one call


def test_a_note_is_kept_unless_somebody_else_has_written_one(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    assert (
        client.post("/history/2", data={"note": " wants an offer\r\nby Friday ", "was": ""}).status_code
        == 303
    )
    assert records.get(file, 2).note == "wants an offer\nby Friday"
    reply = client.post("/history/2", data={"note": "mine", "was": ""})
    assert reply.status_code == 422
    assert "Somebody else has written this meanwhile" in reply.text
    assert ">mine</textarea>" in reply.text
    assert client.post("/history/2", data={"note": "x" * 2001, "was": ""}).status_code == 422
    assert records.get(file, 2).note == "wants an offer\nby Friday"
    assert [(one.what, one.details) for one in audit.entries(file)] == [("note on a call", {"call": "2"})]
    for unknown in ("/history/77", "/history/99999999999999999999999"):
        assert client.get(unknown).status_code == 404


def test_a_call_leads_to_the_person_to_the_blacklist_and_to_calling_back(
    client: SignedIn, file: sqlite3.Connection, daemon: StandInDaemon
) -> None:
    page = client.get("/history/2").text
    assert "/blacklist?number=030+1234567" in page
    assert "/directory/new?number=030+1234567" in page
    with writing(file):
        (id,) = people.insert(
            file, Keys(DialPlan()), [Person("Lovelace", "Ada", numbers=(Number("030 1234567"),))]
        )
    assert f'href="/directory/{id}"' in client.get("/history/2").text
    assert (
        client.post("/history/call", data={"call": "2", "back": ON_MONDAY}).headers["Location"] == ON_MONDAY
    )
    assert daemon.asked == [("dial", {"number": "030 1234567"})]
    assert "The desk calls 030 1234567." in client.get("/history").text
    elsewhere = client.post("/history/call", data={"call": "2", "back": "https://elsewhere.example"})
    assert elsewhere.headers["Location"] == "/"


def test_a_refusal_of_the_desk_is_told(
    client: SignedIn, file: sqlite3.Connection, daemon: StandInDaemon
) -> None:
    daemon.refusals["dial"] = "030 1234567 must not be called from here"
    client.post("/history/call", data={"call": "2"})
    assert "must not be called from here" in client.get("/history").text


# --- what is not kept


def test_who_asks_to_be_forgotten_is_after_it_was_confirmed(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    for form, field in (({"number": "0301234567"}, "sure"), ({"sure": "on", "number": " - "}, "number")):
        reply = client.post("/history/erase", data=form)
        assert reply.status_code == 422
        assert f'id="{field}-error"' in reply.text
    assert records.get(file, 2).number == "030 1234567"
    client.post("/history/erase", data={"number": "030-123 45 67", "sure": "on"})
    assert "Erased from 3 calls and 0 text messages." in client.get("/history/kept").text
    assert (records.get(file, 2).number, records.get(file, 2).name) == ("", "")
    assert records.get(file, 3).number == "0771"
    (entry,) = audit.entries(file)
    assert "1234567" not in str(entry), "nor is it in the audit log"


@pytest.mark.usefixtures("as_before")
def test_how_long_calls_are_kept_is_a_setting(client: SignedIn, settings_path: Path) -> None:
    form = {"was": "{}", "history.keep_days": "90", "history.queues": "600\n601"}
    assert client.post("/history/kept", data=form).status_code == 303
    kept = settings.load(settings_path).history
    assert (kept.keep_days, kept.queues) == (90, ("600", "601"))
    assert "Hide queue calls" in client.get("/history").text
    assert client.post("/history/kept", data=form | {"history.keep_days": "-1"}).status_code == 422
    assert settings.load(settings_path).history.keep_days == 90


def test_operators_read_and_write_notes_but_erase_nobody(
    client_as: Callable[[str], SignedIn], file: sqlite3.Connection
) -> None:
    with writing(file):
        id = accounts.add(file, OPERATOR, "Roses at the gate", "operator")
    operator = client_as(OPERATOR)
    assert ids(operator.get(ON_MONDAY).text) == [5, 4, 3, 2]
    assert operator.post("/history/2", data={"note": "called back", "was": ""}).status_code == 303
    assert operator.get("/history/kept").status_code == 403
    assert operator.post("/history/erase", data={"number": "0771", "sure": "on"}).status_code == 403
    assert records.get(file, 3).number == "0771"
    with writing(file):
        accounts.remove(file, id)


# --- with a browser


@pytest.mark.browser
def test_a_person_goes_back_a_day_searches_and_calls_back(
    page: Page, site: str, file: sqlite3.Connection, daemon: StandInDaemon
) -> None:
    page.goto(site.rstrip("/") + ON_MONDAY)
    page.get_by_role("link", name="The day before").click()
    expect(page.get_by_role("row", name="Grace Hopper")).to_be_visible()
    page.get_by_role("link", name="All days").click()
    page.get_by_label("Number or name").fill("Ångström")
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name="Zoë Ångström")
    expect(row).to_contain_text("Missed")
    row.get_by_role("button", name="Call Zoë Ångström").press("Enter")
    expect(page.get_by_text("The desk calls 0771.")).to_be_visible()
    expect(page.get_by_label("Number or name")).to_have_value("Ångström")
    assert daemon.asked[-1] == ("dial", {"number": "0771"})
    page.get_by_role("row", name="Zoë Ångström").get_by_role("link").click()
    page.get_by_role("textbox", name="Note").fill("wants to know about the fair")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert records.get(file, 3).note == "wants to know about the fair"
