"""Colleagues on the page: what a click on one offers, and how one of fifty is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.asking import expect_asked, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.daemon import StandInDaemon

pytestmark = pytest.mark.browser

ADA = {"c1": states.call("1001", "Ada", "answered")}
HELD = {"c1": states.call("1001", "Ada", "held", 9), "c2": states.call("1003", "Grace", "held", 3)}
TALKING = "Call Alan; Ada goes on hold"


@pytest.mark.parametrize(
    ("state", "calls", "choice", "asked"),
    [
        ("available", {}, "Call Alan", [("dial", {"number": "1002"})]),
        ("ringing", {}, "Pick up the call that rings there", [("pickup", {"extension": "1002"})]),
        ("available", ADA, "Transfer Ada to Alan", [("transfer", {"call": "c1", "target": "1002"})]),
        ("dnd", ADA, "Transfer Ada to Alan", [("transfer", {"call": "c1", "target": "1002"})]),
        ("available", ADA, "Announce Ada to Alan first", [("consult", {"call": "c1", "target": "1002"})]),
        ("busy", ADA, "Camp Ada on Alan", [("camp", {"call": "c1", "target": "1002"})]),
        ("ringing", ADA, "Pick up the call that rings there", [("pickup", {"extension": "1002"})]),
        ("available", ADA, TALKING, [("dial", {"number": "1002"})]),
        ("available", HELD, "Transfer Ada to Alan", [("transfer", {"call": "c1", "target": "1002"})]),
        ("available", ADA, "Cancel", []),
    ],
)
def test_a_click_on_a_person_offers_what_can_be_done_with_them(
    page: Page,
    daemon: StandInDaemon,
    state: str,
    calls: dict[str, states.Json],
    choice: str,
    asked: list[tuple[str, dict[str, str]]],
) -> None:
    daemon.change(calls=calls, extensions={"1002": states.extension("Alan", state)})
    expect(page.locator(".call")).to_have_count(len(calls))
    row(page, "1002").get_by_role("button").click()
    page.get_by_role("dialog", name="Alan").get_by_role("button", name=choice).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_asked(daemon, *asked)


@pytest.mark.parametrize(
    ("state", "calls", "first"),
    [
        ("available", {}, "Call Alan"),
        ("ringing", {}, "Pick up the call that rings there"),
        ("available", ADA, "Transfer Ada to Alan"),
        ("conference", ADA, "Camp Ada on Alan"),
    ],
)
def test_the_likeliest_is_first_so_that_enter_does_it(
    page: Page, daemon: StandInDaemon, state: str, calls: dict[str, states.Json], first: str
) -> None:
    daemon.change(calls=calls, extensions={"1002": states.extension("Alan", state)})
    expect(page.locator(".call")).to_have_count(len(calls))
    row(page, "1002").get_by_role("button").press("Enter")
    expect(page.get_by_role("button", name=first)).to_be_focused()


def test_a_person_whose_state_is_not_known_says_why(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions={"1008": states.extension("Workshop", "unknown", reason="404 Not Found")})
    row(page, "1008").get_by_role("button").click()
    expect(page.get_by_role("dialog", name="Workshop")).to_contain_text("1008 · Not known · 404 Not Found")


def test_while_a_call_is_being_given_away_people_say_what_a_click_does(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(
        calls=ADA,
        extensions={"1002": states.extension("Alan"), "1003": states.extension("Grace", "busy")},
    )
    row(page, "c1").get_by_role("button", name="Transfer … Ada").click()
    expect(row(page, "1002").get_by_text("Transfer here")).to_be_visible()
    expect(row(page, "1003").get_by_text("Camp on here")).to_be_visible()
    expect(row(page, "1003").get_by_text("Transfer here")).to_be_hidden()
    row(page, "c1").get_by_role("button", name="Cancel").click()
    expect(row(page, "1002").get_by_text("Transfer here")).to_be_hidden()
    expect(row(page, "c1").get_by_role("button", name="Transfer … Ada")).to_be_focused()


def test_one_of_fifty_is_found_and_called_by_keyboard_alone(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions=states.full_house()["extensions"])
    expect(page.locator(".extension")).to_have_count(50)
    page.keyboard.press("f")
    page.keyboard.type("person 31")
    expect(page.locator(".extension:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Call Person 31")).to_be_focused()
    page.keyboard.press("Enter")
    expect_asked(daemon, ("dial", {"number": "1031"}))
    page.get_by_label("Find a person").fill("no such person")
    expect(page.get_by_text("Nobody of that name or number")).to_be_visible()
    page.get_by_label("Find a person").press("Escape")
    expect(page.locator(".extension:visible")).to_have_count(50)


def test_arrow_keys_go_from_person_to_person(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions={str(1000 + n): states.extension(f"Person {n}") for n in range(12)})
    expect(page.locator(".extension")).to_have_count(12)
    page.keyboard.press("f")
    page.keyboard.press("ArrowDown")
    expect(row(page, "1000").get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(row(page, "1001").get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.parentElement.dataset.key")
    top = [row(page, key).bounding_box() for key in ("1001", below)]
    assert top[0]
    assert top[1]
    assert top[1]["x"] == top[0]["x"]
    assert top[1]["y"] > top[0]["y"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Find a person")).to_be_focused()


def test_a_person_takes_the_same_room_in_every_state(page: Page, daemon: StandInDaemon) -> None:
    boxes = set()
    for state in ("available", "ringing", "busy", "unknown"):
        more = {"reason": "404 Not Found: there is no such extension"} if state == "unknown" else {}
        party = {"party_name": "Somebody with a rather long name"} if state == "busy" else {}
        daemon.change(
            extensions={
                "1002": states.extension("Alan", state, **more, **party),
                "1003": states.extension("Grace"),
            }
        )
        expect(row(page, "1002")).to_have_attribute("data-state", state)
        boxes.add((str(row(page, "1002").bounding_box()), str(row(page, "1003").bounding_box())))
    assert len(boxes) == 1
