"""What the desk knew before it was started: told by its store, late or never, as that may be slow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import events, texting
from appliance.desk.board import MISSED_KEPT
from appliance.desk.state import Counters

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers


def remembered(board: Board, event: events.Remembered) -> None:
    """Put the past before what has happened since."""
    desk, past = board.desk, event.counters
    taken = {message.id for message in desk.messages}
    messages = (
        replace(message, id=f"{message.id} before") if message.id in taken else message
        for message in texting.kept(event.messages)
    )
    board.set(
        messages=(*messages, *desk.messages)[-texting.KEPT :],
        released=(*desk.released, *event.released)[:MISSED_KEPT],
        counters=Counters(
            desk.counters.missed + past.missed,
            desk.counters.incoming + past.incoming,
            desk.counters.outgoing + past.outgoing,
        ),
    )


HANDLERS: Handlers = {events.Remembered: remembered}
