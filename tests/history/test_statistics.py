"""Given the calls of a day, what they add up to is what one gets with paper and pencil."""

from __future__ import annotations

import datetime
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.desk import events
from appliance.desk.events import CallAnswered, CallArrived, CallReleased, Screened, TransferProgressed
from appliance.desk.state import Party, Return
from appliance.history.recorder import Changes, write
from appliance.history.statistics import (
    Count,
    Peak,
    Side,
    Slice,
    Statistics,
    Times,
    by_day,
    by_hour,
    roll_up,
    statistics,
)
from appliance.store.file import writing
from tests.desk.reception import ADA, BOB, ZOE
from tests.history.bookkeeper import MONDAY, ROME, Bookkeeper, made

if TYPE_CHECKING:
    import sqlite3

    from appliance.history.record import Record

DAY = 20260302


def a_day(desk: Bookkeeper) -> None:
    """Let 21 calls begin; in brackets what each adds, in seconds: waited, held, talked, duration."""
    # [10, 30, 120, 160] in
    desk.rings("09:00:00", "1", ADA)
    desk.answers("09:00:10", "1")
    # missed after 30 s
    desk.rings("09:00:30", "2", ZOE)
    desk.over("09:01:00", "2", 487)
    desk.at("09:01:10", events.Hold())
    desk.at("09:01:40", events.Resume())
    desk.over("09:02:40", "1")
    # [20, 0, 60, 80] out
    placed = desk.dials("09:10:00", events.Dial("1002"))
    desk.at("09:10:20", CallAnswered(placed))
    desk.over("09:11:20", placed)
    # out, and nobody answers
    placed = desk.dials("09:20:00", events.Dial("1003"))
    desk.over("09:20:30", placed, 486)
    # [5, 0, 30, 40] in, transferred; 5 s of it on the way
    desk.rings("10:00:00", "5", BOB)
    desk.answers("10:00:05", "5")
    desk.at("10:00:35", events.Transfer("1001"))
    desk.at("10:00:40", TransferProgressed("5", 200, "OK", final=True))
    # [15, 0, 30, 45] in, the same caller comes back
    desk.at("10:05:00", CallArrived("6", BOB, "200", returned=Return.TRANSFER, origin="1001"))
    desk.answers("10:05:15", "6")
    desk.over("10:05:45", "6")
    # in, rejected, diverted, taken by somebody else: none is missed
    desk.rings("10:30:00", "7", ADA)
    desk.at("10:30:04", events.Reject())
    desk.rings("10:31:00", "8", Party(withheld=True))
    desk.at("10:31:06", events.Divert("600"))
    desk.rings("10:40:00", "9", ADA)
    desk.at("10:40:08", CallReleased("9", 487, elsewhere=True))
    # in, turned away at once
    desk.at("11:00:00", events.SetDnd(True))
    desk.rings("11:00:30", "10", ADA)
    desk.at("11:01:00", events.SetDnd(False))
    # screened: counts for nothing else, nor does its hour
    desk.at("12:10:00", CallArrived("11", ZOE, "200", screened=Screened("blocked")))
    # [30, 40, 60, 132] in, transferred after [10, 0, 30, 43] out, the call that announced it
    desk.rings("14:00:00", "12", ZOE)
    desk.answers("14:00:30", "12")
    asked = desk.dials("14:01:30", events.Consult("1002"))
    desk.at("14:01:40", CallAnswered(asked))
    desk.at("14:02:10", events.Complete())
    desk.at("14:02:12", TransferProgressed("12", 200, "OK", final=True))
    desk.over("14:02:13", asked)
    # [20, 0, 30, 51] in, parked; and [2, 0, 30, 32] service: fetched
    desk.rings("15:00:00", "14", ADA)
    desk.answers("15:00:20", "14")
    desk.at("15:00:50", events.Park(orbit="701"))
    desk.at("15:00:51", TransferProgressed("14", 200, "OK", final=True))
    fetched = desk.dials("15:05:00", events.Retrieve("701"))
    desk.at("15:05:02", CallAnswered(fetched))
    desk.over("15:05:32", fetched)
    # three wait at once: two give up after 60 and 55 s; [40, 0, 30, 70] in
    desk.rings("16:00:00", "16", ADA)
    desk.rings("16:00:05", "17", BOB)
    desk.rings("16:00:10", "18", ZOE)
    desk.answers("16:00:50", "18")
    desk.over("16:01:00", "16", 487)
    desk.over("16:01:00", "17", 487)
    desk.over("16:01:20", "18")
    # [10, 0, 120, 130] in, and one that rings: then the desk loses its power
    desk.rings("17:00:00", "19", BOB)
    desk.answers("17:00:10", "19")
    desk.rings("17:00:30", "20", ZOE)
    desk.tick("17:02:10")
    desk.start()
    # [30, 60, 90, 180] in, over midnight: it belongs to the day on which it began
    desk.rings("23:59:00", "21", ADA)
    desk.answers("23:59:30", "21")
    desk.at("24:00:30", events.Hold())
    desk.at("24:01:30", events.Resume())
    desk.over("24:02:00", "21")


