"""`deskbell screening`, `deskbell hours` and `deskbell holidays`: who may ring, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from appliance import settings
from appliance.commands.grammar import (
    DONE,
    REFUSED,
    Commands,
    add,
    add_group,
    add_json,
    add_settings_path,
    print_json,
    say,
)
from appliance.commands.store import opened
from appliance.store.file import StoreError

if TYPE_CHECKING:
    import argparse
    import sqlite3
    from collections.abc import Callable, Iterator

    from appliance.commands.grammar import Run
    from appliance.screening.hours import Hours
    from appliance.screening.rules import Rules

RULES = ("blacklist", "anonymous", "unknown", "everybody", "closed", "colleagues")
NOTHING = "-"


def add_commands(commands: Commands) -> None:
    """Add the words."""
    words = []
    group = add_group(commands, "screening", "Say who may ring, and what becomes of the others.")
    words.append(add(group, "show", "Show all rules, and whether the desk is open.", safely(_show)))
    words.append(
        _set := add(group, "set", "Switch a rule on or off, and say what it does.", safely(_set_rule))
    )
    _set.add_argument("rule", choices=RULES, help="colleagues: the rules are for them too")
    _set.add_argument("on", choices=("on", "off"), nargs="?", help="(default: as it is)")
    _set.add_argument("--divert", metavar="NUMBER", help=f"where these calls go; {NOTHING}: they are refused")
    _set.add_argument("--shown", choices=("on", "off"), help="whether these calls are listed")

    group = add_group(commands, "hours", "Say when the desk is open in a usual week.")
    words.append(add(group, "show", "Show the opening hours, and whether the desk is open.", safely(_show)))
    words.append(_set := add(group, "set", "Say when the desk is open on some days.", safely(_set_hours)))
    _set.add_argument("days", help="monday, mon-fri or mon,wed,sat")
    _set.add_argument("spans", nargs="+", metavar="from-to", help="09:00-13:00 14:00-18:00, or closed")
    words.append(_set := add(group, "zone", "Say in which time zone the desk is.", safely(_set_zone)))
    _set.add_argument("zone", help=f"such as Europe/Rome; {NOTHING}: that of this box")

    group = add_group(commands, "holidays", "Say on which days the desk is closed.")
    words.append(add(group, "list", "List the holidays.", safely(_holidays)))
    words.append(_set := add(group, "add", "Add a holiday.", safely(_add_holiday)))
    _set.add_argument("days", help="2026-08-15, 2026-08-10..2026-08-21, or 12-25 for every year")
    _set.add_argument("name", nargs="*", help="what it is called")
    words.append(_set := add(group, "remove", "Remove a holiday.", safely(_remove_holiday)))
    _set.add_argument("days", help="as they are listed")
    for word in words:
        add_settings_path(word)
        add_json(word)


def safely(run: Run) -> Run:
    """Return a command that says why not where a rule cannot be, or the store not be used."""

    def safe(options: argparse.Namespace) -> int:
        from appliance.screening.errors import ScreeningError

        try:
            return run(options)
        except (ScreeningError, StoreError) as error:
            return say(str(error), REFUSED)

    return safe


def rules_of(loaded: settings.Settings, file: sqlite3.Connection) -> Rules:
    """Return the rules in the store."""
    from appliance.screening.rules import load

    return load(file, loaded.dialling.plan)


def now() -> datetime:
    """Return the time, in this box's time zone."""
    return datetime.now(UTC).astimezone()


def _show(options: argparse.Namespace) -> int:
    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        return _told(options, rules_of(loaded, file))


def _change(options: argparse.Namespace, changed: Callable[[Rules], Rules]) -> int:
    from appliance.screening.rules import save
    from appliance.store.file import writing

    loaded = settings.load(options.settings)
    own = (loaded.line.user, *(line.user for line in loaded.lines.values()))
    with opened(loaded) as file:
        with writing(file):
            save(file, changed(rules_of(loaded, file)), own)
        return _told(options, rules_of(loaded, file))


