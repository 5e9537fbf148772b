"""Given a caller at the desk, they are parked in whatever way the exchange parks, fetched, or ring back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from appliance.demo.exchange import Exchange
from appliance.desk.events import Park, Retrieve
from tests.reception import Reception

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.exchange
TEN = [str(orbit) for orbit in range(701, 711)]
DIALECTS: dict[str, dict[str, Any]] = {
    "code": {"dialect": "code", "prefix": "*7", "orbits": TEN},
    "announced": {"dialect": "announced", "extension": "700", "orbits": TEN},
}


@pytest.fixture(params=DIALECTS)
def reception(request: pytest.FixtureRequest, tmp_path: Path, exchange: Exchange) -> Iterator[Reception]:
    with Reception(tmp_path, exchange, park=DIALECTS[request.param]) as reception:
        yield reception
        reception.clear()


def test_a_parked_caller_is_shown_with_name_and_parker_and_is_fetched(reception: Reception) -> None:
    reception.has("1001")
    call = reception.talks("1001")
    reception.ask(Park())
    assert reception.until_released(call)["outcome"] == "parked"
    state = reception.until("seen", lambda s: any(o["state"] == "taken" for o in s["orbits"].values()))
    (number, orbit), *others = ((n, o) for n, o in state["orbits"].items() if o["state"] == "taken")
    assert not others
    assert (orbit["number"], orbit["by"]) == ("1001", "200")
    reception.until_hears("1001")  # music, and nobody's tone
    reception.ask(Retrieve(number))
    reception.desk.until_call("answered")
    reception.until("the orbit is free", lambda s: s["orbits"][number]["state"] == "free")
    reception.until("who it is", lambda s: [c["number"] for c in s["calls"].values()] == ["1001"])


def test_an_empty_orbit_and_a_taken_one_are_refused_in_words(reception: Reception) -> None:
    assert reception.refused(Retrieve("705")) == "nobody is parked in 705"
    reception.has("1001", "1003")
    reception.talks("1001")
    reception.ask(Park())
    state = reception.until("seen", lambda s: any(o["state"] == "taken" for o in s["orbits"].values()))
    taken = next(n for n, o in state["orbits"].items() if o["state"] == "taken")
    reception.talks("1003")
    said = reception.refused(Park(orbit=taken))
    assert "taken" in said or "chooses" in said
    reception.desk.until_call("answered")


@pytest.mark.parametrize("origin", [True, False], ids=["a plain call", "with its slot"])
def test_a_parked_caller_whom_nobody_fetches_rings_back_as_what_it_is(tmp_path: Path, origin: bool) -> None:
    Exchange.prepare()
    with (
        Exchange(users=4, park_seconds=2, park_origin=origin) as exchange,
        Reception(tmp_path, exchange, park=DIALECTS["code"]) as reception,
    ):
        reception.has("1001")
        call = reception.talks("1001")
        reception.ask(Park())
        reception.until_released(call)
        state = reception.desk.until_call("ringing")
        (back,) = state["calls"].values()
        assert (back["returned"], back["number"]) == ("park", "1001")
        assert "701" in back["note"]
        reception.desk.lift()
        reception.desk.until_call("answered")
        reception.clear()
