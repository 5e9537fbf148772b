"""Given a new box, whoever has its code gets from the first page to an answered call, in any browser.

A real daemon without an account, a real exchange, the pages as in production, and Chromium.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from appliance import settings
from appliance.control.protocol import ControlError
from appliance.users import codes
from tests.running import PATIENCE, RunningDesk
from tests.web.conftest import DESK_SCREEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from appliance.demo.exchange import Exchange

pytestmark = [pytest.mark.browser, pytest.mark.exchange]

PASSWORD = "Tulips on the desk"
SLOW = 30_000  # milliseconds that the trial of an account may take
PHONE = {"width": 390, "height": 844}


class Box:
    """A new desk and its pages, as they come out of the box."""

    def __init__(self, home: Path) -> None:
        self.desk = RunningDesk(home, 5060, line={"server": "", "user": ""}, extensions={})
        (home / settings.SECRETS_NAME).unlink()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{self.address}/"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.desk.start()
        words = [sys.executable, "-m", "web", "--settings", str(self.desk.settings), "--bind", self.address]
        self._server = subprocess.Popen(words, stderr=subprocess.PIPE)
        while self._server.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}static/icon.svg"):
                return
            time.sleep(0.05)

    def stop(self) -> str:
        """End it, and return what its log says."""
        assert self._server
        self._server.terminate()
        log = self._server.communicate(timeout=20)[1].decode()
        self.desk.stop()
        return log

    @property
    def code(self) -> str:
        return codes.read(self.desk.home, codes.FIRST_RUN)

    def settings(self) -> settings.Settings:
        return settings.load(self.desk.settings)


@pytest.fixture
def box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder))
        box.start()
        yield box
        print(box.stop())


@pytest.fixture
def visit(browser: Browser, box: Box) -> Iterator[Callable[..., Page]]:
    """Return what opens the box in a browser of its own."""
    contexts = []

    def open_it(**options: object) -> Page:
        context = browser.new_context(**{"viewport": DESK_SCREEN} | options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(box.url)
        return page

    yield open_it
    for context in contexts:
        context.close()


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Begin").click()


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Continue", exact=True).click()


def become_admin(page: Page, box: Box) -> None:
    """Go through the first steps."""
    type_code(page, box.code)
    go_on(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Account at the exchange")


def registered(box: Box) -> None:
    """Wait until the desk, which starts anew with its account, is known to the exchange."""
    deadline = time.monotonic() + PATIENCE
    state = "away"
    while state != "registered":
        assert time.monotonic() < deadline, state
        with suppress(ControlError):
            state = box.desk.status()["registration"]["state"]
        time.sleep(0.05)


def press_until_seen(page: Page, box: Box) -> None:
    """Press a key again and again, as people do, until the page shows it."""
    seen = page.locator("[data-key=hold][data-pressed]")
    deadline = time.monotonic() + PATIENCE
    while not seen.count():
        assert time.monotonic() < deadline
        box.desk.press("hold")
        page.wait_for_timeout(100)


def test_from_the_code_to_the_first_answered_call(
    visit: Callable[..., Page], box: Box, exchange: Exchange
) -> None:
    page = visit(viewport=PHONE)
    expect(page).to_have_url(re.compile("/welcome"))
    type_code(page, box.code.lower().replace("-", ""))
    page.get_by_label("Name of the desk").fill("Front desk")
    go_on(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    go_on(page)
    page.get_by_label("Server", exact=True).fill(exchange.host)
    page.get_by_label("User").fill("200")
    page.get_by_label("Password").fill("secret200")
    page.get_by_label("Port", exact=True).fill(str(exchange.sip_port))
    page.get_by_role("button", name="Test and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices", timeout=SLOW)
    registered(box)
    press_until_seen(page, box)
    go_on(page)
    page.get_by_label("Numbers and names").fill("1001 Ada Lovelace\n1002; Alan Turing")
    go_on(page)
    expect(page.locator("#lines .badge")).to_have_text("Registered", timeout=SLOW)
    page.get_by_role("button", name="To the desk").click()
    registered(box)
    exchange.originate("0301234567", "200", name="Miller")
    box.desk.until_call("ringing")
    page.get_by_role("button", name="Answer").first.click()
    box.desk.until_call("answered")
    now = box.settings()
    assert (now.desk.name, now.line.user, now.line.password) == ("Front desk", "200", "secret200")
    assert now.extensions == {"1001": "Ada Lovelace", "1002": "Alan Turing"}
    assert box.code == ""


def test_only_who_knows_the_code_gets_further(visit: Callable[..., Page], box: Box) -> None:
    page = visit()
    for path in ("", "overview", "directory", "welcome/desk", "welcome/admin", "welcome/line", "login"):
        page.goto(box.url + path)
        expect(page.get_by_label("Code")).to_be_visible()
    for _ in range(5):
        type_code(page, "AAAA-AAAA")
        expect(page.locator("#code-error")).to_have_text("This is not the code that the box shows.")
    type_code(page, "AAAA-AAAA")
    expect(page.locator("#code-error")).to_contain_text("wrong too often")
    type_code(page, box.code)
    expect(page.locator("#code-error")).to_contain_text("wrong too often")


def test_it_is_left_and_resumed_and_the_code_is_gone(visit: Callable[..., Page], box: Box) -> None:
    page = visit()
    become_admin(page, box)
    page.close()
    page = visit()
    page.goto(box.url + "welcome")
    expect(page).to_have_url(re.compile("/login"))
    assert not (box.desk.home / "first-run-code").exists()
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account at the exchange")
    page.get_by_role("button", name="Skip").click()
    page.goto(box.url + "overview")
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices")


def test_what_is_wrong_with_an_account_is_told_beside_its_field(
    visit: Callable[..., Page], box: Box, exchange: Exchange
) -> None:
    page = visit()
    become_admin(page, box)
    account = {
        "Server": exchange.host,
        "User": "200",
        "Password": "secret200",
        "Port": str(exchange.sip_port),
    }

    def blamed(field: str, **changes: str) -> str:
        for name, value in (account | changes).items():
            page.get_by_label(name, exact=True).fill(value)
        page.get_by_role("button", name="Test and continue").click()
        expect(page.locator("#verdict")).to_have_attribute("data-state", "bad", timeout=SLOW)
        expect(page.get_by_label(field, exact=True)).to_have_attribute("aria-invalid", "true")
        expect(page.locator("[aria-invalid]")).to_have_count(1)
        assert page.get_by_label("Password").input_value(), "what was typed stays"
        return page.locator(".wrong").inner_text()

    assert "name is not known" in blamed("Server", Server="pbx.invalid")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        assert "Nobody answers" in blamed("Server", Port=str(deaf.getsockname()[1]))
    assert "refuses user or password" in blamed("Password", Password="wrong")
    page.get_by_label("Transport").select_option("tls")
    secure = {"Port": str(exchange.tls_port), "User": "201", "Password": "secret201"}
    assert "certificate that is not believed" in blamed("Transport", **secure)
    assert box.settings().line.server == "", "nothing is saved before it works"
    page.get_by_role("button", name="Trust this certificate").click()
    expect(page.locator("#verdict")).to_have_attribute("data-state", "ok", timeout=SLOW)
    page.get_by_role("button", name="Test and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices", timeout=SLOW)
    registered(box)


def test_without_scripts_it_works_too(visit: Callable[..., Page], box: Box, exchange: Exchange) -> None:
    page = visit(java_script_enabled=False)
    become_admin(page, box)
    for name, value in {"Server": exchange.host, "User": "200", "Password": "wrong"}.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_label("Port", exact=True).fill(str(exchange.sip_port))
    page.get_by_role("button", name="Test and continue").click()
    expect(page.locator(".wrong")).to_contain_text("refuses user or password")
    assert "wrong" not in page.locator("#line\\.password").evaluate("e => e.outerHTML").replace(
        "data-wrong", ""
    ), "no page tells a password again"
    page.get_by_label("Password").fill("secret200")
    page.get_by_role("button", name="Test and continue").click()
    go_on(page)
    page.get_by_label("Numbers and names").fill("10 01 Ada\n" + "\n".join(str(n) for n in range(2000, 2060)))
    go_on(page)
    expect(page.locator("#extensions-error")).to_contain_text("write 50 at most")
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    registered(box)
