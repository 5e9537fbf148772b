"""The site as in production, a daemon in front of which nothing is mocked, and a real Chromium."""

from __future__ import annotations

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
from playwright.sync_api import expect, sync_playwright

from tests.web import states
from tests.web.daemon import StandInDaemon
from tests.web.picture import CHROMIUM, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

DESK_SCREEN: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="package")
def socket_path() -> Iterator[Path]:
    """A short path: that of a UNIX socket may have 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "desk.sock"


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
    running_daemon.show(states.idle())
    return running_daemon


@pytest.fixture(scope="package")
def site(socket_path: Path) -> Iterator[str]:
    """The address of the pages, served by gunicorn."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "web", "--socket", str(socket_path), "--bind", address]
    server = subprocess.Popen(command)
    while server.poll() is None:
        with suppress(OSError), urlopen(f"http://{address}/static/icon.svg"):
            break
        time.sleep(0.05)
    yield f"http://{address}/"
    server.terminate()
    server.wait(20)


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
def open_page(browser: Browser, site: str, daemon: StandInDaemon) -> Iterator[Callable[..., Page]]:
    """Return what opens the page in a fresh browser; options are those of a Playwright context."""
    contexts = []

    def open_it(live: bool = True, **options: object) -> Page:
        context = browser.new_context(**{"viewport": DESK_SCREEN} | options)  # type: ignore[arg-type]
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
def tab(browser: Browser) -> Page:
    """One tab for all: a fresh browser for each test costs more than most tests."""
    return browser.new_page(viewport=DESK_SCREEN)


@pytest.fixture
def page(tab: Page, site: str, daemon: StandInDaemon) -> Iterator[Page]:
    """The page on a desk screen, live, with nothing going on."""
    tab.set_viewport_size(DESK_SCREEN)
    tab.goto(site)
    expect(tab.locator("body[data-link=live]")).to_be_visible()
    expect(tab.locator(".call")).to_have_count(0)
    yield tab
    tab.evaluate("localStorage.clear()")
    tab.unroute_all()
    tab.mouse.move(0, 0)
