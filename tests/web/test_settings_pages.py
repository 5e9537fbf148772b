"""What an admin sets on a page stands in the file of settings, with its comments, and the desk is told."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from appliance import settings
from tests.web import states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import Show, SignedIn
    from tests.web.daemon import StandInDaemon


@pytest.fixture(autouse=True)
def as_before(settings_path: Path) -> Iterator[None]:
    """Leave the settings as they were."""
    files = [settings_path, settings_path.with_name(settings.SECRETS_NAME)]
    before = [file.read_text() for file in files]
    yield
    for file, text in zip(files, before, strict=True):
        file.write_text(text)


def fields_of(page: str) -> dict[str, str]:
    """Return the fields of the form in a page as a browser would send them."""
    found = {
        match[1]: unescape(match[2])
        for match in re.finditer(r'<input[^>]*\bname="([\w.]+)"[^>]*\bvalue="([^"]*)"[^>]*>', page)
        if 'type="checkbox"' not in match[0] or " checked" in match[0]
    }
    for name, text in re.findall(r'<textarea[^>]*name="([\w.]+)"[^>]*>([^<]*)</textarea>', page):
        found[name] = unescape(text)
    for name, inner in re.findall(r'<select[^>]*name="([\w.]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[name] = re.findall(r'value="([^"]*)" selected', inner)[0]
    return found


def test_what_is_set_stands_in_the_file_and_the_desk_is_told(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon
) -> None:
    form = fields_of(client.get("/calls").text)
    reply = client.post("/calls", data=form | {"calls.max_incoming": "5", "calls.divert_to": "*97"})
    assert reply.status_code == 303
    now = settings.load(settings_path)
    assert (now.calls.max_incoming, now.calls.divert_to) == (5, "*97")
    text = settings_path.read_text()
    assert text.startswith("# The reception in the hall.\n")
    assert "auto_hold" not in text, "what nobody has set is not written"
    assert daemon.asked == [("reload", {})]
    assert "Saved." in client.get("/calls").text


def test_what_waits_for_the_end_of_the_calls_is_said_to_wait(client: SignedIn, show: Show) -> None:
    show(states.morning() | {"leaving": True})
    form = fields_of(client.get("/calls").text)
    assert client.post("/calls", data=form | {"park.orbits": "701"}).status_code == 303
    assert "when the calls of now are over" in client.get("/calls").text


def test_what_the_desk_refuses_is_told(client: SignedIn, daemon: StandInDaemon) -> None:
    daemon.refusals["reload"] = "the desk has its reasons"
    assert client.post("/calls", data=fields_of(client.get("/calls").text)).status_code == 303
    assert "the desk has its reasons" in client.get("/calls").text


def test_a_form_that_nobody_changed_changes_nothing(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon
) -> None:
    before = settings_path.read_bytes()
    for page in ("/calls", "/dialling"):
        assert client.post(page, data=fields_of(client.get(page).text)).status_code == 303
    assert settings_path.read_bytes() == before


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("calls.max_incoming", "many", "write a whole number"),
        ("calls.max_incoming", "31", "write a whole number from 0 to 30"),
        ("calls.max_incoming", "", "write a whole number"),
        ("calls.auto_hold", "nan", "write a number"),
        ("calls.auto_hold", "-1", "write seconds, from 0 to 3600"),
        ("calls.divert_to", "front desk", "write digits"),
        ("park.dialect", "loudly", "choose one of the list"),
        ("park.orbits", "701\n701", "write each number once"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_written(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon, field: str, typed: str, message: str
) -> None:
    before = settings_path.read_bytes()
    form = fields_of(client.get("/calls").text)
    reply = client.post("/calls", data=form | {field: typed, "desk.name": "Not written"})
    assert reply.status_code == 422
    assert re.search(rf'id="{field}-error">.*?{message}', reply.text, re.DOTALL)
    assert "Not written" in reply.text, "what was typed stays"
    assert settings_path.read_bytes() == before
    assert daemon.asked == []


def test_speed_dials_are_lines_of_key_and_number(client: SignedIn, settings_path: Path) -> None:
    form = fields_of(client.get("/dialling").text)
    assert (
        client.post("/dialling", data=form | {"speed_dial": "1 = 1001\n9= 030 1234567\n"}).status_code == 303
    )
    assert settings.load(settings_path).speed_dial == {"1": "1001", "9": "030 1234567"}
    form = fields_of(client.get("/dialling").text)
    assert form["speed_dial"].strip() == "1 = 1001\n9 = 030 1234567"
    assert client.post("/dialling", data=form | {"speed_dial": "9 = 030 7654321"}).status_code == 303
    assert settings.load(settings_path).speed_dial == {"9": "030 7654321"}
    before = settings_path.read_bytes()
    for wrong in ("9", "= 1", "a b = 1"):
        reply = client.post("/dialling", data=fields_of(client.get("/dialling").text) | {"speed_dial": wrong})
        assert reply.status_code == 422
        assert 'id="speed_dial-error"' in reply.text
    assert settings_path.read_bytes() == before


def test_two_admins_are_told_of_each_other_s_change(client: SignedIn, settings_path: Path) -> None:
    mine = fields_of(client.get("/calls").text)
    theirs = fields_of(client.get("/calls").text)
    other = {"calls.divert_to": "300", "calls.overflow": "301"}
    assert client.post("/calls", data=theirs | other).status_code == 303
    reply = client.post("/calls", data=mine | {"calls.divert_to": "400", "desk.name": "Mine"})
    assert reply.status_code == 422
    assert "somebody else has changed this to “300”" in unescape(reply.text)
    assert settings.load(settings_path).calls.divert_to == "300"
    again = fields_of(reply.text)
    assert again["calls.divert_to"] == "400"
    assert client.post("/calls", data=again).status_code == 303
    now = settings.load(settings_path)
    assert (now.calls.divert_to, now.calls.overflow, now.desk.name) == ("400", "301", "Mine")


def test_what_others_changed_elsewhere_on_the_page_stays_theirs(
    client: SignedIn, settings_path: Path
) -> None:
    mine = fields_of(client.get("/calls").text)
    assert client.post("/calls", data=mine | {"calls.overflow": "301"}).status_code == 303
    assert client.post("/calls", data=mine | {"calls.divert_to": "400"}).status_code == 303
    now = settings.load(settings_path)
    assert (now.calls.divert_to, now.calls.overflow) == ("400", "301")


@pytest.mark.parametrize("was", ["", "[]", "7", '{"calls.divert_to": 7}', "{", json.dumps({"x.y": "z"})])
def test_a_form_with_a_mangled_memory_is_no_fault(client: SignedIn, was: str) -> None:
    form = fields_of(client.get("/calls").text) | {"was": was}
    assert client.post("/calls", data=form).status_code in (303, 422)


def test_settings_that_somebody_broke_by_hand_are_shown_as_that(
    client: SignedIn, settings_path: Path
) -> None:
    settings_path.write_text("[desk\n")
    reply = client.get("/calls")
    assert reply.status_code == 503
    assert "not valid TOML" in reply.text


@pytest.mark.browser
def test_a_switch_a_choice_and_a_list_are_set_by_keyboard(
    page: Page, site: str, settings_path: Path, daemon: StandInDaemon
) -> None:
    page.goto(f"{site}calls")
    page.get_by_label("Wait for busy colleagues (camp on)").focus()
    page.keyboard.press("Space")
    page.get_by_label("How the exchange parks").focus()
    page.keyboard.press("Home")
    page.get_by_label("Orbits").fill("701\n702")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    now = settings.load(settings_path)
    assert (now.calls.camp_on, now.park.dialect, now.park.orbits) == (False, "orbit", ("701", "702"))


@pytest.mark.browser
def test_the_focus_goes_to_what_is_wrong(page: Page, site: str) -> None:
    page.goto(f"{site}calls")
    page.get_by_label("Calls that may wait").fill("99")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was saved")).to_be_focused()
    field = page.get_by_label("Calls that may wait")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("write a whole number from 0 to 30"))
