"""Calls that the desk places: what is dialled, by whichever way it is chosen."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.config import DeskConfig
from appliance.desk.state import CallState, ExtensionState, Outcome, Party
from tests.desk.reception import ADA, BOB, ZOE, Reception, wire

RINGING = ExtensionState.RINGING


def outside(typed: str) -> str:
    """Dial 0 before what is longer than an extension, as a desk with an outside line would."""
    if not typed.strip():
        raise ValueError("type a number")
    return typed if len(typed) <= 4 else f"0{typed}"


OUTSIDE = DeskConfig(
    dial=outside, extensions=(("1001", "Ada"),), speed_dials=(("1", "30123"),), divert_to="99999"
)


@pytest.mark.parametrize(
    ("ask", "done"),
    [
        (events.Dial("30123"), actions.PlaceCall("out-1", "030123")),
        (events.SpeedDial("1"), actions.PlaceCall("out-1", "030123")),
        (events.Transfer("30123"), actions.TransferCall("a", "030123")),
        (events.Consult("30123"), actions.PlaceCall("out-1", "030123")),
        (events.Divert("30123"), actions.DivertCall("b", "030123")),
        (events.SendMessage("30123", "hi"), actions.SendText("text-1", "030123", "hi")),
        (events.Divert(), actions.DivertCall("b", "99999")),
    ],
)
def test_the_rule_for_outside_numbers_is_for_what_people_enter_and_not_for_what_is_set(
    ask: events.Event, done: actions.Action
) -> None:
    desk = Reception(OUTSIDE)
    desk.talks("a")
    desk.rings("b", BOB)
    assert done in desk.asks(ask)


@pytest.mark.parametrize(
    "ask",
    [
        events.Dial(""),
        events.Transfer(" "),
        events.Consult(""),
        events.Camp(""),
        events.SendMessage("", "hi"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason_of_the_rule(ask: events.Event) -> None:
    desk = Reception(OUTSIDE)
    desk.talks("a")
    assert desk.refuses(ask) == "type a number"


def test_redial_calls_the_last_number_as_it_was_dialled() -> None:
    desk = Reception(OUTSIDE)
    assert desk.refuses(events.Redial()) == "no number was dialled yet"
    desk.asks(events.Dial("30123"))
    desk.asks(events.HangUp())
    assert desk.asks(events.Redial()) == [actions.PlaceCall("out-2", "030123")]


def test_fetching_taking_and_the_mailbox_are_no_numbers_to_dial_again() -> None:
    desk = Reception(DeskConfig(extensions=(("1001", "Ada"),), orbits=("701",), voicemail_number="*98"))
    desk.asks(events.Dial("1001"))
    desk.becomes("701", ExtensionState.BUSY)
    desk.becomes("1001", RINGING)
    for ask in (events.Retrieve(), events.Pickup(), events.CallMailbox()):
        desk.asks(ask)
    assert actions.PlaceCall("out-5", "1001") in desk.asks(events.Redial())
    assert desk.seen.counters.outgoing == 2


def test_a_speed_dial_key_without_a_number_says_so(desk: Reception) -> None:
    assert desk.refuses(events.SpeedDial("7")) == "no number is kept under '7'"


def test_a_call_is_placed_on_the_line_that_is_asked_for() -> None:
    desk = Reception(DeskConfig(lines=(("", "200"), ("second", "300"))))
    assert desk.asks(events.Dial("1002", "second")) == [actions.PlaceCall("out-1", "1002", "second")]
    assert desk.call("out-1").line == "second"
    assert desk.refuses(events.Dial("1002", "third")) == "there is no line third"


def test_several_calls_out_are_held_one_after_the_other(desk: Reception) -> None:
    for number in ("1002", "1003", "1004"):
        desk.asks(events.Dial(number))
        desk.happens(events.CallAnswered(desk.seen.calls[-1].id))
    assert desk.states("out-1", "out-2", "out-3") == [CallState.HELD, CallState.HELD, CallState.ANSWERED]


def test_one_action_calls_the_mailbox_and_its_pin_is_typed_as_digits() -> None:
    desk = Reception(DeskConfig(voicemail_number="*98"))
    assert desk.asks(events.CallMailbox()) == [actions.PlaceCall("out-1", "*98")]
    desk.happens(events.CallAnswered("out-1"))
    assert desk.asks(events.SendDigits("1234#")) == [actions.SendDtmf("out-1", "1234#")]


def test_without_a_mailbox_it_says_so(desk: Reception) -> None:
    assert desk.refuses(events.CallMailbox()) == "no mailbox number is set"


def test_digits_are_for_whom_somebody_has_answered(desk: Reception) -> None:
    desk.asks(events.Dial("1002"))
    assert desk.refuses(events.SendDigits("1")) == "nobody has answered yet"


# --- pickup


def test_a_call_that_rings_at_a_colleagues_is_taken_by_code_and_shown_as_who_calls(desk: Reception) -> None:
    desk.becomes("1001", RINGING, party=ZOE)
    assert desk.asks(events.Pickup("1001")) == [actions.PlaceCall("out-1", "**1001")]
    call = desk.call("out-1")
    assert (call.party, call.called) == (ZOE, "1001")


def test_where_the_exchange_names_the_dialog_the_call_is_taken_by_that(desk: Reception) -> None:
    desk.becomes("1001", RINGING, dialog="abc;to-tag=1;from-tag=2")
    taken = actions.PlaceCall("out-1", "1001", replaces="abc;to-tag=1;from-tag=2")
    assert desk.asks(events.Pickup("1001")) == [taken]
    assert desk.call("out-1").party == ADA, "as long as nobody knows who calls"


def test_without_an_extension_the_one_is_taken_that_rings_longest() -> None:
    desk = Reception(DeskConfig(extensions=(("1001", "Ada"), ("1002", "Bob"))))
    desk.becomes("1002", RINGING)
    desk.becomes("1001", RINGING)
    desk.becomes("1002", RINGING, party=ZOE)  # said again, and not since now
    assert desk.asks(events.Pickup()) == [actions.PlaceCall("out-1", "**1002")]


def test_what_cannot_be_taken_is_refused_in_words(desk: Reception) -> None:
    assert desk.refuses(events.Pickup()) == "no extension is ringing"
    assert desk.refuses(events.Pickup("9")) == "9 is not monitored: nobody can tell whether it rings"
    desk.becomes("1001", ExtensionState.BUSY)
    assert desk.refuses(events.Pickup("1001")) == "1001 is not ringing"
    desk.becomes("1001", ExtensionState.UNKNOWN, reason="the exchange restarted")
    assert desk.asks(events.Pickup("1001")) == [actions.PlaceCall("out-1", "**1001")], "it may ring"


def test_without_a_code_and_a_dialog_nothing_can_be_taken() -> None:
    desk = Reception(DeskConfig(extensions=(("1001", "Ada"),), pickup_code=""))
    desk.becomes("1001", RINGING)
    assert desk.refuses(events.Pickup()) == "this exchange does not tell how to take a call from 1001"


def test_a_pickup_that_comes_too_late_says_so(desk: Reception) -> None:
    desk.becomes("1001", RINGING)
    desk.asks(events.Pickup())
    desk.happens(events.CallReleased("out-1", 404, "Not Found"))
    assert desk.notice() == "1001: Not Found"
    assert desk.over("out-1").outcome is Outcome.UNANSWERED


def test_a_colleague_whose_name_the_exchange_does_not_tell_is_known_by_number(desk: Reception) -> None:
    desk.becomes("1001", ExtensionState.BUSY, party=Party("1001"))
    assert desk.seen.extensions[0].party == ADA
    assert wire(desk.happens(events.Dial("1001"))) == [actions.PlaceCall("out-1", "1001")]
