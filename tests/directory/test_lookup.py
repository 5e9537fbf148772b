"""Given people with numbers, when somebody calls, then the desk knows who, however the number arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import phonenumbers
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from appliance.directory import lookup, people
from appliance.directory.lookup import Keys, caller, outdated, rekey
from appliance.directory.person import Number, Person, Picture
from appliance.numbers import DialPlan
from tests.directory.somebody import BERLIN, MILAN, NEW_YORK, NOWHERE, forgotten

if TYPE_CHECKING:
    import sqlite3

on_one_file = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def name(file: sqlite3.Connection, keys: Keys, number: str, operator: str = "") -> str:
    found = caller(file, keys, number, operator)
    return found.name if found else ""


@pytest.mark.parametrize(
    ("keys", "written", "arriving"),
    [
        (MILAN, "+39 02 1234567", "021234567"),
        (MILAN, "+39 02 1234567", "0039021234567"),
        (MILAN, "+39 02 1234567", "0021234567"),
        (MILAN, "+39 02 1234567", "00039021234567"),
        (MILAN, "+39 02 1234567", "39021234567"),
        (MILAN, "0039 02 123 4567", "+39021234567"),
        (MILAN, "02/1234567", "sip:+39021234567@pbx.example;user=phone"),
        (MILAN, "02-1234567", "tel:+39-02-1234567"),
        (MILAN, "+41 44 668 18 00", "0041446681800"),
        (MILAN, "1001", "sip:1001@pbx.example"),
        (MILAN, "ada", "sip:Ada@pbx.example"),
        (BERLIN, "+49 (0)30 1234567", "0301234567"),
        (BERLIN, "030 1234567", "+49301234567"),
        (BERLIN, "030 1234567", "00301234567"),
        (NEW_YORK, "(212) 555-1234", "+12125551234"),
        (NEW_YORK, "+39 02 1234567", "901139021234567"),
        (NOWHERE, "+39 02 1234567", "0039021234567"),
        (NOWHERE, "0039 02 1234567", "39021234567"),
        (NOWHERE, "0171 555-0199", "01715550199"),
    ],
)
def test_a_number_is_known_in_whatever_way_it_arrives(
    file: sqlite3.Connection, keys: Keys, written: str, arriving: str
) -> None:
    people.insert(file, keys, [Person(last="Rossi", numbers=(Number(written),)), Person(last="Other")])
    assert name(file, keys, arriving) == "Rossi"


HOMES = {"IT": "00", "DE": "00", "GB": "00", "CH": "00", "US": "011"}


@st.composite
def valid_numbers(draw: st.DrawFn) -> phonenumbers.PhoneNumber:
    region = draw(
        st.sampled_from(["IT", "DE", "US", "GB", "FR", "ES", "CH", "AT", "NL", "DK", "PL", "TR", "RU"])
    )
    kind = draw(st.sampled_from([PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE]))
    example = phonenumbers.example_number_for_type(region, kind)
    assert example
    national = str(phonenumbers.national_significant_number(example))
    end = f"{draw(st.integers(0, 9999)):04}"
    number = phonenumbers.parse(f"+{example.country_code}{national[:-4]}{end}")
    assume(phonenumbers.is_valid_number(number))
    return number


def forms(number: phonenumbers.PhoneNumber, home: str) -> list[str]:
    """Return how a number may be written or arrive in a country."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    found = [
        e164,
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        phonenumbers.format_number(number, PhoneNumberFormat.RFC3966),
        f"sip:{e164}@192.0.2.1:5060;user=phone",
        HOMES[home] + e164[1:],
        f"{HOMES[home]} {number.country_code} {phonenumbers.national_significant_number(number)}",
    ]
    if phonenumbers.region_code_for_number(number) == home:
        found.append(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return found


@given(valid_numbers(), st.sampled_from(list(HOMES)), st.sampled_from(["", "0", "9"]), st.data())
@on_one_file
def test_any_number_in_any_of_its_forms_finds_the_same_person(
    file: sqlite3.Connection, number: phonenumbers.PhoneNumber, home: str, prefix: str, data: st.DataObject
) -> None:
    keys = Keys(DialPlan(home, outside_prefix=prefix))
    written = data.draw(st.sampled_from(forms(number, home)), "written")
    arriving = data.draw(st.sampled_from(forms(number, home)), "arriving")
    if prefix and arriving[0].isdigit():
        arriving = data.draw(st.sampled_from([arriving, prefix + arriving]), "with the prefix")
    with forgotten(file):
        people.insert(file, keys, [Person(last="Rossi", numbers=(Number(written),))])
        assert name(file, keys, arriving) == "Rossi"


@given(st.from_regex(r"\+[0-9]{1,17}", fullmatch=True))
def test_the_short_way_to_compare_numbers_agrees_with_phonenumbers(number: str) -> None:
    try:
        known = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        compared = number
    else:
        compared = str(phonenumbers.format_number(known, PhoneNumberFormat.E164))
    assert NOWHERE.key(number) == compared


def test_an_extension_is_no_outside_number(file: sqlite3.Connection) -> None:
    people.insert(
        file,
        MILAN,
        [
            Person(last="Inside", numbers=(Number("1001"),)),
            Person(last="Outside", numbers=(Number("+1001"),)),
            Person(last="Code", numbers=(Number("*1001"),)),
        ],
    )
    assert name(file, MILAN, "1001") == "Inside"
    assert name(file, MILAN, "+1001") == "Outside"
    assert name(file, MILAN, "*1001") == "Code"


@pytest.mark.parametrize("number", ["", "anonymous", "02 7654321", "☎", "'; DROP TABLE person; --", "1" * 99])
def test_who_is_in_no_directory_is_nobody(file: sqlite3.Connection, number: str) -> None:
    people.insert(file, MILAN, [Person(last="Rossi", numbers=(Number("02 1234567"), Number("call me!")))])
    assert caller(file, MILAN, number) is None


def test_the_caller_comes_with_company_and_whether_there_is_a_picture(file: sqlite3.Connection) -> None:
    shown = Picture("image/png", b"picture")
    ids = people.insert(
        file,
        MILAN,
        [
            Person("Rossi", "Anna", "Acme", numbers=(Number("1001"),), picture=shown),
            Person(company="Acme", numbers=(Number("1000"),)),
        ],
    )
    assert caller(file, MILAN, "1001") == lookup.Caller(ids[0], "Anna Rossi", "Acme", picture=True)
    assert caller(file, MILAN, "1000") == lookup.Caller(ids[1], "Acme", "Acme", picture=False)
    assert people.picture(file, ids[0]) == shown
    assert people.picture(file, ids[1]) is None


SHARED = Person(last="Shared", numbers=(Number("1001"),), changed=5.0)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ({}, {"disabled": True, "favourite": True}),
        ({"owner": "anna"}, {"favourite": True, "numbers": (Number("1001", default=True),)}),
        ({"numbers": (Number("1001", default=True),)}, {"favourite": True}),
        ({"favourite": True}, {"changed": 9.0}),
        ({"changed": 9.0}, {}),
    ],
)
def test_of_several_who_have_a_number_the_rules_choose_one(
    file: sqlite3.Connection, more: dict[str, object], less: dict[str, object]
) -> None:
    meant, other = replace(SHARED, last="Meant", **more), replace(SHARED, last="Other", **less)  # type: ignore[arg-type]
    for order in ([meant, other], [other, meant]):
        with forgotten(file):
            people.insert(file, MILAN, order)
            assert name(file, MILAN, "1001", "anna") == "Meant"


