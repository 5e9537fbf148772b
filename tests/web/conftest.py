"""The site as in production, a daemon in front of which nothing is mocked, and a real Chromium."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
import tomlkit
from flask.testing import FlaskClient
from playwright.sync_api import expect, sync_playwright

from appliance.settings import SECRETS_NAME
from appliance.store.file import connect, prepare, writing
from appliance.users import accounts, sessions
from tests.web import states, walk
from tests.web.asking import until
from tests.web.daemon import StandInDaemon
from tests.web.picture import CHROMIUM, OPTIONS
from web import access
from web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from playwright.sync_api import Browser, Page, ViewportSize

    Show = Callable[[dict[str, Any]], None]

DESK_SCREEN: ViewportSize = {"width": 1440, "height": 900}
UNTIL_TOLD = """async () => {
  const main = document.querySelector("script[src$='/main.js']").src;
  const { current } = await import(main.replace("main", "store"));
  while (!current()) await new Promise((resolve) => setTimeout(resolve, 5));
}"""  # the page comes live from the server; its keys act as soon as the event stream has told the state

NAME, PASSWORD = "reception", "Tulips on the desk"


@pytest.fixture(scope="package")
def home() -> Iterator[Path]:
    """A short path: that of a UNIX socket may have 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def socket_path(home: Path) -> Path:
    return home / "desk.sock"


@pytest.fixture(scope="package")
def desk_store(home: Path) -> Path:
    """The store of the site, with an admin in it."""
    store = home / "state" / "desk.db"
    prepare(store)
    with closing(connect(store)) as file, writing(file):
        accounts.add(file, NAME, PASSWORD, "admin")
    return store


@pytest.fixture(scope="package")
def settings_path(home: Path, socket_path: Path, desk_store: Path) -> Path:
    """The settings of the site: a desk as it is set up; what a test changes, it changes back."""
    path = home / "deskbell.toml"
    settings = {
        "desk": {"name": "Reception", "socket": str(socket_path), "store": str(desk_store)},
        "line": {"server": "127.0.0.1", "user": "200"},
        "page": {"names": ["desk.example"]},
    }
    path.write_text("# The reception in the hall.\n" + tomlkit.dumps(settings))
    secrets = path.with_name(SECRETS_NAME)
    secrets.touch(0o600)
    secrets.write_text(tomlkit.dumps({"line": {"password": "a line has one"}}))
    return path


def token_of(desk_store: Path, name: str = NAME) -> str:
    """Sign a user in and return the token for the cookie."""
    with closing(connect(desk_store)) as file, writing(file):
        who = next(user for user in accounts.every(file) if user.name == name)
        return sessions.begin(file, who, time.time())


class SignedIn(FlaskClient):
    """A client without a browser, signed in: it brings its CSRF token along, as a page would."""

    token = ""


@pytest.fixture
def client(
    settings_path: Path, desk_store: Path, daemon: StandInDaemon, client_as: Callable[[str], SignedIn]
) -> SignedIn:
    """The pages without a browser, signed in as the admin."""
    return client_as(NAME)


@pytest.fixture(scope="package")
def application(settings_path: Path) -> Iterator[Flask]:
    """The pages in this process."""
    app = create_app(settings_path)
    app.test_client_class = SignedIn
    yield app
    app.extensions["feed"].close()


@pytest.fixture
def client_as(application: Flask, desk_store: Path) -> Callable[[str], SignedIn]:
    """Return what gives a client that is signed in as the user of a name; "": as nobody."""

    def give(name: str) -> SignedIn:
        client = application.test_client()
        assert isinstance(client, SignedIn)
        if name:
            token = token_of(desk_store, name)
            client.set_cookie(access.COOKIE, token)
            with closing(connect(desk_store)) as file:
                found = sessions.find(file, token, time.time())
            assert found
            client.token = client.environ_base["HTTP_X_CSRF_TOKEN"] = found.csrf
        return client

    return give


@pytest.fixture(scope="package")
def running_daemon(socket_path: Path) -> Iterator[StandInDaemon]:
    daemon = StandInDaemon(socket_path)
    daemon.start()
    yield daemon
    daemon.close()


@pytest.fixture
def daemon(running_daemon: StandInDaemon) -> StandInDaemon:
    """A daemon that forgot what other tests did with it."""
    running_daemon.asked.clear()
    running_daemon.refusals.clear()
    running_daemon.answers.clear()
    running_daemon.show(states.idle())
    return running_daemon


@pytest.fixture
def show(application: Flask, daemon: StandInDaemon) -> Show:
    """Return what brings the desk into a state, and then waits until the pages of this process know it."""

    def change(state: dict[str, Any]) -> None:
        daemon.show(state)
        until(lambda: application.extensions["feed"].current()[0] == state)

    return change


def free_address() -> str:
    """Return an address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def served(settings: Path, address: str) -> Iterator[None]:
    """Serve the pages as on the box, in a process of their own."""
    server = subprocess.Popen([sys.executable, "-m", "web", "--settings", str(settings), "--bind", address])
    try:
        while server.poll() is None:
            with suppress(OSError), urlopen(f"http://{address}/static/icon.svg"):
                break
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="package")
def site(settings_path: Path) -> Iterator[str]:
    """The address of the pages, served by gunicorn."""
    address = free_address()
    with served(settings_path, address):
        yield f"http://{address}/"


@pytest.fixture(scope="package")
def lively() -> Iterator[walk.Desk]:
    """Another desk, where life goes on, and its pages."""
    with walk.open_desk() as desk:
        yield desk


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed at the end of this package: while it is open, no other event loop runs in this thread."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(
    browser: Browser, site: str, daemon: StandInDaemon, desk_store: Path
) -> Iterator[Callable[..., Page]]:
    """Return what opens the page in a fresh browser; options are those of a Playwright context."""
    contexts = []
    token = token_of(desk_store)

    def open_it(live: bool = True, **options: object) -> Page:
        context = browser.new_context(**{"viewport": DESK_SCREEN} | options)  # type: ignore[arg-type]
        context.add_cookies([{"name": access.COOKIE, "value": token, "url": site}])
        contexts.append(context)
        page = context.new_page()
        page.goto(site)
        if live:
            expect(page.locator("body[data-link=live]")).to_be_visible()
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def tab(browser: Browser, site: str, desk_store: Path) -> Page:
    """One tab for all, signed in: a fresh browser for each test costs more than most tests."""
    page = browser.new_page(viewport=DESK_SCREEN)
    page.context.add_cookies([{"name": access.COOKIE, "value": token_of(desk_store), "url": site}])
    return page


@pytest.fixture
def page(tab: Page, site: str, daemon: StandInDaemon) -> Iterator[Page]:
    """The page on a desk screen, live, with nothing going on."""
    tab.set_viewport_size(DESK_SCREEN)
    tab.emulate_media(color_scheme="light", reduced_motion="no-preference")  # others leave it in the dark
    tab.goto(site)
    expect(tab.locator("body[data-link=live]")).to_be_visible()
    expect(tab.locator(".call")).to_have_count(0)
    tab.evaluate(UNTIL_TOLD)
    yield tab
    tab.evaluate("localStorage.clear()")
    tab.unroute_all()
    tab.mouse.move(0, 0)
