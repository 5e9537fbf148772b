"""Attended transfer: hold the caller, talk to a colleague, then connect the two or come back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, dialling, events, moving, switching
from appliance.desk.state import CallState, Outcome

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers
    from appliance.desk.state import Call

_HERE = (CallState.ANSWERED, CallState.HELD)


def enquiries(board: Board) -> list[tuple[Call, Call]]:
    """Return each caller and the call placed to announce them; the one in the operator's ear first."""
    pairs = [(board.desk.call(call.consults), call) for call in board.desk.calls if call.consults]
    found = [(caller, call) for caller, call in pairs if caller]
    return sorted(found, key=lambda pair: not (pair[0].active or pair[1].active))


def settle(board: Board) -> None:
    """A consultation is one only as long as the caller waits for it, and it is not on its way itself."""
    lasting = [
        call.id for caller, call in enquiries(board) if _waits(caller) and (call.dialling or _waits(call))
    ]
    for call in board.desk.calls:
        if call.consults and call.id not in lasting:
            board.put(replace(call, consults=""))


def _waits(call: Call) -> bool:
    return call.state in _HERE and not call.member


def failed(board: Board, call: Call, reason: str) -> None:
    """The colleague did not take the call, or hung up: the caller is back, and why."""
    caller = board.desk.call(call.consults)
    if caller is None or caller.state is not CallState.HELD:
        return
    note = f"{call.called}: {reason}"
    if board.active:
        board.put(replace(caller, note=note))
    else:
        switching.resume(board, caller, note)
    board.set(notice=note)


# --- what a person asks for


def consult(board: Board, ask: events.Consult) -> None:
    """Hold a call and ring a colleague about it."""
    number = board.number(ask.target)
    call = board.movable(ask.call, "announced")
    if call.member:
        board.refuse("a party of the conference cannot be announced")
    for caller, asked in enquiries(board):
        if caller == call:
            board.refuse(f"{asked.called} is being asked already")
    dialling.call_number(board, number, ask.target, line=call.line, consults=call.id)


def complete(board: Board, ask: events.Complete) -> None:
    """Connect two parties with each other, and leave them to it.

    Who is still being rung is hung up on and the other one transferred there: a REFER with Replaces to a
    ringing target is answered "200" at once, and the caller would be lost if nobody took the call.
    """
    call, other = _pair(board, ask)
    if call.dialling:
        call, other = other, call
    if call.member or other.member:
        board.refuse("leave the conference to connect its parties")
    if call.state not in _HERE or not (other.dialling or other.state in _HERE):
        board.refuse("only two answered or held calls can be connected")
    if other.dialling:
        board.act(actions.HangUpCall(other.id))
        board.remove(other, Outcome.UNANSWERED)
        moving.move(board, call, CallState.TRANSFERRING, other.called, other.called)
    else:
        moving.join(board, call, other)


def _pair(board: Board, ask: events.Complete) -> tuple[Call, Call]:
    """Return the caller and whom to connect them with: who is named, else whom the operator consults."""
    named = [board.pick(call, (), "") for call in (ask.call, ask.to) if call]
    if len(named) == 2:
        if named[0].id == named[1].id:
            board.refuse("a call cannot be connected with itself")
        return named[0], named[1]
    for pair in enquiries(board):
        if all(one in pair for one in named):
            return pair
    others = [call for call in board.active if call not in named]
    if not named or not others:
        board.refuse("there is no call to connect it with")
    return (named[0], others[0]) if ask.call else (others[0], named[0])


def come_back(board: Board, ask: events.ComeBack) -> None:
    """Hang up on the colleague and talk to the caller."""
    named = board.pick(ask.call, (), "") if ask.call else None
    found = next((pair for pair in enquiries(board) if named is None or named in pair), None)
    if found is None:
        board.refuse("nobody is being asked about a caller")
    caller, call = found
    board.act(actions.HangUpCall(call.id))
    board.remove(call, Outcome.ANSWERED if call.answered else Outcome.UNANSWERED)
    if caller.state is CallState.HELD:
        switching.resume(board, caller)


HANDLERS: Handlers = {
    events.Consult: consult,
    events.Complete: complete,
    events.ComeBack: come_back,
}
