"""Who may ring, and when: anonymous, unknown and all callers, the blacklist, opening hours and holidays."""

from __future__ import annotations

import json
import zoneinfo
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for

from appliance.screening import hours, rules
from appliance.screening.errors import ScreeningError
from appliance.screening.hours import DAYS, Holiday, Hours, Span
from appliance.screening.pattern import emergency_numbers
from appliance.screening.rules import RULES, Rule, Rules
from web import box, figures
from web.language import gettext as _
from web.language import translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from werkzeug.wrappers import Response

page = Blueprint("screening", __name__)

LONGEST_NAME = 100  # characters of a holiday's name
MOST_HOLIDAYS = 400
NO_LEAP_DAY = "02-29"
Shown = tuple[str, int]


class Day(NamedTuple):
    """A row of the holidays, as it stands in its fields."""

    first: str = ""
    last: str = ""
    yearly: bool = False
    name: str = ""


@page.get("/screening")
def start() -> Shown:
    """Show all rules, and whether the desk is open."""
    found = _load(box.store())
    return _shown(found, found, _week(found.hours), _days(found.hours), {})


@page.post("/screening/rules")
def save_rules() -> Response | Shown:
    """Say who may ring, and what becomes of the others."""
    found = _load(box.store())
    errors: dict[str, str] = {}
    wanted = replace(found, colleagues="colleagues" in request.form, **_typed_rules())
    for name in RULES:
        try:
            rules.check_divert(getattr(wanted, name).divert, _own())
        except ScreeningError as error:
            errors[f"{name}-divert"] = translated(error.args[0])
    if not errors and not _save(wanted, "screening: rules"):
        errors["rules"] = _("Somebody else has changed the rules meanwhile. Look, and save again.")
    if errors:
        return _shown(found, wanted, _week(found.hours), _days(found.hours), errors)
    box.told(_("Saved."))
    return redirect(url_for("screening.start"), 303)


@page.post("/screening/hours")
def save_hours() -> Response | Shown:
    """Say when the desk is open."""
    found = _load(box.store())
    errors: dict[str, str] = {}
    week = [list(_typed_spans(day)) for day in range(7)]
    days = list(_typed_days())
    spans = tuple(_read_spans(day, typed, errors) for day, typed in enumerate(week))
    holidays = tuple(sorted(_read_days(days, errors), key=lambda one: one.first))
    zone = request.form.get("zone", "")
    if zone and zone not in _zones():
        errors["zone"] = _("There is no such time zone.")
    wanted = replace(found, hours=Hours(zone if "zone" not in errors else "", spans, holidays))
    if not errors and not _save(wanted, "screening: opening hours"):
        errors["hours"] = _("Somebody else has changed the rules meanwhile. Look, and save again.")
    if errors:
        return _shown(found, wanted, week, days, errors)
    box.told(_("Saved."))
    return redirect(url_for("screening.start") + "#hours", 303)


def _load(file: sqlite3.Connection) -> Rules:
    return rules.load(file, box.settings().dialling.plan)


def _own() -> tuple[str, ...]:
    loaded = box.settings()
    return (loaded.line.user, *(line.user for line in loaded.lines.values()))


def _save(wanted: Rules, what: str) -> bool:
    """Keep the rules, unless they are others now than the page has shown."""
    with box.changing(what) as file:
        if request.form.get("was") != _was(_load(file)):
            return False
        rules.save(file, wanted, _own())
    return True


def _was(found: Rules) -> str:
    return json.dumps(rules.as_data(found), ensure_ascii=False)


def _shown(
    found: Rules, wanted: Rules, week: list[list[tuple[str, str]]], days: list[Day], errors: dict[str, str]
) -> Shown:
    at = datetime.now(figures.zone())
    local = found.hours.local(at)
    loaded = box.settings()
    return render_template(
        "screening.html",
        rules=wanted,
        names=RULES,
        was=_was(found),
        week=week,
        days=days,
        zone=request.form.get("zone", wanted.hours.zone),
        zones=_zones(),
        errors=errors,
        closed=hours.closed(found.hours, at),
        holiday=next((one for one in found.hours.holidays if local.date() in one), None),
        change=hours.next_change(found.hours, at),
        now=at,
        enforced=found.closed.on,
        emergency=emergency_numbers(loaded.dialling.country),
        country=loaded.dialling.country,
    ), 422 if errors else 200


