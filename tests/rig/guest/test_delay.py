"""The delay through the box is found, the same for every click; tests.bench.delay tells how long it is."""

from __future__ import annotations

from tests.bench.delay import MOST_DELAY, measure, report

CLICKS, RATE = 8, 48000
SPREAD = 25  # ms: a packet and a little


def test_every_click_is_heard_after_the_same_time_both_ways() -> None:
    found = measure(CLICKS, RATE)
    print(report(found))
    for times in (found.out, found.into):
        assert len(times) == CLICKS
        assert all(0 < time < 1000 * MOST_DELAY for time in times)
        assert max(times) - min(times) < SPREAD
    assert not found.underruns
