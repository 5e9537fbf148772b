"""The benchmark itself works: a short version of `make bench`, which asserts no times."""

from __future__ import annotations

import pytest

from tests.bench.first_call import TARGETS, calls, idle

pytestmark = pytest.mark.exchange


def test_every_time_is_measured_in_every_round() -> None:
    measured = calls(3)
    assert set(measured) == set(TARGETS)
    for name, times in measured.items():
        assert len(times) == 3, name
        assert all(time > 0 for time in times), name


def test_the_idle_desk_is_measured() -> None:
    processor, resident = idle(1.0)
    assert processor >= 0
    assert resident > 0
