"""What the page promises a receptionist, in a real browser."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.asking import expect_asked, row
from tests.web.conftest import free_address, served, token_of
from web import access

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.web.daemon import StandInDaemon

pytestmark = pytest.mark.browser

SHAPE = """element => {
    const style = getComputedStyle(element);
    return [style.backgroundImage, style.borderRadius, style.clipPath, style.borderWidth].join();
}"""

EXTENSION_STATES = {
    "available": "Available",
    "ringing": "Ringing",
    "busy": "Busy",
    "held": "On hold",
    "conference": "Conference",
    "dnd": "Do not disturb",
    "away": "Away",
    "unknown": "Not known",
}

# Times tick, and what an orbit offers depends on a call that may not be looked at without script.
TEXTS = r"""elements => elements.map(
    (element) => element.textContent.replace(/\d+:\d\d|Park here/g, "").replace(/\s+/g, " "),
)"""

NOTE_WHAT_IS_TOUCHED = """() => {
    window.touched = new Set();
    const note = ({ target }) => {
        const element = target.nodeType === 1 ? target : target.parentElement;
        if (!element.closest("time")) window.touched.add(element.closest("[data-key]")?.dataset.key ?? "");
    };
    new MutationObserver((changes) => changes.forEach(note)).observe(
        document.querySelector("#extensions"),
        { subtree: true, childList: true, attributes: true, characterData: true },
    );
}"""


# --- what is seen


def test_given_a_call_arrives_it_is_shown_spoken_and_in_the_title(page: Page, daemon: StandInDaemon) -> None:
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    daemon.change(calls={"c1": states.call("1001", "Ada Lovelace", age=7, called="201")})
    waiting = page.locator("#waiting .call")
    expect(waiting).to_contain_text("Ada Lovelace")
    expect(waiting).to_contain_text("for 201")
    expect(waiting.locator("time")).to_have_text("0:08")  # it counts on by itself
    expect(page.locator("#spoken")).to_have_text("Call from Ada Lovelace")
    expect(page.locator("#count-waiting")).to_have_text("1")
    expect(page).to_have_title("(1) Call from Ada Lovelace · Reception")


def test_waiting_callers_stand_in_order_of_arrival(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        calls={"c9": states.call("1", age=3), "c8": states.call("2", age=9), "c7": states.call("3", age=6)}
    )
    expect(page.locator("#waiting strong")).to_have_text(["2", "3", "1"])


def test_a_caller_on_hold_for_too_long_is_red_counting_and_spoken(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "held", 118)})
    expect(row(page, "c1")).to_contain_text("On hold")
    daemon.change(calls={"c1": {"alert": True}})
    expect(row(page, "c1").locator(".word")).to_have_text("On hold for too long")
    expect(row(page, "c1").locator("time")).to_have_css("color", "rgb(179, 38, 30)")
    expect(row(page, "c1").locator("time")).to_have_text("2:00")
    expect(page.locator("#spoken")).to_have_text("Ada is on hold for too long")


def test_a_failed_registration_says_why(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(lines={"main": states.line("200", "failed", 403, "403 Forbidden: wrong password")})
    expect(page.locator("#lines")).to_contain_text("Not registered")
    expect(page.locator("#lines")).to_contain_text("403 Forbidden: wrong password")


def test_each_of_several_lines_says_how_it_is(page: Page, daemon: StandInDaemon) -> None:
    expect(page.locator("#lines .line").first).to_have_text("Registered")
    daemon.change(lines={"hotel": states.line("300", "failed", 408, "the exchange does not answer")})
    daemon.change(
        calls={
            "c1": states.call("1001", "Ada", "held", line="hotel"),
            "c2": states.call("1002", "Bo", "held"),
        },
    )
    expect(page.locator("#lines .line").first).to_have_text("200 Registered")
    expect(page.locator("#lines .line").last).to_contain_text(
        "300 Not registered the exchange does not answer"
    )
    expect(row(page, "c1").locator(".badge")).to_have_text("300")
    expect(row(page, "c2").locator(".badge")).to_have_text("200")


def test_an_extension_shows_its_state_in_colour_shape_and_word(page: Page, daemon: StandInDaemon) -> None:
    seen = {}
    for state in EXTENSION_STATES:
        reason = "404 Not Found" if state == "unknown" else ""
        daemon.change(extensions={"1001": states.extension("Ada", state, reason=reason)})
        expect(row(page, "1001")).to_have_attribute("data-state", state)
        mark = row(page, "1001").locator(".mark")
        seen[state] = (mark.evaluate(SHAPE), row(page, "1001").locator(".word").inner_text())
    assert [word for _, word in seen.values()] == list(EXTENSION_STATES.values())
    assert len({shape for shape, _ in seen.values()}) == len(EXTENSION_STATES)
    expect(row(page, "1001")).to_contain_text("404 Not Found")


def test_a_device_that_may_not_be_used_says_why(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(devices=states.morning()["devices"])
    expect(row(page, "0b0e:24")).to_contain_text("No permission")
    expect(row(page, "0b0e:24")).to_contain_text("install the udev rules")
    expect(row(page, "1050:0d")).to_contain_text("red")


@pytest.mark.parametrize("state", ["morning", "consultation", "conference"])
def test_the_first_sight_needs_no_script_and_is_what_the_script_would_show(
    open_page: Callable[..., Page], daemon: StandInDaemon, state: str
) -> None:
    """The templates and the modules each write rows: they must agree, or the page jumps when it loads."""
    page = open_page()
    panels = ["#calls", "#orbits", "#extensions", "header", "[role=tablist]"]
    daemon.show(getattr(states, state)() | {"desk": {"name": "First sight", "number": "200", "version": ""}})
    expect(page.locator("#own-name")).to_have_text("First sight")
    bare = open_page(live=False, java_script_enabled=False)
    for panel in panels:
        slots = f"{panel} :is([data-slot], .word, dd, .count, .target)"
        assert bare.locator(slots).evaluate_all(TEXTS) == page.locator(slots).evaluate_all(TEXTS)
    expect(bare.locator(".no-script")).to_be_visible()


def test_nothing_moves_under_the_hand_when_a_call_comes_and_goes(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        orbits={"701": states.orbit(), "702": states.orbit("1009")},
        extensions={"1002": states.extension("Alan Turing")},
    )
    places = set()
    for direction, state in (("in", ""), ("out", "ringing"), ("in", "answered"), ("in", "parking")):
        call = states.call("1001", "Ada", state, direction=direction, target="701") if state else None
        daemon.change(calls={"c1": None})
        daemon.change(calls={"c1": call})
        expect(page.locator("#current .call")).to_have_count(1 if call else 0)
        below = (page.get_by_role("heading", name="Waiting"), row(page, "1002"))
        places.add(tuple(str(element.bounding_box()) for element in below))
    assert len(places) == 1


def test_updates_touch_only_what_changed(page: Page, daemon: StandInDaemon) -> None:
    daemon.show(states.morning())
    expect(page.locator("#extensions .extension")).to_have_count(13)
    page.evaluate(NOTE_WHAT_IS_TOUCHED)
    daemon.change(extensions={"1005": {"state": "busy"}})
    expect(row(page, "1005")).to_have_attribute("data-state", "busy")
    page.wait_for_timeout(1200)  # times tick meanwhile
    assert page.evaluate("[...window.touched]") == ["1005"]


# --- what is asked


@pytest.mark.parametrize(
    ("state", "button", "name", "members"),
    [
        ("ringing", "Answer", "answer", {"call": "c1"}),
        ("ringing", "Reject", "reject", {"call": "c1"}),
        ("answered", "Hold", "hold", {"call": "c1"}),
        ("answered", "Park", "park", {"call": "c1"}),
        ("answered", "Hang up", "hang_up", {"call": "c1"}),
        ("held", "Resume", "resume", {"call": "c1"}),
        ("held", "Hang up", "hang_up", {"call": "c1"}),
    ],
)
def test_a_call_offers_what_can_be_done_with_it(
    page: Page, daemon: StandInDaemon, state: str, button: str, name: str, members: dict[str, str]
) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", state)})
    row(page, "c1").get_by_role("button", name=f"{button} Ada").click()
    expect_asked(daemon, (name, members))


def test_given_several_lines_one_is_chosen_to_dial_from(page: Page, daemon: StandInDaemon) -> None:
    line = page.get_by_label("Line", exact=True)
    expect(line).to_be_hidden()
    daemon.change(lines={"hotel": states.line("300")})
    line.select_option("300")
    daemon.change(lines={"hotel": {"state": "failed", "reason": "408 Request Timeout"}})
    expect(page.locator("#lines .line").last).to_contain_text("408 Request Timeout")
    page.get_by_label("Dial", exact=True).fill("1003")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("dial", {"number": "1003", "line": "hotel"}))
    expect(page.get_by_label("Dial", exact=True)).to_have_value("")


def test_a_number_is_dialled_and_the_field_is_empty_again(page: Page, daemon: StandInDaemon) -> None:
    page.get_by_label("Dial", exact=True).fill(" 1003 ")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("dial", {"number": "1003"}))
    expect(page.get_by_label("Dial", exact=True)).to_have_value("")


def test_transfer_takes_a_number_or_a_person(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", "answered"), "c2": states.call("1003", "Grace", "held")},
        extensions={"1002": states.extension("Alan Turing")},
    )
    row(page, "c1").get_by_role("button", name="Transfer … Ada").click()
    page.get_by_role("textbox", name="Transfer to").fill("1009")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("transfer", {"call": "c1", "target": "1009"}))
    expect(page.get_by_role("textbox", name="Transfer to")).to_have_count(0)
    row(page, "c2").get_by_role("button", name="Transfer … Grace").click()
    expect(page.get_by_text("Choose who gets Grace")).to_be_visible()
    row(page, "1002").get_by_role("button", name="Transfer here").click()
    expect_asked(
        daemon,
        ("transfer", {"call": "c1", "target": "1009"}),
        ("transfer", {"call": "c2", "target": "1002"}),
    )
    expect(page.get_by_text("Choose who gets Grace")).to_be_hidden()


def test_given_the_caller_hangs_up_nobody_is_chosen_any_more(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", "answered")}, extensions={"1": states.extension("Bo")}
    )
    row(page, "c1").get_by_role("button", name="Transfer …").click()
    expect(page.get_by_text("Choose who gets Ada")).to_be_visible()
    daemon.change(calls={"c1": None})
    expect(page.get_by_text("Choose who gets Ada")).to_be_hidden()
    row(page, "1").get_by_role("button").click()
    expect(page.get_by_role("dialog", name="Bo").get_by_role("button", name="Call Bo")).to_be_visible()


def test_one_click_retrieves_who_is_parked_or_parks_the_call(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(orbits={"701": states.orbit("1009", "Emmy"), "702": states.orbit()})
    expect(row(page, "702").get_by_role("button")).to_be_disabled()
    row(page, "701").get_by_role("button", name="Retrieve").click()
    expect_asked(daemon, ("retrieve", {"orbit": "701"}))
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    row(page, "702").get_by_role("button", name="Park here").click()
    expect_asked(daemon, ("retrieve", {"orbit": "701"}), ("park", {"orbit": "702", "call": "c1"}))


def test_a_refusal_is_shown_and_read_out_each_time(page: Page, daemon: StandInDaemon) -> None:
    daemon.refusals["dial"] = "99 is not a number that can be dialled"
    for _ in range(2):
        page.get_by_label("Dial", exact=True).fill("99")
        page.keyboard.press("Enter")
        notice = page.get_by_role("alert").filter(has_text="99 is not a number that can be dialled")
        expect(notice).to_be_visible()
        expect(page.get_by_label("Dial", exact=True)).to_have_value("99")  # to be corrected, not typed again
        page.get_by_role("button", name="Dismiss").click()
        expect(notice).to_have_count(0)


def test_what_the_desk_has_to_say_is_read_out(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(notice="the transfer to 1009 failed: 486 Busy Here")
    expect(page.get_by_role("alert").filter(has_text="the transfer to 1009 failed")).to_be_visible()


# --- when things fail


def test_given_the_daemon_dies_the_page_says_so_and_recovers_by_itself(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1")).to_be_visible()
    daemon.stop()
    try:
        expect(page.get_by_role("alert").filter(has_text="The desk does not answer.")).to_be_visible()
        expect(page.locator("main")).to_have_css("opacity", "0.55")
        expect(row(page, "c1")).to_be_visible()  # the last that was known
        page.keyboard.press("h")
        expect(page.get_by_text("Nothing was done.")).to_be_visible()
        daemon.state["calls"] = {}
    finally:
        daemon.start()
    expect(page.locator("body[data-link=live]")).to_be_visible()
    expect(row(page, "c1")).to_have_count(0)
    expect(page.locator("#spoken")).to_have_text("The desk is back.")
    expect(page.locator("main")).to_have_css("opacity", "1")


def test_given_the_page_loses_its_server_it_says_so_and_recovers_by_itself(
    browser: Browser, settings_path: Path, desk_store: Path, daemon: StandInDaemon
) -> None:
    address = free_address()
    with closing(browser.new_context()) as context:
        cookie = {"name": access.COOKIE, "value": token_of(desk_store), "url": f"http://{address}/"}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        with served(settings_path, address):
            page.goto(f"http://{address}/")
            expect(page.locator("body[data-link=live]")).to_be_visible()
        expect(page.get_by_role("alert").filter(has_text="This page has lost its server.")).to_be_visible()
        with served(settings_path, address):
            expect(page.locator("body[data-link=live]")).to_be_visible(timeout=20_000)


def test_a_person_may_have_many_pages_open_and_each_is_live(
    browser: Browser, site: str, desk_store: Path, daemon: StandInDaemon
) -> None:
    with closing(browser.new_context()) as context:
        cookie = {"name": access.COOKIE, "value": token_of(desk_store), "url": site}
        context.add_cookies([cookie])  # type: ignore[list-item]
        pages = [context.new_page() for _ in range(8)]
        for page in pages:
            page.goto(site)
            expect(page.locator("body[data-link=live]")).to_be_visible()
        daemon.change(muted=True, counters={"missed": 3})
        for page in pages:
            expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        pages[0].close()
        pages[1].reload()
        expect(pages[1].locator("#count-missed")).to_have_text("3")
        daemon.change(counters={"missed": 4})
        for page in pages[1:]:
            expect(page.locator("#count-missed")).to_have_text("4")


# --- by keyboard alone


@pytest.mark.parametrize(
    ("key", "calls", "asked"),
    [
        ("a", ["ringing"], ("answer", {})),
        ("r", ["ringing"], ("reject", {})),
        ("h", ["answered", "held"], ("hold", {})),
        ("h", ["held"], ("resume", {})),
        ("p", ["answered"], ("park", {})),
        ("p", [], ("retrieve", {})),
        ("e", ["answered"], ("hang_up", {})),
        ("m", ["answered"], ("mute", {"on": True})),
        ("s", ["answered", "held"], ("resume", {})),
        ("c", ["answered", "held"], ("complete", {})),
        ("b", ["answered", "held"], ("come_back", {})),
        ("j", ["answered", "held"], ("confer", {})),
        ("n", [], ("set_dnd", {"on": True})),
        ("l", [], ("redial", {})),
    ],
)
def test_one_key_does_it(
    page: Page, daemon: StandInDaemon, key: str, calls: list[str], asked: tuple[str, dict[str, Any]]
) -> None:
    daemon.change(calls={f"c{n}": states.call("1001", "Ada", state) for n, state in enumerate(calls)})
    expect(page.locator(".call")).to_have_count(len(calls))
    page.keyboard.press(key)
    expect_asked(daemon, asked)


def test_a_call_is_taken_and_transferred_by_keyboard_alone(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada")}, extensions={"1002": states.extension("Alan")})
    expect(row(page, "c1")).to_be_visible()
    page.keyboard.press("a")
    daemon.change(calls={"c1": {"state": "answered"}})
    expect(page.locator("#current .call")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.type("1002")
    page.keyboard.press("Enter")
    expect_asked(daemon, ("answer", {}), ("transfer", {"call": "c1", "target": "1002"}))


def test_the_focus_goes_with_the_call(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada")})
    row(page, "c1").get_by_role("button", name="Answer").focus()
    page.keyboard.press("Enter")
    expect_asked(daemon, ("answer", {"call": "c1"}))
    daemon.change(calls={"c1": {"state": "answered"}})
    expect(row(page, "c1").get_by_role("button", name="Hold")).to_be_focused()
    daemon.change(calls={"c1": None})
    expect(page.get_by_role("heading", name="Calls")).to_be_focused()


def test_letters_that_are_typed_are_not_shortcuts(page: Page, daemon: StandInDaemon) -> None:
    page.keyboard.press("d")
    page.keyboard.type("ahp")
    expect(page.get_by_label("Dial", exact=True)).to_have_value("ahp")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("r")
    expect_asked(daemon, ("reject", {}))


def test_shortcuts_are_listed_and_can_be_switched_off_for_good(page: Page, daemon: StandInDaemon) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Answer who has waited longest")
    page.keyboard.press("a")  # not while the list is open
    dialog.get_by_label("Shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.reload()
    expect(page.locator("body[data-link=live]")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("button", name="Mute").click()
    expect_asked(daemon, ("mute", {"on": True}))


# --- the simulated desk


def test_without_simulated_devices_there_is_no_simulated_desk(page: Page, daemon: StandInDaemon) -> None:
    expect(page.get_by_role("heading", name="Simulated desk")).to_have_count(0)
    daemon.change(devices=states.simulated())
    expect(page.get_by_role("heading", name="Simulated desk")).to_be_visible()
    expect(page.get_by_role("heading", name="Devices")).to_have_count(0)


def test_the_hook_is_lifted_and_put_back(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(devices=states.simulated())
    page.get_by_role("button", name="Lift").click()
    expect_asked(daemon, ("press", {"device": "sim-headset", "key": "hook"}))
    daemon.change(devices={"sim-headset": {"lifted": True}})
    page.get_by_role("button", name="Put it back", pressed=True).press("Enter")
    expect_asked(
        daemon,
        ("press", {"device": "sim-headset", "key": "hook"}),
        ("release", {"device": "sim-headset", "key": "hook"}),
    )


@pytest.mark.parametrize("how", ["mouse", "keyboard", "screen reader"])
def test_a_button_is_pressed_for_as_long_as_it_is_pressed(
    page: Page, daemon: StandInDaemon, how: str
) -> None:
    daemon.change(devices=states.simulated())
    button = page.locator(".buttons").get_by_role("button", name="Park")
    press = ("press", {"device": "sim-buttons", "key": "park"})
    release = ("release", {"device": "sim-buttons", "key": "park"})
    if how == "screen reader":
        button.evaluate("element => element.click()")
    else:
        button.hover() if how == "mouse" else button.focus()
        page.mouse.down() if how == "mouse" else page.keyboard.down(" ")
        expect_asked(daemon, press)
        page.wait_for_timeout(100)
        assert daemon.asked == [press]
        page.mouse.up() if how == "mouse" else page.keyboard.up(" ")
    expect_asked(daemon, press, release)
    page.wait_for_timeout(100)
    assert daemon.asked == [press, release]


def test_given_the_window_loses_the_focus_no_button_stays_down(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(devices=states.simulated())
    page.locator(".buttons").get_by_role("button", name="Hold").focus()
    page.keyboard.down("Enter")
    page.get_by_label("Dial", exact=True).focus()
    device = {"device": "sim-buttons", "key": "hold"}
    expect_asked(daemon, ("press", device), ("release", device))
    page.keyboard.up("Enter")


def test_lamps_burn_as_the_desk_says_and_say_so_in_words(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(devices=states.simulated())
    button = page.locator(".buttons").get_by_role("button", name="Answer off")
    expect(button.locator(".cap")).to_be_visible()
    lamps = {"lamps": {"answer": states.lamp("fast")}}
    light = {"lamps": {"status": states.lamp("blink", "#ff0000")}}
    daemon.change(devices={"sim-buttons": lamps, "sim-light": light})
    expect(page.locator(".buttons").get_by_role("button", name="Answer blinking fast")).to_be_visible()
    expect(page.locator(".drawn.light .lamp")).to_have_text("red blinking")
    glow = page.locator(".drawn.light .glow")
    expect(glow).to_have_css("fill", "rgb(255, 0, 0)")
    expect(glow).to_have_css("animation-duration", "1s")


def test_the_headset_is_unplugged_and_plugged_in(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(devices=states.simulated())
    page.locator(".drawn.headset").get_by_role("button", name="Unplug").click()
    expect_asked(daemon, ("unplug", {"device": "sim-headset"}))
    daemon.change(devices={"sim-headset": {"state": "offline", "lamps": None}})
    daemon.change(devices={"sim-headset": {"lamps": {}}})
    page.locator(".drawn.headset").get_by_role("button", name="Plug in").click()
    expect_asked(daemon, ("unplug", {"device": "sim-headset"}), ("plug", {"device": "sim-headset"}))
