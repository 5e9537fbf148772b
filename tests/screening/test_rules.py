"""Given rules that a person has set, the store keeps them, and tells cheaply whether they are others now."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.numbers import DialPlan
from appliance.screening import blacklist, hours
from appliance.screening.errors import ScreeningError
from appliance.screening.hours import Hours
from appliance.screening.rules import OFF, ON, RULES, Rule, Rules, load, save
from appliance.store.file import connect, prepare, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

ITALY = DialPlan("IT")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("store") / "desk.db"
    prepare(path)
    with closing(connect(path)) as opened:
        yield opened


@pytest.fixture
def fresh(file: sqlite3.Connection) -> sqlite3.Connection:
    with writing(file):
        save(file, Rules())
    return file


def kept(file: sqlite3.Connection, rules: Rules) -> Rules:
    """Return the rules as the store has them, once they were saved."""
    with writing(file):
        save(file, rules)
    return load(file, ITALY)


def said(rules: Rules) -> tuple[object, ...]:
    return *(getattr(rules, name) for name in RULES), rules.colleagues, rules.hours


def test_a_new_desk_lets_everybody_ring_who_is_not_on_the_blacklist(file: sqlite3.Connection) -> None:
    rules = load(file, ITALY)
    assert (rules.blacklist, rules.listed.entries) == (ON, ())
    assert {rules.anonymous, rules.unknown, rules.everybody, rules.closed} == {OFF}
    assert rules.hours == Hours()


some_rules = st.builds(
    Rules,
    **{
        name: st.builds(
            Rule, st.booleans(), st.sampled_from(["", "600", "+39021234567", "*21"]), st.booleans()
        )
        for name in RULES
    },
    colleagues=st.booleans(),
    hours=st.builds(
        Hours,
        st.sampled_from(["", "Europe/Rome", "America/New_York"]),
        st.lists(
            st.sampled_from([(), hours.spans(["09:00-13:00", "22:00-06:00"])]), min_size=7, max_size=7
        ).map(tuple),
        st.lists(
            st.builds(
                hours.holiday,
                st.sampled_from(["08-15", "2026-04-05..2026-04-06", "12-24..01-06"]),
                st.text(max_size=20),
            ),
            max_size=3,
        ).map(tuple),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=some_rules)
def test_rules_read_back_as_they_were(file: sqlite3.Connection, rules: Rules) -> None:
    assert said(kept(file, rules)) == said(rules)


def test_rules_that_have_not_changed_are_the_very_same(fresh: sqlite3.Connection) -> None:
    rules = load(fresh, ITALY)
    fresh.execute("INSERT OR REPLACE INTO levels VALUES ('headset', 0.5, 0.5)")
    assert load(fresh, ITALY, rules) is rules
    assert load(fresh, DialPlan("DE"), rules) is not rules
    with writing(fresh):
        blacklist.add(fresh, ITALY, "+39 199*", "", "Anna", 1.0)
    longer = load(fresh, ITALY, rules)
    assert [entry.pattern for entry in longer.listed.entries] == ["+39 199*"]
    with writing(fresh):
        blacklist.remove(fresh, ITALY, "+39 199*", "Anna", 2.0)
    assert load(fresh, ITALY, longer).listed.entries == ()
    with writing(fresh):
        save(fresh, replace(longer, everybody=ON))
    assert load(fresh, ITALY, longer).everybody.on


@pytest.mark.parametrize(
    ("divert", "why"),
    [("no number!", "is no number that calls can be diverted to"), ("200", "200 is this desk itself")],
)
def test_calls_are_diverted_to_a_number_that_is_not_this_desk(
    fresh: sqlite3.Connection, divert: str, why: str
) -> None:
    with pytest.raises(ScreeningError, match=why), writing(fresh):
        save(fresh, Rules(closed=Rule(on=True, divert=divert)), ("200",))
    assert load(fresh, ITALY).closed == OFF


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"closed": {"of": 1}}', '{"hours": {"week": {"monday": ["9-12"]}}}']
)
def test_rules_that_are_damaged_are_said_to_be(fresh: sqlite3.Connection, text: str) -> None:
    fresh.execute("UPDATE screening SET rules = ?, revision = revision + 1", (text,))
    with pytest.raises(ScreeningError, match="the rules of who may ring cannot be understood"):
        load(fresh, ITALY)
