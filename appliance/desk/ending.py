"""How calls end: by whoever hangs up. What belonged to a call that is gone is put right at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, conference, consulting, events, moving
from appliance.desk.state import CallState, Direction, Outcome, Return

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers
    from appliance.desk.state import Call


def hang_up(board: Board, ask: events.HangUp) -> None:
    """End a call. Without one in a conference, the operator leaves it where that can be, else ends it all."""
    call = board.pick(ask.call, board.active, "no call is active")
    if call.state is not CallState.CONFERENCE or ask.call:
        _end(board, call)
    elif conference.can_leave(board):
        conference.leave(board, events.Leave())
    else:
        for party in board.active:
            _end(board, party)


def _end(board: Board, call: Call) -> None:
    refused = call.waiting
    board.act(actions.RejectCall(call.id) if refused else actions.HangUpCall(call.id))
    if call.answered:
        outcome = Outcome.ANSWERED
    else:
        outcome = Outcome.REJECTED if call.direction is Direction.IN else Outcome.UNANSWERED
    board.remove(call, outcome, 486 if refused else 0)
    _leave_behind(board, call, "hung up")


def call_released(board: Board, event: events.CallReleased) -> None:
    """The far end hung up, gave up, or never took the call."""
    call = board.desk.call(event.call)
    if call is None:
        return
    if call.state is CallState.TRANSFERRING:
        board.leave_trail(call, call.target, Return.TRANSFER)
    elif call.state is CallState.PARKING:  # where, the lamp of an orbit will tell
        board.leave_trail(call, "", Return.PARK)
    board.remove(call, _outcome(call, event), event.code)
    unanswered = call.dialling and event.code >= 300
    reason = (event.reason or str(event.code)) if unanswered else "hung up"
    if unanswered:
        board.set(notice=f"{call.called}: {reason}")
    if call.consults:
        consulting.failed(board, call, reason)
    _leave_behind(board, call, "hung up")


def _leave_behind(board: Board, call: Call, reason: str) -> None:
    """Whom the call was being connected with is back, for there is nobody to be connected with."""
    if other := moving.joined(board, call):
        moving.bring_back(board, other, reason)


def _outcome(call: Call, event: events.CallReleased) -> Outcome:
    """Return how a call went. An exchange may end a leg that it has taken over before it says so.

    A caller who hangs up on the way looks the same.
    """
    if call.joins or call.state is CallState.TRANSFERRING:
        return Outcome.TRANSFERRED
    if call.state is CallState.PARKING:
        return Outcome.PARKED
    if call.answered:
        return Outcome.ANSWERED
    if event.elsewhere and call.waiting:
        return Outcome.ELSEWHERE
    return Outcome.MISSED if call.direction is Direction.IN else Outcome.UNANSWERED


HANDLERS: Handlers = {
    events.HangUp: hang_up,
    events.CallReleased: call_released,
}
