"""What a receptionist does with calls on the page, beyond answering and holding them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.web import states
from tests.web.asking import expect_asked, row

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.daemon import StandInDaemon

pytestmark = pytest.mark.browser


# --- who calls, and for whom


def test_a_withheld_number_is_not_an_unknown_one(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("", withheld=True), "c2": states.call("", age=2)})
    expect(page.locator("#waiting strong")).to_have_text(["Number withheld", "Unknown caller"])
    expect(page).to_have_title("(2) Call from Number withheld · Reception")


def test_a_call_says_whom_it_is_for_and_who_was_called_first(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions={"201": states.extension("Sales")})
    daemon.change(
        calls={
            "c1": states.call(
                "+4930", "Ada", called="201", diverted_name="Alan Turing", diverted_number="1002"
            ),
            "c2": states.call("1003", "Grace", called="200", internal=True),
        }
    )
    expect(row(page, "c1").locator(".who")).to_contain_text("+4930")
    for words in ("external", "for Sales", "diverted by Alan Turing"):
        expect(row(page, "c1").locator(".who")).to_contain_text(words)
    expect(row(page, "c2").locator(".who")).to_contain_text("internal")
    expect(row(page, "c2").locator(".who")).not_to_contain_text("for 200")


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("park", "Comes back from park"),
        ("transfer", "Comes back from a transfer"),
        ("camp", "Comes back from camp-on"),
    ],
)
def test_a_caller_who_comes_back_is_told_from_a_new_one(
    page: Page, daemon: StandInDaemon, returned: str, words: str
) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", returned=returned, origin="701", note="it took too long")}
    )
    expect(row(page, "c1")).to_contain_text(f"{words} (701)")
    expect(row(page, "c1")).to_contain_text("it took too long")
    expect(page.locator("#spoken")).to_have_text(f"Call from Ada. {words} (701)")
    daemon.change(calls={"c1": {"state": "answered"}})
    expect(page.locator("#current")).not_to_contain_text(words)


def test_a_call_that_is_on_its_way_says_where_to(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(extensions={"1010": states.extension("Radia Perlman")})
    daemon.change(calls={"c1": states.call("1001", "Ada", "transferring", target="1010")})
    expect(row(page, "c1")).to_contain_text("Transferring to Radia Perlman …")
    expect(row(page, "c1").get_by_role("button")).to_have_count(0)


# --- divert


@pytest.mark.parametrize(
    ("typed", "members"), [("1009", {"call": "c1", "number": "1009"}), ("", {"call": "c1"})]
)
def test_a_waiting_caller_is_diverted_to_a_number_or_to_where_such_calls_go(
    page: Page, daemon: StandInDaemon, typed: str, members: dict[str, str]
) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada")})
    expect(row(page, "c1")).to_be_visible()
    page.keyboard.press("v")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect_asked(daemon, ("divert", members))
    expect(row(page, "c1").locator("form")).to_be_hidden()


def test_a_waiting_caller_is_diverted_to_a_person(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada")}, extensions={"1002": states.extension("Alan")})
    row(page, "c1").get_by_role("button", name="Divert … Ada").click()
    row(page, "1002").get_by_role("button", name="Divert here").click()
    expect_asked(daemon, ("divert", {"call": "c1", "number": "1002"}))


def test_a_refused_number_stays_to_be_corrected(page: Page, daemon: StandInDaemon) -> None:
    daemon.refusals["transfer"] = "99 is not a number that can be dialled"
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="99 is not a number")).to_be_visible()
    expect(page.get_by_label("Transfer to")).to_have_value("99")


# --- consultation


def consulting(state: str = "answered") -> dict[str, Any]:
    return {
        "c1": states.call("+4930", "Müller", "held"),
        "c2": states.call("1002", "Alan", state, direction="out", consults="c1"),
    }


def test_a_caller_is_announced_by_number(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.type("1002")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Announce")).to_be_focused()
    page.keyboard.press("Enter")
    expect_asked(daemon, ("consult", {"call": "c1", "target": "1002"}))


@pytest.mark.parametrize("state", ["ringing", "answered"])
@pytest.mark.parametrize(
    ("button", "asked"),
    [
        ("Connect Alan", ("complete", {"call": "c1", "to": "c2"})),
        ("Back Alan", ("come_back", {"call": "c1"})),
        ("Hang up Alan", ("hang_up", {"call": "c2"})),
    ],
)
def test_a_consultation_is_completed_or_given_up(
    page: Page, daemon: StandInDaemon, state: str, button: str, asked: tuple[str, dict[str, str]]
) -> None:
    daemon.change(calls=consulting(state))
    expect(row(page, "c2")).to_contain_text("to announce Müller")
    row(page, "c2").get_by_role("button", name=button).click()
    expect_asked(daemon, asked)


def test_caller_and_colleague_are_taken_together_into_a_conference(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls=consulting())
    row(page, "c2").get_by_role("button", name="Conference Alan").click()
    expect_asked(daemon, ("confer", {"call": "c1"}))


def test_any_held_caller_can_be_connected_or_taken_in_while_somebody_else_talks(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "held")})
    expect(row(page, "c1").get_by_role("button", name="Resume Ada")).to_be_visible()
    expect(row(page, "c1").get_by_role("button", name="Connect Ada")).to_have_count(0)
    expect(row(page, "c1").get_by_role("button", name="Conference Ada")).to_have_count(0)
    daemon.change(calls={"c2": states.call("1002", "Alan", "answered")})
    row(page, "c1").get_by_role("button", name="Connect Ada").click()
    row(page, "c1").get_by_role("button", name="Conference Ada").click()
    expect_asked(daemon, ("complete", {"call": "c1", "to": "c2"}), ("confer", {"call": "c1"}))


def test_a_consultation_takes_the_room_of_any_other_call(page: Page, daemon: StandInDaemon) -> None:
    heights = set()
    for calls in ({"c2": states.call("1002", "Alan", "answered")}, consulting(), consulting("ringing")):
        daemon.change(calls={"c1": None, "c2": None})
        daemon.change(calls=calls)
        expect(page.locator("#current .call")).to_have_count(1)
        box = page.locator("#current .call").bounding_box()
        assert box
        heights.add(box["height"])
    assert len(heights) == 1


def test_the_transfer_field_stands_in_the_room_of_the_buttons(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1").get_by_role("button", name="Hold")).to_be_visible()
    before = row(page, "c1").bounding_box()
    page.keyboard.press("t")
    expect(page.get_by_label("Transfer to")).to_be_focused()
    assert row(page, "c1").bounding_box() == before
    page.keyboard.press("Escape")
    expect(row(page, "c1").get_by_role("button", name="Transfer")).to_be_focused()


# --- camp-on


def test_a_camped_caller_says_for_whom_and_since_when_and_need_not_wait(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(extensions={"1006": states.extension("Barbara", "busy")})
    daemon.change(calls={"c1": states.call("1001", "Ada", "camped", 38, target="1006")})
    camped = page.locator("#held .call")
    expect(camped).to_contain_text("Waits until Barbara is free")
    expect(camped.locator("time")).to_have_text("0:38")
    camped.get_by_role("button", name="Wait no longer Ada").click()
    expect_asked(daemon, ("uncamp", {"call": "c1"}))


# --- conference


def conference(state: str = "conference") -> dict[str, Any]:
    return {
        "c1": states.call("1001", "Ada", state, 20, member=True),
        "c2": states.call("1002", "Alan", state, 9, member=True, muted=True),
    }


def test_who_talks_together_is_one_group(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls=conference())
    group = page.get_by_role("group", name="Conference")
    expect(group).to_contain_text("You and 2 others")
    expect(group.locator(".member strong")).to_have_text(["Ada", "Alan"])
    expect(group.locator(".member .word")).to_have_text(["", "Muted"])
    expect(page.get_by_text("No call", exact=True)).to_be_hidden()
    daemon.change(calls={"c1": None, "c2": {"member": False, "state": "answered"}})
    expect(group).to_have_count(0)
    expect(page.locator("#current .call")).to_contain_text("Alan")


@pytest.mark.parametrize(
    ("button", "asked"),
    [
        ("Mute Ada", ("mute_party", {"call": "c1", "on": True})),
        ("Mute Alan", ("mute_party", {"call": "c2", "on": False})),
        ("Drop Alan", ("hang_up", {"call": "c2"})),
        ("Leave", ("leave", {})),
        ("Hold", ("hold", {"call": "c1"})),
    ],
)
def test_one_of_a_conference_is_muted_or_dropped_and_all_are_held_or_left(
    page: Page, daemon: StandInDaemon, button: str, asked: tuple[str, dict[str, Any]]
) -> None:
    daemon.change(calls=conference())
    page.get_by_role("group", name="Conference").get_by_role("button", name=button).click()
    expect_asked(daemon, asked)


def test_a_conference_on_hold_is_resumed_as_one(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls=conference("held"))
    group = page.get_by_role("group", name="Conference")
    expect(group.locator("> .how")).to_contain_text("On hold")
    expect(page.locator("#held .call")).to_have_count(0)
    group.get_by_role("button", name="Resume").click()
    expect_asked(daemon, ("resume", {"call": "c1"}))


def test_given_the_party_with_the_focus_is_dropped_the_focus_is_not_lost(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(calls=conference())
    page.get_by_role("button", name="Drop Ada").focus()
    daemon.change(calls={"c1": None, "c2": {"state": "answered", "member": False}})
    expect(page.get_by_role("heading", name="Calls")).to_be_focused()


# --- keypad


def test_digits_are_sent_in_order_and_shown_and_kept_nowhere(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1")).to_be_visible()
    page.keyboard.press("k")
    keypad = page.get_by_role("dialog", name="Keypad")
    before = keypad.inner_text()
    for digit in "4711#":
        page.keyboard.press(digit)
    keypad.get_by_role("button", name="0").click()
    expect_asked(daemon, *[("send_digits", {"digits": digit}) for digit in "4711#0"])
    assert keypad.inner_text() == before
    assert "4711" not in page.evaluate("JSON.stringify(localStorage) + document.cookie + location")
    page.keyboard.press("Escape")
    expect(keypad).to_have_count(0)


def test_a_refusal_is_told_in_the_dialog_in_front(page: Page, daemon: StandInDaemon) -> None:
    daemon.refusals["send_digits"] = "nobody has answered yet"
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    row(page, "c1").get_by_role("button", name="Keypad Ada").click()
    page.keyboard.press("5")
    keypad = page.get_by_role("dialog", name="Keypad")
    expect(keypad.get_by_role("alert")).to_have_text("nobody has answered yet")
    daemon.refusals.clear()
    page.keyboard.press("5")
    expect(keypad.locator(".refused")).to_have_text("")
    daemon.change(calls={"c1": None})
    expect(keypad).to_have_count(0)  # there is nobody to hear it


def test_a_microphone_that_is_off_is_told_on_the_call_itself(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada", "answered")})
    expect(row(page, "c1")).to_be_visible()
    expect(row(page, "c1").get_by_text("Microphone off")).to_be_hidden()
    daemon.change(muted=True)
    expect(row(page, "c1").get_by_text("Microphone off")).to_be_visible()


def test_the_last_number_is_called_again(page: Page, daemon: StandInDaemon) -> None:
    page.get_by_role("button", name="Redial").click()
    expect_asked(daemon, ("redial", {}))


def test_a_speed_dial_key_follows_the_directory_so_that_nobody_else_is_called(
    page: Page, daemon: StandInDaemon
) -> None:
    keys = page.locator("#speed button")
    expect(keys).to_have_count(0)
    people = {"1001": states.extension("Ada"), "1002": states.extension("Bob")}
    daemon.change(speed_dials={"1": "1001", "2": "0301234"}, extensions=people)
    expect(keys).to_have_text(["Ada", "0301234"])
    daemon.change(speed_dials={"1": "1002", "2": None})
    expect(keys).to_have_text(["Bob"])
    keys.click()
    expect_asked(daemon, ("speed_dial", {"key": "1"}))
    daemon.change(speed_dials={"1": None})
    expect(page.locator("#speed")).to_be_hidden()


def test_a_speed_dial_key_is_one_click(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(speed_dials={"1": "1001"}, extensions={"1001": states.extension("Ada")})
    expect(row(page, "1001")).to_contain_text("Ada")  # the site has heard of it
    page.reload()
    page.get_by_role("button", name="Ada").and_(page.locator("#speed button")).click()
    expect_asked(daemon, ("speed_dial", {"key": "1"}))


def test_what_is_typed_at_a_telephone_stands_where_one_dials(page: Page, daemon: StandInDaemon) -> None:
    field = page.get_by_role("textbox", name="Dial")
    daemon.change(typed="0305")
    expect(field).to_have_attribute("placeholder", "0305")
    page.reload()
    expect(field).to_have_attribute("placeholder", "0305")
    daemon.change(typed="")
    expect(field).to_have_attribute("placeholder", "Number")


# --- dragging


def test_a_call_is_dragged_onto_a_person(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", "held"), "c2": states.call("1005", "Bo", "answered")},
        extensions={"1002": states.extension("Alan")},
    )
    row(page, "c1").locator(".who").drag_to(row(page, "1002"))
    page.get_by_role("dialog", name="Alan").get_by_role("button", name="Announce Ada to Alan first").click()
    expect_asked(daemon, ("consult", {"call": "c1", "target": "1002"}))


def test_a_waiting_call_is_dragged_onto_a_person_to_divert_it(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(calls={"c1": states.call("1001", "Ada")}, extensions={"1002": states.extension("Alan")})
    row(page, "c1").locator(".who").drag_to(row(page, "1002"))
    page.get_by_role("dialog", name="Alan").get_by_role("button", name="Divert Ada to Alan").click()
    expect_asked(daemon, ("divert", {"call": "c1", "number": "1002"}))


@pytest.mark.parametrize(
    ("choice", "asked"),
    [
        ("Connect Ada with Bo", [("complete", {"call": "c1", "to": "c2"})]),
        ("Conference with both", [("confer", {"call": "c1"})]),
        ("Cancel", []),
    ],
)
def test_a_call_is_dragged_onto_another(
    page: Page, daemon: StandInDaemon, choice: str, asked: list[tuple[str, dict[str, str]]]
) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", "held"), "c2": states.call("1005", "Bo", "answered")}
    )
    row(page, "c1").locator(".who").drag_to(row(page, "c2"))
    page.get_by_role("dialog").get_by_role("button", name=choice).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_asked(daemon, *asked)


def test_a_call_is_dragged_onto_a_free_orbit_and_not_onto_a_taken_one(
    page: Page, daemon: StandInDaemon
) -> None:
    daemon.change(
        calls={"c1": states.call("1001", "Ada", "held")},
        orbits={"701": states.orbit("1009", "Emmy"), "702": states.orbit()},
    )
    row(page, "c1").locator(".who").drag_to(row(page, "701"))
    row(page, "c1").locator(".who").drag_to(row(page, "702"))
    expect_asked(daemon, ("park", {"call": "c1", "orbit": "702"}))


def test_an_orbit_says_who_parked_the_caller(page: Page, daemon: StandInDaemon) -> None:
    daemon.change(orbits={"701": states.orbit("1009", "Emmy", 61, by="Reception")})
    for words in ("701", "Emmy", "by Reception", "1:0"):
        expect(row(page, "701")).to_contain_text(words)
