"""Numbers, dates and times in the reader's way and on the box's clock: filters for the templates."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime as Moment
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import flask_babel  # type: ignore[import-untyped]  # Flask-Babel has no types
from babel import Locale, dates, numbers, units
from babel.localtime import get_localzone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

When = float | Moment
Width = Literal["abbreviated", "narrow", "short", "wide"]
SIZES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")


def locale() -> Locale:
    """Return the reader's language and, where the browser tells it, country; English outside a request."""
    return flask_babel.get_locale() or Locale("en")


def zone() -> tzinfo:
    """Return the time zone of the box."""
    return get_localzone()


def zone_name() -> str:
    """Return its name for scripts, such as Europe/Berlin; "" when it has none."""
    here = zone()
    return str(getattr(here, "key", None) or getattr(here, "zone", None) or "")


def _moment(when: When) -> Moment:
    """Return a moment on the box's clock; `when` are seconds since 1970 or a moment with its zone."""
    return when.astimezone(zone()) if isinstance(when, Moment) else Moment.fromtimestamp(when, zone())


def number(value: float, digits: int | None = None) -> str:
    """Return 1,234.5 as the reader writes it, with so many `digits` after the point when given."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return numbers.format_decimal(value, pattern, locale=locale())


def percent(share: float) -> str:
    """Return 0.25 as 25 %."""
    return numbers.format_percent(share, locale=locale())


def size(count: float) -> str:
    """Return a number of bytes in the unit that suits it, in steps of 1000: 1.5 MB."""
    step = 0
    while count >= 1000 and step < len(SIZES) - 1:
        count, step = count / 1000, step + 1
    pattern = "#,##0.#" if count < 10 else "#,##0"
    return units.format_unit(count, f"digital-{SIZES[step]}", "short", pattern, locale=locale())


def date(when: When | Date, form: str = "medium") -> str:
    """Return the day of a moment: Nov 22, 2026."""
    day = when if isinstance(when, Date) and not isinstance(when, Moment) else _moment(when)
    return dates.format_date(day, form, locale=locale())


def time(when: When, form: str = "short") -> str:
    """Return the time of day of a moment: 7:45 PM."""
    return dates.format_time(_moment(when), form, locale=locale())


def datetime(when: When, form: str = "short") -> str:
    """Return day and time of a moment: 11/22/26, 7:45 PM."""
    return dates.format_datetime(_moment(when), form, locale=locale())


def duration(seconds: float) -> str:
    """Return how long something lasted: 0:07, 12:30, 1:02:03."""
    minutes, left = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def relative(when: When, now: When | None = None) -> str:
    """Return how long ago something was or in how long it will be: 3 minutes ago."""
    apart: timedelta = _moment(when) - (Moment.now(zone()) if now is None else _moment(now))
    return dates.format_timedelta(apart, add_direction=True, threshold=1, locale=locale())


def weekday(day: int, width: Width = "wide") -> str:
    """Return the name of a day of the week, 0 for Monday to 6."""
    return str(dates.get_day_names(width, "stand-alone", locale())[day])


def weekdays() -> list[int]:
    """Return the days of the week in the order in which the reader counts them."""
    first = locale().first_week_day
    return [(first + day) % 7 for day in range(7)]


FILTERS: dict[str, Callable[..., str]] = {
    "number": number,
    "percent": percent,
    "bytes": size,
    "date": date,
    "time": time,
    "datetime": datetime,
    "duration": duration,
    "relative": relative,
    "weekday": weekday,
}
