"""Whatever happens at the desk, in any order: each call leaves just one record, and its times add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from appliance.desk.state import CallState, Outcome, Snapshot
from appliance.history.recorder import Recorder
from tests.desk.test_invariants import World

if TYPE_CHECKING:
    from appliance.desk import actions, events
    from appliance.desk.state import Call
    from appliance.history.record import Record

EXAMPLES, STEPS = 100, 50
PARTS = ("waited", "held", "talked", "moved")
START = 1_800_000_000.0  # UNIX time at 0 of the desk's clock


class Recorded(World):
    """The same world, and a recorder that sees each moment of it."""

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(1, clock=lambda: START + self.now)
        self.before, self.then = Snapshot(), self.now
        self.spent: dict[str, dict[str, float]] = {}  # seconds, by call and by what it did
        self.records: dict[int, Record] = {}
        self.began: list[str] = []  # the calls that there have been
        self.peaks: list[
            tuple[int, int]
        ] = []  # how many calls there were, and how many waited, as each began

    def happens(self, event: events.Event) -> list[actions.Action]:
        done = super().happens(event)
        desk = self.seen
        changes = self.recorder.changes(self.before, desk, self.now)
        self.records |= {record.id: record for record in changes.records}
        for record in changes.seen:
            assert self.records[record].outcome == Outcome.MISSED
        self.time_passes()
        self.before = desk
        for call in (*reversed(desk.released), *desk.calls):
            if call.id not in self.began:
                self.began.append(call.id)
                self.peaks.append((len(desk.calls), len(desk.waiting)))
        return done

    def time_passes(self) -> None:
        for call in self.before.calls:
            self.spent.setdefault(call.id, dict.fromkeys(PARTS, 0.0))[part(call)] += self.now - self.then
        self.then = self.now

    @invariant()
    def each_call_that_began_has_just_one_record(self) -> None:
        assert list(self.records) == [number + 1 for number in range(len(self.began))]
        assert [(r.at_once, r.waiting) for r in self.records.values()] == self.peaks

    @invariant()
    def what_lasts_is_open_and_nothing_else(self) -> None:
        running = {self.recorder.record(call.id) for call in self.seen.calls}
        assert {record.id for record in self.records.values() if not record.outcome} == running

    @invariant()
    def a_record_says_what_the_desk_says(self) -> None:
        for call in (*self.seen.calls, *self.seen.released):
            record = self.records[self.recorder.record(call.id)]
            assert record.direction == call.direction
            assert record.state == call.state
            assert record.outcome == (call.outcome or "")
            assert record.target == call.target
            assert record.began == pytest.approx(START + call.arrived)
            assert (record.answered > 0) == (call.answered > 0)
            if call.answered:
                assert record.answered == pytest.approx(START + call.answered)
            if call.outcome:
                assert record.ended == pytest.approx(START + call.since)

    @invariant()
    def its_times_add_up_to_its_duration(self) -> None:
        self.time_passes()
        now = {record.id: record for record in self.recorder.running(self.now).records}
        for call in (*self.seen.calls, *self.seen.released):
            number = self.recorder.record(call.id)
            record = now.get(number, self.records[number])
            parts = self.spent.get(call.id, dict.fromkeys(PARTS, 0.0))
            assert record.waited == pytest.approx(parts["waited"], abs=1e-6)
            assert record.held == pytest.approx(parts["held"], abs=1e-6)
            assert record.talked == pytest.approx(parts["talked"], abs=1e-6)
            assert record.duration == pytest.approx(sum(parts.values()), abs=1e-6)

    def teardown(self) -> None:
        super().teardown()
        assert all(record.outcome for record in self.records.values()), "in the end all are closed"


def part(call: Call) -> str:
    """Return what time is spent with, while a call is so."""
    if not call.answered:
        return "waited"
    match call.state:
        case CallState.HELD | CallState.CAMPED:
            return "held"
        case CallState.ANSWERED | CallState.CONFERENCE:
            return "talked"
    return "moved"


def test_each_call_leaves_just_one_record_whatever_happens() -> None:
    World.steps = 0
    run_state_machine_as_test(
        Recorded, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )
    assert World.steps >= 1_000
