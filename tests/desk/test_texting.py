"""Text messages: sent, delivered or failed, received, read, kept."""

from __future__ import annotations

import pytest

from appliance.desk import actions, events
from appliance.desk.state import Direction, Message, MessageState, Party
from tests.desk.reception import ADA, BOB, Reception

SENDING, DELIVERED, FAILED = MessageState.SENDING, MessageState.DELIVERED, MessageState.FAILED


def test_a_text_is_sent_and_shown_with_what_became_of_it(desk: Reception) -> None:
    assert desk.asks(events.SendMessage("1001", "Ğ 日本 😀")) == [
        actions.SendText("text-1", "1001", "Ğ 日本 😀")
    ]
    (message,) = desk.seen.messages
    assert (message.party, message.state, message.at, message.seen) == (ADA, SENDING, desk.now, True)
    desk.happens(events.TextAnswered("text-1", 100, "Trying"))
    assert desk.seen.messages[0].state is SENDING
    desk.happens(events.TextAnswered("text-1", 202, "Accepted"))
    assert desk.seen.messages[0].state is DELIVERED


@pytest.mark.parametrize(
    ("reason", "shown"), [("the exchange did not answer", "the exchange did not answer"), ("", "408")]
)
def test_a_text_that_fails_says_why(desk: Reception, reason: str, shown: str) -> None:
    desk.asks(events.SendMessage("1001", "hello"))
    desk.happens(events.TextAnswered("text-1", 408, reason))
    assert (desk.seen.messages[0].state, desk.seen.messages[0].reason) == (FAILED, shown)


def test_the_first_final_answer_counts(desk: Reception) -> None:
    desk.asks(events.SendMessage("1001", "hello"))
    desk.happens(events.TextAnswered("text-1", 200))
    desk.happens(events.TextAnswered("text-1", 408))
    assert desk.seen.messages[0].state is DELIVERED


def test_a_text_that_came_is_kept_until_read_and_a_second_copy_is_none(desk: Reception) -> None:
    for number, party in (("m-1", Party("1001")), ("m-2", BOB), ("m-1", Party("1001"))):
        desk.happens(events.TextArrived(number, party, "hello"))
    assert [(m.id, m.party, m.seen) for m in desk.seen.messages] == [("m-1", ADA, False), ("m-2", BOB, False)]
    desk.asks(events.ReadMessages("1001"))
    assert [message.seen for message in desk.seen.messages] == [True, False]
    desk.asks(events.ReadMessages())
    assert all(message.seen for message in desk.seen.messages)


def test_the_last_two_hundred_are_kept(desk: Reception) -> None:
    for number in range(210):
        desk.happens(events.TextArrived(f"m-{number}", BOB, "hello"))
    assert [message.id for message in desk.seen.messages] == [f"m-{number}" for number in range(10, 210)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the message is empty"),
        (" \n", "the message is empty"),
        ("x" * 10_001, "the message is longer than 10000 characters"),
    ],
)
def test_what_is_no_message_is_refused(desk: Reception, text: str, reason: str) -> None:
    assert desk.refuses(events.SendMessage("1001", text)) == reason
    assert desk.seen.messages == ()


def test_after_a_restart_the_old_ones_are_there_and_none_waits_for_ever() -> None:
    old = tuple(
        Message(f"text-{number}", Direction.OUT, BOB, "hello", state, 1.0)
        for number, state in ((7, DELIVERED), (8, SENDING))
    )
    desk = Reception()
    desk.happens(events.Remembered(old))
    assert [(m.state, m.reason) for m in desk.seen.messages] == [
        (DELIVERED, ""),
        (FAILED, "the desk was restarted before the exchange answered"),
    ]
    assert desk.asks(events.SendMessage("1001", "hello")) == [actions.SendText("text-9", "1001", "hello")]
