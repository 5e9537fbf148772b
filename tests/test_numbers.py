"""Given what a person typed, the exchange gets what it can dial, or the person a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.numbers import DialPlan, NumberError, matches

BERLIN = DialPlan("DE", outside_prefix="0")
NEW_YORK = DialPlan("US", outside_prefix="9")
MILAN = DialPlan("IT", form="e164")
PLAIN = DialPlan()


@pytest.mark.parametrize(
    ("plan", "typed", "dialled"),
    [
        (BERLIN, "1001", "1001"),  # a colleague
        (BERLIN, "030 1234567", "00301234567"),
        (BERLIN, "+49 (0)30/123 45-67", "00301234567"),
        (BERLIN, "0049 30 1234567", "00301234567"),
        (BERLIN, "00301234567", "00301234567"),  # the prefix was typed already
        (BERLIN, "+44 20 7123 4567", "000442071234567"),
        (BERLIN, "tel:+49-30-1234567", "00301234567"),
        (BERLIN, "sip:1002@pbx.example;user=phone", "1002"),
        (BERLIN, "1234567", "01234567"),  # no area code: nobody can know more
        (BERLIN, "*21*1002", "*21*1002"),
        (BERLIN, "ada", "ada"),
        (BERLIN, "112", "112"),
        (NEW_YORK, "(212) 555-1234", "912125551234"),
        (NEW_YORK, "9 1 212 555 1234", "912125551234"),
        (NEW_YORK, "+44 20 7123 4567", "9011442071234567"),
        (MILAN, "02 1234567", "+39021234567"),  # Italy keeps the 0
        (PLAIN, "0171 555-0199", "01715550199"),
        (PLAIN, "+39 02 1234567", "+39021234567"),
        (DialPlan(outside_prefix="0"), "0171 555-0199", "01715550199"),
    ],
)
def test_a_number_is_dialled_as_the_exchange_wants_it(plan: DialPlan, typed: str, dialled: str) -> None:
    assert plan.dialled(typed) == dialled


@pytest.mark.parametrize("typed", ["", " ", "1001; DROP", "a b@c d", "☎", "1" * 65, "+", "10\r\n01"])
def test_what_is_no_number_is_refused_by_name(typed: str) -> None:
    try:
        dialled = BERLIN.dialled(typed)
    except NumberError as error:
        assert repr(typed) in str(error)
    else:
        assert dialled.isalnum()  # of "1001; DROP", what stands behind ; is a parameter


@pytest.mark.parametrize(
    "typed", ["0900 1234567", "+49 900 1234567", "0 0900 1234567", "0049-900-1234567", "0900 12", "00900 12"]
)
def test_a_denied_number_is_denied_however_it_is_written(typed: str) -> None:
    plan = DialPlan("DE", outside_prefix="0", deny=("+49900*",))
    with pytest.raises(NumberError, match=r"\+49900\* is denied"):
        plan.dialled(typed)


def test_where_only_some_numbers_are_allowed_all_others_are_refused() -> None:
    plan = DialPlan("DE", allow=("1XXX", "+49*"))
    assert plan.dialled("1001") == "1001"
    assert plan.dialled("030 1234567") == "0301234567"
    for typed in ("2001", "10011", "+44 20 7123 4567", "*21*1001"):
        with pytest.raises(NumberError, match="no list of allowed numbers"):
            plan.dialled(typed)


def test_nobody_can_deny_the_fire_brigade() -> None:
    plan = DialPlan("DE", outside_prefix="0", allow=("1XXX",), deny=("*",))
    for typed in ("112", "0112", "0 112"):
        assert plan.dialled(typed) == typed.replace(" ", "")


def test_a_code_is_matched_as_it_is_written() -> None:
    assert matches("*21*", "*211001")
    assert matches("*21**", "*21*1001")
    assert not matches("*21*", "21")


@given(st.text(max_size=80), st.sampled_from([BERLIN, NEW_YORK, MILAN, PLAIN]))
def test_whatever_is_typed_is_dialable_or_refused(typed: str, plan: DialPlan) -> None:
    try:
        dialled = plan.dialled(typed)
    except NumberError:
        return
    assert dialled
    assert not set(dialled) - set("+0123456789*#._-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
