"""The devices' pages: each is seen with what it has, tried, put in order; what is wired to the header."""

from __future__ import annotations

import tomllib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from appliance.desk.words import COMMANDS
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts
from drivers.gpio.names import pin_number
from tests.running import RunningDesk, status_light
from tests.web import states
from tests.web.asking import until
from tests.web.conftest import NAME, PASSWORD, free_address, served, token_of
from web import access, attached, header
from web.pages.pins import ASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.web.conftest import SignedIn
    from tests.web.daemon import StandInDaemon


def headset(**changes: Any) -> dict[str, Any]:
    return {
        **states.device("headset", "Jabra Link 380", ["hook", "mute"], {"ring": states.lamp("off")}),
        "has_lamps": ["ring", "status"],
        "maker": "GN Audio",
        "usb": "0b0e:24c8",
        "driver": "Jabra headsets and bases with USB (maker's document)",
        "palette": "red",
        "card": "Link",
        "audio": True,
        "presses": {},
        "levels": {"speaker": 0.5, "microphone": 0.8},
    } | changes


@pytest.fixture
def attach(daemon: StandInDaemon) -> Callable[..., None]:
    """Have these devices attached."""

    def show(**devices: dict[str, Any]) -> None:
        daemon.show(states.idle() | {"devices": devices, "audio": next(iter(devices), "")})

    return show


