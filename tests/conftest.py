"""What every room's tests share: the real exchange."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from appliance.demo.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def exchange() -> Iterator[Exchange]:
    """The exchange that tests share, users 1001 to 1010; each test takes extensions that no other uses."""
    Exchange.prepare(lambda line: print(line, file=sys.stderr))
    with Exchange(users=10) as running:
        yield running


@pytest.fixture
def fresh_exchange() -> Iterator[Exchange]:
    """A running exchange of the test's own, to be stopped, killed or restarted at will."""
    Exchange.prepare(lambda line: print(line, file=sys.stderr))
    with Exchange(users=10) as running:
        yield running
