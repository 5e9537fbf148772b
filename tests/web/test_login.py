"""Signing in and out, one's own account, users, the audit log, and a lost password."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from appliance.store.file import connect, prepare
from appliance.users import accounts, audit, reset, sessions
from web import access
from web.app import create_app
from web.throttle import FORGOTTEN, FREE, LONGEST, Throttle

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Page
    from werkzeug.test import TestResponse

ADA, GRACE, PASSWORD = "Ada", "Grace", "three quiet words"


class Browser:
    """A browser without scripts: it sends the token of the page that it has seen last."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.token = client, ""

    def get(self, path: str) -> TestResponse:
        reply = self.client.get(path)
        if found := re.search(r'<meta name="csrf" content="([^"]*)"', reply.text):
            self.token = found[1]
        return reply

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, data={"csrf": self.token, **fields})

    def sign_in(self, name: str = ADA, password: str = PASSWORD, **more: str) -> TestResponse:
        self.get("/login")
        reply = self.post("/login", name=name, password=password, **more)
        self.get("/me")
        return reply


@pytest.fixture(scope="module")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an admin and an operator, that nobody has open."""
    store = tmp_path_factory.mktemp("store") / "desk.db"
    prepare(store)
    with closing(connect(store)) as file:
        accounts.add(file, ADA, PASSWORD, "admin")
        accounts.add(file, GRACE, PASSWORD, "operator")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


@pytest.fixture
def app(new_store: Path, tmp_path: Path) -> Iterator[Flask]:
    """A desk of the test's own."""
    store = tmp_path / "desk.db"
    shutil.copy(new_store, store)
    path = tmp_path / "deskbell.toml"
    path.write_text(f'[desk]\nstore = "{store}"\nsocket = "{tmp_path / "none.sock"}"\n')
    app = create_app(path)
    app.config["RESET_FILES"] = [tmp_path / "deskbell-reset-password"]
    yield app
    app.extensions["feed"].close()


@pytest.fixture
def file(app: Flask, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "desk.db")) as connection:
        yield connection


