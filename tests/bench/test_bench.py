"""The benchmark itself works: a short version of `make bench`, which asserts no times."""

from __future__ import annotations

import re

import pytest

from tests.bench.baresip import Baresip
from tests.bench.calls import (
    KEY,
    RING,
    TARGETS,
    calls,
    calls_of_baresip,
    changes,
    cost_row,
    idle,
    idle_baresip,
    many_calls,
    times_row,
)
from tests.bench.start import ANSWERS, CALL, REGISTERED, import_rows, rows, starts
from tests.bench.web import PAGES, flooded, visible


def test_every_time_is_measured_in_every_round() -> None:
    measured = calls(3)
    assert set(measured) == set(TARGETS)
    for name, times in measured.items():
        assert len(times) == 3, name
        assert all(time > 0 for time in times), name


@pytest.mark.exchange
def test_the_idle_desk_is_measured() -> None:
    measured = idle(1.0)
    assert measured.processor >= 0
    assert measured.resident > 0
    assert measured.files > 0


def test_at_100_changes_a_second_every_one_is_seen() -> None:
    seen = changes(3.0)
    assert seen.lost == 0
    assert len(seen.times) == 300


def test_after_some_calls_nothing_is_left_open() -> None:
    before, after, objects = many_calls(20, pace=0.0, linger=1.0)
    assert after.files == before.files
    assert objects == 0


def test_baresip_is_measured_in_the_same_way() -> None:
    assert Baresip.installed(), "install Debian's package baresip-core"
    theirs = calls_of_baresip(2)
    assert [len(theirs[name]) for name in (KEY, RING)] == [2, 2]
    assert idle_baresip(0.5).resident > 0


def test_the_table_lines_up() -> None:
    rows = [times_row(KEY, [1.0, 2.0], 25.0, [2.0, 3.0]), cost_row("idle", 1.0, 1.5, 0.5)]
    assert len({len(row) for row in rows}) == 1


@pytest.mark.exchange
def test_every_stage_of_the_start_is_measured_in_every_round() -> None:
    times, imported = starts(2)
    assert {len(reached) for reached in times.values()} == {2}
    for one, two, three in zip(*(times[name] for name in (ANSWERS, REGISTERED, CALL)), strict=True):
        assert 0 < one.wall <= two.wall <= three.wall
        assert 0 < one.processor <= two.processor <= three.processor
    assert {"appliance", "drivers", "pjsua2"} <= set(imported)
    assert len({len(row) for row in rows(times)}) == 1
    assert "appliance" in import_rows(imported)[1]


@pytest.mark.browser
def test_every_change_is_seen_on_every_page() -> None:
    times, resident = visible(3)
    assert len(times) == 3 * PAGES
    assert resident > 0


def test_calls_are_measured_while_the_pages_are_flooded(capsys: pytest.CaptureFixture[str]) -> None:
    times = calls(2, flooded)
    assert [len(measured) for measured in times.values()] == [2, 2, 2]
    sent = re.search(r"([0-9]+) sent a second", capsys.readouterr().out)
    assert sent
    assert int(sent[1]) > 0
