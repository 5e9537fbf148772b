"""What the calls of a day or a range of days add up to: figures, charts, and the same as tables.

Operators may see it as well: it holds nobody's name or number, and whoever is counted may see what is.
"""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel import dates
from flask import Blueprint, Response, render_template, request

from appliance.history.record import day_number
from appliance.history.statistics import Slice, by_day, by_hour, statistics
from web import access, box, chart, figures
from web.language import N_, ngettext
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

page = Blueprint("statistics", __name__)

DAY = datetime.timedelta(1)
EARLIEST, LATEST = datetime.date(1970, 1, 2), datetime.date(2999, 12, 30)
DAILY, WEEKLY = (
    62,
    400,
)  # a range of so many days has a bar for each day, or each week; a longer one for each month
PERIODS = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "week": N_("This week"),
    "last-week": N_("Last week"),
    "month": N_("This month"),
    "last-month": N_("Last month"),
    "year": N_("This year"),
}
Shown = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Range:
    """Some days; the last one counts."""

    first: datetime.date
    last: datetime.date

    @property
    def numbers(self) -> tuple[int, int]:
        """As records have days."""
        return day_number(self.first), day_number(self.last)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Range:
        """The month before a whole month, else as many days just before."""
        last = self.first - DAY
        if self.first.day == 1 and (self.last + DAY).day == 1 and self.days <= 31:
            return Range(last.replace(day=1), last)
        return Range(self.first - self.days * DAY, last)


@page.get("/statistics")
@access.operator
def start() -> Shown:
    """Show them; of today, where nothing was asked for."""
    asked, errors = _asked()
    file, days = box.store(), asked.numbers
    hours = by_hour(file, *days)
    periods = _periods(by_day(file, *days), asked) if asked.days > 1 else []
    return render_template(
        "statistics.html",
        asked=asked,
        before=asked.before,
        errors=errors,
        found=statistics(file, *days),
        earlier=statistics(file, *asked.before.numbers),
        hours=hours,
        periods=periods,
        charts=_charts(hours, periods, asked),
        choices=PERIODS,
        chosen=request.args.get("period", "" if "from" in request.args else "today"),
        compared=compared,
        hour=hour,
    ), 422 if errors else 200


@page.get("/statistics.csv")
@access.operator
def export() -> Response | Shown:
    """Send a line for each hour of a day, or for each day of a range."""
    asked, errors = _asked()
    if errors:
        return start()
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(["Day", "Hour", "In", "Missed", "Out", "Transferred", "Talked (s)"])
    one = asked.days == 1
    for piece in (by_hour if one else by_day)(box.store(), *asked.numbers):
        day = asked.first if one else _date(piece.at)
        counts = (piece.incoming, piece.missed, piece.outgoing, piece.transferred, round(piece.talked))
        rows.writerow([day, piece.at if one else "", *counts])
    name = f"statistics-{asked.first}" + ("" if one else f"-{asked.last}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + table.getvalue(), mimetype="text/csv", headers=headers)


def compared(now: float, before: float) -> str:
    """Return how a count differs from that of the period before, in words."""
    if now == before:
        return _("as many as before")
    if now > before:
        more = int(now - before)
        return ngettext(
            "%(count)s more than before", "%(count)s more than before", more, count=figures.number(more)
        )
    fewer = int(before - now)
    return ngettext(
        "%(count)s fewer than before", "%(count)s fewer than before", fewer, count=figures.number(fewer)
    )


# --- which days


def _asked() -> tuple[Range, dict[str, str]]:
    today = datetime.datetime.now(figures.zone()).date()
    said = request.args
    if "from" not in said and "to" not in said:
        return _period(said.get("period", "today"), today), {}
    days, errors = {}, {}
    for name in ("from", "to"):
        try:
            days[name] = datetime.date.fromisoformat(said.get(name, "").strip())
            if not EARLIEST <= days[name] <= LATEST:
                raise ValueError
        except ValueError:
            errors[name] = _("There is no such day.")
    if not errors and days["to"] < days["from"]:
        errors["to"] = _("It ends before it begins.")
    if not errors and (days["to"] - days["from"]).days > 366 * 20:
        errors["to"] = _("That is too long: choose twenty years at most.")
    return (Range(today, today) if errors else Range(days["from"], days["to"])), errors


def _period(name: str, today: datetime.date) -> Range:
    """Return the days of a period; those that are not over yet only until today."""
    week = today - (today.weekday() - figures.weekdays()[0]) % 7 * DAY
    month = today.replace(day=1)
    match name:
        case "yesterday":
            return Range(today - DAY, today - DAY)
        case "week":
            return Range(week, today)
        case "last-week":
            return Range(week - 7 * DAY, week - DAY)
        case "month":
            return Range(month, today)
        case "last-month":
            return Range((month - DAY).replace(day=1), month - DAY)
        case "year":
            return Range(today.replace(month=1, day=1), today)
        case _:
            return Range(today, today)


def _date(number: int) -> datetime.date:
    return datetime.date(number // 10_000, number // 100 % 100, number % 100)


# --- charts


def hour(at: int) -> str:
    """Return the name of an hour, short: 9, or 9 AM."""
    locale = figures.locale()
    halves = "a" in str(dates.get_time_format("short", locale))
    return dates.format_time(datetime.time(at), "h a" if halves else "H", locale=locale)


def short_day(day: datetime.date, asked: Range) -> str:
    """Return the name of a day, or of the month that it begins in a long range."""
    skeleton = "yMMM" if asked.days > WEEKLY else "Md"
    return dates.format_skeleton(skeleton, day, locale=figures.locale())


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or several of a long range, and what their calls add up to."""

    first: datetime.date
    last: datetime.date
    sums: Slice


def _periods(found: Iterable[Slice], asked: Range) -> list[Period]:
    """Return the days of a range, or its weeks or months, also those without a call."""
    known = {_date(one.at): one for one in found}
    periods = []
    first = asked.first
    while first <= asked.last:
        last = min(_end(first, asked.days), asked.last)
        days = [first + at * DAY for at in range((last - first).days + 1)]
        pieces = [known[day] for day in days if day in known]
        sums = Slice(
            day_number(first),
            incoming=sum(one.incoming for one in pieces),
            outgoing=sum(one.outgoing for one in pieces),
            missed=sum(one.missed for one in pieces),
            transferred=sum(one.transferred for one in pieces),
            talked=sum(one.talked for one in pieces),
        )
        periods.append(Period(first, last, sums))
        first = last + DAY
    return periods


def _end(first: datetime.date, days: int) -> datetime.date:
    if days <= DAILY:
        return first
    if days <= WEEKLY:
        return first + (6 - (first.weekday() - figures.weekdays()[0]) % 7) * DAY
    return (first.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def _charts(hours: list[Slice], periods: list[Period], asked: Range) -> dict[str, chart.Chart]:
    short = [hour(one.at) for one in hours]
    made = {"hours": chart.stacked(short, [_parts(one) for one in hours])}
    if periods:
        days = [short_day(one.first, asked) for one in periods]
        made["periods"] = chart.stacked(days, [_parts(one.sums) for one in periods])
        made["talk"] = chart.stacked(days, [(round(one.sums.talked / 60),) for one in periods])
    else:
        made["talk"] = chart.stacked(short, [(round(one.talked / 60),) for one in hours])
    return made


def _parts(one: Slice) -> tuple[int, int, int]:
    """Return what a bar is made of: calls in that were not missed, missed ones, and calls out."""
    return one.incoming - one.missed, one.missed, one.outgoing
