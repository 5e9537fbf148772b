"""The phones that the tests of this room share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sip.parties import Operator, Phones, config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.exchange import Exchange


@pytest.fixture(scope="module")
def phones(exchange: Exchange) -> Iterator[Phones]:
    """Phones at the shared exchange; each test registers the extensions it takes."""
    running = Phones(exchange)
    yield running
    assert running.close() == 0


@pytest.fixture
def operator(exchange: Exchange) -> Iterator[Operator]:
    """The operator's line at the shared exchange, registered, watching orbit 701."""
    with Operator(config(exchange, orbits=("701",))) as operator:
        yield operator.registered()
