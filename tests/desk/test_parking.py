"""Park orbits: three ways to park, who is where, and what comes back."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.state import NOBODY, CallState, ExtensionState, OrbitState, Outcome, Return
from tests.desk.reception import BOB, ZOE, Reception

TAKEN, FREE = ExtensionState.BUSY, ExtensionState.AVAILABLE
ORBITS = ("701", "702")
ANNOUNCED = DeskConfig(
    orbits=ORBITS, park_dialect="announced", park_extension="700", numbers=("200",), lines=(("", "200"),)
)


@pytest.mark.parametrize(
    ("config", "dialled"),
    [
        (DeskConfig(orbits=ORBITS), "701"),
        (DeskConfig(orbits=ORBITS, park_dialect="code", park_prefix="*7"), "*7701"),
        (ANNOUNCED, "700"),
    ],
    ids=["to the orbit", "by code", "announced"],
)
def test_each_exchange_parks_in_its_own_way(config: DeskConfig, dialled: str) -> None:
    desk = Reception(config)
    desk.talks("a", ZOE)
    assert desk.asks(events.Park()) == [actions.TransferCall("a", dialled)]


def test_an_orbit_shows_who_is_in_it_by_whom_and_since_when() -> None:
    desk = Reception(DeskConfig(orbits=ORBITS, numbers=("200",)))
    desk.talks("a", ZOE)
    desk.asks(events.Park(orbit="702"))
    desk.moved("a")
    orbit = desk.orbit("702")
    assert (orbit.state, orbit.party, orbit.by, orbit.since) == (OrbitState.TAKEN, ZOE, "200", desk.now)
    assert (desk.over("a").outcome, desk.over("a").target) == (Outcome.PARKED, "702")
    desk.becomes("702", TAKEN)
    assert (desk.orbit("702").party, desk.orbit("702").by) == (ZOE, "200")
    desk.becomes("702", FREE)
    assert (desk.orbit("702").party, desk.orbit("702").by) == (NOBODY, "")


def test_whom_another_desk_parked_is_shown_as_far_as_the_exchange_tells(desk: Reception) -> None:
    desk.becomes("701", TAKEN, party=BOB)
    assert (desk.orbit("701").party, desk.orbit("701").by) == (BOB, "")


@pytest.mark.parametrize("lamp_first", [True, False])
def test_an_announced_orbit_is_the_one_whose_lamp_lights(lamp_first: bool) -> None:
    desk = Reception(ANNOUNCED)
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    if lamp_first:
        desk.becomes("702", TAKEN)
        assert desk.call("a").target == "702"
        desk.moved("a")
    else:
        desk.moved("a")
        desk.becomes("702", TAKEN)
    assert (desk.orbit("702").party, desk.orbit("702").by) == (ZOE, "200")
    assert desk.orbit("701").state is OrbitState.FREE


def test_two_announced_callers_are_told_apart_by_the_order_of_the_lamps() -> None:
    desk = Reception(ANNOUNCED)
    for call, party, orbit in (("a", ZOE, "702"), ("b", BOB, "701")):
        desk.talks(call, party)
        desk.asks(events.Park())
        desk.becomes(orbit, TAKEN)
        desk.moved(call)
    assert [desk.orbit(orbit).party for orbit in ORBITS] == [BOB, ZOE]


def test_an_orbit_that_was_taken_before_is_nobody_of_ours() -> None:
    desk = Reception(ANNOUNCED)
    desk.becomes("701", TAKEN)
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    desk.becomes("701", TAKEN)
    desk.becomes("702", ExtensionState.UNKNOWN)
    desk.becomes("702", TAKEN)  # it may have been so before
    assert [desk.orbit(orbit).party for orbit in ORBITS] == [NOBODY, NOBODY]


def test_where_the_exchange_chooses_the_orbit_nobody_else_can() -> None:
    desk = Reception(ANNOUNCED)
    desk.talks("a", ZOE)
    assert desk.refuses(events.Park(orbit="701")) == "this exchange chooses the orbit itself"


def test_where_nobody_set_a_park_extension_the_desk_says_so() -> None:
    desk = Reception(DeskConfig(orbits=ORBITS, park_dialect="announced"))
    desk.talks("a", ZOE)
    assert desk.refuses(events.Park()) == "no park extension is set"


def test_a_taken_orbit_is_refused(desk: Reception) -> None:
    desk.becomes("701", TAKEN)
    desk.talks("a", ZOE)
    assert desk.refuses(events.Park(orbit="701")) == "701 is taken"
    assert desk.refuses(events.Park(orbit="999")) == "999 is not a park orbit"


def test_an_orbit_known_to_be_empty_is_refused_and_one_that_nobody_knows_of_is_tried(desk: Reception) -> None:
    assert desk.refuses(events.Retrieve("701")) == "nobody is parked in 701"
    assert desk.refuses(events.Retrieve("999")) == "999 is not a park orbit"
    desk.becomes("701", ExtensionState.UNKNOWN, reason="the exchange does not tell")
    assert desk.asks(events.Retrieve("701")) == [actions.PlaceCall("out-1", "701")]
    assert desk.refuses(events.Retrieve("701")) == "701 is being retrieved already"


def test_whom_the_operator_fetches_from_an_orbit_is_shown_by_name(desk: Reception) -> None:
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    desk.moved("a")
    desk.asks(events.Retrieve())
    assert desk.call("out-1").party == ZOE
    assert desk.seen.counters.outgoing == 0, "that is no new call"


# --- who comes back


def comes_back(desk: Reception, call: str = "b", **more: str) -> None:
    desk.happens(events.CallArrived(call, ZOE, "200", **more), after=45)  # type: ignore[arg-type]


def test_a_caller_parked_for_too_long_is_shown_as_what_they_are_even_where_the_exchange_only_names_us() -> (
    None
):
    desk = Reception(DeskConfig(orbits=ORBITS, numbers=("200",)))
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    desk.moved("a")
    comes_back(desk, referred_by="200")
    assert desk.call("b").returned is Return.PARK
    assert desk.call("b").note == "parked in 701 for too long"


def test_a_caller_whom_nobody_took_is_shown_with_the_number_that_did_not_answer() -> None:
    desk = Reception(DeskConfig(lines=(("", "200"),)))
    desk.talks("a", ZOE)
    desk.asks(events.Transfer("1003"))
    desk.moved("a")
    comes_back(desk, referred_by="200")
    assert (desk.call("b").returned, desk.call("b").note) == (Return.TRANSFER, "1003 did not answer")


@pytest.mark.parametrize(
    ("returned", "origin", "note"),
    [
        (Return.PARK, "703", "parked in 703 for too long"),
        (Return.PARK, "", "parked for too long"),
        (Return.TRANSFER, "1003", "1003 did not answer"),
        (Return.TRANSFER, "", "nobody answered the transfer"),
        (Return.CAMP, "1003", "1003 was not free in time"),
        (Return.CAMP, "", "camped for too long"),
    ],
)
def test_where_the_exchange_says_it_itself_it_is_believed(
    desk: Reception, returned: Return, origin: str, note: str
) -> None:
    desk.happens(events.CallArrived("b", ZOE, returned=returned, origin=origin))
    assert (desk.call("b").returned, desk.call("b").note) == (returned, note)


@pytest.mark.parametrize(("referred_by", "later"), [("", 0), ("1001", 0), ("200", 3600)])
def test_a_caller_who_calls_again_by_themselves_is_a_new_call(referred_by: str, later: float) -> None:
    desk = Reception(DeskConfig(orbits=ORBITS, numbers=("200",)))
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    desk.moved("a")
    desk.now += later
    comes_back(desk, referred_by=referred_by)
    assert (desk.call("b").returned, desk.call("b").note) == (Return.NO, "")


def test_a_caller_comes_back_once_for_each_time_they_were_sent_away() -> None:
    desk = Reception(DeskConfig(orbits=ORBITS, numbers=("200",)))
    desk.talks("a", ZOE)
    desk.asks(events.Park())
    desk.moved("a")
    comes_back(desk, "b", referred_by="200")
    comes_back(desk, "c", referred_by="200")
    assert desk.call("c").returned is Return.NO


def test_the_reason_stays_with_the_caller_when_they_are_answered(desk: Reception) -> None:
    desk.happens(events.CallArrived("b", ZOE, returned=Return.PARK, origin="701"))
    desk.asks(events.Answer())
    assert desk.call("b").note == "parked in 701 for too long"
    assert desk.state("b") is CallState.ANSWERED
