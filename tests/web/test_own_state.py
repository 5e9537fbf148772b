"""The operator's own state on the page: do not disturb, forwarding, mailbox, the calls of the day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.asking import expect_asked, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.daemon import StandInDaemon

pytestmark = pytest.mark.browser


def test_do_not_disturb_is_switched_here_and_follows_the_exchange(page: Page, daemon: StandInDaemon) -> None:
    page.get_by_role("button", name="Do not disturb", pressed=False).click()
    expect_asked(daemon, ("set_dnd", {"on": True}))
    daemon.change(dnd=True)
    page.get_by_role("button", name="Do not disturb", pressed=True).click()
    expect_asked(daemon, ("set_dnd", {"on": True}), ("set_dnd", {"on": False}))


def test_all_calls_are_forwarded_and_no_longer(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions={"1009": states.extension("Emmy")})
    page.get_by_role("button", name="Forward all calls").click()
    dialog = page.get_by_role("dialog", name="Forward all calls")
    page.keyboard.type(" 1009 ")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("set_forward", {"number": "1009"}))
    expect(dialog).to_have_count(0)
    daemon.change(forward="1009")
    page.get_by_role("button", name="Forward all calls Emmy").click()
    expect(dialog.get_by_label("Forward to")).to_have_value("1009")
    dialog.get_by_role("button", name="Forward no longer").click()
    expect_asked(daemon, ("set_forward", {"number": "1009"}), ("set_forward", {}))


def test_a_refused_forward_says_why_and_keeps_what_was_typed(page: Page, daemon: StandInDaemon) -> None:
    daemon.refusals["set_forward"] = "no feature code is set up for it"
    page.get_by_role("button", name="Forward all calls").click()
    page.keyboard.type("1009")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Forward all calls")
    expect(dialog.get_by_role("alert")).to_have_text("no feature code is set up for it")
    expect(dialog.get_by_label("Forward to")).to_have_value("1009")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Forward all calls").click()
    expect(dialog.locator(".refused")).to_have_text("")


def test_being_away_is_shown(page: Page, daemon: StandInDaemon) -> None:
    expect(page.locator("#away")).to_have_text("")
    daemon.change(away=True)
    expect(page.locator("#away")).to_have_text("Away")


def test_voice_messages_are_counted_and_one_click_calls_the_mailbox(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(voicemail={"new": 3, "old": 1})
    page.get_by_role("button", name="Call the mailbox 3 new voice messages").click()
    expect_asked(daemon, ("call_mailbox", {}))


def test_the_calls_of_the_day_are_counted(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(counters={"missed": 2, "incoming": 14, "outgoing": 9})
    expect(page.locator(".counters dt")).to_have_text(["Calls in today", "Calls out today", "Missed today"])
    expect(page.locator(".counters dd")).to_have_text(["14", "9", "2"])


def test_the_last_calls_say_how_they_went_newest_first(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(released=states.recent())
    page.get_by_role("tab", name="Recent").click()
    words = [
        "Missed",
        "Missed",
        "Nobody answered",
        "Transferred",
        "Parked",
        "Answered elsewhere",
        "Answered",
        "Rejected",
        "Diverted",
        "Screened: blocked: matches +39 199*",
    ]
    expect(page.locator("#released .word")).to_have_text(words)
    expect(row(page, "r2")).to_contain_text("Number withheld")
    expect(row(page, "r7").locator(".when")).to_have_text(re.compile(r"1:30 \d+:\d\d"))


def test_missed_calls_stay_marked_until_somebody_looks_at_them(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(released=states.recent())
    expect(page.get_by_role("tab", name="Recent 2 missed")).to_be_visible()
    page.keyboard.press("2")
    expect_asked(daemon, ("mark_seen", {}))
    expect(page.locator(".released[data-unseen]")).to_have_count(2)
    daemon.change(released={"r1": {"seen": True}, "r2": {"seen": True}})
    expect(page.get_by_role("tab", name="Recent", exact=True)).to_be_visible()
    expect(page.locator(".released[data-unseen]")).to_have_count(2)  # so that it is seen which they were
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.locator(".released[data-unseen]")).to_have_count(0)
    assert daemon.asked == [("mark_seen", {})]


def test_a_call_missed_while_the_list_is_open_is_marked_until_the_operator_is_there(
    page: Page, daemon: StandInDaemon
) -> None:
    page.get_by_role("tab", name="Recent").click()
    daemon.change(released=states.recent())
    expect(page.get_by_role("tab", name="Recent 2 missed")).to_be_visible()
    page.wait_for_timeout(100)
    assert daemon.asked == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect_asked(daemon, ("mark_seen", {}))


def test_who_called_is_called_back(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(released={key: call | {"seen": True} for key, call in states.recent().items()})
    daemon.change(released={"r4": {"line": "hotel"}})
    page.get_by_role("tab", name="Recent").click()
    expect(row(page, "r2").get_by_role("button")).to_be_disabled()  # there is no number
    row(page, "r1").get_by_role("button", name="Call").click()
    row(page, "r4").get_by_role("button", name="Call").click()
    expect_asked(
        daemon,
        ("dial", {"number": "+49 30 5550134"}),
        ("dial", {"number": "+44 20 7946 0018", "line": "hotel"}),  # from where the call had come
    )


def test_an_outgoing_call_tells_busy_from_nobody_there(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        released={
            "r1": states.released("1002", "unanswered", "Alan", 60, direction="out", code=486),
            "r2": states.released("1003", "unanswered", "Grace", 90, direction="out", code=408),
        }
    )
    page.get_by_role("tab", name="Recent").click()
    expect(page.locator("#released .word")).to_have_text(["Busy", "Nobody answered"])


def test_tabs_are_gone_through_by_arrow_keys(page: Page) -> None:
    page.get_by_role("tab", name="People").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Recent", selected=True)).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Recent")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="People")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Messages", selected=True)).to_be_focused()
    page.keyboard.press("f")
    expect(page.get_by_label("Find a person")).to_be_focused()