@pytest.fixture
def written(settings_path: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Return what gives the settings as they are written; afterwards they are as they were."""
    before = settings_path.read_text()
    yield lambda: tomllib.loads(settings_path.read_text())
    settings_path.write_text(before)


# --- what is attached


def test_a_device_is_shown_with_who_made_it_and_what_it_has(
    client: SignedIn, attach: Callable[..., None]
) -> None:
    attach(usb1=headset())
    until(lambda: "Jabra Link 380" in client.get("/devices").text)
    page = client.get("/devices").text
    for said in ("GN Audio", "0b0e:24c8", "usb1", "Hook switch", "Mute", "Connected", "calls are heard here"):
        assert said in page
    assert 'value="red"' in page
    assert 'value="green"' not in page, "its light is red"


@pytest.mark.parametrize(
    ("changes", "what", "fix"),
    [
        ({"card": ""}, "no sound card", "straight into the box"),
        (
            {"state": "denied", "reason": "no permission for /dev/hidraw3: install udev/70-deskbell.rules"},
            "may not open it",
            "udev rules",
        ),
        ({"state": "failed", "reason": "the light at /dev/x does not answer: e"}, "does not answer", "power"),
        (
            {"reason": "lamp hold: GPIO24 cannot be used: in use by spi0 CS0"},
            "has claimed a pin",
            "that driver off",
        ),
        ({"state": "offline", "reason": "unplugged"}, "Unplugged", "Plug it in"),
        (
            {"state": "failed", "reason": "the sound card 'A' cannot ring: another program plays there"},
            "Another program uses it",
            "Close that program",
        ),
        ({"state": "failed", "reason": "something new"}, "does not work", "another port"),
        ({}, "Connected", ""),
    ],
)
def test_what_is_wrong_is_said_in_plain_words_with_the_fix(
    changes: dict[str, Any], what: str, fix: str
) -> None:
    found = attached.trouble(headset(**changes))
    assert what in found.what
    assert fix in found.fix


def test_an_operator_looks_and_sets_volumes_but_tries_nothing(
    application: Any,
    desk_store: Path,
    client_as: Callable[[str], SignedIn],
    attach: Callable[..., None],
    daemon: StandInDaemon,
) -> None:
    operator = operator_of(desk_store, client_as)
    attach(usb1=headset())
    until(lambda: "Jabra Link 380" in operator.get("/devices").text)
    assert "Light it" not in operator.get("/devices").text
    assert operator.post("/devices/volume", data={"device": "usb1", "speaker": "0.4"}).status_code == 303
    assert daemon.asked[-1] == ("set_levels", {"device": "usb1", "speaker": 0.4, "microphone": -1.0})
    for path in ("try", "ignore", "order"):
        assert operator.post(f"/devices/{path}", data={"device": "usb1", "what": "ring"}).status_code == 403
    assert operator.post("/ask/test_sound", json={"device": "usb1"}).status_code == 409
    assert operator.get("/devices/pins").status_code == 403


def operator_of(desk_store: Path, client_as: Callable[[str], SignedIn]) -> SignedIn:
    with closing(connect(desk_store)) as file, writing(file):
        if all(user.name != "looker" for user in accounts.every(file)):
            accounts.add(file, "looker", "Only looking here", "operator")
    return client_as("looker")


def test_what_is_tried_is_asked_of_the_desk_and_its_refusal_is_told(
    client: SignedIn, daemon: StandInDaemon
) -> None:
    def attempt(**fields: str) -> tuple[int, Any]:
        answer = client.post("/devices/try", data=fields, headers={"Accept": "application/json"})
        return answer.status_code, answer.json

    assert attempt(device="usb1", what="lamp", lamp="status", colour="red") == (200, {"ok": True})
    assert daemon.asked[-1] == ("test_lamp", {"device": "usb1", "lamp": "status", "colour": "red"})
    assert attempt(device="usb1", what="ring", internal="on")[0] == 200
    assert daemon.asked[-1] == ("test_ring", {"device": "usb1", "internal": True})
    daemon.refusals["test_sound"] = "there are calls; test the devices when they are over"
    status, said = attempt(device="usb1", what="echo")
    assert (status, "there are calls" in said["error"]) == (409, True)
    assert attempt(device="usb1", what="explode")[0] == 400


@pytest.mark.parametrize("said", ["loud", "nan", "inf", "1.5", "1e999"])
def test_a_volume_that_is_none_is_refused(client: SignedIn, daemon: StandInDaemon, said: str) -> None:
    answer = client.post(
        "/devices/volume", data={"device": "usb1", "speaker": said}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert not daemon.asked


def test_more_pages_than_may_see_levels_are_told_so(application: Any, client: SignedIn) -> None:
    streams = [client.get("/devices/levels", buffered=False) for _ in range(4)]
    try:
        refused = client.get("/devices/levels", headers={"Accept": "application/json"})
        assert refused.status_code == 503
        assert "close one" in refused.text
    finally:
        for stream in streams:
            stream.close()
    again = client.get("/devices/levels", buffered=False)
    assert again.status_code == 200
    again.close()


@pytest.mark.browser
def test_a_key_lights_up_when_it_goes_down_and_a_device_that_comes_is_shown(
    page: Page, site: str, attach: Callable[..., None], daemon: StandInDaemon
) -> None:
    attach(usb1=headset())
    page.goto(f"{site}devices")
    key = page.locator("[data-key=mute]")
    expect(page.locator("body[data-link=live]")).to_be_visible()
    expect(key).not_to_contain_text("pressed")
    daemon.change(devices={"usb1": {"presses": {"mute": 1}}})
    expect(key).to_contain_text("pressed")
    expect(page.locator("#spoken")).to_have_text("Mute was pressed.")
    daemon.change(devices={"usb1": {"lifted": True, "lamps": {"ring": states.lamp("blink")}}})
    expect(page.locator("[data-key=hook]")).to_contain_text("lifted")
    expect(page.locator("[data-lamp=ring]")).to_have_attribute("data-pattern", "blink")
    daemon.change(devices={"usb2": headset(name="Another one")})
    expect(page.get_by_role("heading", name="Another one")).to_be_visible()
    daemon.change(devices={"usb2": {"state": "offline", "reason": "unplugged"}})
    expect(page.locator("[data-device=usb2]")).to_contain_text("Plug it in")


@pytest.mark.browser
def test_the_volume_is_set_by_keyboard_and_said_as_text(
    page: Page, site: str, attach: Callable[..., None], daemon: StandInDaemon
) -> None:
    attach(usb1=headset())
    page.goto(f"{site}devices")
    slider = page.get_by_label("Speaker", exact=True).first
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".volumes output").first).to_have_text("55%")
    until(lambda: "set_levels" in [name for name, _ in daemon.asked])
    assert daemon.asked[-1][1] == {"device": "usb1", "speaker": 0.55, "microphone": 0.8}


@pytest.mark.browser
def test_an_echo_test_shows_the_level_and_says_when_to_speak_and_to_listen(
    page: Page, site: str, attach: Callable[..., None], daemon: StandInDaemon
) -> None:
    attach(usb1=headset())
    page.goto(f"{site}devices")
    page.get_by_role("button", name="Echo test").click()
    until(lambda: ("test_sound", {"device": "usb1", "echo": True}) in daemon.asked)
    silence = {"microphone": -72.0, "speaker": -72.0, "delay": 0, "test": "", "fault": ""}
    said = page.locator("[data-slot=sound]")
    daemon.send_levels(silence | {"microphone": -20.0, "test": "speak"})
    expect(said).to_have_text("Say something …")
    expect(page.locator("output[data-slot=microphone]")).to_have_text("-20 dB")
    daemon.send_levels(silence | {"speaker": -21.0, "test": "listen"})
    expect(said).to_have_text("Now you hear yourself …")
    daemon.send_levels(silence | {"test": "speak", "fault": "another program uses it"})
    expect(said).to_contain_text("another program uses it")
    daemon.send_levels(silence)
    expect(said).to_have_text("That is over.")


@pytest.mark.browser
def test_during_a_call_its_level_and_delay_are_seen_where_it_is_heard(
    page: Page, site: str, attach: Callable[..., None], daemon: StandInDaemon
) -> None:
    attach(usb1=headset())
    page.goto(f"{site}devices")
    daemon.change(calls={"c1": states.call("1001", "Ada Lovelace", "answered", 7)})
    expect(page.locator(".meters")).to_be_visible()
    silence = {"microphone": -72.0, "speaker": -72.0, "delay": 0, "test": "", "fault": ""}

    def heard() -> bool:
        daemon.send_levels(silence | {"speaker": -31.0, "delay": 40})
        return page.locator("[data-slot=sound]").inner_text() == "The far end is heard 40 ms late."

    until(heard)
    expect(page.locator("output[data-slot=speaker]")).to_have_text("-31 dB")


# --- preference


@pytest.mark.browser
def test_the_order_is_changed_by_keyboard_and_by_dragging_and_the_desk_takes_it(
    page: Page,
    site: str,
    attach: Callable[..., None],
    daemon: StandInDaemon,
    written: Callable[[], dict[str, Any]],
) -> None:
    attach(one=headset(name="One"), two=headset(name="Two"), three=headset(name="Three"))
    page.goto(f"{site}devices/settings")
    down = page.get_by_role("button", name="Move One down")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#spoken")).to_have_text("One is now at place 2 of 3.")
    expect(down).to_be_focused()
    assert written()["devices"]["prefer"] == ["two", "one", "three"]
    assert daemon.asked[-1][0] == "reload"
    page.locator("[data-name=three]").drag_to(
        page.locator("[data-name=two]"), target_position={"x": 20, "y": 3}
    )
    expect(page.locator("#spoken")).to_have_text("Three is now at place 1 of 3.")
    assert written()["devices"]["prefer"] == ["three", "two", "one"]


def test_without_a_script_the_order_is_changed_too(
    client: SignedIn, written: Callable[[], dict[str, Any]]
) -> None:
    form = {"order": ["one", "two"], "move": "up:two", "was": "{}"}
    assert client.post("/devices/order", data=form).status_code == 303
    assert written()["devices"]["prefer"] == ["two", "one"]


def test_a_device_is_left_alone_and_used_again(
    client: SignedIn, written: Callable[[], dict[str, Any]]
) -> None:
    client.post("/devices/ignore", data={"device": "usb1"})
    assert written()["devices"]["ignore"] == ["usb1"]
    assert "Use again" in client.get("/devices").text
    client.post("/devices/ignore", data={"device": "usb1", "again": ""})
    assert written()["devices"]["ignore"] == []


# --- the header


def test_the_header_is_the_one_of_the_board() -> None:
    assert len(header.PLACES) == 40
    assert sorted(header.BY_GPIO) == list(range(28))
    assert {place.number: place.gpio for place in header.PLACES if place.number in (3, 11, 13, 40)} == {
        3: 2,
        11: 17,
        13: 27,
        40: 21,
    }
    assert all(pin_number(f"J8:{place.number}") == gpio for gpio, place in header.BY_GPIO.items())


def test_everything_that_a_button_can_ask_for_is_offered_in_words() -> None:
    assert set(COMMANDS) - {"mute-party"} <= set(ASKS)


def test_a_button_is_added_changed_and_removed(
    client: SignedIn, daemon: StandInDaemon, written: Callable[[], dict[str, Any]]
) -> None:
    form = {"name": "night", "as": "keys.new", "keys.new.pin": "6", "keys.new.active_low": "on"}
    form |= {"keys.new.press": "dnd", "keys.new.long": "dial", "keys.new.long.with": "1001"}
    form |= {"keys.new.pull": "auto", "keys.new.bounce": "0.02"}
    assert client.post("/devices/pins/keys/new", data=form).status_code == 303
    assert written()["keys"]["night"] == {"pin": 6, "press": "dnd", "long": "dial 1001"}
    assert daemon.asked[-1][0] == "reload"
    shown = client.get("/devices/pins").text
    assert "call the number 1001" in shown
    assert ">night</span> · GPIO6" in shown
    changed = {name.replace("keys.new", "keys.night"): value for name, value in form.items()}
    changed |= {"as": "keys.night", "keys.night.pin": "13", "keys.night.long": ""}
    assert client.post("/devices/pins/keys/night", data=changed).status_code == 303
    assert written()["keys"]["night"]["pin"] == 13
    assert client.post("/devices/pins/keys/night/remove").status_code == 303
    assert "night" not in written().get("keys", {})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"keys.new.pin": "-1"}, "Choose a pin."),
        ({"keys.new.pin": "17"}, "write a pin that is free"),
        ({"name": "no name!"}, "Write a name of letters"),
        ({"name": "answer"}, "The desk knows a key of that name"),
        ({"keys.new.press": "speed-dial", "keys.new.press.with": "9"}, "speed_dial"),
        ({"keys.new.press": "dial", "keys.new.press.with": ""}, "NUMBER"),
        ({"keys.new.bounce": "soon"}, "write a number"),
    ],
)
def test_a_wrong_button_is_told_of_beside_its_field_and_nothing_is_written(
    client: SignedIn, settings_path: Path, written: object, change: dict[str, str], told: str
) -> None:
    settings_path.write_text(settings_path.read_text() + "\n[buttons]\nanswer = 17\n")
    before = settings_path.read_text()
    form = {"name": "night", "as": "keys.new", "keys.new.pin": "6", "keys.new.active_low": "on"}
    form |= {"keys.new.press": "dnd", "keys.new.pull": "auto", "keys.new.bounce": "0.02"}
    answer = client.post("/devices/pins/keys/new", data=form | change)
    assert answer.status_code == 422
    assert told in answer.text
    assert settings_path.read_text() == before


def test_a_relay_is_added_and_one_that_a_button_needs_is_not_removed(
    client: SignedIn, settings_path: Path, written: Callable[[], dict[str, Any]]
) -> None:
    form = {"name": "door", "as": "relays.new", "relays.new.pin": "5", "relays.new.active_high": "on"}
    form |= {"relays.new.seconds": "2", "relays.new.longest": "10", "relays.new.follows": ""}
    assert client.post("/devices/pins/relays/new", data=form).status_code == 303
    assert written()["relays"]["door"] == {"pin": 5, "seconds": 2.0}
    settings_path.write_text(settings_path.read_text() + '\n[keys.in]\npin = 6\npress = "relay door"\n')
    client.post("/devices/pins/relays/door/remove")
    assert "door" in written()["relays"], "the button would ask for nothing"


def test_what_is_not_there_is_not_found(client: SignedIn) -> None:
    for path in ("keys/nothing", "relays/nothing", "lamps/new"):
        assert client.get(f"/devices/pins/{path}").status_code == 404


# --- with a real desk


@pytest.mark.browser
def test_with_a_running_desk_all_is_tried_and_a_change_is_seen_at_once(browser: Any, tmp_path: Path) -> None:
    with RunningDesk(tmp_path, 9) as desk:
        desk.until("the devices", lambda state: len(state["devices"]) == 3)
        address, store = free_address(), tmp_path / "desk.db"
        prepare(store)
        with closing(connect(store)) as file, writing(file):
            accounts.add(file, NAME, PASSWORD, "admin")
        with served(desk.settings, address):
            page = browser.new_page()
            cookie = {"name": access.COOKIE, "value": token_of(store), "url": f"http://{address}/"}
            page.context.add_cookies([cookie])
            page.goto(f"http://{address}/devices")
            desk.press("hold")
            held = page.locator("[data-device=sim-buttons] [data-key=hold]")
            expect(held).to_contain_text("pressed")
            page.locator("[data-device=sim-headset] [data-lamp=ring] button").click()
            expect(page.locator("[data-device=sim-headset] [data-lamp=ring]")).to_have_attribute(
                "data-pattern", "on"
            )
            page.get_by_role("button", name="cyan").click()
            desk.until("the light is cyan", lambda state: status_light(state) == ("on", "#00c8ff"))
            page.get_by_role("button", name="Echo test").click()
            expect(page.locator("[data-slot=sound]")).to_have_text("Say something …")
            expect(page.locator("[data-slot=sound]")).to_have_text("Now you hear yourself …")
            page.goto(f"http://{address}/ringing")
            lost = page.get_by_role("group", name="Not registered")
            lost.get_by_label("Colour", exact=True).select_option("orange")
            lost.get_by_label("How it burns").select_option("slow")
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("Saved.")).to_be_visible()
            desk.until("the light takes it", lambda state: status_light(state) == ("slow", "#ff5a00"))
            page.context.close()