def test_another_operators_own_entry_is_never_shown(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [replace(SHARED, owner="bert")])
    assert name(file, MILAN, "1001", "bert") == "Shared"
    assert name(file, MILAN, "1001", "anna") == ""
    assert name(file, MILAN, "1001") == ""


def test_a_switchboards_number_names_somebody(file: sqlite3.Connection) -> None:
    people.insert(file, MILAN, [replace(SHARED, first=str(at)) for at in range(300)])
    assert name(file, MILAN, "1001").endswith("Shared")


def test_after_another_dial_plan_all_keys_are_as_if_made_with_it(
    file: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "BATCH", 2)
    written = ["030 1234567", "+39 02 1", "1001", "12345", "no number", "0049 30 1234567"]
    entered = [Person(last=f"P{at}", numbers=tuple(map(Number, written[: at % 4]))) for at in range(9)] + [
        Person(last="Last", numbers=tuple(map(Number, written)))
    ]
    small_town = Keys(DialPlan("CH", internal_digits=3))

    def rows() -> list[tuple[object, ...]]:
        return [
            *map(tuple, file.execute("SELECT person, position, key FROM number ORDER BY person, position")),
            *map(tuple, file.execute("SELECT rowid, numbers FROM search ORDER BY rowid")),
        ]

    with forgotten(file):
        people.insert(file, small_town, entered)
        fresh = rows()
    people.insert(file, BERLIN, entered)
    assert outdated(file, small_town)
    assert rows() != fresh
    rekey(file, small_town)
    assert not outdated(file, small_town)
    assert rows() == fresh


def test_whoever_writes_first_after_another_dial_plan_makes_the_keys_anew(file: sqlite3.Connection) -> None:
    people.insert(file, BERLIN, [Person(last="Rossi", numbers=(Number("02 1234567"),))])
    people.insert(file, MILAN, [Person(last="Verdi")])
    assert name(file, MILAN, "+39021234567") == "Rossi"