def _told(options: argparse.Namespace, rules: Rules) -> int:
    """Print the rules as they are."""
    from appliance.screening.hours import closed, next_change
    from appliance.screening.rules import as_data

    at = now()
    why, change = closed(rules.hours, at), next_change(rules.hours, at)
    if options.json:
        state = {"open": not why, "reason": why, "until": change.isoformat() if change else ""}
        print_json({**as_data(rules), "now": state})
        return DONE
    until = f" until {change:%A %d %B %Y %H:%M}" if change else ""
    print("\n".join([*_rules_in_words(rules), *_hours_in_words(rules.hours)]))
    anyway = "" if rules.closed.on else "; calls ring all the same: the rule closed is off"
    print(f"now: closed ({why}){until}{anyway}" if why else f"now: open{until}")
    return DONE


def _rules_in_words(rules: Rules) -> Iterator[str]:
    for name in RULES[:-1]:
        rule = getattr(rules, name)
        does = f"diverted to {rule.divert}" if rule.divert else "refused"
        yield f"{name}: {'on' if rule.on else 'off'}; {does}, {'listed' if rule.shown else 'not listed'}"
    yield f"colleagues: {'screened as everybody' if rules.colleagues else 'may ring'}"


def _hours_in_words(hours: Hours) -> Iterator[str]:
    from appliance.screening.hours import DAYS

    yield f"time zone: {hours.zone or 'that of this box; another one: deskbell hours zone Europe/Rome'}"
    if any(hours.week):
        for day, spans in zip(DAYS, hours.week, strict=True):
            yield f"{day}: {', '.join(map(str, spans)) or 'closed'}"
    else:
        yield "every day: open around the clock"
    for holiday in hours.holidays:
        yield f"holiday {holiday}: {holiday.name}" if holiday.name else f"holiday {holiday}"


def _set_rule(options: argparse.Namespace) -> int:
    if options.rule == "colleagues":
        if options.divert or options.shown or not options.on:
            return say("colleagues is on or off, and no more", REFUSED)
        return _change(options, lambda rules: replace(rules, colleagues=options.on == "on"))
    said: dict[str, Any] = {
        name: value == "on" for name in ("on", "shown") if (value := getattr(options, name))
    }
    if options.divert is not None:
        said["divert"] = "" if options.divert == NOTHING else options.divert
    return _change(
        options,
        lambda rules: replace(rules, **{options.rule: replace(getattr(rules, options.rule), **said)}),
    )


def _hours(options: argparse.Namespace, changed: Callable[[Hours], Hours]) -> int:
    return _change(options, lambda rules: replace(rules, hours=changed(rules.hours)))


def _set_hours(options: argparse.Namespace) -> int:
    from appliance.screening import hours

    days = hours.days(options.days)
    spans = () if options.spans == ["closed"] else hours.spans(options.spans)
    return _hours(
        options,
        lambda old: replace(
            old, week=tuple(spans if day in days else before for day, before in enumerate(old.week))
        ),
    )


def _set_zone(options: argparse.Namespace) -> int:
    from appliance.screening import hours

    name = "" if options.zone == NOTHING else hours.zone(options.zone).key
    return _hours(options, lambda old: replace(old, zone=name))


def _holidays(options: argparse.Namespace) -> int:
    from appliance.screening.rules import as_data

    loaded = settings.load(options.settings)
    with opened(loaded) as file:
        holidays = as_data(rules_of(loaded, file))["hours"]["holidays"]
    if options.json:
        print_json(holidays)
    else:
        print("\n".join(f"{one['days']}  {one['name']}".rstrip() for one in holidays) or "no holidays")
    return DONE


def _add_holiday(options: argparse.Namespace) -> int:
    from appliance.screening import hours

    new = hours.holiday(options.days, " ".join(options.name))
    return _hours(
        options,
        lambda old: replace(
            old,
            holidays=tuple(
                sorted(
                    [*(one for one in old.holidays if str(one) != str(new)), new], key=lambda one: one.first
                )
            ),
        ),
    )


def _remove_holiday(options: argparse.Namespace) -> int:
    from appliance.screening import hours
    from appliance.screening.errors import ScreeningError

    gone = str(hours.holiday(options.days))

    def without(old: Hours) -> Hours:
        left = tuple(one for one in old.holidays if str(one) != gone)
        if len(left) == len(old.holidays):
            raise ScreeningError(f"{gone} is no holiday; `deskbell holidays list` shows what is")
        return replace(old, holidays=left)

    return _hours(options, without)
