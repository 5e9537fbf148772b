"""Patterns of numbers on the blacklist: in them X is any digit, and * at the end anything.

A pattern is kept as a person wrote it, and compared by its key: a whole number as `DialPlan.written` has it
first, which is +country… where that can be known on the day it is entered; a pattern without separators, and
with + for what is dialled here before a country. A key matches a number when it matches any form in which
that may be written.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import phonenumbers

from appliance.numbers import DialPlan, matches
from appliance.phrase import phrase
from appliance.screening.errors import ScreeningError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 40  # characters
_SEPARATORS = re.compile(r"[\s()/.\u2010-\u2015-]+")
_PATTERN = re.compile(r"\+?[0-9X]*\*?")


def key(written: str, plan: DialPlan, own: Iterable[str] = ()) -> str:
    """Return what a pattern is compared by; ScreeningError says why it cannot be on the list.

    `own` are the desk's own numbers and its extensions'.
    """
    if len(written) > LONGEST:
        raise ScreeningError(
            phrase(
                "%(number)s is too long: a number has %(most)s characters at most",
                number=f"{written[:LONGEST]}…",
                most=LONGEST,
            )
        )
    made = _wild(written, plan) if "*" in written or "X" in written.upper() else ""
    if not made:
        forms = plan.written(written)
        if not forms or not re.fullmatch(r"\+?[0-9A-Za-z._-]+", forms[0]):
            raise ScreeningError(
                phrase(
                    "%(written)s is no number and no pattern: write digits, X for any digit, and * at the end"
                    " for anything",
                    written=repr(written),
                )
            )
        made = forms[0]
    _permit(written, made, plan, own)
    return made


def _wild(written: str, plan: DialPlan) -> str:
    """Return the key of a pattern, "" where it is none but a name with an x in it."""
    bare = _SEPARATORS.sub("", written.replace("(0)", "") if "+" in written else written).replace("x", "X")
    if not _PATTERN.fullmatch(bare):
        return ""
    abroad = _dialled_abroad(plan.country).match(bare)
    return f"+{bare[abroad.end() :]}" if abroad else bare


@cache
def _dialled_abroad(country: str) -> re.Pattern[str]:
    """Return what stands before a country's number: 00 nearly everywhere (ITU-T E.164), 011 in the USA."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(country) if country else None
    return re.compile(f"{known.international_prefix}|00" if known and known.international_prefix else "00")


def _permit(written: str, made: str, plan: DialPlan, own: Iterable[str]) -> None:
    """Raise ScreeningError for a pattern that would keep away whom nobody means by it."""
    if not re.search("[1-9A-Za-z]", made.replace("X", "")):
        raise ScreeningError(
            phrase(
                "%(written)s would match everybody: to let nobody ring, switch on the rule for all callers"
                " instead",
                written=written,
            )
        )
    for number in emergency_numbers(plan.country):
        if matches(made, number):
            raise ScreeningError(
                phrase(
                    "%(written)s matches the emergency number %(number)s, which may always ring",
                    written=written,
                    number=number,
                )
            )
    for number in own:
        if any(matches(made, form) for form in plan.written(number)):
            raise ScreeningError(
                phrase(
                    "%(written)s matches %(number)s, which is an extension of your own",
                    written=written,
                    number=number,
                )
            )


@cache
def emergency_numbers(country: str) -> tuple[str, ...]:
    """Return the emergency numbers of a country: they are of three or four digits."""
    plan = DialPlan(country)
    short = (f"{number:0{digits}}" for digits in (3, 4) for number in range(10**digits))
    return tuple(number for number in short if plan.emergency(number))