@cache
def _zones() -> tuple[str, ...]:
    """Return the names of all time zones that people live in."""
    areas = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    known = zoneinfo.available_timezones()
    return tuple(sorted(name for name in known if name.partition("/")[0] in areas or name == "UTC"))


def _typed_rules() -> dict[str, Any]:
    form = request.form
    return {
        name: Rule(f"{name}-on" in form, form.get(f"{name}-divert", "").strip(), f"{name}-shown" in form)
        for name in RULES
    }


# --- a usual week


def _week(shown: Hours) -> list[list[tuple[str, str]]]:
    return [[(_clock(span.opens), _clock(span.closes)) for span in spans] for spans in shown.week]


def _clock(minutes: int) -> str:
    """Return a time as a browser's field has it, in which midnight is always 00:00."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _typed_spans(day: int) -> Iterator[tuple[str, str]]:
    """Yield what was typed for a day, but for the rows that were left empty."""
    name = DAYS[day].lower()
    pairs = zip_longest(
        request.form.getlist(f"{name}-from"), request.form.getlist(f"{name}-to"), fillvalue=""
    )
    yield from ((opens.strip(), closes.strip()) for opens, closes in pairs if opens.strip() or closes.strip())


def _read_spans(day: int, typed: list[tuple[str, str]], errors: dict[str, str]) -> tuple[Span, ...]:
    """Return the spans of a day; what is wrong with one goes into the errors."""
    name = DAYS[day].lower()
    if any(not opens or not closes for opens, closes in typed):
        errors[name] = _("Write both, from and to.")
        return ()
    whole_day = [opens == closes and opens[:5] == "00:00" for opens, closes in typed]
    written = [
        "00:00-24:00" if whole else f"{opens[:5]}-{closes[:5]}"
        for whole, (opens, closes) in zip(whole_day, typed, strict=True)
    ]
    try:
        return hours.spans(written)
    except ScreeningError as error:
        errors[name] = translated(error.args[0])
        return ()


# --- holidays


def _days(shown: Hours) -> list[Day]:
    return [_fields(one) for one in shown.holidays]


def _fields(holiday: Holiday) -> Day:
    """Return a holiday as its fields have it; one of every year is shown in the next year that has it."""
    first, last = holiday.first, holiday.last
    yearly = len(first) == len("08-15")
    if yearly:
        year = datetime.now(figures.zone()).year
        while NO_LEAP_DAY in (first, last) and year % 4:
            year += 1
        first, last = f"{year}-{first}", f"{year + (last < first)}-{last}"
    return Day(first, "" if last == first else last, yearly, holiday.name)


def _typed_days() -> Iterator[Day]:
    form = request.form
    for row in form.getlist("day")[:MOST_HOLIDAYS]:
        first, last, name = (form.get(f"{part}-{row}", "").strip() for part in ("first", "last", "name"))
        if first or last or name:
            yield Day(first, last, f"yearly-{row}" in form, name)


def _read_days(typed: list[Day], errors: dict[str, str]) -> Iterator[Holiday]:
    """Yield the holidays; what is wrong with one goes into the errors, under its row."""
    for row, day in enumerate(typed):
        try:
            if not day.first:
                raise ScreeningError(_("Write the day."))
            if len(day.name) > LONGEST_NAME:
                raise ScreeningError(_("Write %(most)s characters at most.", most=LONGEST_NAME))
            first, last = (date.fromisoformat(one).isoformat() for one in (day.first, day.last or day.first))
            if last < first:
                raise ScreeningError(_("It ends before it begins."))
            cut = 5 if day.yearly else 0
            yield hours.holiday(f"{first[cut:]}..{last[cut:]}", day.name)
        except ScreeningError as error:
            errors[f"day-{row}"] = translated(error.args[0])
        except ValueError:
            errors[f"day-{row}"] = _("There is no such day.")
