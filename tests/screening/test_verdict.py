"""Given a call, the rules and the time, the verdict says whether it rings, and if not, why, to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.desk.events import CallArrived, Screened
from appliance.desk.state import Party, Return
from appliance.numbers import DialPlan
from appliance.screening import hours, pattern
from appliance.screening.blacklist import Blacklist, Entry
from appliance.screening.rules import OFF, ON, RULES, Rule, Rules
from appliance.screening.verdict import LET_IN, Verdict, screened, verdict

ITALY = DialPlan("IT", outside_prefix="0")
NOVEMBER_3 = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)  # half past midnight of the 4th in Rome
MONDAY, SUNDAY = (datetime(2026, 11, day, 10, tzinfo=ZoneInfo("Europe/Rome")) for day in (2, 8))
FEAST = datetime(2026, 8, 15, 10, tzinfo=ZoneInfo("Europe/Rome"))
SHOP = hours.Hours(
    "Europe/Rome", (hours.spans(["09:00-18:00"]),) * 6 + ((),), (hours.holiday("08-15", "Ferragosto"),)
)

SELLER, STRANGER = Party("+39199123456", "Best Offers"), Party("021234567")
ANONYMOUS, UNKNOWN = Party(withheld=True), Party()
COLLEAGUE, LISTED_COLLEAGUE = Party("1003"), Party("1099")


def rules(**changes: object) -> Rules:
    """Return rules with a blacklist, all other rules off but for `changes`."""
    entries = [
        Entry(
            1,
            "+39 199*",
            pattern.key("+39 199*", ITALY),
            "sales calls",
            "Anna",
            datetime(2026, 11, 3, 12, tzinfo=UTC).timestamp(),
        ),
        Entry(2, "10*", "10*", "", "", NOVEMBER_3.timestamp()),
        Entry(3, "1099", "1099", "", "Anna", NOVEMBER_3.timestamp()),
    ]
    made = Rules(hours=SHOP, listed=Blacklist(entries), plan=ITALY)
    return replace(made, **changes)  # type: ignore[arg-type]


def arrives(party: Party, **more: object) -> CallArrived:
    return CallArrived("in-1", party, "200", **more)  # type: ignore[arg-type]


def reason(party: Party, at: datetime = MONDAY, internal: bool = False, **changes: object) -> str:
    """Return why such a call does not ring, "" when it does."""
    return verdict(arrives(party, internal=internal), rules(**changes), at).reason


# --- the reasons


def test_who_is_on_the_blacklist_is_refused_and_a_person_can_read_why() -> None:
    assert verdict(arrives(SELLER), rules(), MONDAY) == Verdict(
        let_in=False,
        reason="blocked: matches +39 199*, added by Anna on 3 Nov 2026 (sales calls)",
        rule="blacklist",
    )
    assert reason(LISTED_COLLEAGUE) == "blocked: matches 1099, added by Anna on 4 Nov 2026", (
        "in Rome it is the 4th"
    )
    assert reason(Party("10888")) == "blocked: matches 10*, added on 4 Nov 2026"
    assert verdict(arrives(STRANGER), rules(), MONDAY) == LET_IN
    assert reason(SELLER, blacklist=OFF) == ""


def test_anonymous_and_unknown_callers_are_told_apart_whatever_name_they_bear() -> None:
    named_anonymous = Party("021234567", "Anonymous")
    named_nobody = Party("", "Somebody")
    refused = [ANONYMOUS, UNKNOWN, STRANGER, named_anonymous, named_nobody]
    assert [reason(party, anonymous=ON) for party in refused] == [
        "anonymous: the number is withheld",
        *[""] * 4,
    ]
    unknown = "unknown: no number came with the call"
    assert [reason(party, unknown=ON) for party in refused] == ["", unknown, "", "", unknown]


def test_everybody_may_be_refused() -> None:
    for party in (STRANGER, ANONYMOUS, UNKNOWN):
        assert reason(party, everybody=ON) == "all calls are refused"
    assert reason(COLLEAGUE, internal=True, everybody=ON) == "all calls are refused"


def test_outside_the_opening_hours_and_on_holidays_the_caller_is_told_that_the_desk_is_closed() -> None:
    found = verdict(arrives(STRANGER), rules(closed=Rule(on=True, divert="600")), SUNDAY)
    assert found == Verdict(
        let_in=False, divert="600", reason="outside opening hours: Sunday", closed=True, rule="closed"
    )
    assert reason(STRANGER, FEAST, closed=ON) == "holiday: Ferragosto"
    assert reason(STRANGER, MONDAY.replace(hour=18), closed=ON) == "outside opening hours: Monday 18:00"
    assert reason(STRANGER, MONDAY, closed=ON) == ""
    assert reason(STRANGER, SUNDAY) == "", "the rule is off"


def test_each_rule_diverts_and_shows_in_its_own_way() -> None:
    for n, (name, party) in enumerate(
        zip(RULES, (SELLER, ANONYMOUS, UNKNOWN, STRANGER, STRANGER), strict=True)
    ):
        rule = Rule(on=True, divert=f"60{n}", shown=n % 2 == 0)
        found = verdict(arrives(party), rules(**{name: rule}), SUNDAY)
        assert (found.let_in, found.divert, found.shown) == (False, rule.divert, rule.shown)
        assert found.closed == (name == "closed")


# --- the order of the rules

ALL_ON = {name: Rule(on=True, divert=name) for name in RULES}


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (arrives(SELLER), "blacklist"),
        (arrives(ANONYMOUS), "anonymous"),
        (arrives(UNKNOWN), "unknown"),
        (arrives(STRANGER), "everybody"),
        (arrives(COLLEAGUE, internal=True), "everybody"),
        (arrives(LISTED_COLLEAGUE, internal=True), "blacklist"),
        (arrives(UNKNOWN, internal=True), "everybody"),
        (arrives(SELLER, returned=Return.PARK), ""),
        (arrives(ANONYMOUS, returned=Return.TRANSFER), ""),
        (arrives(Party("112")), ""),
        (arrives(Party("0112")), ""),
        (arrives(Party("+39112")), ""),
        (arrives(Party("113"), internal=True), ""),
    ],
)
def test_the_first_rule_that_is_about_a_call_holds(call: CallArrived, rule: str) -> None:
    found = verdict(call, rules(**ALL_ON), SUNDAY)
    assert (found.let_in, found.divert) == (rule == "", rule)


def test_a_colleague_is_screened_by_his_own_number_only_unless_the_rules_are_for_colleagues_too() -> None:
    few = {"anonymous": ON, "unknown": ON, "closed": ON}
    for party in (COLLEAGUE, ANONYMOUS, UNKNOWN):
        assert reason(party, SUNDAY, internal=True, **few) == ""
    both = {**few, "colleagues": True}
    assert reason(COLLEAGUE, SUNDAY, internal=True, **both).startswith("blocked: matches 10*")
    assert reason(ANONYMOUS, SUNDAY, internal=True, **both).startswith("anonymous")
    assert reason(Party("1203"), SUNDAY, internal=True, **both) == "outside opening hours: Sunday"


def test_where_no_country_is_set_112_and_911_ring_all_the_same() -> None:
    everybody = Rules(everybody=ON)
    assert [
        verdict(arrives(Party(number)), everybody, MONDAY).let_in for number in ("112", "911", "113")
    ] == [
        True,
        True,
        False,
    ]


# --- whatever comes

parties = st.builds(
    Party,
    st.text(max_size=20) | st.from_regex(r"\+?[0-9]{0,70}", fullmatch=True),
    st.text(max_size=10),
    st.booleans(),
)
some_rules = st.builds(
    lambda on, colleagues: rules(
        **{name: Rule(on=on[n]) for n, name in enumerate(RULES)}, colleagues=colleagues
    ),
    st.tuples(*[st.booleans()] * 5),
    st.booleans(),
)


@settings(deadline=None)
@given(
    party=parties,
    returned=st.sampled_from(Return),
    internal=st.booleans(),
    some=some_rules,
    at=st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_there_is_a_verdict_on_every_call_and_a_reason_wherever_it_does_not_ring(
    party: Party, returned: Return, internal: bool, some: Rules, at: datetime
) -> None:
    call = arrives(party, returned=returned, internal=internal)
    found = verdict(call, some, at)
    assert found.let_in == (found.reason == "")
    assert found == verdict(call, some, at)
    told = screened(call, some, at)
    if found.let_in:
        assert told is call
    else:
        assert told == replace(call, screened=Screened(found.reason, found.divert, found.shown, found.closed))
    if returned or not any(getattr(some, name).on for name in RULES):
        assert found == LET_IN
