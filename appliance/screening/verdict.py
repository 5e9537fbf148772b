"""May this call ring? A pure function of the call, the rules and the time.

What is said first, holds:

1. A caller of ours who comes back from a transfer or from park rings.
2. An emergency number rings: it calls back.
3. Whom the blacklist matches is refused; a colleague only when it has that very number.
4. Who withholds the number is anonymous, of whom no number came is unknown: each may be refused. What name
   comes with a call does not matter. Not colleagues.
5. Everybody may be refused, colleagues too.
6. Who calls while the desk is closed may be refused. Not colleagues.

So a caller who is not wanted is not diverted to where the others go at night. Where the rules are said to be
for colleagues as well, 3, 4 and 6 are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from appliance.desk.events import Screened
from appliance.screening import hours

if TYPE_CHECKING:
    from appliance.desk.events import CallArrived
    from appliance.screening.blacklist import Entry
    from appliance.screening.rules import Rule, Rules


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may ring, and if not, what becomes of it (see `Screened`), by which of `RULES`."""

    let_in: bool = True
    divert: str = ""
    shown: bool = True
    reason: str = ""
    closed: bool = False
    rule: str = ""


LET_IN = Verdict()


def verdict(call: CallArrived, rules: Rules, at: datetime) -> Verdict:
    """Return what becomes of a call at a time, which has to have a time zone."""
    if call.returned:
        return LET_IN
    number = call.party.number
    forms = rules.plan.written(number)
    if rules.plan.emergency(number):
        return LET_IN
    screened = rules.colleagues or not call.internal
    if rules.blacklist.on and (entry := (rules.listed.match if screened else rules.listed.number)(forms)):
        return _refused("blacklist", rules, _blocked(entry, rules, at))
    if rules.anonymous.on and screened and call.party.withheld:
        return _refused("anonymous", rules, "anonymous: the number is withheld")
    if rules.unknown.on and screened and not call.party.withheld and not number:
        return _refused("unknown", rules, "unknown: no number came with the call")
    if rules.everybody.on:
        return _refused("everybody", rules, "all calls are refused")
    if rules.closed.on and screened and (reason := hours.closed(rules.hours, at)):
        return _refused("closed", rules, reason)
    return LET_IN


def screened(call: CallArrived, rules: Rules, at: datetime) -> CallArrived:
    """Return the call as the desk is told of it."""
    found = verdict(call, rules, at)
    if found.let_in:
        return call
    return replace(call, screened=Screened(found.reason, found.divert, found.shown, found.closed))


def _refused(name: str, rules: Rules, reason: str) -> Verdict:
    rule: Rule = getattr(rules, name)
    return Verdict(False, rule.divert, rule.shown, reason, closed=name == "closed", rule=name)


def _blocked(entry: Entry, rules: Rules, at: datetime) -> str:
    added = rules.hours.local(datetime.fromtimestamp(entry.added, at.tzinfo))
    author = f" by {entry.author}" if entry.author else ""
    note = f" ({entry.note})" if entry.note else ""
    return f"blocked: matches {entry.pattern}, added{author} on {added.day} {added:%b %Y}{note}"
