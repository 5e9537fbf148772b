"""Given a call, when it is over its record says what became of it, whatever happened meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.desk import events
from appliance.desk.config import DeskConfig
from appliance.desk.events import CallAnswered, CallArrived, CallReleased, Screened, TransferProgressed
from appliance.desk.state import Counters, ExtensionState, Party, Return, Snapshot
from appliance.history import records
from appliance.history.recorder import Recorder, next_id
from appliance.store.file import writing
from tests.desk.reception import ADA, BOB, CONFIG, HEADSET, ZOE
from tests.history.bookkeeper import Bookkeeper

if TYPE_CHECKING:
    import sqlite3


@pytest.fixture
def desk(file: sqlite3.Connection) -> Bookkeeper:
    """A desk whose calls are written down."""
    return Bookkeeper(file)


def test_a_record_begins_with_its_call_and_says_who_called_whom_and_when(desk: Bookkeeper) -> None:
    by = Party("1003", "Alan")
    desk.at("09:00:00", CallArrived("a", ZOE, "200", "second", diverted_by=by))
    begun = desk.record
    assert (begun.direction, begun.number, begun.name, begun.called) == ("in", "030123", "Zoe", "200")
    assert (begun.line, begun.diverted_number, begun.diverted_name) == ("second", "1003", "Alan")
    assert (begun.began, begun.day, begun.hour) == (desk.unix("09:00:00"), 20260302, 9)
    assert (begun.state, begun.outcome, begun.answered, begun.ended) == ("ringing", "", 0, 0)
    assert desk.recorder.record("a") == begun.id


def test_waiting_holding_and_talking_add_up_over_many_holds(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a")
    desk.answers("09:00:10", "a")
    for minute in range(1, 31):
        desk.at(f"09:{minute:02}:00", events.Hold())
        desk.at(f"09:{minute:02}:20", events.Resume())
    desk.over("09:31:00.5", "a")
    record = desk.record
    assert (record.outcome, record.code) == ("answered", 200)
    assert (record.waited, record.held) == pytest.approx((10, 600))
    assert record.talked == pytest.approx(1860.5 - 10 - 600)
    assert record.answered == pytest.approx(desk.unix("09:00:10"))
    assert record.ended == pytest.approx(desk.unix("09:31:00.5"))
    assert record.duration == pytest.approx(1860.5)
    assert record.device == HEADSET


def test_time_in_a_conference_is_talk_and_its_parties_have_records_of_their_own(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a")
    desk.answers("09:00:00", "a")
    desk.rings("09:01:00", "b", BOB)
    desk.answers("09:01:00", "b")
    desk.at("09:02:00", events.Confer())
    desk.over("09:03:00", "b")
    desk.over("09:04:00", "a")
    first, second = desk.records
    assert (first.held, first.talked) == pytest.approx((60, 180))
    assert (second.held, second.talked) == pytest.approx((0, 120))


def test_music_before_anybody_answers_is_waiting(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, config=replace(CONFIG, auto_hold=10))
    desk.rings("09:00:00", "a")
    desk.at("09:00:10", events.TimerEnded(events.Timer(events.Clock.AUTO_HOLD, "a")))
    desk.over("09:00:50", "a")
    record = desk.record
    assert (record.outcome, record.waited, record.held, record.seen) == ("missed", 50, 0, False)


def test_who_is_turned_away_at_once_has_a_record_too(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, config=replace(CONFIG, dnd_divert_to="600"))
    desk.at("09:00:00", events.SetDnd(True))
    desk.rings("09:00:01", "a")
    record = desk.record
    assert (record.outcome, record.target, record.code) == ("diverted", "600", 302)
    assert (record.duration, record.at_once, record.waiting, record.seen) == (0, 0, 0, True)


def test_who_may_not_ring_is_recorded_with_the_reason_also_where_the_call_is_not_shown(
    desk: Bookkeeper,
) -> None:
    blocked = Screened("blocked: matches 030*", shown=False)
    desk.at("09:00:00", CallArrived("a", ZOE, "200", screened=blocked))
    record = desk.record
    assert (record.outcome, record.reason, record.shown) == ("screened", "blocked: matches 030*", False)
    assert records.find(desk.file) == []


def test_a_transfer_names_the_colleague_and_a_caller_who_comes_back_is_a_call_of_its_own(
    desk: Bookkeeper,
) -> None:
    desk.rings("09:00:00", "a", ZOE)
    desk.answers("09:00:10", "a")
    desk.at("09:00:20", events.Transfer("1001"))
    desk.at("09:00:25", TransferProgressed("a", 200, "OK", final=True))
    desk.at("09:01:00", CallArrived("b", ZOE, "200", returned=Return.TRANSFER, origin="1001"))
    desk.over("09:01:09", "b", 487)
    moved, back = desk.records
    assert (moved.outcome, moved.target, moved.target_name) == ("transferred", "1001", "Ada")
    assert (moved.talked, moved.duration) == pytest.approx((10, 25))
    assert (back.returned, back.origin, back.outcome) == ("transfer", "1001", "missed")
    assert back.reason == "1001 did not answer"


def test_announcing_a_caller_is_a_call_of_its_own_and_both_are_transferred(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a", ZOE)
    desk.answers("09:00:10", "a")
    asked = desk.dials("09:01:00", events.Consult("1001"))
    desk.at("09:01:05", CallAnswered(asked))
    desk.at("09:01:30", events.Complete())
    desk.at("09:01:31", TransferProgressed("a", 200, "OK", final=True))
    desk.over("09:01:32", asked)
    caller, colleague = desk.records
    assert (caller.outcome, caller.target, caller.held) == ("transferred", "1001", 30)
    assert (colleague.outcome, colleague.purpose, colleague.direction) == ("transferred", "consult", "out")
    assert (colleague.waited, colleague.talked, colleague.duration) == pytest.approx((5, 25, 32))


def test_a_parked_caller_and_who_fetches_them_are_two_calls(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a", ZOE)
    desk.answers("09:00:10", "a")
    desk.at("09:00:20", events.Park(orbit="702"))
    desk.at("09:00:21", TransferProgressed("a", 200, "OK", final=True))
    fetched = desk.dials("09:05:00", events.Retrieve("702"))
    desk.at("09:05:01", CallAnswered(fetched))
    desk.over("09:06:01", fetched)
    parked, retrieved = desk.records
    assert (parked.outcome, parked.target) == ("parked", "702")
    assert (retrieved.purpose, retrieved.origin, retrieved.name) == ("retrieve", "702", "Zoe")
    assert (retrieved.outcome, retrieved.talked) == ("answered", 60)


def test_a_call_picked_up_from_a_colleague_and_the_mailbox_say_so(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, config=replace(CONFIG, pickup_code="**", voicemail_number="*98"))
    desk.at("08:00:00", events.ExtensionChanged("1001", ExtensionState.RINGING, BOB))
    taken = desk.dials("09:00:00", events.Pickup())
    desk.at("09:00:01", CallAnswered(taken))
    desk.over("09:01:00", taken)
    desk.dials("09:02:00", events.CallMailbox())
    assert [(r.purpose, r.name, r.called) for r in desk.records] == [
        ("pickup", "Bob", "1001"),
        ("mailbox", "", "*98"),
    ]


def test_a_feature_code_is_no_call(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, config=replace(CONFIG, dnd_on_code="*78"))
    assert desk.at("09:00:00", events.SetDnd(True))
    desk.at("09:00:01", events.CodeDialled("*78", 200))
    assert desk.records == []


def test_who_is_at_the_other_end_is_whom_the_exchange_named_last(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a")
    desk.answers("09:00:10", "a")
    desk.at("09:00:30", events.PartyChanged("a", ZOE))
    desk.at("09:00:31", events.PartyChanged("a", Party()))
    assert (desk.record.number, desk.record.name) == ("030123", "Zoe")


def test_a_call_that_came_by_a_queue_says_by_which(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, queues=("8001", "8002"))
    desk.at("09:00:00", CallArrived("a", ZOE, "8001"))
    desk.at("09:00:01", CallArrived("b", BOB, "200", diverted_by=Party("8002", "Sales")))
    desk.rings("09:00:02", "c")
    assert [record.queue for record in desk.records] == ["8001", "8002", ""]


def test_only_what_tells_something_is_written(desk: Bookkeeper) -> None:
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    written = len(desk.changes)
    assert written == 3
    desk.rings("09:10:00", "b")
    for second in range(10):
        desk.at(f"09:10:{second:02}", events.ExtensionChanged("1001", ExtensionState.BUSY))
        desk.at(f"09:10:{second:02}", events.SendDigits("1"))
    assert len(desk.changes) == written + 1


# --- over restarts


def test_calls_that_a_power_cut_ended_are_interrupted_with_what_was_known(
    desk: Bookkeeper, file: sqlite3.Connection
) -> None:
    desk.rings("09:00:00", "a")
    desk.answers("09:00:10", "a")
    desk.rings("09:00:30", "b", ZOE)
    desk.tick("09:01:00")
    desk.start()
    talking, ringing = desk.records
    assert (talking.outcome, talking.waited, talking.talked) == ("interrupted", 10, 50)
    assert talking.ended == pytest.approx(desk.unix("09:01:00"))
    assert (ringing.outcome, ringing.waited) == ("interrupted", 30)
    assert [(call.name, call.seen) for call in (talking, ringing)] == [("Ada", True), ("Zoe", False)]
    remembered = records.remembered(file, 0.0)
    assert [call.party.name for call in remembered.released if not call.seen] == ["Zoe"]


def test_no_number_of_a_record_is_used_twice_even_if_it_was_deleted(
    desk: Bookkeeper, file: sqlite3.Connection
) -> None:
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    first = desk.record.id
    with writing(file):
        file.execute("DELETE FROM call")
    desk.start()
    desk.talks("10:00:00", "10:00:10", "10:01:00")
    assert desk.record.id == first + 1


def test_calls_from_before_the_store_was_ready_are_written_as_soon_as_it_is(
    desk: Bookkeeper, file: sqlite3.Connection
) -> None:
    desk.recorder = late = Recorder(clock=lambda: desk.midnight + desk.desk.now)
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    desk.rings("09:02:00", "b", ZOE)
    desk.over("09:02:09", "b", 487)
    desk.rings("09:03:00", "c", BOB)
    desk.at("09:03:01", events.MarkSeen())
    assert (desk.records, late.record("c")) == ([], 0)
    desk.write(late.start(next_id(file)))
    assert late.record("c") == desk.records[2].id
    desk.over("09:03:08", "c", 487)
    assert [(r.outcome, r.duration, r.seen) for r in desk.records] == [
        ("answered", 60, True),
        ("missed", 9, True),
        ("missed", 8, False),
    ]


def test_a_clock_that_is_set_during_a_call_does_not_change_how_long_it_was(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a")
    desk.midnight += 86_400
    desk.answers("09:00:10", "a")
    desk.over("09:01:00", "a")
    assert desk.record.began == pytest.approx(desk.unix("09:00:00"))
    assert (desk.record.day, desk.record.duration, desk.record.talked) == (20260303, 60, 50)


def test_what_was_missed_is_shown_after_a_restart_until_somebody_has_looked(
    desk: Bookkeeper, file: sqlite3.Connection
) -> None:
    desk.rings("09:00:00", "a", ZOE)
    desk.over("09:00:20", "a", 487)
    desk.talks("09:01:00", "09:01:01", "09:02:00", "b", BOB)
    desk.start()
    past = records.remembered(file, desk.desk.now)
    desk.at("10:00:00", past)
    assert [(call.party.name, call.outcome) for call in desk.desk.seen.released] == [
        ("Bob", "answered"),
        ("Zoe", "missed"),
    ]
    (missed,) = desk.desk.seen.missed
    assert desk.recorder.record(missed.id) == desk.records[0].id
    desk.at("10:00:01", events.MarkSeen(ZOE.number))
    assert [record.seen for record in desk.records] == [True, True]
    assert len(desk.records) == 2
    assert all(call.seen for call in records.remembered(file, 0.0).released)


def test_a_missed_caller_who_is_called_back_is_seen(desk: Bookkeeper) -> None:
    desk.rings("09:00:00", "a", ADA)
    desk.over("09:00:20", "a", 487)
    assert not desk.records[0].seen
    desk.dials("09:01:00", events.Dial("1001"))
    assert desk.records[0].seen


def test_the_day_is_counted_on_after_a_restart(desk: Bookkeeper, file: sqlite3.Connection) -> None:
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    desk.rings("09:02:00", "b", ZOE)
    desk.over("09:02:09", "b", 487)
    desk.at("09:03:00", CallArrived("c", ADA, "200", returned=Return.PARK))
    desk.answers("09:03:01", "c")
    desk.over("09:03:30", "c")
    desk.dials("09:04:00", events.Dial("1002"))
    assert desk.desk.seen.counters == Counters(missed=1, incoming=1, outgoing=1)
    assert records.counters(file, 20260302) == desk.desk.seen.counters
    assert records.counters(file, 20260303) == Counters()


def test_a_note_stays_whatever_becomes_of_the_call(desk: Bookkeeper, file: sqlite3.Connection) -> None:
    desk.rings("09:00:00", "a")
    with writing(file):
        records.write_note(file, desk.recorder.record("a"), "calls about the lift")
    desk.answers("09:00:10", "a")
    desk.over("09:01:00", "a")
    assert (desk.record.note, desk.record.outcome) == ("calls about the lift", "answered")
    assert records.get(file, desk.record.id).note == "calls about the lift"
    with pytest.raises(records.NoSuchRecordError, match="there is no call 99"), writing(file):
        records.write_note(file, 99, "lost")


def test_what_is_written_late_or_twice_does_not_open_a_record_again(desk: Bookkeeper) -> None:
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    closed = desk.record
    for changes in desk.changes[:]:
        desk.write(changes)
    assert desk.record == closed


def test_a_recorder_that_comes_late_knows_the_calls_that_it_finds(desk: Bookkeeper) -> None:
    desk.recorder = Recorder(clock=lambda: desk.midnight + desk.desk.now)  # of which nothing is written
    desk.rings("09:00:00", "a")
    desk.over("09:00:05", "a", 487)
    desk.rings("09:01:00", "b", ZOE)
    desk.over("09:01:05", "b", 487)
    desk.rings("09:02:00", "c", BOB)
    desk.at("09:02:30")
    late = Recorder(next_id(desk.file), clock=lambda: desk.midnight + desk.desk.now)
    desk.write(late.changes(Snapshot(), desk.desk.seen, desk.desk.now))
    assert [(call.name, call.outcome, call.duration) for call in desk.records] == [
        ("Ada", "missed", 5),
        ("Zoe", "missed", 5),
        ("Bob", "", 30),
    ]


def test_a_desk_without_a_device_says_none(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file, config=DeskConfig())
    desk.at("08:00:00", events.DeviceDetached(HEADSET))
    desk.talks("09:00:00", "09:00:10", "09:01:00")
    assert desk.record.device == ""


def test_an_outgoing_call_that_nobody_takes_says_why(desk: Bookkeeper) -> None:
    placed = desk.dials("09:00:00", events.Dial("1002"))
    desk.at("09:00:20", CallReleased(placed, 486, "Busy Here"))
    record = desk.record
    assert (record.direction, record.number, record.outcome) == ("out", "1002", "unanswered")
    assert (record.code, record.waited, record.seen) == (486, 20, True)
