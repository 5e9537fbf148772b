"""Everybody can use the page: names for what has none, contrast, any size, any amount, less motion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.asking import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.web.daemon import StandInDaemon

pytestmark = pytest.mark.browser
CHECKS = Path(__file__).with_name("checks")


def found(page: Page, check: str) -> Any:
    """Run one of the checks in the page."""
    return page.evaluate((CHECKS / f"{check}.js").read_text())


EVERYTHING = ["?", "f", "2", "3", "t", "k"]  # keys that show what is not seen at first


@pytest.mark.parametrize("state", ["idle", "morning", "consultation", "conference"])
def test_every_control_has_a_name(page: Page, daemon: StandInDaemon, state: str) -> None:
    daemon.show(getattr(states, state)())
    expect(page.locator(":is(.call, .member)")).to_have_count(len(daemon.state["calls"]))
    assert found(page, "nameless") == []
    for key in EVERYTHING:
        page.keyboard.press(key)
        assert found(page, "nameless") == [], key
        page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", ["morning", "consultation", "conference"])
def test_every_text_stands_out_behind_every_tab_and_in_every_dialog(
    open_page: Callable[..., Page], daemon: StandInDaemon, state: str, theme: str
) -> None:
    daemon.show(getattr(states, state)())
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    for key in EVERYTHING:
        page.keyboard.press(key)
        if key == "3":
            row(page, "1006").get_by_role("button").click()
            page.keyboard.press("Escape")
        result = found(page, "faint")
        assert result["count"] > 100
        assert result["faint"] == [], key
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Forward all calls").click()
    assert found(page, "faint")["faint"] == []
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="People").click()
    row(page, "1002").get_by_role("button").click()
    assert found(page, "faint")["faint"] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out(open_page: Callable[..., Page], daemon: StandInDaemon, theme: str) -> None:
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    daemon.show(states.morning() | {"notice": "the transfer failed", "muted": True})
    expect(page.locator(".call")).to_have_count(6)
    expect(page.locator("#notice")).to_have_text("the transfer failed")
    page.locator("#current").get_by_role("button", name="Transfer").first.click()
    result = found(page, "faint")
    assert result["count"] > 100
    assert result["faint"] == []
    page.locator("body").press("Escape")
    daemon.change(lines={"main": {"state": "failed", "reason": "403 Forbidden"}}, calls=dict.fromkeys(["c1"]))
    expect(page.locator("#lines")).to_contain_text("403 Forbidden")
    assert found(page, "faint")["faint"] == []
    page.keyboard.press("?")
    assert found(page, "faint")["faint"] == []


@pytest.mark.parametrize("state", ["idle", "morning", "full_house"])
def test_nothing_spills_out_sideways(page: Page, daemon: StandInDaemon, state: str) -> None:
    daemon.show(getattr(states, state)())
    expect(page.locator("#own-name")).to_have_text(daemon.state["desk"]["name"])
    expect(page.locator(".extension")).to_have_count(len(daemon.state["extensions"]))
    for width in (320, 390, 900, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        for tab in ("people", "recent", "messages"):
            page.locator(f"#tab-{tab}").click()
            assert found(page, "spilling") == [], (width, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_fifty_extensions_are_changed_in_a_moment(page: Page, daemon: StandInDaemon) -> None:
    daemon.show(states.full_house())
    expect(page.locator(".extension")).to_have_count(50)
    busy = {number: {"state": "busy", "since": 0.0} for number in daemon.state["extensions"]}
    daemon.change(extensions=busy)
    expect(page.locator('.extension[data-state="busy"]')).to_have_count(50)


def test_who_wants_less_motion_gets_a_slow_glow(
    open_page: Callable[..., Page], daemon: StandInDaemon
) -> None:
    page = open_page(reduced_motion="reduce")
    daemon.show(states.morning())
    bulb = page.locator('.headset .lamp[data-lamp="ring"] .bulb')
    expect(bulb).to_have_css("animation-name", "breathe")
    expect(bulb).to_have_css("animation-duration", "4s")


def test_the_theme_follows_the_system_until_one_is_chosen_and_that_is_remembered(
    open_page: Callable[..., Page], daemon: StandInDaemon
) -> None:
    page = open_page(color_scheme="dark")
    theme = page.get_by_role("button", name="Dark theme")
    expect(theme).to_have_attribute("aria-pressed", "true")
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_attribute("aria-pressed", "false")
    theme.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_page_works_in_german(open_page: Callable[..., Page], daemon: StandInDaemon) -> None:
    page = open_page(locale="de-DE")
    daemon.change(calls={"c1": states.call("1001", "Ada Lovelace")})
    expect(page.get_by_role("button", name="Annehmen Ada Lovelace")).to_be_visible()
    expect(page.locator("#spoken")).to_have_text("Anruf von Ada Lovelace")


def test_the_focus_can_be_seen_wherever_the_tab_key_leads(page: Page, daemon: StandInDaemon) -> None:
    daemon.show(states.morning())
    expect(page.locator(".extension")).to_have_count(13)
    reached = []
    for _ in range(120):
        page.keyboard.press("Tab")
        here = page.locator(":focus")
        if not here.count():
            break
        assert here.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
        reached.append(here.inner_text())
    everything = page.locator(":is(button:enabled, a, input, summary):visible:not([tabindex='-1'])")
    assert len(reached) == everything.count()


def test_nothing_is_fetched_from_elsewhere_and_the_browser_has_no_complaint(
    page: Page, daemon: StandInDaemon, site: str
) -> None:
    complaints, fetched = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: fetched.append(request.url))
    page.reload()
    expect(page.locator("body[data-link=live]")).to_be_visible()
    daemon.show(states.morning())
    expect(page.locator(".call")).to_have_count(6)
    assert complaints == []
    assert len(fetched) > 10
    assert all(url.startswith(site) for url in fetched)
