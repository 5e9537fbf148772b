"""Account and lines on a page: each option in its place, how each line is, a test before it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance import settings
from tests.web import states
from tests.web.test_settings_pages import as_before, fields_of
from web import account_trial

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from appliance.demo.exchange import Exchange
    from tests.web.conftest import Show, SignedIn
    from tests.web.daemon import StandInDaemon

__all__ = ["as_before"]  # the settings are as they were after each test

LINE = "/account/lines/main/test"
FOR_SCRIPTS = {"Accept": "application/json"}


def lines(**told: dict[str, Any]) -> dict[str, Any]:
    """Return a state with these lines."""
    known = {"number": "200", "code": 0, "reason": ""}
    return states.idle() | {"lines": {name: known | line for name, line in told.items()}}


def test_every_option_of_a_line_has_its_field(client: SignedIn) -> None:
    form = fields_of(client.get("/account").text)
    shown = {name.removeprefix("line.") for name in form if name.startswith("line.")}
    switches, secret = {"direct_calls", "publish", "mailbox"}, {"password"}
    assert shown | switches | secret == set(settings.LineOptions.__dataclass_fields__)


def test_what_is_set_stands_in_the_files_and_the_password_is_never_shown(
    client: SignedIn, settings_path: Path, daemon: StandInDaemon
) -> None:
    form = fields_of(client.get("/account").text)
    assert client.post("/account", data=form | {"line.expires": "120"}).status_code == 303
    assert settings.load(settings_path).line.password == "a line has one", "an empty field leaves it"
    form = fields_of(client.get("/account").text)
    assert client.post("/account", data=form | {"line.password": "another"}).status_code == 303
    now = settings.load(settings_path)
    assert (now.line.expires, now.line.password) == (120, "another")
    assert "another" not in settings_path.read_text()
    assert "another" not in client.get("/account").text
    assert daemon.asked == [("reload", {})] * 2


def test_a_line_is_added_set_and_removed_with_its_password(client: SignedIn, settings_path: Path) -> None:
    added = {"name": "sales", "server": "pbx.example", "user": "300", "password": "of sales"}
    reply = client.post("/account/add", data=added)
    assert (reply.status_code, reply.location) == (303, "/account/lines/sales")
    form = fields_of(client.get("/account/lines/sales").text)
    client.post("/account/lines/sales", data=form | {"lines.sales.transport": "tcp"})
    sales = settings.load(settings_path).lines["sales"]
    assert (sales.server, sales.user, sales.password, sales.transport) == (
        "pbx.example",
        "300",
        "of sales",
        "tcp",
    )
    assert client.post("/account/lines/sales/remove").status_code == 303
    assert settings.load(settings_path).lines == {}
    assert "of sales" not in settings_path.with_name(settings.SECRETS_NAME).read_text()
    assert client.get("/account/lines/sales").status_code == 404


@pytest.mark.parametrize("wrong", [{"name": "main"}, {"name": "a b"}, {"server": "a b"}, {"user": ""}])
def test_a_line_that_is_wrong_is_not_added(
    client: SignedIn, settings_path: Path, wrong: dict[str, str]
) -> None:
    before = settings_path.read_text()
    added = {"name": "sales", "server": "pbx.example", "user": "300", "password": "planted"} | wrong
    reply = client.post("/account/add", data=added)
    assert reply.status_code == 422
    assert f'id="{next(iter(wrong))}-error"' in reply.text
    assert "planted" not in reply.text
    assert settings_path.read_text() == before


def test_each_line_tells_how_it_is_with_the_fix(client: SignedIn, show: Show) -> None:
    show(lines(main={"state": "failed", "code": 403, "reason": "the exchange refuses the user"}))
    page = client.get("/account/states/main").text
    assert "Not registered" in page
    assert "see the user name and the password of the account" in page
    show(lines(main={"state": "unset", "reason": "no account is set up yet"}))
    assert "No account" in client.get("/account/states/main").text


def test_a_wrong_option_is_told_beside_its_field_and_nobody_is_asked(
    client: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_trial, "run", lambda _line: pytest.fail("there is nothing to try"))
    typed = {"line.server": "pbx.example", "line.user": "2 00", "line.port": "x"}
    reply = client.post(LINE, data=typed, headers=FOR_SCRIPTS)
    assert reply.status_code == 422
    assert set(reply.get_json()["errors"]) == {"line.port", "line.user"}


def test_the_kept_password_is_tried_where_none_is_typed(
    client: SignedIn, monkeypatch: pytest.MonkeyPatch, settings_path: Path
) -> None:
    tried: list[settings.LineOptions] = []

    def run(line: settings.LineOptions) -> account_trial.Verdict:
        tried.append(line)
        return account_trial.Verdict("registered", "Registered")

    monkeypatch.setattr(account_trial, "run", run)
    before = settings_path.read_text()
    for typed in ("", "another"):
        client.post(LINE, data={"line.server": "pbx.example", "line.password": typed}, headers=FOR_SCRIPTS)
    assert [(line.server, line.password) for line in tried] == [
        ("pbx.example", "a line has one"),
        ("pbx.example", "another"),
    ]
    assert settings_path.read_text() == before


@pytest.mark.exchange
def test_a_real_exchange_is_asked_one_at_a_time(client: SignedIn, exchange: Exchange) -> None:
    typed = {
        "line.server": exchange.host,
        "line.port": str(exchange.sip_port),
        "line.user": "200",
        "line.password": "secret200",
    }
    said = client.post(LINE, data=typed, headers=FOR_SCRIPTS).get_json()
    assert (said["well"], said["errors"]) == (True, {})
    said = client.post(LINE, data=typed | {"line.password": "wrong"}, headers=FOR_SCRIPTS).get_json()
    assert (said["well"], set(said["errors"])) == (False, {"line.password"})
    line = settings.LineOptions(server=exchange.host, port=exchange.sip_port, user="200")
    with account_trial.one_at_a_time():
        assert account_trial.run(line).outcome == "busy"


@pytest.mark.browser
def test_the_page_shows_how_the_lines_are_and_what_a_test_says(
    page: Page, site: str, daemon: StandInDaemon
) -> None:
    daemon.show(lines(main={"state": "registering"}))
    page.goto(f"{site}account")
    expect(page.locator("#lines .badge")).to_have_text("Registering …")
    daemon.show(lines(main={"state": "registered"}))
    expect(page.locator("#lines .badge")).to_have_text("Registered")
    page.get_by_label("Server", exact=True).fill("pbx.invalid")
    page.get_by_label("Password").fill("typed")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#verdict")).to_have_attribute("data-state", "bad", timeout=30_000)
    expect(page.get_by_label("Server", exact=True)).to_be_focused()
    expect(page.locator(".field[data-wrong]")).to_contain_text("This name is not known.")
    expect(page.get_by_label("Password")).to_have_value("typed")
    page.get_by_label("Transport").select_option("tls")
    expect(page.get_by_label("Port", exact=True)).to_have_value("5061")
