"""Transfer to a number, and what the exchange says of every call that it was asked to take over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, camping, events, moving
from appliance.desk.events import Clock
from appliance.desk.parking import park
from appliance.desk.state import CallState, Outcome, Return

RINGING = 180  # RFC 3261 section 21.1.2; a 100 Trying means nothing yet

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.state import Call


def transfer(board: Board, ask: events.Transfer) -> None:
    """Transfer blind; to a busy colleague, camp on."""
    target = board.number(ask.target)
    call = board.movable(ask.call, "transferred")
    if board.config.camp_on and camping.is_busy(board, target):
        camping.camp(board, call, target)
    else:
        moving.move(board, call, CallState.TRANSFERRING, target, target)


def transfer_progressed(board: Board, event: events.TransferProgressed) -> None:
    """Act on the exchange's last word; an exchange that ends with a provisional one has not said it.

    While it says that the target rings, it is given the time that people take to answer.
    """
    call = board.desk.call(event.call)
    if call is None or call.state is CallState.RINGING:
        return
    if event.code < 200:
        if call.moving and event.code >= RINGING and not event.final:
            board.put(replace(call, rings=board.now))
    elif not event.final:
        return
    elif event.code < 300:  # also when it comes after we gave up waiting: the caller has moved
        _moved(board, call, event.code)
    elif call.camped and call.moving and camping.is_busy_answer(board, call, event.code):
        camping.camp_again(board, call)
    elif call.moving:
        moving.bring_back(board, call, f"{event.code} {event.reason}".strip())


def _moved(board: Board, call: Call, code: int) -> None:
    board.act(actions.HangUpCall(call.id))
    if call.state is CallState.PARKING:
        park.parked(board, call)
        board.remove(call, Outcome.PARKED, code)
        return
    board.leave_trail(call, call.target, Return.TRANSFER)
    board.remove(call, Outcome.TRANSFERRED, code)
    if other := moving.joined(board, call):  # from now on the exchange has a moment to end it
        board.put(replace(other, since=board.now))


def patience_over(board: Board, subject: str) -> None:
    """The exchange said nothing: bring the caller back; or it did not end a call that it has connected."""
    call = board.desk.call(subject)
    if call is None or not call.moving:
        return
    if not call.joins:
        moving.bring_back(board, call, "the exchange did not answer")
    elif asked := board.desk.call(call.joins):
        moving.bring_back(board, asked, "the exchange did not answer")
    else:
        board.act(actions.HangUpCall(call.id))
        board.remove(call, Outcome.TRANSFERRED)


HANDLERS: Handlers = {
    events.Transfer: transfer,
    events.TransferProgressed: transfer_progressed,
}
TIMERS: Timers = {Clock.TRANSFER: patience_over}
