"""Text messages on the page: conversations, what became of each message, what is unread."""

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

MANY_SCRIPTS = "Grüße, Привет, 会議室は空いていますか? مرحبا 🛎\nsecond line"


def test_a_message_that_comes_in_is_counted_and_spoken(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        messages={"m1": states.message("1002", "old news")}, extensions=states.morning()["extensions"]
    )
    expect(page.locator(".extension")).to_have_count(13)
    daemon.change(messages={"m2": states.message("1006", "hello", 0, seen=False)})
    expect(page.get_by_role("tab", name="Messages 1 unread")).to_be_visible()
    expect(page.locator("#spoken")).to_have_text("Message from Barbara Liskov")


def test_a_conversation_is_opened_and_its_messages_are_read(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(messages=states.talk(), extensions=states.morning()["extensions"])
    page.get_by_role("tab", name="Messages 2 unread").click()
    names = ["Emmy Noether", "Barbara Liskov", "Workshop", "Alan Turing"]
    expect(page.locator(".conversation strong")).to_have_text(names)
    assert daemon.asked == []  # the list tells who wrote, not what: nothing has been read
    row(page, "1006").get_by_role("button", name="2 unread").click()
    expect_asked(daemon, ("read_messages", {"number": "1006"}))
    expect(page.locator("#thread .text")).to_have_text(["会議室は空いていますか?", "مرحبا، وصل الضيف"])
    expect(page.get_by_label("To", exact=True)).to_have_value("1006")


def test_each_message_says_what_became_of_it(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(messages=states.talk())
    page.get_by_role("tab", name="Messages").click()
    for number, fate in (
        ("1002", "Delivered"),
        ("1008", "Not delivered 480 Temporarily Unavailable"),
        ("1009", "Sending …"),
    ):
        row(page, number).get_by_role("button").click()
        expect(page.locator("#thread .message").last).to_contain_text(fate)
    daemon.change(messages={"m6": {"state": "delivered"}})
    expect(page.locator("#thread .message").last).to_contain_text("Delivered")


def test_a_message_in_any_script_is_sent_and_the_field_is_empty_again(
    page: Page, daemon: StandInDaemon
) -> None:
    page.keyboard.press("3")
    page.get_by_role("button", name="New message", exact=True).click()
    page.keyboard.type("1002")
    page.get_by_label("Message", exact=True).fill(MANY_SCRIPTS)
    page.keyboard.press("Enter")
    expect_asked(daemon, ("send_message", {"number": "1002", "text": MANY_SCRIPTS}))
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


def test_a_message_sent_to_a_number_as_people_write_it_is_shown_under_the_desk_s(
    page: Page, daemon: StandInDaemon
) -> None:
    page.keyboard.press("3")
    page.get_by_role("button", name="New message", exact=True).click()
    page.keyboard.type("(030) 555-0134")
    page.get_by_label("Message", exact=True).fill("We open at nine.")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("send_message", {"number": "(030) 555-0134", "text": "We open at nine."}))
    out = states.message("+49305550134", "We open at nine.", 0, direction="out", state="sending")
    daemon.change(messages={"m1": out})
    expect(page.locator("#thread .message")).to_contain_text("We open at nine. ")
    expect(page.get_by_label("To", exact=True)).to_have_value("+49305550134")


def test_what_was_typed_for_one_is_never_sent_to_another(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(messages=states.talk())
    page.get_by_role("tab", name="Messages").click()
    row(page, "1002").get_by_role("button").click()
    page.keyboard.type("for Alan only")
    row(page, "1009").get_by_role("button").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    row(page, "1002").get_by_role("button").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("for Alan only")


def test_shift_and_enter_begin_a_new_line(page: Page, daemon: StandInDaemon) -> None:
    page.keyboard.press("3")
    page.get_by_role("button", name="New message", exact=True).click()
    page.keyboard.type("1002")
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("send_message", {"number": "1002", "text": "one\ntwo"}))


def test_a_message_that_is_refused_is_not_lost(page: Page, daemon: StandInDaemon) -> None:
    daemon.refusals["send_message"] = "the line is not registered"
    daemon.change(extensions={"1002": states.extension("Alan")})
    row(page, "1002").get_by_role("button").click()
    page.get_by_role("button", name="Write a message").click()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.type("Your guest is here")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="the line is not registered")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Your guest is here")


def test_the_longest_message_that_can_be_typed_reaches_the_desk(page: Page, daemon: StandInDaemon) -> None:
    page.keyboard.press("3")
    page.get_by_role("button", name="New message", exact=True).click()
    page.keyboard.type("1002")
    text = page.get_by_label("Message", exact=True)
    longest = "会" * int(text.get_attribute("maxlength") or 0)
    text.fill(longest)
    page.get_by_role("button", name="Send").click()
    expect_asked(daemon, ("send_message", {"number": "1002", "text": longest}))


def test_what_others_write_is_text_and_nothing_more(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(messages={"m1": states.message("1002", "<img src=x onerror=alert(1)>", 0, seen=False)})
    page.get_by_role("tab", name="Messages").click()
    row(page, "1002").get_by_role("button").click()
    expect(page.locator("#thread .text")).to_have_text("<img src=x onerror=alert(1)>")
