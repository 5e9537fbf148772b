"""Text messages (RFC 3428), in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.state import Direction, Message, MessageState, Party

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers

KEPT = 200
LONGEST = 10_000  # characters
_OURS = "text-"


def kept(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return messages from before a restart; what was being sent then, nobody will answer for any more."""
    lost = "the desk was restarted before the exchange answered"
    return tuple(
        replace(message, state=MessageState.FAILED, reason=lost)
        if message.state is MessageState.SENDING
        else message
        for message in messages
    )


def send_message(board: Board, ask: events.SendMessage) -> None:
    """Send a text."""
    number = board.number(ask.number)
    if not ask.text.strip():
        board.refuse("the message is empty")
    if len(ask.text) > LONGEST:
        board.refuse(f"the message is longer than {LONGEST} characters")
    message = f"{_OURS}{_next(board)}"
    party = board.known(Party(number))
    _add(board, Message(message, Direction.OUT, party, ask.text, MessageState.SENDING, board.now))
    board.act(actions.SendText(message, number, ask.text))


def text_answered(board: Board, event: events.TextAnswered) -> None:
    """Note what the exchange made of a text of ours."""
    if event.status < 200:
        return
    delivered = event.status < 300
    board.set(
        messages=tuple(
            replace(
                message,
                state=MessageState.DELIVERED if delivered else MessageState.FAILED,
                reason="" if delivered else event.reason or str(event.status),
            )
            if message.id == event.message and message.state is MessageState.SENDING
            else message
            for message in board.desk.messages
        )
    )


def text_arrived(board: Board, event: events.TextArrived) -> None:
    """Keep a text that came, until somebody reads it; a second copy of it is none."""
    if any(message.id == event.message for message in board.desk.messages):
        return
    party = board.known(event.party)
    message = Message(
        event.message, Direction.IN, party, event.text, MessageState.RECEIVED, board.now, seen=False
    )
    _add(board, message)


def read_messages(board: Board, ask: events.ReadMessages) -> None:
    """Mark texts as read."""
    board.set(
        messages=tuple(
            replace(message, seen=True) if ask.number in ("", message.party.number) else message
            for message in board.desk.messages
        )
    )


def _next(board: Board) -> int:
    used = (m.id.removeprefix(_OURS) for m in board.desk.messages if m.id.startswith(_OURS))
    return 1 + max((int(number) for number in used if number.isdecimal()), default=0)


def _add(board: Board, message: Message) -> None:
    board.set(messages=(*board.desk.messages, message)[-KEPT:])


HANDLERS: Handlers = {
    events.SendMessage: send_message,
    events.TextAnswered: text_answered,
    events.TextArrived: text_arrived,
    events.ReadMessages: read_messages,
}
