"""The desk that the tests work at."""

from __future__ import annotations

import pytest

from tests.desk.reception import Reception


@pytest.fixture
def desk() -> Reception:
    return Reception()
