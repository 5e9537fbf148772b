"""The desk: takes what happened, returns what must happen now.

Each feature is a module of functions of the board and the event. After every event follows from the state,
always in the same way: who is in the conference, who is sent to a free extension, which timers run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from appliance.desk import (
    actions,
    buttons,
    camping,
    conference,
    consulting,
    dialling,
    ending,
    events,
    features,
    hardware,
    incoming,
    monitoring,
    remembering,
    switching,
    texting,
    timers,
    touching,
    transferring,
)
from appliance.desk.board import Board, Handlers, RefusedError, Timers
from appliance.desk.config import DeskConfig
from appliance.desk.parking import park

if TYPE_CHECKING:
    from appliance.desk.actions import Action
    from appliance.desk.events import Event
    from appliance.desk.state import Snapshot

__all__ = ["Desk", "DeskConfig"]

HANDLERS: Handlers = {
    **incoming.HANDLERS,
    **switching.HANDLERS,
    **ending.HANDLERS,
    **dialling.HANDLERS,
    **transferring.HANDLERS,
    **consulting.HANDLERS,
    **camping.HANDLERS,
    **park.HANDLERS,
    **conference.HANDLERS,
    **features.HANDLERS,
    **texting.HANDLERS,
    **monitoring.HANDLERS,
    **remembering.HANDLERS,
    **hardware.HANDLERS,
    **buttons.HANDLERS,
}
TIMERS: Timers = {
    **incoming.TIMERS,
    **switching.TIMERS,
    **transferring.TIMERS,
    **camping.TIMERS,
    **features.TIMERS,
    **hardware.TIMERS,
    **buttons.TIMERS,
    **touching.TIMERS,
}
COMMANDS: tuple[type, ...] = get_args(events.Command)
KEYS = (events.KeyPressed, events.KeyReleased, events.ButtonPressed, events.ButtonReleased)


class Desk:
    """All calls of one reception desk, and what its keys mean at this moment."""

    def __init__(self, config: DeskConfig) -> None:
        """Start with no calls, no devices, and nothing known of the exchange."""
        self._board = Board(config)

    def snapshot(self) -> Snapshot:
        """Return all that is to be seen of the desk."""
        return self._board.desk

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take one event at time `now` (seconds, never going back); return what must be done, in order."""
        board = self._board
        board.now, board.actions = now, []
        before = board.desk
        if isinstance(event, (*COMMANDS, *KEYS)):
            features.touched(board)
        if isinstance(event, (*COMMANDS, events.KeyPressed, events.ButtonPressed)):
            board.set(notice="")
        try:
            _dispatch(board, event)
        except RefusedError as refused:
            if isinstance(event, (*KEYS, events.TimerEnded)):
                board.set(notice=str(refused))
            else:
                board.act(actions.Refuse(str(refused)))
        _settle(board, before, event)
        return board.actions


def _dispatch(board: Board, event: Event) -> None:
    if not isinstance(event, events.TimerEnded):
        HANDLERS[type(event)](board, event)
    elif event.timer in board.timers and event.timer not in board.ended:
        board.ended.add(event.timer)
        TIMERS[event.timer.clock](board, event.timer.subject)
    commands, board.commands = board.commands, []
    for command in commands:
        HANDLERS[type(command)](board, command)


def _settle(board: Board, before: Snapshot, event: Event) -> None:
    """Do what follows from the state by itself, whatever led to it."""
    conference.settle(board)
    consulting.settle(board)
    camping.serve(board)
    features.settle(board, before)
    buttons.settle(board, before)
    switching.settle(board, before)
    hardware.settle(board, event)
    touching.settle(board, event)
    mixed = conference.mixed(board.desk)
    if mixed != conference.mixed(before):
        board.act(actions.MixCalls(mixed))
    timers.keep(board)
    hardware.expect_echoes(board, before, event)
