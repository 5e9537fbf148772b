"""The benchmark of the devices itself works: a short version, in virtual time, which asserts no times."""

from __future__ import annotations

from tests.bench.hardware import PLAN, PLUG, REPORT, RIG, measure, table


def test_every_time_is_measured_in_every_round_and_told_beside_its_target() -> None:
    figures = measure(rounds=5, idle_seconds=1.0)
    rounds = {name: len(times) for name, times in figures.times.items()}
    assert rounds == {REPORT: 10, PLAN: 10, PLUG: 5, RIG: 5}
    assert all(time >= 0 for times in figures.times.values() for time in times)
    assert figures.idle.resident > 0
    rows = table(figures).splitlines()
    for name in (REPORT, PLAN, PLUG):
        assert any(row.startswith(name) and row.endswith(("pass", "FAIL")) for row in rows), name
