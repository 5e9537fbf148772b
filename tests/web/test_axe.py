"""Everybody can use every page: nothing that axe-core finds fault with, all by keyboard, at any size.

Each page is fetched once and looked at in every way; the desk behind it is a lively one (`tests.web.walk`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import expect

from tests.web import states, walk
from web import access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CHECKS = {path.stem: path.read_text() for path in Path(__file__).with_name("checks").iterdir()}
PAGES = walk.addresses()
SCREEN: ViewportSize = {"width": 1440, "height": 900}
CONTRAST = ["color-contrast", "link-in-text-block"]  # all that a theme changes
TABS = 40  # how often Tab is pressed before it is asked how far that led


def look(page: Page, check: str, *arguments: Any) -> Any:
    """Run one of the checks in the page."""
    return page.evaluate(CHECKS[check], *arguments)


@pytest.fixture(scope="module")
def tab(browser: Browser, lively: walk.Desk) -> Iterator[Page]:
    """A tab of who is signed in at the lively desk."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": access.COOKIE, "value": lively.token, "url": lively.site}])
    context.add_init_script(AXE_SCRIPT)
    yield context.new_page()
    context.close()


def test_the_way_leads_to_every_page_there_is() -> None:
    """walk.ARGUMENTS says what stands in the address of a page about one thing."""
    assert [endpoint for endpoint, address in PAGES.items() if not address] == []
    assert len(PAGES) >= 5


@pytest.mark.parametrize("endpoint", PAGES)
def test_axe_finds_nothing_and_the_keyboard_reaches_everything(
    tab: Page, lively: walk.Desk, endpoint: str
) -> None:
    lively.daemon.show(walk.life())
    tab.set_viewport_size(SCREEN)
    if not walk.visit(tab, lively, endpoint):
        return
    tab.emulate_media(color_scheme="light")
    every_state(tab, None)
    tab.emulate_media(color_scheme="dark")
    every_state(tab, CONTRAST)
    assert keyboard(tab) == []
    assert tab.evaluate("unmarked") == [], "the focus cannot be seen there"
    assert fast_motion(tab) == []


def every_state(tab: Page, rules: list[str] | None) -> None:
    """Look at the page with all that is folded in it open, and with each dialog before it."""
    tab.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
    assert look(tab, "axe", rules) == []
    tab.evaluate("document.querySelectorAll('header details').forEach((e) => e.open = false)")
    for dialog in tab.locator(
        "dialog:not(:has(h2:empty))"
    ).all():  # what a script has yet to fill says nothing
        dialog.evaluate("(e) => e.showModal()")
        assert look(tab, "axe", rules) == []
        dialog.evaluate("(e) => e.close()")


def keyboard(tab: Page) -> list[str]:
    """Go through the page by Tab and return what that does not lead to."""
    look(tab, "reach")
    left = len(look(tab, "unreached"))
    while left:
        for _ in range(min(TABS, left + 2)):
            tab.keyboard.press("Tab")
        before, left = left, len(look(tab, "unreached"))
        if left == before:
            break
    unreached: list[str] = look(tab, "unreached")
    return unreached


def fast_motion(tab: Page) -> list[str]:
    """Return what moves on and on, faster than a slow glow."""
    found: list[str] = tab.evaluate(
        "() => document.getAnimations().map((a) => a.effect.getComputedTiming())"
        ".filter((t) => t.iterations === Infinity && t.duration < 2000).map((t) => `${t.duration} ms`)"
    )
    return found


@pytest.mark.parametrize("state", ["idle", "consultation", "conference", "full_house"])
def test_axe_finds_nothing_at_the_desk_whatever_goes_on(tab: Page, lively: walk.Desk, state: str) -> None:
    lively.daemon.show(getattr(states, state)())
    walk.visit(tab, lively, "desk.start")
    expect(tab.locator(":is(.call, .member)")).to_have_count(len(lively.daemon.state["calls"]))
    tab.emulate_media(color_scheme="light")
    assert look(tab, "axe", None) == []
    tab.emulate_media(color_scheme="dark")
    assert look(tab, "axe", CONTRAST) == []
    for name in ("Recent", "Messages"):
        tab.get_by_role("tab", name=name).click()
        assert look(tab, "axe", None) == []


def test_a_call_and_trouble_are_announced(tab: Page, lively: walk.Desk) -> None:
    lively.daemon.show(states.idle())
    walk.visit(tab, lively, "desk.start")
    expect(tab.locator("body[data-link=live]")).to_be_visible()
    lively.daemon.change(calls={"c1": states.call("1001", "Ada Lovelace")})
    expect(tab.locator("[role=status], [aria-live=polite]", has_text="Call from Ada Lovelace")).to_have_count(
        1
    )
    lively.daemon.change(lines={"main": {"state": "failed", "reason": "403 Forbidden"}})
    expect(tab.locator("[aria-live=polite]", has_text="Not registered")).to_have_count(1)
