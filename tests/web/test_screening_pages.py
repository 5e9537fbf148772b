"""Given the pages of who may ring, what is set there holds; what is wrong is told, and changes nothing."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance.numbers import DialPlan
from appliance.screening import blacklist, hours, rules
from appliance.screening.rules import Rule, Rules
from appliance.store.file import connect, writing
from appliance.users import accounts, audit

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn

PLAN = DialPlan()
OPERATOR = "olga"


@pytest.fixture
def file(desk_store: Path) -> Iterator[sqlite3.Connection]:
    """The store of the site, with no rules yet."""
    with closing(connect(desk_store)) as file:
        with writing(file):
            for table in ("blacklist_change", "blacklist", "audit"):
                file.execute(f"DELETE FROM {table}")
            file.execute("UPDATE screening SET rules = '{}', revision = revision + 1")
        yield file


@pytest.fixture
def operator(client_as: Callable[[str], SignedIn], file: sqlite3.Connection) -> Iterator[SignedIn]:
    """An operator, signed in."""
    with writing(file):
        id = accounts.add(file, OPERATOR, "Roses at the gate", "operator")
    yield client_as(OPERATOR)
    with writing(file):
        accounts.remove(file, id)


def listed(file: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return [(one.pattern, one.note, one.author) for one in blacklist.entries(file)]


def loaded(file: sqlite3.Connection) -> Rules:
    return rules.load(file, PLAN)


def said(page: str) -> str:
    """Return the words of a page, as a reader has them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def was(page: str) -> str:
    """Return what the form of a page brings back, so that another's change is noticed."""
    found = re.search(r'name="was" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


# --- the blacklist


def test_who_is_added_is_on_the_list_with_who_did_it_and_the_change_is_on_record(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    reply = client.post("/blacklist/add", data={"number": "+39 199*", "note": "sales calls"})
    assert reply.status_code == 303
    assert listed(file) == [("+39 199*", "sales calls", "reception")]
    (entry,) = audit.entries(file)
    assert (entry.who, entry.what, entry.details["number"]) == ("reception", "blacklist: added", "+39 199*")
    assert "sales calls" in client.get("/blacklist?find=SALES").text
    assert "Nothing is found." in client.get("/blacklist?find=nobody").text
    assert "sales calls" in client.get("/blacklist?find=39+199").text
    assert "sales calls" in client.get("/blacklist?find=39199").text


@pytest.mark.parametrize(
    ("form", "field", "why"),
    [
        ({"number": ""}, "number-error", "is no number and no pattern"),
        ({"number": "*"}, "number-error", "would match everybody"),
        ({"number": "112"}, "number-error", "matches the emergency number 112, which may always ring"),
        ({"number": "200"}, "number-error", "matches 200, which is an extension of your own"),
        ({"number": "<b>"}, "number-error", "is no number and no pattern"),
        ({"number": "0301", "note": "x" * 201}, "note-error", "Write 200 characters at most."),
    ],
)
def test_who_cannot_be_added_is_told_beside_the_field_and_nothing_changes(
    client: SignedIn, file: sqlite3.Connection, form: dict[str, str], field: str, why: str
) -> None:
    reply = client.post("/blacklist/add", data=form)
    assert reply.status_code == 422
    beside = reply.text.split(f'id="{field}"')[1].split("</p>")[0]
    assert why in unescape(beside)
    assert listed(file) == []
    assert audit.entries(file) == []


def test_many_are_added_at_once_or_each_wrong_line_is_told(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    lines = "0301234567; asks every day\n\n112\n+44 20*\tScotland\n***\n"
    reply = client.post("/blacklist/lines", data={"lines": lines})
    assert reply.status_code == 422
    text = said(reply.text)
    assert "Nothing was added: 2 lines are wrong." in text
    assert "Line 3: 112 matches the emergency number" in text
    assert "Line 5: '***' is no number" in text
    assert "+44 20*" in reply.text, "what was typed is kept"
    assert listed(file) == []
    assert client.post("/blacklist/lines", data={"lines": lines, "skip": "yes"}).status_code == 303
    assert [one[:2] for one in listed(file)] == [("0301234567", "asks every day"), ("+44 20*", "Scotland")]
    for nothing, why in (
        (" \n", "Write a number or a pattern"),
        ("0301\n" * 1001, "Write 1,000 lines at most"),
    ):
        reply = client.post("/blacklist/lines", data={"lines": nothing})
        assert reply.status_code == 422
        assert why in reply.text.split('id="lines-error"')[1].split("</p>")[0]


def test_the_last_change_is_undone_unless_somebody_was_faster(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    client.post("/blacklist/add", data={"number": "0301"})
    page = client.get("/blacklist").text
    assert "Undo: 0301 was added" in page
    change = re.findall(r'name="change" value="([^"]+)"', page)[0]
    with writing(file):
        blacklist.add(file, PLAN, "0302", "", "somebody", 0.0)
    client.post("/blacklist/undo", data={"change": change})
    assert len(listed(file)) == 2
    assert "Nothing was undone" in client.get("/blacklist").text
    change = re.findall(r'name="change" value="([^"]+)"', client.get("/blacklist").text)[0]
    client.post("/blacklist/undo", data={"change": change})
    client.post("/blacklist/remove", data={"pattern": "0301"})
    assert listed(file) == []
    assert "Undo: 0301 was removed" in client.get("/blacklist").text


def test_operators_add_and_take_back_their_own_but_remove_nothing(
    operator: SignedIn, file: sqlite3.Connection
) -> None:
    with writing(file):
        blacklist.add(file, PLAN, "0300", "", "somebody", 0.0)
    page = operator.get("/blacklist").text
    assert "0300" in page
    assert "Undo:" not in page
    assert ">Remove<" not in page
    assert operator.post("/blacklist/remove", data={"pattern": "0300"}).status_code == 403
    assert operator.post("/blacklist/add", data={"number": "0301"}).status_code == 303
    assert "Undo: 0301 was added" in operator.get("/blacklist").text
    assert operator.get("/screening").status_code == 403
    assert len(listed(file)) == 2


def test_one_can_try_whether_a_call_would_ring_and_by_which_rule_not(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    with writing(file):
        blacklist.add(file, PLAN, "+39 199*", "sales calls", "Anna", 1.0)
        rules.save(file, Rules(blacklist=Rule(True, "600"), anonymous=Rule(True)))

    def told(**query: str) -> str:
        page = client.get("/blacklist", query_string=query).text
        return said(page.split('<p role="status"><span class="badge"')[1].split("</p>")[0])

    refused = told(who="number", **{"try": "0039 199 5"})
    assert "Diverted It matches +39 199*, on the blacklist since" in refused
    assert "Note: sales calls" in refused
    assert "It goes to 600." in refused
    assert "It rings 030 1234567 may ring." in told(who="number", **{"try": "030 1234567"})
    assert "It rings" in told(who="number", **{"try": "112"})
    assert "Callers who withhold their number may not ring." in told(who="withheld")
    assert "A caller without a number may ring." in told(who="unknown")


# --- rules


def test_a_rule_that_is_set_is_kept_and_holds(client: SignedIn, file: sqlite3.Connection) -> None:
    page = client.get("/screening").text
    form = {"was": was(page), "anonymous-on": "on", "anonymous-divert": " 600 ", "everybody-shown": "on"}
    assert client.post("/screening/rules", data=form).status_code == 303
    now = loaded(file)
    assert now.anonymous == Rule(on=True, divert="600", shown=False)
    assert now.everybody == Rule(on=False)
    assert now.blacklist.on is False, "its box was not ticked"
    assert [one.what for one in audit.entries(file)] == ["screening: rules"]
    assert "Emergency numbers always ring." in page


@pytest.mark.parametrize("divert", ["200", "6 0 0", "<script>", "x" * 65])
def test_calls_cannot_be_diverted_to_the_desk_itself_nor_to_what_is_no_number(
    client: SignedIn, file: sqlite3.Connection, divert: str
) -> None:
    before = loaded(file).revision
    form = {"was": was(client.get("/screening").text), "unknown-on": "on", "unknown-divert": divert}
    reply = client.post("/screening/rules", data=form)
    assert reply.status_code == 422
    assert 'id="unknown-divert-error"' in reply.text
    assert loaded(file).revision == before


def test_who_saves_over_what_another_has_changed_is_told_first(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    page = client.get("/screening").text
    with writing(file):
        rules.save(file, Rules(everybody=Rule(True)))
    reply = client.post("/screening/rules", data={"was": was(page), "anonymous-on": "on"})
    assert reply.status_code == 422
    assert "Somebody else has changed the rules meanwhile." in reply.text
    assert loaded(file).everybody.on
    assert not loaded(file).anonymous.on


# --- opening hours


def test_a_week_and_holidays_are_kept_as_they_are_written(client: SignedIn, file: sqlite3.Connection) -> None:
    form = {
        "was": was(client.get("/screening").text),
        "zone": "Europe/Rome",
        "monday-from": ["14:00", "09:00", ""],
        "monday-to": ["18:00", "13:00", ""],
        "friday-from": "22:00",
        "friday-to": "06:00",
        "saturday-from": "00:00",
        "saturday-to": "00:00",
        "day": ["0", "1", "2", "7"],
        "first-0": "2026-12-24",
        "last-0": "2027-01-06",
        "yearly-0": "on",
        "name-0": "Christmas",
        "first-1": "2026-12-31",
        "first-7": "2028-02-29",
        "yearly-7": "on",
    }
    assert client.post("/screening/hours", data=form).status_code == 303
    now = loaded(file).hours
    assert now.zone == "Europe/Rome"
    assert [" ".join(map(str, spans)) for spans in now.week] == [
        "09:00-13:00 14:00-18:00", "", "", "", "22:00-06:00", "00:00-24:00", "",
    ]  # fmt: skip
    assert [(str(one), one.name) for one in now.holidays] == [
        ("02-29", ""),
        ("12-24..01-06", "Christmas"),
        ("2026-12-31", ""),
    ]
    shown = client.get("/screening").text
    assert 'value="09:00"' in shown
    again = {"was": was(shown), **form}
    again["was"] = was(shown)
    assert client.post("/screening/hours", data=again).status_code == 303, "saved once more, it is the same"
    assert loaded(file).hours == now


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"tuesday-from": "09:00"}, "tuesday-error"),
        ({"tuesday-from": "09:00", "tuesday-to": "09:00"}, "tuesday-error"),
        ({"tuesday-from": "25:00", "tuesday-to": "26:00"}, "tuesday-error"),
        ({"zone": "Europe/Nowhere"}, "zone-error"),
        ({"zone": "../../etc/passwd"}, "zone-error"),
        ({"day": "0", "first-0": "2026-02-30"}, "day-0-error"),
        ({"day": "0", "name-0": "Somewhen"}, "day-0-error"),
        ({"day": "0", "first-0": "2026-12-24", "last-0": "2026-12-20"}, "day-0-error"),
        ({"day": "0", "first-0": "2026-12-24", "name-0": "x" * 101}, "day-0-error"),
    ],
)
def test_hours_that_cannot_be_are_told_where_they_stand_and_nothing_changes(
    client: SignedIn, file: sqlite3.Connection, form: dict[str, str], field: str
) -> None:
    before = loaded(file).revision
    reply = client.post("/screening/hours", data={"was": was(client.get("/screening").text), **form})
    assert reply.status_code == 422
    assert f'id="{field}"' in reply.text
    assert loaded(file).revision == before


def test_the_page_says_whether_the_desk_is_open_and_until_when(
    client: SignedIn, file: sqlite3.Connection
) -> None:
    assert "Open now" in client.get("/screening").text
    with writing(file):
        rules.save(file, Rules(hours=hours.Hours(holidays=(hours.holiday("01-01..12-31", "Sabbatical"),))))
    text = said(client.get("/screening").text)
    assert "Closed now Holiday: Sabbatical" in text
    assert "Calls ring all the same: the rule for closed hours is off." in text


# --- with a browser


@pytest.mark.browser
def test_a_person_sets_the_opening_hours_by_keyboard(page: Page, site: str, file: sqlite3.Connection) -> None:
    page.goto(f"{site}screening")
    monday = page.get_by_role("group", name="Monday")
    monday.get_by_label("from").fill("09:00")
    monday.get_by_label("to", exact=True).fill("13:00")
    monday.get_by_role("button", name="Hours Monday").press("Enter")
    expect(monday.get_by_label("from").nth(1)).to_be_focused()
    monday.get_by_label("from").nth(1).fill("14:00")
    monday.get_by_label("to", exact=True).nth(1).fill("18:00")
    monday.get_by_role("button", name="Copy down Monday").press("Enter")
    expect(page.get_by_role("group", name="Wednesday").get_by_label("to", exact=True).nth(1)).to_have_value(
        "18:00"
    )
    page.get_by_role("button", name="Another holiday").press("Enter")
    page.locator(".holiday").nth(1).get_by_label("Day").fill("2026-12-25")
    page.locator(".holiday").nth(1).get_by_label("Name").fill("Christmas")
    page.locator(".holiday").nth(1).get_by_label("every year").check()
    page.get_by_role("button", name="Save the opening hours").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    now = loaded(file).hours
    day = "Sunday" if page.locator(".day").first.get_attribute("data-day") == "sunday" else "Monday"
    spans = hours.spans(["09:00-13:00", "14:00-18:00"])
    assert now.week[:6] == (spans,) * 6
    assert now.week[6] == (() if day == "Sunday" else spans), "copied to the days that follow in the list"
    assert [str(one) for one in now.holidays] == ["12-25"]


@pytest.mark.browser
def test_a_person_blocks_a_number_and_takes_it_back(page: Page, site: str, file: sqlite3.Connection) -> None:
    page.goto(f"{site}blacklist")
    page.get_by_label("Number or pattern").fill("030 1234567")
    page.get_by_label("Note", exact=True).fill("asks every day")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="030 1234567")).to_contain_text("asks every day")
    page.get_by_role("button", name="Undo: 030 1234567 was added").click()
    expect(page.get_by_text("Nobody is on the blacklist.")).to_be_visible()
    assert listed(file) == []
