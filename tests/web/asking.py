"""What tests of the page look at: a row of it, and what the desk was asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.web.daemon import StandInDaemon


def expect_asked(daemon: StandInDaemon, *asked: tuple[str, dict[str, Any]]) -> None:
    """Fail unless the desk is asked exactly this, and soon."""
    ending = time.monotonic() + 5
    while len(daemon.asked) < len(asked) and time.monotonic() < ending:
        time.sleep(0.01)
    assert daemon.asked == list(asked), daemon.asked


def row(page: Page, key: str) -> Locator:
    """The row of a call, an orbit, a person or a device."""
    return page.locator(f'[data-key="{key}"]')


def until(holds: Callable[[], object], patience: float = 10.0) -> None:
    """Wait until something is so; fail after `patience` seconds."""
    ending = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < ending
        time.sleep(0.02)