def expected(desk: Bookkeeper) -> Statistics:
    """What it adds up to: 16 in, 3 out, 1 service, 1 screened, in the hours 9, 10, 11, 14, 15, 16, 17, 23."""
    at = desk.unix
    return Statistics(
        hours=8,
        talk=Times(11, 630.0, 630 / 11, Peak(120.0, at("09:00:00"))),
        incoming=Side(
            Count(16, 2.0, 100 * 16 / 19),
            answered=8,
            to_answer=Times(8, 160.0, 20.0, Peak(40.0, at("16:00:10"))),
            hold=Times(3, 130.0, 130 / 3, Peak(60.0, at("23:59:00"))),
            duration=Times(8, 808.0, 101.0, Peak(180.0, at("23:59:00"))),
        ),
        outgoing=Side(
            Count(3, 3 / 8, 100 * 3 / 19),
            answered=2,
            to_answer=Times(2, 30.0, 15.0, Peak(20.0, at("09:10:00"))),
            hold=Times(),
            duration=Times(2, 123.0, 61.5, Peak(80.0, at("09:10:00"))),
        ),
        missed=Count(4, 0.5, 25.0),
        transferred=Count(2, 0.25, 100 * 2 / 19),
        returned=1,
        screened=1,
        at_once=Peak(3, at("16:00:10")),
        waiting=Peak(3, at("16:00:10")),
    )


def same(one: Any, other: Any) -> bool:
    """Return whether two are the same, but for the last digits of a sum."""
    if not is_dataclass(one):
        return bool(one == pytest.approx(other, abs=1e-3))
    return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def test_a_day_adds_up_as_by_hand(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file)
    a_day(desk)
    assert len(desk.records) == 21
    assert same(statistics(file, DAY, DAY), expected(desk))
    assert same(statistics(file, 20260301, 20260331), expected(desk))
    assert statistics(file, 20260303, 20260303) == statistics(file, 20260301, 20260301) == Statistics()


def test_it_adds_up_to_the_same_from_the_sums_that_are_kept_and_they_outlive_the_records(
    file: sqlite3.Connection,
) -> None:
    desk = Bookkeeper(file)
    a_day(desk)
    hours, days = by_hour(file, DAY, DAY), by_day(file, DAY, DAY)
    assert roll_up(file, DAY) == 0, "a day is added up when it is over"
    assert roll_up(file, 20260303) == 1
    assert roll_up(file, 20260303) == 0
    file.execute("DELETE FROM call")
    assert same(statistics(file, DAY, DAY), expected(desk))
    assert (by_hour(file, DAY, DAY), by_day(file, DAY, DAY)) == (hours, days)


def test_the_hours_of_a_day_for_a_chart(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file)
    a_day(desk)
    hours = by_hour(file, DAY, DAY)
    assert [piece.at for piece in hours] == list(range(24))
    assert [piece.incoming for piece in hours] == [0] * 9 + [2, 5, 1, 0, 0, 1, 1, 3, 2] + [0] * 5 + [1]
    assert hours[9] == Slice(9, 2, 2, 1, 0, 180.0)
    assert hours[14] == Slice(14, 1, 1, 0, 1, 90.0)
    assert by_day(file, 20260201, 20260401) == [Slice(DAY, 16, 3, 4, 2, 630.0)]


def test_a_call_that_changes_after_its_day_was_added_up_counts_as_it_is(file: sqlite3.Connection) -> None:
    desk = Bookkeeper(file)
    desk.rings("23:59:00", "a")
    assert roll_up(file, 20260303) == 1
    assert statistics(file, DAY, DAY) == Statistics(), "a call that lasts does not count yet"
    desk.answers("24:00:00", "a")
    desk.over("24:05:00", "a")
    assert statistics(file, DAY, DAY).talk.total == pytest.approx(300)
    assert roll_up(file, 20260303) == 1
    assert statistics(file, DAY, DAY).talk.total == pytest.approx(300)


