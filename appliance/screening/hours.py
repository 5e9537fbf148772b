"""Opening hours: when the desk is open in a usual week, and on which days it is not.

What the clock on the wall shows decides, in the calendar's own time zone. So what is said of the hour that
comes twice in autumn holds both times; and a span that begins at a time that does not come in spring begins
when the clock has jumped over it.

A span may go on past midnight; it belongs to the day on which it begins. A holiday is closed from midnight
to midnight, and no span begins on it: the night before it ends at its midnight, its own does not take place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.phrase import phrase
from appliance.screening.errors import ScreeningError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MIDNIGHT = 24 * 60
AHEAD = 400
"""How many days ahead a change of the hours is looked for."""
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-\u2013]\s*([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}")
_LEAP_YEAR = "2000-"  # which has every day that there is


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From and to, in minutes since the midnight before; `closes` is more than 1440 on the next day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        """Return it as a person writes it."""
        ends = self.closes if self.closes <= MIDNIGHT else self.closes - MIDNIGHT
        return f"{_clock(self.opens)}-{_clock(ends)}"


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days on which the desk is closed, `first` to `last`: 2026-08-15, or 08-15 for that of every year."""

    first: str
    last: str
    name: str = ""

    def __contains__(self, day: date) -> bool:
        """Return whether it is on that day."""
        shown = day.isoformat()[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= shown <= self.last
        return shown >= self.first or shown <= self.last

    def __str__(self) -> str:
        """Return its days as a person writes them."""
        return self.first if self.first == self.last else f"{self.first}..{self.last}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar. `zone` is an IANA time zone, "" that of the time that is asked about.

    `week` is the spans of each day from Monday on. A week without any is open around the clock, but for
    holidays.
    """

    zone: str = ""
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    holidays: tuple[Holiday, ...] = ()

    def local(self, at: datetime) -> datetime:
        """Return a time as the calendar's clock shows it."""
        return at.astimezone(zone(self.zone)) if self.zone else at


def closed(hours: Hours, at: datetime) -> str:
    """Return why the desk is closed at a time, to a person; "" while it is open."""
    local = hours.local(at)
    if holiday := _holiday(hours, local.date()):
        return f"holiday: {holiday.name or holiday}"
    if not any(hours.week):
        return ""
    today, minute = local.date(), local.hour * 60 + local.minute
    for day, since in ((today, minute), (today - timedelta(days=1), minute + MIDNIGHT)):
        if any(span.opens <= since < span.closes for span in _spans(hours, day)):
            return ""
    when = f" {local:%H:%M}" if _spans(hours, today) else ""
    return f"outside opening hours: {DAYS[today.weekday()]}{when}"


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """Return when the desk next opens, or closes; None where it does neither within a year."""
    is_closed = bool(closed(hours, at))
    return next((moment for moment in _moments(hours, at) if bool(closed(hours, moment)) != is_closed), None)


def _moments(hours: Hours, at: datetime) -> Iterator[datetime]:
    """Yield the times after `at` at which something may change, in the calendar's time zone."""
    local = hours.local(at)
    assert local.tzinfo
    for ahead in range(AHEAD):
        day = local.date() + timedelta(days=ahead)
        edges = {0, *(edge for span in hours.week[day.weekday()] for edge in (span.opens, span.closes))}
        edges |= {span.closes - MIDNIGHT for span in hours.week[day.weekday() - 1]}
        found = set(_jump(day, local.tzinfo))
        for edge in edges:
            if 0 <= edge < MIDNIGHT:
                clock = time(edge // 60, edge % 60)
                # A time that comes twice is two moments (PEP 495).
                found |= {
                    datetime.combine(day, clock.replace(fold=fold), local.tzinfo).astimezone(UTC)
                    for fold in (0, 1)
                }
        yield from (moment.astimezone(local.tzinfo) for moment in sorted(found) if moment > at)


def _jump(day: date, tz: tzinfo) -> Iterable[datetime]:
    """Return the moment of a day at which the clocks are set, to the minute, where they are."""
    low, high = (
        datetime.combine(day + timedelta(days=n), time(), tz).astimezone(UTC).replace(second=0, microsecond=0)
        for n in (0, 1)
    )
    before = low.astimezone(tz).utcoffset()
    if high.astimezone(tz).utcoffset() == before:
        return ()
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return (high,)


def _spans(hours: Hours, day: date) -> tuple[Span, ...]:
    """Return the spans that begin on a day."""
    return () if _holiday(hours, day) else hours.week[day.weekday()]


def _holiday(hours: Hours, day: date) -> Holiday | None:
    return next((holiday for holiday in hours.holidays if day in holiday), None)


# --- as people write them


@cache
def zone(name: str) -> ZoneInfo:
    """Return a time zone; ScreeningError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # which of them, is told by what is wrong with the name
        raise ScreeningError(
            phrase("%(name)s is no time zone: write one as Europe/Rome", name=repr(name))
        ) from error


def spans(written: Iterable[str]) -> tuple[Span, ...]:
    """Return the spans of a day, such as 09:00-13:00 and 22:00-06:00, in order; those that meet are one."""
    merged: list[Span] = []
    for span in sorted(map(_span, written)):
        both = Span(merged[-1].opens, max(merged[-1].closes, span.closes)) if merged else span
        can_be_written = both.closes <= MIDNIGHT or both.closes - both.opens < MIDNIGHT
        if merged and span.opens <= merged[-1].closes and can_be_written:
            merged[-1] = both
        else:
            merged.append(span)
    return tuple(merged)


def _span(written: str) -> Span:
    found = _SPAN.fullmatch(written.strip())
    if not found:
        raise ScreeningError(
            phrase(
                "%(written)s is no time of day: write from and to, such as 09:00-13:00", written=repr(written)
            )
        )
    hour, minute, end_hour, end_minute = map(int, found.groups())
    opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
    if hour > 23 or minute > 59 or end_minute > 59 or closes > MIDNIGHT:
        raise ScreeningError(
            phrase("%(written)s: there is no such time; a day is from 00:00 to 24:00", written=repr(written))
        )
    if opens == closes:
        raise ScreeningError(
            phrase(
                "%(written)s is no time at all; for the whole day write 00:00-24:00", written=repr(written)
            )
        )
    return Span(opens, closes if closes > opens else closes + MIDNIGHT)


def days(written: str) -> tuple[int, ...]:
    """Return the days of the week, 0 for Monday, of monday, mon, mon-fri, fri-mon or mon,wed,sat."""
    found: list[int] = []
    for part in written.split(","):
        first, dash, last = part.partition("-")
        begin = _day(first, written)
        count = (_day(last, written) - begin) % 7 if dash else 0
        found += [(begin + n) % 7 for n in range(count + 1)]
    return tuple(dict.fromkeys(found))


def _day(written: str, whole: str) -> int:
    word = written.strip().lower()
    named = [n for n, day in enumerate(DAYS) if word == day.lower() or word == day[:3].lower()]
    if not named:
        raise ScreeningError(f"{whole!r}: write days as monday, mon-fri or mon,wed,sat")
    return named[0]


def holiday(written: str, name: str = "") -> Holiday:
    """Return the days of 2026-08-15, 2026-08-10..2026-08-21, 12-25 (every year) or 12-24..01-06, by name."""
    first, dots, last = (part.strip() for part in written.partition(".."))
    last = last if dots else first
    for day in (first, last):
        if not _DATE.fullmatch(day):
            raise ScreeningError(
                phrase(
                    "%(written)s: write days as 2026-08-15, or 08-15 for every year; several as"
                    " 2026-08-10..2026-08-21",
                    written=repr(written),
                )
            )
        try:
            date.fromisoformat(day if len(day) > len("08-15") else _LEAP_YEAR + day)
        except ValueError:
            raise ScreeningError(
                phrase("%(written)s: there is no day %(day)s", written=repr(written), day=day)
            ) from None
    if len(first) != len(last):
        raise ScreeningError(
            phrase("%(written)s: write the year of both days, or of none", written=repr(written))
        )
    if first > last and len(first) > len("08-15"):
        raise ScreeningError(phrase("%(written)s ends before it begins", written=repr(written)))
    return Holiday(first, last, " ".join(name.split())[:100])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
