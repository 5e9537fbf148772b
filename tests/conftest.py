"""What every room's tests share: the real exchange, and the coverage at the end."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import coverage
import pytest

from appliance.demo.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """The exchange that a module's tests share, users 1001 to 1010; it starts in a second."""
    Exchange.prepare(lambda line: print(line, file=sys.stderr))
    with Exchange(users=10) as running:
        yield running


@pytest.fixture
def fresh_exchange() -> Iterator[Exchange]:
    """A running exchange of the test's own, to be stopped, killed or restarted at will."""
    Exchange.prepare(lambda line: print(line, file=sys.stderr))
    with Exchange(users=10) as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Under `coverage run`, tell what this run and the processes it started reached."""
    if not (running := coverage.Coverage.current()):
        return
    running.stop()
    running.save()
    whole = coverage.Coverage()
    whole.combine()
    whole.save()
    reached = whole.report(file=io.StringIO())
    terminalreporter.write_line(f"coverage: {reached:.0f} %, in detail: make coverage")
