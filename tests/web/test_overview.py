"""The overview: is all well, and if not, what is to be done?"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance.control.protocol import Plug, Unplug
from appliance.store.file import connect, writing
from appliance.users import accounts
from tests.running import RunningDesk
from tests.web import states
from tests.web.conftest import NAME, PASSWORD, free_address, served, token_of
from web import access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from appliance.demo.exchange import Exchange
    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon

HEADSET = {
    "kind": "headset",
    "name": "Jabra Engage 50",
    "state": "online",
    "reason": "",
    "audio": True,
    "card": "hw:1",
    "simulated": False,
}
REFUSED = states.line("200", "failed", 401, "the exchange refuses the user or the password")


def good() -> dict[str, Any]:
    """A desk at which all is well."""
    return states.idle() | {
        "lines": {"main": states.line("200")},
        "devices": {"jabra": HEADSET},
        "troubles": {},
    }


@pytest.fixture
def well(daemon: StandInDaemon, desk_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInDaemon]:
    """A box at which all is well: copied, backed up, its clock set."""
    mode = desk_store.stat().st_mode
    desk_store.chmod(0o640)
    (desk_store.parent / "backed-up").touch()
    copies = desk_store.parent / "snapshots"
    had = copies.exists()
    copies.mkdir(exist_ok=True)
    shutil.copy2(desk_store, copies / "999999-20990101T000000Z.db")
    daemon.show(good())
    yield daemon
    (copies / "999999-20990101T000000Z.db").unlink()
    if not had:
        with suppress(OSError):
            copies.rmdir()
    (desk_store.parent / "backed-up").unlink()
    desk_store.chmod(mode)


def until(client: SignedIn, url: str, said: str) -> str:
    """Wait until a page says something: the desk's word takes its time."""
    deadline = time.monotonic() + 15
    while said not in (text := client.get(url).text):
        assert time.monotonic() < deadline, text
        time.sleep(0.02)
    return text


def test_a_trouble_is_shown_with_its_fix_and_the_way_there(client: SignedIn, daemon: StandInDaemon) -> None:
    daemon.show(good() | {"lines": {"main": REFUSED}})
    shown = until(client, "/overview", "the exchange refuses the user or the password; no call comes in")
    assert "see the user name and the password of the account" in shown
    assert 'data-worst="fault"' in shown


def test_who_asks_for_the_sign_is_told_the_worst(client: SignedIn, daemon: StandInDaemon) -> None:
    daemon.show(good() | {"lines": {"main": REFUSED}})
    told = json.loads(until(client, "/overview/health", "fault"))
    assert (told["worst"], told["count"] >= 1) == ("fault", True)


def test_the_sign_that_is_looked_at_by_itself_keeps_nobody_signed_in(
    client: SignedIn, desk_store: Path
) -> None:
    def seen() -> list[float]:
        with closing(connect(desk_store)) as file:
            return [row[0] for row in file.execute("SELECT seen FROM session ORDER BY seen")]

    with closing(connect(desk_store)) as file, writing(file):
        file.execute("UPDATE session SET seen = seen - 600")
    before = seen()
    assert client.get("/overview/health").status_code == 200
    assert seen() == before
    assert client.get("/overview").status_code == 200
    assert seen() != before


def test_a_desk_in_safe_mode_says_so_and_can_be_restarted(client: SignedIn, daemon: StandInDaemon) -> None:
    daemon.show(good() | {"safe": True})
    shown = until(client, "/overview", "the desk runs in safe mode")
    assert 'data-worst="fault"' in shown
    assert "Restart when no call is there" in shown
    until(client, "/", "no device is used")
    assert client.post("/backup/restart").status_code == 303
    assert daemon.asked[-1] == ("restart", {})


def test_without_a_desk_the_page_opens_and_says_so(client: SignedIn, running_daemon: StandInDaemon) -> None:
    running_daemon.stop()
    try:
        page = client.get("/overview")
        assert page.status_code == 200
        assert "does not run" in page.text
    finally:
        running_daemon.start()


def test_only_admins_see_it(client: SignedIn) -> None:
    assert client.application.test_client().get("/overview").status_code == 303