@pytest.mark.parametrize(
    ("day", "times", "hours"),
    [
        # 02:00 becomes 03:00: an hour that there is not
        (datetime.date(2026, 3, 29), ("01:30:00", "02:30:00"), [1, 3]),
        # 03:00 becomes 02:00: an hour that there is twice counts as one
        (datetime.date(2026, 10, 25), ("01:30:00", "02:30:00", "03:30:00"), [1, 2]),
    ],
)
def test_days_on_which_the_clocks_change(
    file: sqlite3.Connection, day: datetime.date, times: tuple[str, ...], hours: list[int]
) -> None:
    desk = Bookkeeper(file, day)  # the times are those since midnight
    for number, time in enumerate((*times, "22:00:00")):
        desk.rings(time, f"call {number}")
        desk.over(time.replace("0:00", "0:10"), f"call {number}", 487)
    (of_day,) = by_day(file, 20260101, 20261231)
    assert (of_day.at, of_day.missed) == (int(f"{day:%Y%m%d}"), len(times) + 1)
    counted = {piece.at: piece.missed for piece in by_hour(file, of_day.at, of_day.at) if piece.missed}
    late = 23 if day.month == 3 else 21
    assert list(counted) == [*hours, late]
    assert statistics(file, of_day.at, of_day.at).hours == len(hours) + 1


# --- the same in Python


def plain(calls: list[Record]) -> Statistics:
    """Return the statistics by another way: no SQL, no sums by hour."""
    counted = [call for call in calls if call.outcome not in ("", "screened")]
    hours = len({(call.day, call.hour) for call in counted})
    incoming = [call for call in counted if call.direction == "in"]
    outgoing = [call for call in counted if call.direction == "out" and call.purpose in ("", "consult")]
    both = len(incoming) + len(outgoing)

    def count(some: list[Record], of: int) -> Count:
        return Count(len(some), len(some) / hours if hours else 0.0, 100 * len(some) / of if of else 0.0)

    def peak(some: list[Record], name: str) -> Peak:
        largest = max((getattr(call, name) for call in some), default=0)
        at = [call.began for call in some if getattr(call, name) == largest]
        return Peak(largest, min(at)) if largest else Peak()

    def times(some: list[Record], name: str) -> Times:
        total = sum(getattr(call, name) for call in some)
        return Times(len(some), total, total / len(some) if some else 0.0, peak(some, name))

    def side(some: list[Record]) -> Side:
        answered = [call for call in some if call.answered]
        return Side(
            count(some, both),
            len(answered),
            times(answered, "waited"),
            times([call for call in some if call.held], "held"),
            times(answered, "duration"),
        )

    lost = [call for call in incoming if call.outcome in ("missed", "interrupted") and not call.answered]
    moved = [call for call in counted if call.outcome == "transferred" and call.purpose != "consult"]
    return Statistics(
        hours,
        times([call for call in counted if call.answered], "talked"),
        side(incoming),
        side(outgoing),
        count(lost, len(incoming)),
        count(moved, both),
        sum(call.returned != "" for call in counted),
        sum(call.outcome == "screened" for call in calls),
        peak(counted, "at_once"),
        peak(counted, "waiting"),
    )


OUTCOMES = ("", "answered", "missed", "rejected", "diverted", "elsewhere", "transferred", "parked")
FIRST = datetime.datetime.combine(MONDAY, datetime.time(), ROME).timestamp()
seconds = st.integers(0, 5).map(lambda tens: tens * 10.0)


@st.composite
def some_calls(draw: st.DrawFn) -> list[Record]:
    """Calls of three days, one every so often, and few values, so that peaks are reached more than once."""
    calls: list[Record] = []
    for number in range(draw(st.integers(0, 25))):
        began = FIRST + draw(st.integers(0, 6)) * 10 * 3600 + number
        waited, held, talked = draw(seconds), draw(seconds), draw(seconds)
        outcome = draw(st.sampled_from((*OUTCOMES, "interrupted", "screened")))
        answered = draw(st.booleans()) and outcome != "screened"
        calls.append(
            made(
                number + 1,
                began,
                direction=draw(st.sampled_from(("in", "out"))),
                purpose=draw(st.sampled_from(("", "consult", "retrieve"))),
                answered=began + waited if answered else 0.0,
                waited=waited,
                held=held if answered else 0.0,
                talked=talked if answered else 0.0,
                duration=waited + (held + talked if answered else 0.0),
                outcome=outcome,
                returned=draw(st.sampled_from(("", "", "park"))),
                at_once=draw(st.integers(0, 3)),
                waiting=draw(st.integers(0, 2)),
            )
        )
    return calls


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=some_calls(), kept=st.booleans(), days=st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_sql_and_python_agree(
    file: sqlite3.Connection, calls: list[Record], kept: bool, days: tuple[int, int]
) -> None:
    with writing(file):
        for table in ("call", "call_hour", "call_day"):
            file.execute(f"DELETE FROM {table}")
        write(file, Changes(tuple(calls)))
    if kept:
        roll_up(file, 20260303)
    first, last = (20260300 + day for day in sorted(days))
    asked = [call for call in calls if first <= call.day <= last]
    assert same(statistics(file, first, last), plain(asked))
