"""Every state of a call and everything that can be asked of it: each pair is decided on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.state import CallState, ExtensionState
from tests.desk.reception import ADA, BOB, Reception, wire

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG = DeskConfig(extensions=(("1003", "Cem"),), orbits=("701",), divert_to="600")

GONE = "gone"
RINGS, TALKS, ON_HOLD = CallState.RINGING, CallState.ANSWERED, CallState.HELD
CONFERENCE, MOVES, CAMPS = CallState.CONFERENCE, CallState.TRANSFERRING, CallState.CAMPED
PARKS = CallState.PARKING


def rings(desk: Reception) -> str:
    desk.rings("a", ADA)
    return "a"


def dials(desk: Reception) -> str:
    desk.asks(events.Dial("1002"))
    return "out-1"


def talks(desk: Reception) -> str:
    desk.talks("a", ADA)
    return "a"


def holds(desk: Reception) -> str:
    desk.talks("a", ADA)
    desk.asks(events.Hold())
    return "a"


def confers(desk: Reception) -> str:
    desk.talks("a", ADA)
    desk.talks("b", BOB)
    desk.asks(events.Confer())
    return "a"


def parks(desk: Reception) -> str:
    desk.talks("a", ADA)
    desk.asks(events.Park())
    return "a"


def moves(desk: Reception) -> str:
    desk.talks("a", ADA)
    desk.asks(events.Transfer("1002"))
    return "a"


def camps(desk: Reception) -> str:
    desk.becomes("1003", ExtensionState.BUSY)
    desk.talks("a", ADA)
    desk.asks(events.Transfer("1003"))
    return "a"


ASKS: dict[str, Callable[[str], events.Event]] = {
    "answer": events.Answer,
    "reject": events.Reject,
    "divert": lambda call: events.Divert(call=call),
    "hang up": events.HangUp,
    "hold": events.Hold,
    "resume": events.Resume,
    "park": events.Park,
    "transfer": lambda call: events.Transfer("1002", call),
    "consult": lambda call: events.Consult("1002", call),
    "complete": events.Complete,
    "come back": events.ComeBack,
    "camp": lambda call: events.Camp("1003", call),
    "uncamp": events.Uncamp,
    "confer": events.Confer,
    "mute": events.MuteParty,
}
# What becomes of the call; what is not named is refused in words.
MOVED: dict[str, CallState | str] = {"hang up": GONE, "park": PARKS, "transfer": MOVES, "camp": CAMPS}
DECIDED: dict[Callable[[Reception], str], dict[str, CallState | str]] = {
    rings: {"answer": TALKS, "reject": GONE, "divert": GONE, "hang up": GONE},
    dials: {"hang up": GONE},
    talks: MOVED | {"hold": ON_HOLD, "consult": ON_HOLD},
    holds: MOVED | {"resume": TALKS, "consult": ON_HOLD},
    confers: MOVED | {"hold": ON_HOLD, "mute": CONFERENCE},
    parks: {"hang up": GONE},
    moves: {"hang up": GONE},
    camps: {"hang up": GONE, "resume": TALKS, "uncamp": ON_HOLD},
}


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("arrange", DECIDED, ids=lambda arrange: arrange.__name__)
def test_what_can_be_asked_of_a_call_is_done_and_all_else_is_refused(
    arrange: Callable[[Reception], str], ask: str
) -> None:
    desk = Reception(CONFIG)
    call = arrange(desk)
    decided = DECIDED[arrange].get(ask)
    if decided is None:
        assert desk.refuses(ASKS[ask](call))
    else:
        desk.asks(ASKS[ask](call))
        assert (desk.state(call) or GONE) == decided


@pytest.mark.parametrize("ask", ASKS)
def test_nothing_can_be_asked_of_a_call_that_is_over(ask: str) -> None:
    desk = Reception(CONFIG)
    desk.talks("a", ADA)
    desk.happens(events.CallReleased("a"))
    assert desk.refuses(ASKS[ask]("a")) == "that call is over"


@pytest.mark.parametrize(
    "event",
    [
        events.CallAnswered("a"),
        events.CallReleased("a"),
        events.PartyChanged("a", BOB),
        events.TransferProgressed("a", 200, "OK", final=True),
        events.TransferProgressed("a", 486, "Busy Here", final=True),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_the_exchange_says_late_of_a_call_that_is_over_changes_nothing(event: events.Event) -> None:
    desk = Reception(CONFIG)
    desk.talks("a", ADA)
    desk.happens(events.CallReleased("a"))
    before = desk.seen
    assert wire(desk.happens(event)) == []
    assert desk.seen == before


@pytest.mark.parametrize("arrange", DECIDED, ids=lambda arrange: arrange.__name__)
def test_whatever_a_call_is_doing_when_the_far_end_hangs_up_it_is_over_and_on_record(
    arrange: Callable[[Reception], str],
) -> None:
    desk = Reception(CONFIG)
    call = arrange(desk)
    desk.happens(events.CallReleased(call, 487))
    assert desk.state(call) is None
    assert desk.over(call).outcome


@pytest.mark.parametrize(
    "arrange", [rings, dials, talks, holds, confers, camps], ids=lambda arrange: arrange.__name__
)
def test_a_failed_transfer_that_nobody_asked_for_changes_nothing(arrange: Callable[[Reception], str]) -> None:
    desk = Reception(CONFIG)
    call = arrange(desk)
    state = desk.state(call)
    assert wire(desk.happens(events.TransferProgressed(call, 486, "Busy Here", final=True))) == []
    assert desk.state(call) is state


def test_a_call_that_is_answered_behind_our_back_is_kept_as_it_is(desk: Reception) -> None:
    desk.rings("a")
    desk.happens(events.CallAnswered("a"))
    assert desk.state("a") is TALKS
    desk.rings("b", BOB)
    assert wire(desk.happens(events.CallAnswered("b"))) == [actions.HoldCall("b")]
    assert desk.states("a", "b") == [TALKS, ON_HOLD]