@pytest.mark.browser
def test_what_becomes_of_the_desk_is_seen_and_read_out_once(
    page: Page, site: str, well: StandInDaemon
) -> None:
    page.goto(f"{site}overview")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.locator("#part-devices")).to_contain_text("Jabra Engage 50")
    expect(page.locator("[data-finding=line-main]")).to_have_count(0)
    well.change(lines={"main": REFUSED})
    line = page.locator("[data-finding=line-main]")
    expect(line).to_contain_text("the exchange refuses the user or the password")
    expect(line.locator(".badge")).to_have_text("Line")
    expect(page.locator("#spoken")).to_contain_text("Not well: failed: the exchange refuses")
    page.evaluate("document.getElementById('spoken').textContent = ''")
    well.change(counters={"missed": 7})
    expect(page.locator("#part-calls")).to_contain_text("7")
    expect(page.locator("#spoken")).to_have_text("")
    well.change(lines={"main": states.line("200")})
    expect(line).to_have_count(0)
    expect(page.locator("#spoken")).to_contain_text("No longer: failed")


@pytest.mark.browser
def test_the_keyboard_keeps_its_place_when_something_changes(
    page: Page, site: str, well: StandInDaemon
) -> None:
    page.goto(f"{site}overview")
    well.change(devices={"jabra": {"state": "denied", "reason": "no permission"}})
    expect(page.locator("[data-finding=device-jabra]")).to_be_visible()
    page.locator("#mend-1").focus() if page.locator("#mend-1").count() else page.locator("h1").click()
    before = page.evaluate("document.activeElement.id")
    well.change(counters={"missed": 9})
    expect(page.locator("#part-calls")).to_contain_text("9")
    assert page.evaluate("document.activeElement.id") == before


@pytest.mark.browser
def test_the_list_of_pages_tells_on_every_page_how_much_is_not_well(
    page: Page, site: str, well: StandInDaemon
) -> None:
    well.change(lines={"main": REFUSED})
    page.goto(f"{site}calls")
    sign = page.locator("#health-sign")
    expect(sign).to_have_attribute("data-state", "bad")
    expect(page.get_by_role("link", name="Overview")).to_contain_text("not well")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator("#health")).to_have_attribute("data-worst", "fault")
    count = page.locator("[data-finding]").count()
    expect(sign.locator("[aria-hidden]")).to_have_text(str(count))
    well.change(lines={"main": states.line("200")})
    expect(page.locator("[data-finding=line-main]")).to_have_count(0)
    expect(page.locator("#health-sign")).not_to_have_attribute("data-state", "bad")


@pytest.mark.browser
@pytest.mark.exchange
def test_with_a_real_desk_what_fails_is_seen_with_its_fix_and_what_is_mended_is_gone(
    browser: Browser, exchange: Exchange, tmp_path: Path
) -> None:
    address = free_address()
    site = f"http://{address}/"
    with (
        RunningDesk(tmp_path, exchange.sip_port) as desk,
        served(desk.settings, address),
        browser.new_context() as context,
    ):
        desk.until_registered()
        store = tmp_path / "desk.db"
        with closing(connect(store)) as file, writing(file):
            accounts.add(file, NAME, PASSWORD, "admin")
        context.add_cookies([{"name": access.COOKIE, "value": token_of(store), "url": site}])
        page = context.new_page()
        page.goto(f"{site}overview")
        expect(page.locator("#part-desk")).to_contain_text("registered")
        desk.ask(Unplug("sim-headset"))
        trouble = page.locator("[data-finding=device-sim-headset]")
        expect(trouble).to_contain_text("plug it in, or bring it back into range")
        expect(page.locator("[data-finding=no-audio]")).to_be_visible()
        desk.ask(Plug("sim-headset"))
        expect(trouble).to_have_count(0)
        expect(page.locator("[data-finding=no-audio]")).to_have_count(0)
        desk.kill()
        expect(page.locator("[data-finding=desk]")).to_contain_text("the desk does not run")
        desk.start()
        expect(page.locator("[data-finding=desk]")).to_have_count(0, timeout=15_000)
