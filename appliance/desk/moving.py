"""Asking the exchange to take a call over: it stays ours until the exchange's last word, or comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, switching
from appliance.desk.state import CallState

if TYPE_CHECKING:
    from appliance.desk.board import Board
    from appliance.desk.state import Call

ATTENTION = 10.0  # seconds in which the operator still waits for what becomes of a transfer


def move(board: Board, call: Call, state: CallState, target: str, number: str, camped: float = 0.0) -> None:
    """Ask for a transfer to a number; `target` is what the call shows meanwhile."""
    board.act(actions.TransferCall(call.id, number))
    board.enter(call, state, target=target, camped=camped)


def join(board: Board, call: Call, other: Call) -> None:
    """Ask to connect two parties with each other; the exchange then ends `other`."""
    board.act(actions.JoinCalls(call.id, other.id))
    board.enter(call, CallState.TRANSFERRING, target=_name(other))
    board.enter(other, CallState.TRANSFERRING, target=_name(call), joins=call.id)


def joined(board: Board, call: Call) -> Call | None:
    """Return the call that this one is being connected with, if the request went out on this one."""
    return next((other for other in board.desk.calls if other.joins == call.id), None)


def bring_back(board: Board, call: Call, reason: str) -> None:
    """It failed: the caller is with the operator again.

    While the operator talks, or after a time in which the operator may have put the headset down, the caller
    waits on hold instead, and the lamps call the operator. Who was to be connected with the caller is kept
    on hold.
    """
    note = f"{call.target}: {reason}"
    other = joined(board, call)
    late = board.now - call.since > ATTENTION
    if board.active or late:
        switching.hold(board, call, note, alert=late)
    else:
        switching.resume(board, call, note)
    if other:
        switching.hold(board, other, note)
    board.set(notice=note)


def _name(call: Call) -> str:
    return call.party.number or call.party.name or call.called
