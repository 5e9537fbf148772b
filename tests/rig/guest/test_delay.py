"""The delay through the box is short, and the same for every click; tests.bench.delay tells how long."""

from __future__ import annotations

from tests.bench.delay import INEXACT, TARGET, measure, report

CLICKS, RATE = 8, 48000
SPREAD = 3  # ms


def test_every_click_is_heard_soon_and_after_the_same_time_both_ways() -> None:
    found = measure(CLICKS, RATE, calls=1)
    print(report(found))
    for times in (found.out, found.into):
        assert len(times) == CLICKS
        assert all(time > 0 for time in times)
        assert max(times) - min(times) < SPREAD
    assert max(found.out) + max(found.into) < TARGET
    assert max(map(abs, found.alone)) < INEXACT
    assert not found.underruns
