"""All rules of who may ring, and when, as one value; and how the store keeps it.

A rule is written down as a person would say it, so that what is in the store can be read, and checked again
when it is loaded.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.numbers import DialPlan
from appliance.phrase import phrase
from appliance.screening import blacklist, hours
from appliance.screening.blacklist import Blacklist
from appliance.screening.errors import ScreeningError
from appliance.screening.hours import DAYS, Hours

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_DIVERT = re.compile(r"[0-9A-Za-z*#+._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the calls that a rule is about, while it is `on`.

    They go to `divert`, "" to refuse them; `shown`: they are listed among the calls that are over.
    """

    on: bool = False
    divert: str = ""
    shown: bool = True


ON = Rule(on=True)
OFF = Rule()
RULES = ("blacklist", "anonymous", "unknown", "everybody", "closed")


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may not ring: whom the blacklist matches, `anonymous` callers, who withhold their number, `unknown`
    ones, of whom no number is known, `everybody`, and whoever calls while the desk is `closed`.

    `colleagues`: all rules are for them too. Without it they are only refused by a number of theirs on the
    blacklist, and where everybody is. See `appliance.screening.verdict`.
    """

    blacklist: Rule = ON
    anonymous: Rule = OFF
    unknown: Rule = OFF
    everybody: Rule = OFF
    closed: Rule = OFF
    colleagues: bool = False
    hours: Hours = field(default_factory=Hours)
    listed: Blacklist = field(default_factory=Blacklist)
    plan: DialPlan = field(default_factory=DialPlan)  # how numbers are written here
    revision: int = -1  # of the store; -1: not from there


def load(file: sqlite3.Connection, plan: DialPlan, known: Rules | None = None) -> Rules:
    """Return the rules in the store, or `known` while they are the same; ScreeningError if one is damaged."""
    text, revision = file.execute("SELECT rules, revision FROM screening").fetchone()
    if known and (known.revision, known.plan) == (revision, plan):
        return known
    try:
        data = json.loads(text)
        return Rules(
            **{name: Rule(**data[name]) for name in RULES if name in data},
            colleagues=bool(data.get("colleagues")),
            hours=_hours(data.get("hours", {})),
            listed=Blacklist(blacklist.entries(file)),
            plan=plan,
            revision=revision,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ScreeningError(f"the rules of who may ring cannot be understood: {error}") from error


def save(file: sqlite3.Connection, rules: Rules, own: Iterable[str] = ()) -> None:
    """Keep all rules but the blacklist's entries, which are added and removed one by one.

    `own` are the desk's own numbers: ScreeningError when calls would be diverted there, again and again.
    """
    for name in RULES:
        check_divert(getattr(rules, name).divert, own)
    file.execute(
        "UPDATE screening SET rules = ?, revision = revision + 1",
        (json.dumps(as_data(rules), ensure_ascii=False),),
    )


def check_divert(number: str, own: Iterable[str] = ()) -> None:
    """Raise ScreeningError where calls cannot be diverted to a number; "" is none."""
    if number and not _DIVERT.fullmatch(number):
        raise ScreeningError(
            phrase("%(number)s is no number that calls can be diverted to", number=repr(number))
        )
    if number in own:
        raise ScreeningError(
            phrase("%(number)s is this desk itself: its calls cannot be diverted there", number=number)
        )


def as_data(rules: Rules) -> dict[str, Any]:
    """Return the rules, without the blacklist's entries, as plain data."""
    return {
        **{name: asdict(getattr(rules, name)) for name in RULES},
        "colleagues": rules.colleagues,
        "hours": {
            "zone": rules.hours.zone,
            "week": {
                day.lower(): [str(span) for span in spans]
                for day, spans in zip(DAYS, rules.hours.week, strict=True)
            },
            "holidays": [{"days": str(one), "name": one.name} for one in rules.hours.holidays],
        },
    }


def _hours(data: dict[str, Any]) -> Hours:
    zone = data.get("zone", "")
    if zone:
        hours.zone(zone)
    week = data.get("week", {})
    return Hours(
        zone,
        tuple(hours.spans(week.get(day.lower(), ())) for day in DAYS),
        tuple(hours.holiday(one["days"], one["name"]) for one in data.get("holidays", ())),
    )
