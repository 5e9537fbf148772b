"""`deskbell stats`: what the calls of a day or a range of days add up to."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import TYPE_CHECKING

from appliance import settings
from appliance.commands.grammar import DONE, REFUSED, add, add_json, add_settings_path, print_json, say
from appliance.commands.history import day, lasted, safely
from appliance.commands.store import opened

if TYPE_CHECKING:
    import argparse

    from appliance.commands.grammar import Commands
    from appliance.history.statistics import Count, Peak, Side, Statistics, Times


def add_commands(commands: Commands) -> None:
    """Add the word."""
    stats = add(
        commands, "stats", "Show what the calls of a day, or of a range of days, add up to.", safely(_stats)
    )
    stats.add_argument("first", nargs="?", type=day, default="today", metavar="DAY", help="(default: today)")
    stats.add_argument("last", nargs="?", type=day, metavar="LAST", help="the last day of a range")
    add_settings_path(stats)
    add_json(stats)


def _stats(options: argparse.Namespace) -> int:
    from appliance.history.record import day_number
    from appliance.history.statistics import by_day, by_hour, statistics

    first, last = options.first, options.last or options.first
    if last < first:
        return say(f"{last} is before {first}", REFUSED)
    days = day_number(first), day_number(last)
    with opened(settings.load(options.settings)) as file:
        found = statistics(file, *days)
        if options.json:
            charts = {
                "by_hour": [asdict(piece) for piece in by_hour(file, *days)],
                "by_day": [asdict(piece) for piece in by_day(file, *days)],
            }
            print_json({"first": first.isoformat(), "last": last.isoformat(), **asdict(found), **charts})
            return DONE
    print("\n".join(_lines(found, first, last)))
    return DONE


def _lines(found: Statistics, first: datetime.date, last: datetime.date) -> list[str]:
    return [
        f"{first}" if first == last else f"{first} to {last}",
        f"{'calls':24}{'total':>9}{'per hour':>10}{'percent':>9}",
        *(
            _count(name, count)
            for name, count in (
                ("in", found.incoming.calls),
                ("out", found.outgoing.calls),
                ("missed", found.missed),
                ("transferred", found.transferred),
            )
        ),
        f"{'returned':24}{found.returned:9}",
        f"{'screened':24}{found.screened:9}",
        "",
        f"{'times':24}{'average':>9}{'largest':>10}  peak",
        _times("talk", found.talk) + f"; {lasted(found.talk.total)} in all",
        *_side("in", found.incoming),
        *_side("out", found.outgoing),
        "",
        f"{'most calls at once':24}{found.at_once.largest:9.0f}{_when(found.at_once)}",
        f"{'most waiting':24}{found.waiting.largest:9.0f}{_when(found.waiting)}",
    ]


def _count(name: str, count: Count) -> str:
    return f"{name:24}{count.total:9}{count.per_hour:10.1f}{count.percent:8.0f}%"


def _side(name: str, side: Side) -> list[str]:
    times = (("to answer", side.to_answer), ("on hold", side.hold), ("duration", side.duration))
    return [_times(f"{name}: {word}", found) for word, found in times]


def _times(name: str, times: Times) -> str:
    return f"{name:24}{lasted(times.average):>9}{lasted(times.peak.largest):>10}{_when(times.peak)}"


def _when(peak: Peak) -> str:
    if not peak.at:
        return ""
    return f"  {datetime.datetime.fromtimestamp(peak.at).astimezone():%Y-%m-%d %H:%M:%S}"