@pytest.fixture
def browser_of(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def ada(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    assert browser.sign_in().status_code == 303
    return browser


# --- signing in


def test_given_name_and_password_then_one_is_where_one_wanted_to_go(browser_of: Browser) -> None:
    led = browser_of.get("/users?x=1")
    assert (led.status_code, led.location) == (303, "/login?next=/users?x%3D1")
    page = browser_of.get(led.location)
    assert 'name="next" value="/users?x=1"' in page.text
    reply = browser_of.post("/login", name="ada", password=PASSWORD, next="/users?x=1")
    assert (reply.status_code, reply.location) == (303, "/users?x=1")
    assert browser_of.get("/users").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "http:evil", "", "evil", "/a\r\nSet-Cookie: x=1", "///evil.example", "//[::1"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(browser_of: Browser, target: str) -> None:
    assert browser_of.sign_in(next=target).location == "/"


@given(st.text(max_size=40))
def test_whatever_is_said_where_one_is_led_is_on_this_site(target: str) -> None:
    led = access.local(target)
    assert re.match(r"/(?![/\\])|/$", led)
    assert led.isprintable()


def test_the_cookie_is_for_this_site_alone_and_for_no_script(browser_of: Browser) -> None:
    reply = browser_of.sign_in()
    (cookie,) = [line for line in reply.headers.getlist("Set-Cookie") if line.startswith("deskbell=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Max-Age" not in cookie


def test_who_stays_signed_in_has_a_cookie_that_outlives_the_browser(browser_of: Browser) -> None:
    lines = browser_of.sign_in(GRACE, stay="on").headers.getlist("Set-Cookie")
    assert any(line.startswith("deskbell=") and "Max-Age=2592000" in line for line in lines)


def test_a_session_is_never_one_that_somebody_else_began(browser_of: Browser, app: Flask) -> None:
    browser_of.client.set_cookie(access.COOKIE, "planted-by-somebody-else")
    browser_of.sign_in()
    cookie = browser_of.client.get_cookie(access.COOKIE)
    assert cookie
    assert cookie.value != "planted-by-somebody-else"


def test_a_wrong_password_is_told_without_saying_whether_the_name_is_right(browser_of: Browser) -> None:
    wrong = [browser_of.sign_in(*both) for both in ((ADA, "wrong wrong wrong"), ("Eve", PASSWORD))]
    assert [reply.status_code for reply in wrong] == [422, 422]
    told = [re.search(r'id="wrong">(.*?)</p>', reply.text, re.DOTALL) for reply in wrong]
    assert told[0]
    assert told[1]
    assert told[0][1] == told[1][1]
    assert 'value="Eve"' in wrong[1].text
    assert PASSWORD not in wrong[1].text


def test_a_session_that_has_ended_leads_back_to_the_login(ada: Browser, file: sqlite3.Connection) -> None:
    file.execute("UPDATE session SET seen = seen - 3601")
    reply = ada.post("/users", name="Eve", password=PASSWORD, role="admin")
    assert (reply.status_code, reply.location) == (303, "/login?next=/users")
    assert (
        ada.client.get("/signed-in", headers={"Accept": "*/*", "Sec-Fetch-Dest": "empty"}).status_code == 401
    )
    assert [user.name for user in accounts.every(file)] == [ADA, GRACE]


def test_signing_out_ends_the_session_here_and_on_the_box(ada: Browser, file: sqlite3.Connection) -> None:
    assert ada.post("/logout").location == "/login"
    assert ada.get("/me").status_code == 303
    assert sessions.every(file, time.time()) == []


def test_a_stream_of_events_ends_with_the_session(
    ada: Browser, app: Flask, file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "LOOKED", 0.0)
    said = iter([b"one", b"two", b"three"])
    cookie = ada.client.get_cookie(access.COOKIE)
    assert cookie
    with app.test_request_context("/events", headers={"Cookie": f"{access.COOKIE}={cookie.value}"}):
        stream = access.while_signed_in(said)
    assert next(stream) == b"one"
    assert next(stream) == b"two"
    file.execute("DELETE FROM session")
    assert list(stream) == []


# --- guessing


def test_given_some_wrong_passwords_then_one_has_to_wait_and_is_told_how_long(
    browser_of: Browser, file: sqlite3.Connection
) -> None:
    for _ in range(FREE["name"]):
        assert browser_of.sign_in(password="wrong wrong wrong").status_code == 422
    reply = browser_of.sign_in()
    assert reply.status_code == 429
    assert reply.headers["Retry-After"] == "2"
    assert "Wait 2 seconds" in reply.text
    assert browser_of.sign_in(GRACE).status_code == 303


def test_pauses_grow_to_some_minutes_and_no_longer() -> None:
    throttle, at, pauses = Throttle(), 0.0, []
    for _ in range(15):
        while wait := throttle.begin("ada", "192.0.2.1", at):
            pauses.append(wait)
            at += wait
    assert pauses[:3] == [2, 4, 8]
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST["name"]
    assert throttle.begin("ada", "192.0.2.2", at) == LONGEST["name"]
    assert throttle.begin("grace", "192.0.2.2", at) == 0
    assert throttle.begin("ada", "192.0.2.1", at + FORGOTTEN + 1) == 0


def test_many_names_from_one_address_have_to_wait_too() -> None:
    throttle = Throttle()
    waits = [throttle.begin(f"user {number}", "192.0.2.1", 0.0) for number in range(20)]
    assert waits[: FREE["address"]] == [0.0] * FREE["address"]
    assert all(waits[FREE["address"] :])


def test_others_who_try_an_admin_s_name_do_not_keep_the_admin_out() -> None:
    throttle = Throttle()
    assert throttle.begin("ada", "192.0.2.1", 0.0) == 0
    throttle.succeeded("ada", "192.0.2.1")
    tries = [throttle.begin("ada", f"198.51.100.{number}", 1.0) for number in range(50)]
    assert any(tries)
    assert throttle.begin("ada", "192.0.2.1", 1.0) == 0


def test_what_is_remembered_of_guessing_is_bounded() -> None:
    throttle = Throttle()
    for number in range(10_000):
        throttle.begin(f"user {number}", f"address {number}", 0.0)
    assert len(throttle._tries) <= 4096


# --- the audit log


def test_who_signed_in_and_who_could_not_is_written_down_and_no_password(
    browser_of: Browser, file: sqlite3.Connection
) -> None:
    browser_of.sign_in(ADA, "a password of hers")
    browser_of.sign_in("a password typed as name", "x")
    browser_of.sign_in()
    browser_of.post("/logout")
    said = [(entry.who, entry.what, entry.details) for entry in audit.entries(file)]
    address = {"address": "127.0.0.1"}
    assert said == [
        (ADA, "logout", {}),
        (ADA, "login", address),
        ("", "login failed", {"name": "?"} | address),
        ("", "login failed", {"name": ADA} | address),
    ]


def test_the_log_is_read_page_by_page_and_by_who_and_what(ada: Browser, file: sqlite3.Connection) -> None:
    for number in range(150):
        audit.write(file, 1e9 + number, "Eve" if number % 2 else ADA, "settings", {"option": f"no. {number}"})
    newest = ada.get("/audit").text
    assert "no. 149" in newest
    assert "no. 40" not in newest
    older = re.search(r'href="(/audit\?before=\d+)"', newest)
    assert older
    assert "no. 40" in ada.get(older[1]).text
    of_eve = ada.get("/audit?who=Eve&what=settings").text
    assert "no. 149" in of_eve
    assert "no. 148" not in of_eve
    for odd in ("before=x", "before=-1", "before=99999999999999999999999", "who=%00", "what=" + "x" * 2000):
        assert ada.get(f"/audit?{odd}").status_code == 200


# --- users


def test_an_admin_adds_changes_and_removes_users(ada: Browser, file: sqlite3.Connection) -> None:
    assert (
        ada.post("/users", name="Eve", password=PASSWORD, role="operator", language="de").status_code == 303
    )
    eve = accounts.named(file, "eve")
    assert (eve.role, eve.language) == ("operator", "de")
    assert ada.post(f"/users/{eve.id}", role="admin", language="").status_code == 303
    assert accounts.named(file, "eve").role == "admin"
    assert ada.post(f"/users/{eve.id}/password", password="other quiet words").status_code == 303
    assert accounts.verify(file, "Eve", "other quiet words")
    assert ada.post(f"/users/{eve.id}/remove").location == "/users"
    assert [user.name for user in accounts.every(file)] == [ADA, GRACE]
    assert ada.post(f"/users/{eve.id}/remove").status_code == 404
    whats = [entry.what for entry in audit.entries(file, who=ADA)]
    assert whats == ["user removed", "password reset", "user changed", "user added", "login"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "Eve", "password": "short", "role": "operator"}, "at least 10 characters"),
        ({"name": "ada", "password": PASSWORD, "role": "operator"}, "already"),
        ({"name": "", "password": PASSWORD, "role": "operator"}, "1 to 64 printable"),
        ({"name": "Eve", "password": PASSWORD, "role": "root"}, "an admin or an operator"),
        ({"name": "Eve", "password": PASSWORD, "role": "admin", "language": "../x"}, "a language is a code"),
        ({}, "1 to 64 printable"),
    ],
)
def test_a_user_that_cannot_be_is_refused_and_what_was_typed_is_kept(
    ada: Browser, file: sqlite3.Connection, fields: dict[str, str], why: str
) -> None:
    reply = ada.post("/users", **fields)
    assert reply.status_code == 422
    assert why in reply.text
    assert f'value="{fields.get("name", "")}"' in reply.text
    assert PASSWORD not in reply.text
    assert [user.name for user in accounts.every(file)] == [ADA, GRACE]


def test_the_last_admin_stays_and_nobody_removes_themselves(ada: Browser, file: sqlite3.Connection) -> None:
    own = accounts.named(file, ADA).id
    assert "the last admin" in ada.post(f"/users/{own}", role="operator").text
    assert "You cannot remove yourself" in ada.post(f"/users/{own}/remove").text
    assert accounts.named(file, ADA).role == "admin"


def test_an_admin_sees_who_is_signed_in_and_ends_it(
    ada: Browser, app: Flask, file: sqlite3.Connection
) -> None:
    grace = Browser(app.test_client())
    grace.sign_in(GRACE)
    id = accounts.named(file, GRACE).id
    assert ada.get("/users").text.count("on 1 browser") == 2
    assert ada.post(f"/users/{id}/sign-out").status_code == 303
    assert grace.get("/me").status_code == 303
    assert ada.get("/users").status_code == 200


def test_who_becomes_an_operator_is_one_at_once(ada: Browser, app: Flask, file: sqlite3.Connection) -> None:
    accounts.add(file, "Eve", PASSWORD, "admin")
    eve = Browser(app.test_client())
    eve.sign_in("Eve")
    assert eve.get("/users").status_code == 200
    ada.post(f"/users/{accounts.named(file, 'Eve').id}", role="operator")
    assert eve.get("/users").status_code == 403


# --- my account


def test_language_and_theme_are_one_s_own(browser_of: Browser, file: sqlite3.Connection) -> None:
    browser_of.sign_in(GRACE)
    assert browser_of.post("/me", language="de", theme="dark").status_code == 303
    found = accounts.named(file, GRACE)
    assert (found.language, found.theme, found.role) == ("de", "dark", "operator")
    page = browser_of.get("/me").text
    assert '<html lang="de"' in page
    assert 'data-choice="dark"' in page
    assert browser_of.post("/me", language="de", theme="pink").status_code == 422


def test_another_password_needs_the_old_one_and_ends_the_other_sessions(
    app: Flask, file: sqlite3.Connection
) -> None:
    here, there = Browser(app.test_client()), Browser(app.test_client())
    here.sign_in(GRACE)
    there.sign_in(GRACE)
    new = "other quiet words"
    assert "This is not your password" in here.post("/me/password", old="x", new=new, again=new).text
    assert "not the same" in here.post("/me/password", old=PASSWORD, new=new, again="x").text
    assert "at least 10" in here.post("/me/password", old=PASSWORD, new="short", again="short").text
    assert here.post("/me/password", old=PASSWORD, new=new, again=new).location == "/me"
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303
    assert accounts.verify(file, GRACE, new)


def test_the_old_password_cannot_be_guessed_by_who_finds_the_desk_unlocked(browser_of: Browser) -> None:
    browser_of.sign_in(GRACE)
    tries = [browser_of.post("/me/password", old="x", new="y", again="y").status_code for _ in range(12)]
    assert 429 in tries


def test_one_signs_out_elsewhere(app: Flask) -> None:
    here, there = Browser(app.test_client()), Browser(app.test_client())
    here.sign_in(GRACE)
    there.sign_in(GRACE)
    assert "1 other browser" in here.get("/me").text
    here.post("/me/elsewhere")
    assert "You are signed in here only" in here.get("/me").text
    assert there.get("/me").status_code == 303


# --- a lost password


def test_given_nobody_touched_the_box_then_no_password_can_be_set(
    browser_of: Browser, file: sqlite3.Connection
) -> None:
    assert "somebody has to touch the box" in browser_of.get("/reset").text
    reply = browser_of.post("/reset", code="", name=ADA, password="other quiet words")
    assert reply.status_code == 403
    assert accounts.verify(file, ADA, PASSWORD)


def test_given_the_code_of_the_box_then_an_admin_has_another_password_and_is_in(
    ada: Browser, browser_of: Browser, file: sqlite3.Connection, tmp_path: Path
) -> None:
    code = reset.allow(tmp_path)
    browser_of.get("/reset")
    assert (
        browser_of.post("/reset", code="AAAA-AAAA", name=ADA, password="other quiet words").status_code == 422
    )
    assert "at least 10" in browser_of.post("/reset", code=code, name=ADA, password="short").text
    assert "is an operator" in browser_of.post("/reset", code=code, name=GRACE, password="other words").text
    assert accounts.verify(file, GRACE, PASSWORD)
    reply = browser_of.post("/reset", code=code.lower(), name=ADA, password="other quiet words")
    assert (reply.status_code, reply.location) == (303, "/")
    assert browser_of.get("/users").status_code == 200
    assert ada.get("/users").status_code == 303
    assert accounts.verify(file, ADA, "other quiet words")
    assert audit.entries(file)[0].what == "admin password reset at the box"
    browser_of.client.delete_cookie(access.COOKIE)
    browser_of.get("/reset")
    assert browser_of.post("/reset", code=code, name="Eve", password=PASSWORD).status_code == 403


def test_given_the_file_on_the_card_then_a_new_admin_can_be_made(
    browser_of: Browser, file: sqlite3.Connection, tmp_path: Path
) -> None:
    (tmp_path / "deskbell-reset-password").touch()
    assert "Code that the box shows" in browser_of.get("/reset").text
    code = reset.code(tmp_path, time.time())
    assert browser_of.post("/reset", code=code, name="Eve", password=PASSWORD).status_code == 303
    assert accounts.named(file, "Eve").role == "admin"


def test_the_code_cannot_be_guessed(browser_of: Browser, tmp_path: Path) -> None:
    reset.allow(tmp_path)
    browser_of.get("/reset")
    tries = [browser_of.post("/reset", code="AAAA-AAAA", name="Eve", password=PASSWORD) for _ in range(12)]
    assert {reply.status_code for reply in tries} == {422, 429}


# --- in a browser


@pytest.mark.browser
def test_signing_in_with_the_keyboard_alone_leads_to_the_desk(
    site: str, desk_store: Path, page: Page
) -> None:
    context = page.context.browser.new_context()  # type: ignore[union-attr]
    try:
        door = context.new_page()
        door.goto(f"{site}me")
        expect(door.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(door.get_by_label("Name")).to_be_focused()
        door.keyboard.type("reception")
        door.keyboard.press("Tab")
        door.keyboard.type("Wrong on purpose")
        door.keyboard.press("Enter")
        expect(door.get_by_role("alert").filter(has_text="do not belong together")).to_be_visible()
        expect(door.get_by_label("Password")).to_be_focused()
        door.keyboard.type("Tulips on the desk")
        door.keyboard.press("Enter")
        expect(door.get_by_role("heading", name="My account")).to_be_visible()
    finally:
        context.close()


@pytest.mark.browser
def test_given_the_session_ends_then_an_open_desk_leads_to_the_login(
    site: str, desk_store: Path, page: Page
) -> None:
    context = page.context.browser.new_context()  # type: ignore[union-attr]
    try:
        desk = context.new_page()
        desk.goto(f"{site}login")
        desk.get_by_label("Name").fill("reception")
        desk.get_by_label("Password").fill("Tulips on the desk")
        desk.get_by_role("button", name="Sign in").click()
        expect(desk.locator("body[data-link=live]")).to_be_visible()
        context.clear_cookies()
        desk.evaluate(
            "import(new URL('live.js', document.querySelector('script[src$=\"main.js\"]').src))"
            ".then((live) => live.open())"
        )
        expect(desk.get_by_role("heading", name="Sign in")).to_be_visible()
    finally:
        context.close()
