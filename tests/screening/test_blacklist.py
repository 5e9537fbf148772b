"""Given a number or a pattern on the blacklist, it is found in every form of it, and no other is."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from appliance.numbers import DialPlan, matches
from appliance.screening import blacklist, pattern
from appliance.screening.blacklist import UNDONE, Blacklist, Entry
from appliance.screening.errors import ScreeningError
from appliance.store.file import connect, prepare, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

ITALY = DialPlan("IT", outside_prefix="0")
GERMANY = DialPlan("DE", outside_prefix="0")
AMERICA = DialPlan("US", outside_prefix="9")
ANYWHERE = DialPlan()
OWN = ("200", "1001", "1002", "+39 02 5550000")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    prepare(tmp_path / "desk.db")
    with closing(connect(tmp_path / "desk.db")) as opened:
        yield opened


def listing(*patterns: str, plan: DialPlan = ITALY) -> Blacklist:
    return Blacklist(Entry(n, p, pattern.key(p, plan), "", "", 0.0) for n, p in enumerate(patterns))


def found(numbers: Blacklist, number: str, plan: DialPlan = ITALY) -> str:
    """Return the pattern that blocks a number, "" when none does."""
    entry = numbers.match(plan.written(number))
    return entry.pattern if entry else ""


# --- what is found


@pytest.mark.parametrize(
    ("plan", "written", "arrives"),
    [
        (
            ITALY,
            ["+39 02 1234 567", "0039 02 1234567", "02/1234567", "0 02 1234567", "+39-02-12-34-567"],
            ["+39021234567", "0039021234567", "021234567", "0021234567", "00039021234567", "39021234567"],
        ),
        (
            GERMANY,
            ["+49 (0)30 1234567", "030 1234567", "0049 30 1234567"],
            ["+49301234567", "0049301234567", "0301234567", "00301234567", "tel:+49-30-1234567"],
        ),
        (
            AMERICA,
            ["+1 212 555 1234", "(212) 555-1234", "1-212-555-1234"],
            ["+12125551234", "12125551234", "2125551234", "912125551234", "92125551234"],
        ),
        (ITALY, ["+44 20 7123 4567", "0044 20 7123 4567"], ["+442071234567", "00442071234567"]),
        (ANYWHERE, ["0039 02 1234567", "+39 02 1234567"], ["+39021234567", "0039021234567"]),
        (ANYWHERE, ["02 1234567"], ["021234567"]),
        (ITALY, ["3400", "34 00"], ["3400"]),
        (ITALY, ["Max.Mustermann"], ["max.mustermann", "Max.Mustermann"]),
        (
            DialPlan("IT"),
            ["+39 02 1", "0039 02 1"],
            ["+39021", "0039021"],
        ),  # spam calls from numbers that nobody has
    ],
)
def test_a_number_is_found_in_every_form_however_it_was_entered(
    plan: DialPlan, written: list[str], arrives: list[str]
) -> None:
    for one in written:
        numbers = listing(one, plan=plan)
        assert [found(numbers, number, plan) for number in arrives] == [one] * len(arrives)


@pytest.mark.parametrize(
    ("plan", "written", "arrives", "stays_away"),
    [
        (
            ITALY,
            ["+39 199*", "0039 199 *", "199*", "199xxxxxx", "+39199XXXXXX"],
            ["+39199123456", "0039199123456", "199123456"],
            ["+39198123456", "+491991234567", "+39021991234", "1001"],
        ),
        (GERMANY, ["0900*", "+49 900*"], ["+499001234567", "09001234567"], ["+491711234567"]),
        (AMERICA, ["212*", "1 212*", "+1 212*"], ["+12125551234", "2125551234"], ["+13125551234"]),
        (AMERICA, ["011 39*", "0039*"], ["+39021234567", "01139021234567"], ["+12125551234"]),
        (ITALY, ["+88X 1*"], ["+8811234", "+8891234"], ["+8820234", "+88a1234"]),
        (ANYWHERE, ["0900*"], ["0900123456"], ["+49900123456", "09100123456"]),
    ],
)
def test_a_pattern_is_found_in_every_form_however_it_was_entered(
    plan: DialPlan, written: list[str], arrives: list[str], stays_away: list[str]
) -> None:
    for one in written:
        numbers = listing(one, plan=plan)
        assert [found(numbers, number, plan) for number in arrives] == [one] * len(arrives)
        assert [found(numbers, number, plan) for number in stays_away] == [""] * len(stays_away)


def test_the_entry_that_tells_most_digits_is_meant() -> None:
    numbers = listing("+39*", "+39 02 1234567", "+39 02*", "+39 02 XXXX567")
    assert found(numbers, "021234567") == "+39 02 1234567"
    assert found(numbers, "021230567") == "+39 02 XXXX567"
    assert found(numbers, "021234568") == "+39 02*"
    assert found(numbers, "061234568") == "+39*"


def valid(region: str, kind: int, digits: int) -> phonenumbers.PhoneNumber:
    """Return a number of a region that there can be; the last digits are these."""
    example = phonenumbers.example_number_for_type(region, kind)
    assert example
    assert example.national_number
    number = phonenumbers.PhoneNumber()
    number.country_code = example.country_code
    number.national_number = example.national_number // 10000 * 10000 + digits
    number.italian_leading_zero = example.italian_leading_zero
    assume(phonenumbers.is_valid_number(number))
    return number


REGIONS = ["IT", "DE", "US", "GB", "FR", "CH"]
numbers_of_the_world = st.builds(
    valid,
    st.sampled_from(REGIONS),
    st.sampled_from([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]),
    st.integers(0, 9999),
)


def forms(number: phonenumbers.PhoneNumber, plan: DialPlan) -> list[str]:
    """Return how a number may be written where the plan holds, but for forms that are another number."""
    form = phonenumbers.PhoneNumberFormat
    dialled = phonenumbers.format_out_of_country_calling_number(number, plan.country)
    made = [
        phonenumbers.format_number(number, form.E164),
        phonenumbers.format_number(number, form.INTERNATIONAL),
        phonenumbers.format_number(number, form.RFC3966),
        dialled,
        plan.outside_prefix + dialled,
    ]
    if phonenumbers.region_code_for_number(number) == plan.country:
        made.append(phonenumbers.format_number(number, form.NATIONAL))
    read = [(one, phonenumbers.parse(one, plan.country)) for one in made]
    return [
        one
        for one, parsed in read
        if not phonenumbers.is_valid_number(parsed)
        or phonenumbers.is_number_match(parsed, number) == phonenumbers.MatchType.EXACT_MATCH
    ]


@settings(max_examples=150, deadline=None)
@given(
    listed=numbers_of_the_world,
    other=numbers_of_the_world,
    plan=st.builds(DialPlan, st.sampled_from(REGIONS), outside_prefix=st.sampled_from(["", "0", "9"])),
    data=st.data(),
)
def test_a_listed_number_is_found_in_every_form_and_an_unlisted_one_never_is(
    listed: phonenumbers.PhoneNumber, other: phonenumbers.PhoneNumber, plan: DialPlan, data: st.DataObject
) -> None:
    entered = data.draw(st.sampled_from(forms(listed, plan)))
    numbers = listing(entered, plan=plan)
    for form in forms(listed, plan):
        assert found(numbers, form, plan) == entered, form
    assume(other != listed)
    for form in forms(other, plan):
        assert found(numbers, form, plan) == "", form


wild = st.from_regex(r"\+?[0-2X]{1,5}\*?", fullmatch=True)


@given(st.lists(wild, max_size=20, unique=True), st.from_regex(r"\+?[0-2]{1,7}", fullmatch=True))
def test_the_index_finds_just_what_the_patterns_match(keys: list[str], number: str) -> None:
    numbers = Blacklist(Entry(n, key, key, "", "", 0.0) for n, key in enumerate(keys))
    entry = numbers.match((number,))
    meant = [key for key in keys if matches(key, number)]
    assert (entry.key in meant) if entry else (meant == [])


@given(st.text(max_size=30), st.sampled_from([ITALY, GERMANY, AMERICA, ANYWHERE]))
def test_whatever_is_entered_or_calls_is_understood_or_refused(text: str, plan: DialPlan) -> None:
    numbers = listing("+39 199*", "02 1234567", plan=plan)
    found(numbers, text, plan)
    try:
        key = pattern.key(text, plan, OWN)
    except ScreeningError as error:
        assert str(error)
    else:
        assert not any(matches(key, number) for number in ("112", "200", "1001", "+39025550000"))


# --- what must not be on the list


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("*", "would match everybody"),
        ("+*", "would match everybody"),
        ("00*", "would match everybody"),
        ("0*", "would match everybody"),
        ("X*", "would match everybody"),
        ("XXXX", "would match everybody"),
        ("1*", "matches the emergency number 112"),
        ("11X", "matches the emergency number 11"),
        ("112", "matches the emergency number 112"),
        ("118*", "matches the emergency number 118"),
        ("1001", "matches 1001, which is an extension of your own"),
        ("10XX", "matches 1001, which is an extension of your own"),
        ("20*", "matches 200, which is an extension of your own"),
        ("02 5550000", r"matches \+39 02 5550000"),
        ("+39 02 555*", r"matches \+39 02 5550000"),
        ("", "is no number and no pattern"),
        ("+", "is no number and no pattern"),
        ("*21*1234#", "is no number and no pattern"),
        ("12*34*", "is no number and no pattern"),
        ("anna!", "is no number and no pattern"),
        ("☎", "is no number and no pattern"),
        ("1" * 200, "is too long"),
    ],
)
def test_what_nobody_means_is_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(ScreeningError, match=why):
        pattern.key(written, ITALY, OWN)


def test_where_everybody_would_match_the_way_to_refuse_all_is_told() -> None:
    with pytest.raises(ScreeningError, match="switch on the rule for all callers"):
        pattern.key("*", ITALY)


# --- in the store


def listed(file: sqlite3.Connection) -> list[str]:
    return [entry.pattern for entry in blacklist.entries(file)]


def add(file: sqlite3.Connection, written: str, at: float = 1.0) -> Entry:
    with writing(file):
        return blacklist.add(file, ITALY, written, "", "Anna", at, OWN)


def remove(file: sqlite3.Connection, written: str) -> Entry:
    with writing(file):
        return blacklist.remove(file, ITALY, written, "Bruno", 2.0)


def undo(file: sqlite3.Connection) -> tuple[str, str]:
    with writing(file):
        deed, entry = blacklist.undo(file)
    return deed, entry.pattern


def test_an_entry_keeps_who_added_it_when_and_why(file: sqlite3.Connection) -> None:
    with writing(file):
        made = blacklist.add(file, ITALY, " +39  199* ", "sales\ncalls ", "Anna", 1793692800.0, OWN)
    assert blacklist.entries(file) == [made]
    assert made == Entry(1, "+39 199*", "+39199*", "sales calls", "Anna", 1793692800.0)


def test_a_number_is_on_the_list_once_however_it_is_written(file: sqlite3.Connection) -> None:
    add(file, "+39 02 1234567")
    with pytest.raises(ScreeningError, match=r"\+39 02 1234567 is on the blacklist already, added by Anna"):
        add(file, "02 1234567")


def test_a_number_is_removed_however_it_is_written(file: sqlite3.Connection) -> None:
    add(file, "+39 02 1234567")
    assert remove(file, "0039 02 1234567").pattern == "+39 02 1234567"
    assert listed(file) == []
    for gone in ("02 1234567", "☎"):
        with pytest.raises(ScreeningError, match="is not on the blacklist"):
            remove(file, gone)


def test_changes_are_undone_one_by_one_the_last_first(file: sqlite3.Connection) -> None:
    add(file, "+39 199*", at=7.0)
    add(file, "02 1234567")
    remove(file, "0039 199*")
    add(file, "199 *")
    add(file, "+39 199 *")
    assert undo(file) == ("added", "+39 199 *")
    assert undo(file) == ("added", "199 *")
    assert undo(file) == ("removed", "+39 199*")
    assert listed(file) == ["+39 199*", "02 1234567"]
    assert blacklist.entries(file)[0].added == 7.0, "as it was"
    assert undo(file) == ("added", "02 1234567")
    assert undo(file) == ("added", "+39 199*")
    assert listed(file) == []
    with pytest.raises(ScreeningError, match="no change of the blacklist to undo"):
        undo(file)


def test_what_was_removed_is_forgotten_when_it_cannot_be_brought_back(file: sqlite3.Connection) -> None:
    add(file, "02 1234567")
    remove(file, "02 1234567")
    for n in range(UNDONE):
        add(file, f"+39 06 {n:07}")
    rows = file.execute("SELECT count(*) FROM blacklist WHERE NOT listed").fetchone()[0]
    assert (rows, len(listed(file))) == (0, UNDONE)
    for _ in range(UNDONE):
        undo(file)
    assert listed(file) == []
    with pytest.raises(ScreeningError):
        undo(file)


def test_what_is_refused_leaves_no_trace(file: sqlite3.Connection) -> None:
    for wrong in ("*", "112", "1001"):
        with pytest.raises(ScreeningError):
            add(file, wrong)
    assert listed(file) == []
    with pytest.raises(ScreeningError, match="no change"):
        undo(file)


def test_a_note_is_of_a_readable_length(file: sqlite3.Connection) -> None:
    with pytest.raises(ScreeningError, match="the note is too long"), writing(file):
        blacklist.add(file, ITALY, "+39 199*", "x" * 1000, "Anna", 1.0)
