"""Given opening hours and holidays, the desk is open when the clock on its wall says so, on any day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.screening.errors import ScreeningError
from appliance.screening.hours import (
    DAYS,
    MIDNIGHT,
    Hours,
    Span,
    closed,
    days,
    holiday,
    next_change,
    spans,
    zone,
)

ROME, NEW_YORK, LORD_HOWE = "Europe/Rome", "America/New_York", "Australia/Lord_Howe"


def hours(zone: str = ROME, *holidays: str, **week: str) -> Hours:
    """Say Hours(mon="09:00-13:00 14:00-18:00"); a week without any day is open around the clock."""
    named = {day[:3].lower(): () for day in DAYS} | {
        day: spans(() if said == "" else said.split()) for day, said in week.items()
    }
    return Hours(zone, tuple(named.values()), tuple(holiday(*said.split(" ", 1)) for said in holidays))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str = ROME) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def changes(what: Hours, at: datetime, count: int) -> list[datetime]:
    """Return the next times at which the desk opens or closes."""
    found = []
    for _ in range(count):
        change = next_change(what, at)
        assert change
        found.append(at := change.astimezone(UTC))  # others that come twice equal nothing (PEP 495)
    return found


# --- a usual week

SHOP = hours(mon="09:00-13:00 14:00-18:00", sat="09:00-13:00", fri="22:00-06:00")


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-02T09:00", ""),  # a Monday
        ("2026-11-02T12:59:59", ""),
        ("2026-11-02T13:00", "outside opening hours: Monday 13:00"),
        ("2026-11-02T14:00", ""),
        ("2026-11-02T18:00", "outside opening hours: Monday 18:00"),
        ("2026-11-03T10:00", "outside opening hours: Tuesday"),
        ("2026-11-06T21:59", "outside opening hours: Friday 21:59"),
        ("2026-11-06T22:00", ""),
        ("2026-11-07T00:00", ""),  # Friday night goes on
        ("2026-11-07T05:59", ""),
        ("2026-11-07T06:00", "outside opening hours: Saturday 06:00"),
        ("2026-11-07T10:00", ""),
        ("2026-11-08T10:00", "outside opening hours: Sunday"),
    ],
)
def test_the_desk_is_open_in_its_spans(at: str, why: str) -> None:
    assert closed(SHOP, local(at)) == why


def test_the_hours_are_those_of_the_calendars_own_time_zone() -> None:
    assert closed(SHOP, utc("2026-11-02T08:00")) == "", "nine o'clock in Rome"
    assert closed(SHOP, utc("2026-11-02T07:59")) == "outside opening hours: Monday 08:59"
    assert closed(SHOP, local("2026-11-02T03:00", NEW_YORK)) == ""
    assert closed(hours("", mon="09:00-10:00"), local("2026-11-02T09:30", NEW_YORK)) == "", "no zone is named"


def test_sunday_night_goes_on_into_monday() -> None:
    night = hours(sun="20:00-08:00")
    assert closed(night, local("2026-11-02T07:59")) == ""
    assert closed(night, local("2026-11-02T08:00")) == "outside opening hours: Monday"


def test_a_day_may_be_open_around_the_clock_and_a_desk_without_hours_always_is() -> None:
    whole = hours(mon="00:00-24:00")
    assert [closed(whole, local(f"2026-11-{day}")) == "" for day in ("02T00:00", "02T23:59", "03T00:00")] == [
        True,
        True,
        False,
    ]
    assert closed(hours(), local("2026-11-08T03:00")) == ""
    assert next_change(hours(), local("2026-11-08T03:00")) is None


# --- holidays


@pytest.mark.parametrize(
    ("days", "closed_on", "open_on"),
    [
        ("2026-08-15", ["2026-08-15T00:00", "2026-08-15T23:59"], ["2026-08-14T23:59", "2026-08-16T00:00"]),
        ("08-15", ["2026-08-15T12:00", "2031-08-15T12:00"], ["2026-08-16T12:00"]),
        ("2026-12-24..2027-01-06", ["2026-12-24T12:00", "2027-01-06T12:00"], ["2026-12-23T12:00"]),
        ("12-24..01-06", ["2026-12-31T12:00", "2027-01-06T12:00", "2029-12-24T12:00"], ["2027-01-07T12:00"]),
        ("02-29", ["2028-02-29T12:00"], ["2027-02-28T12:00", "2027-03-01T12:00", "2028-03-01T12:00"]),
    ],
)
def test_holidays_are_closed_from_midnight_to_midnight(
    days: str, closed_on: list[str], open_on: list[str]
) -> None:
    calendar = hours(ROME, f"{days} Ferie")
    assert {closed(calendar, local(at)) for at in closed_on} == {"holiday: Ferie"}
    assert {closed(calendar, local(at)) for at in open_on} == {""}


def test_a_holiday_is_named_by_its_days_where_it_has_no_name() -> None:
    assert closed(hours(ROME, "08-15"), local("2026-08-15T12:00")) == "holiday: 08-15"


def test_the_night_before_a_holiday_ends_at_its_midnight_and_its_own_does_not_take_place() -> None:
    nights = hours(ROME, "2026-11-07 Feast", fri="22:00-06:00", sat="22:00-06:00", sun="22:00-06:00")
    assert closed(nights, local("2026-11-06T23:59")) == ""
    assert closed(nights, local("2026-11-07T00:00")) == "holiday: Feast"
    assert closed(nights, local("2026-11-07T23:00")) == "holiday: Feast"
    assert closed(nights, local("2026-11-08T01:00")) == "outside opening hours: Sunday 01:00"
    assert closed(nights, local("2026-11-08T22:00")) == ""


def test_a_leap_day_has_its_hours_as_every_day() -> None:
    assert closed(hours(tue="09:00-10:00"), local("2028-02-29T09:30")) == ""


# --- when the clocks are set: every case computed by hand, in UTC

EARLY = hours(sun="02:30-03:30")
TWICE = hours(sun="02:15-02:45")
NIGHT = hours(sat="22:00-02:30")


def test_in_spring_a_span_begins_when_the_clock_has_jumped_over_its_beginning() -> None:
    """Rome, 2026-03-29: at 01:00 UTC the clock jumps from 02:00 to 03:00."""
    found = changes(EARLY, utc("2026-03-29T00:00"), 2)
    assert found == [utc("2026-03-29T01:00"), utc("2026-03-29T01:30")]
    assert closed(EARLY, utc("2026-03-29T00:59")) == "outside opening hours: Sunday 01:59"
    assert closed(EARLY, utc("2026-03-29T01:00")) == ""
    assert changes(NIGHT, utc("2026-03-28T20:00"), 2) == [utc("2026-03-28T21:00"), utc("2026-03-29T01:00")]


def test_in_spring_a_span_that_lies_in_the_hour_that_does_not_come_does_not_come() -> None:
    gone = hours(sun="02:00-03:00")
    assert changes(gone, utc("2026-03-28T12:00"), 1) == [utc("2026-04-05T00:00")]


def test_in_autumn_what_is_said_of_the_hour_that_comes_twice_holds_both_times() -> None:
    """Rome, 2026-10-25: at 01:00 UTC the clock goes from 03:00 back to 02:00."""
    assert changes(TWICE, utc("2026-10-25T00:00"), 4) == [
        utc(f"2026-10-25T{at}") for at in ("00:15", "00:45", "01:15", "01:45")
    ]
    assert changes(NIGHT, utc("2026-10-24T12:00"), 4) == [
        utc(at) for at in ("2026-10-24T20:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30")
    ]


def test_new_york_sets_its_clocks_on_other_days() -> None:
    """2026-03-08 at 07:00 UTC from 02:00 to 03:00, 2026-11-01 at 06:00 UTC from 02:00 back to 01:00."""
    early, late = hours(NEW_YORK, sun="02:30-03:30"), hours(NEW_YORK, sun="01:30-02:30")
    assert changes(early, utc("2026-03-08T05:00"), 2) == [utc("2026-03-08T07:00"), utc("2026-03-08T07:30")]
    assert changes(late, utc("2026-11-01T04:00"), 4) == [
        utc(f"2026-11-01T{at}") for at in ("05:30", "06:00", "06:30", "07:30")
    ]
    shop = hours(NEW_YORK, mon="09:00-17:00")
    assert changes(shop, utc("2026-03-02T00:00"), 3) == [
        utc(at) for at in ("2026-03-02T14:00", "2026-03-02T22:00", "2026-03-09T13:00")
    ]


def test_lord_howe_sets_its_clocks_by_half_an_hour() -> None:
    """2026-04-04 at 15:00 UTC from 02:00 back to 01:30; 2026-10-03 at 15:30 UTC from 02:00 to 02:30."""
    late, early = hours(LORD_HOWE, sun="01:45-02:15"), hours(LORD_HOWE, sun="02:15-03:00")
    assert changes(late, utc("2026-04-04T12:00"), 4) == [
        utc(f"2026-04-04T{at}") for at in ("14:45", "15:00", "15:15", "15:45")
    ]
    assert changes(early, utc("2026-10-03T12:00"), 2) == [utc("2026-10-03T15:30"), utc("2026-10-03T16:00")]


times = st.builds(
    lambda day, minute: utc(day) + timedelta(minutes=minute),
    st.sampled_from(["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-10-03"]),
    st.integers(0, 2 * MIDNIGHT),
)
some_spans = st.lists(
    st.tuples(st.integers(0, 95), st.integers(1, 96))
    .filter(lambda at: at[0] != at[1])
    .map(lambda at: Span(15 * at[0], 15 * (at[1] if at[1] > at[0] else at[1] + 96))),
    max_size=3,
).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    at=times,
    zone=st.sampled_from([ROME, NEW_YORK, LORD_HOWE, "UTC"]),
    week=st.lists(some_spans, min_size=7, max_size=7).map(tuple),
    free=st.sampled_from(["2026-03-29", "10-25", "2026-04-05", "2020-01-01"]),
)
def test_the_next_change_is_the_first_minute_that_is_not_as_this_one(
    at: datetime, zone: str, week: tuple[tuple[Span, ...], ...], free: str
) -> None:
    calendar = Hours(zone, week, (holiday(free),))
    now = bool(closed(calendar, at))
    minutes = (at + timedelta(minutes=n) for n in range(1, 2 * MIDNIGHT))
    first = next((minute for minute in minutes if bool(closed(calendar, minute)) != now), None)
    found = next_change(calendar, at)
    if first:
        assert found
        assert found.astimezone(UTC) == first
    else:
        assert found is None or found >= at + timedelta(minutes=2 * MIDNIGHT)


def test_a_change_is_told_in_the_calendars_own_time() -> None:
    found = next_change(SHOP, utc("2026-11-02T00:00"))
    assert found
    assert found.isoformat() == "2026-11-02T09:00:00+01:00"


# --- as people write them


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (["9:00-13:00"], "09:00-13:00"),
        (["14:00 - 18:00", "09:00-13:00"], "09:00-13:00 14:00-18:00"),
        (["09:00-13:00", "12:00-18:00"], "09:00-18:00"),
        (["09:00-13:00", "13:00-18:00"], "09:00-18:00"),
        (["22:00-06:00", "23:00-02:00"], "22:00-06:00"),
        (["18:00-24:00"], "18:00-24:00"),
        (["00:00-24:00", "22:00-06:00"], "00:00-24:00 22:00-06:00"),
        ([], ""),
    ],
)
def test_spans_are_put_in_order_and_those_that_meet_are_one(written: list[str], understood: str) -> None:
    assert " ".join(map(str, spans(written))) == understood


@given(some_spans)
def test_spans_read_back_as_they_were(some: tuple[Span, ...]) -> None:
    merged = spans(map(str, some))
    assert spans(map(str, merged)) == merged
    for span in some:
        for minute in (span.opens, span.closes - 1):
            assert any(
                one.opens <= at < one.closes for one in merged for at in (minute, minute + MIDNIGHT)
            ) or any(one.opens <= minute < one.closes for one in merged)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("09:00-25:00", "there is no such time"),
        ("09:60-10:00", "there is no such time"),
        ("24:00-01:00", "there is no such time"),
        ("00:00-24:01", "there is no such time"),
        ("09:00-09:00", "for the whole day write 00:00-24:00"),
        ("9-12", "such as 09:00-13:00"),
        ("", "such as 09:00-13:00"),
        ("\u0660\u0669:00-10:00", "such as 09:00-13:00"),  # digits of another script
    ],
)
def test_what_is_no_span_is_refused_with_the_way_to_write_it(written: str, why: str) -> None:
    with pytest.raises(ScreeningError, match=why):
        spans([written])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2026-02-29", "there is no day 2026-02-29"),
        ("02-30", "there is no day 02-30"),
        ("15.8.2026", "write days as 2026-08-15"),
        ("2026-08-15..08-20", "the year of both days, or of none"),
        ("2026-08-15..2026-08-14", "ends before it begins"),
        ("2026-08-15..", "write days as"),
        ("", "write days as"),
    ],
)
def test_what_is_no_holiday_is_refused_with_the_way_to_write_it(written: str, why: str) -> None:
    with pytest.raises(ScreeningError, match=why):
        holiday(written)


@given(st.dates(), st.integers(0, 30), st.booleans())
def test_a_holiday_is_on_its_days_and_reads_back(first: date, more: int, yearly: bool) -> None:
    last = min(first, date(9999, 11, 1)) + timedelta(days=more)
    written = f"{first.isoformat()[5 * yearly :]}..{last.isoformat()[5 * yearly :]}"
    found = holiday(written if first <= last else str(first))
    assert first in found
    assert holiday(str(found)) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [("monday", (0,)), ("Mon-Fri", (0, 1, 2, 3, 4)), ("fri-mon", (4, 5, 6, 0)), ("mon,wed,sat", (0, 2, 5))],
)
def test_days_of_the_week(written: str, found: tuple[int, ...]) -> None:
    assert days(written) == found


@pytest.mark.parametrize("written", ["", "someday", "mon-", "1-5"])
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ScreeningError, match="write days as monday"):
        days(written)


@pytest.mark.parametrize(
    "name", ["", "Europe", "Europe/Roma", "../etc/passwd", "/etc/passwd", "☎", "a" * 300]
)
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ScreeningError, match="write one as Europe/Rome"):
        zone(name)
