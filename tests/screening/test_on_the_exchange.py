"""Given rules of who may ring, a desk that runs turns calls away on a real exchange."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from appliance.screening.hours import DAYS
from tests.reception import COLLEAGUES, Reception
from tests.running import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.demo.exchange import Exchange

pytestmark = pytest.mark.exchange
SELLER, STRANGER, ANONYMOUS = "0039199123456", "0301234567", ""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[Reception]:
    home: Path = tmp_path_factory.mktemp("desk")
    known = {number: name for number, name in COLLEAGUES.items() if number != "1003"}
    with Reception(home, exchange, extensions=known, dialling={"country": "IT"}) as running:
        running.has("1003", "1004")
        yield running
        running.clear()


def deskbell(place: Reception, *words: str) -> str:
    done = place.desk.deskbell(*words, "--settings", str(place.desk.settings))
    assert done.returncode == 0, done.stderr
    return done.stdout


def calls(place: Reception, caller: str) -> dict[str, Any]:
    """Let a caller ring once from outside; return the call, whether it rings or is over."""
    before = place.desk.status()
    known = {*before["calls"], *before["released"]}
    ident = place.exchange.originate(caller, "200", name="Somebody" if caller else "")
    seen = place.until("the call is there", lambda state: {*state["calls"], *state["released"]} - known)
    (new,) = {*seen["calls"], *seen["released"]} - known
    place.exchange.hang_up(ident)
    place.until("it is over", lambda state: new in state["released"])
    return dict(seen["calls"].get(new) or seen["released"][new])


def until_screened(place: Reception, caller: str) -> dict[str, Any]:
    """Let a caller ring until the desk has heard of the rule."""
    end = time.monotonic() + PATIENCE
    while (call := calls(place, caller))["outcome"] != "screened":
        assert time.monotonic() < end, call
    return call


def rings_here(place: Reception, caller: str, instead_of: str) -> bool:
    """Let a colleague ring the desk once; return whether it rings here, and not there."""
    since = place.phones.mark()
    place.phones.do(caller, "call", number="200")
    state = place.until(
        "it rings here or there",
        lambda state: state["calls"] or place.phones.told(instead_of, "CallArrived", since),
    )
    place.phones.do(caller, "hang_up")
    place.desk.until_call()
    return bool(state["calls"])


def test_a_caller_is_refused_once_the_number_is_on_the_blacklist_and_rings_once_it_is_not(
    place: Reception,
) -> None:
    assert calls(place, SELLER)["state"] == "ringing"
    deskbell(place, "blacklist", "add", "+39 199*", "--note", "sales calls")
    refused = until_screened(place, SELLER)
    assert refused["code"] == 603
    assert refused["note"].startswith("blocked: matches +39 199*, added by ")
    assert refused["note"].endswith(" (sales calls)")
    assert calls(place, STRANGER)["state"] == "ringing"
    assert "screened (blocked: matches +39 199*" in place.desk.deskbell("recent").stdout
    deskbell(place, "blacklist", "undo")
    end = time.monotonic() + PATIENCE
    while calls(place, SELLER)["state"] != "ringing":
        assert time.monotonic() < end


def test_who_is_on_the_blacklist_is_diverted_and_not_listed_where_the_rule_says_so(place: Reception) -> None:
    deskbell(place, "blacklist", "add", "1003")
    deskbell(place, "screening", "set", "blacklist", "--divert", "1004", "--shown", "off")
    end = time.monotonic() + PATIENCE
    before = place.desk.status()["released"]
    while rings_here(place, "1003", instead_of="1004"):
        assert time.monotonic() < end
        before = place.desk.status()["released"]
    assert place.desk.status()["released"] == before, "no trace of it on the page"
    deskbell(place, "screening", "set", "blacklist", "--divert", "-", "--shown", "on")
    deskbell(place, "blacklist", "undo")


def test_anonymous_callers_may_be_refused(place: Reception) -> None:
    deskbell(place, "screening", "set", "anonymous", "on")
    assert until_screened(place, ANONYMOUS)["note"] == "anonymous: the number is withheld"
    assert calls(place, STRANGER)["state"] == "ringing"
    deskbell(place, "screening", "set", "anonymous", "off")


def test_outside_opening_hours_callers_hear_that_nobody_is_here_and_colleagues_ring(place: Reception) -> None:
    other_days = [(date.today() + timedelta(days=n)).weekday() for n in (3, 4)]
    deskbell(place, "hours", "set", ",".join(DAYS[day].lower() for day in other_days), "09:00-18:00")
    deskbell(place, "screening", "set", "closed", "on")
    refused = until_screened(place, STRANGER)
    assert refused["code"] == 480
    assert refused["note"].startswith("outside opening hours: ")
    assert place.rings("1003")
    place.clear()
    deskbell(place, "holidays", "add", "2000-01-01..2099-12-31", "Long", "holidays")
    end = time.monotonic() + PATIENCE
    while until_screened(place, STRANGER)["note"] != "holiday: Long holidays":
        assert time.monotonic() < end
    deskbell(place, "screening", "set", "closed", "off")
    assert place.desk.status()["counters"]["missed"] == sum(
        call["outcome"] == "missed" for call in place.desk.status()["released"].values()
    ), "who was turned away was not missed"
