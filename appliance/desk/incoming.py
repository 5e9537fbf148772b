"""Calls that come in: who may ring, who comes back, and what becomes of a call that nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events, switching
from appliance.desk.events import Clock
from appliance.desk.state import Call, CallState, Direction, Outcome, Return

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers

COMES_BACK = 900.0  # seconds in which a caller whom we moved away is known again
BUSY_HERE, UNAVAILABLE, MOVED = 486, 480, 302  # RFC 3261 section 21
# Who is not wanted hears no "busy", which asks to try again, or to camp on. A 6xx also ends the search for
# another phone (RFC 3261 section 16.7). Not 607 (RFC 8197): that a call is a nuisance is for a person to say
# (RFC 8688 section 1), not for a rule, and many an exchange does not know it.
DECLINE = 603


def call_arrived(board: Board, event: events.CallArrived) -> None:
    """Let it ring, unless it is screened, the desk does not want to be disturbed or enough are waiting."""
    if board.desk.call(event.call):
        return
    returned, origin = _return(board, event)
    screened = None if returned else event.screened
    enough = 0 < board.config.max_incoming <= len(board.desk.waiting)
    call = Call(
        event.call,
        Direction.IN,
        board.known(event.party),
        event.called,
        CallState.RINGING,
        arrived=board.now,
        since=board.now,
        note=screened.reason if screened else _why(returned, origin),
        line=event.line,
        diverted_by=board.known(event.diverted_by),
        returned=returned,
        origin=origin,
        internal=event.internal,
        shown=screened is None or screened.shown,
    )
    board.add(call)
    if returned:
        return  # a caller of ours is not turned away a second time
    if screened:
        code = UNAVAILABLE if screened.closed else DECLINE
        _send_away(board, call, screened.divert, code, Outcome.SCREENED)
    elif board.desk.dnd:
        _turn_away(board, call, board.config.dnd_divert_to)
    elif enough:
        _turn_away(board, call, board.config.overflow)


def _return(board: Board, event: events.CallArrived) -> tuple[Return, str]:
    """Return whether a caller is brought back, and from where.

    Not every exchange says so. But it names us as who had moved the caller (RFC 3892), and we know whom we
    have moved lately.
    """
    ours = {*board.config.numbers, *(line.number for line in board.desk.lines)} - {""}
    for trail in reversed(board.trails):
        lately = board.now - trail.at <= COMES_BACK
        if lately and trail.party.number == event.party.number:
            if event.returned or event.referred_by in ours:
                board.trails = tuple(other for other in board.trails if other is not trail)
                return event.returned or trail.how, event.origin or trail.place
            break
    return event.returned, event.origin


def _why(returned: Return, origin: str) -> str:
    match returned:
        case Return.PARK:
            return f"parked in {origin} for too long" if origin else "parked for too long"
        case Return.TRANSFER:
            return f"{origin} did not answer" if origin else "nobody answered the transfer"
        case Return.CAMP:
            return f"{origin} was not free in time" if origin else "camped for too long"
        case Return.NO:
            return ""


def _turn_away(board: Board, call: Call, number: str, code: int = BUSY_HERE) -> None:
    """Divert a ringing call, or refuse it where there is no number for it."""
    refused = Outcome.MISSED if code == UNAVAILABLE else Outcome.REJECTED
    _send_away(board, call, number, code, Outcome.DIVERTED if number else refused)


def _send_away(board: Board, call: Call, number: str, code: int, outcome: Outcome) -> None:
    if number:
        board.act(actions.DivertCall(call.id, number))
        board.remove(call, outcome, MOVED, number)
    else:
        board.act(actions.RejectCall(call.id, code))
        board.remove(call, outcome, code)


# --- what a person asks for


def answer(board: Board, ask: events.Answer) -> None:
    """Talk to a waiting caller; the active call goes on hold."""
    call = _waiting(board, ask.call, "that call is not ringing here")
    switching.free_line(board)
    board.act(actions.AnswerCall(call.id))
    board.enter(call, CallState.ANSWERED, note=call.note)


def reject(board: Board, ask: events.Reject) -> None:
    """Let a waiting caller hear busy."""
    _turn_away(board, _waiting(board, ask.call, "that call is not ringing here; hang it up instead"), "")


def divert(board: Board, ask: events.Divert) -> None:
    """Send a waiting caller elsewhere."""
    call = _waiting(board, ask.call, "that call is not ringing here; transfer it instead")
    number = board.number(ask.number) if ask.number else board.config.divert_to
    if not number:
        board.refuse("there is no number to divert to")
    _turn_away(board, call, number)


def _waiting(board: Board, call_id: str, otherwise: str) -> Call:
    call = board.pick(call_id, board.desk.waiting, "no call is ringing")
    if not call.waiting:
        board.refuse(otherwise)
    return call


# --- what becomes of a call that nobody answers


def auto_answer(board: Board, subject: str) -> None:
    """Answer, unless the operator is talking or does not want to be disturbed: then it rings on."""
    call = board.desk.call(subject)
    if call and call.waiting and not board.active and not board.desk.dnd:
        answer(board, events.Answer(call.id))


def auto_hold(board: Board, subject: str) -> None:
    """Let the caller hear music instead of ringing; whom the operator talks to hears nothing of it."""
    call = board.desk.call(subject)
    if call and call.waiting:
        board.act(actions.AnswerCall(call.id, held=True))
        board.enter(call, CallState.HELD, note=call.note)


def auto_divert(board: Board, subject: str) -> None:
    """Send the caller on, or say that nobody is here."""
    call = board.desk.call(subject)
    if call and call.waiting:
        _turn_away(board, call, board.config.divert_to, UNAVAILABLE)


HANDLERS: Handlers = {
    events.CallArrived: call_arrived,
    events.Answer: answer,
    events.Reject: reject,
    events.Divert: divert,
}
TIMERS: Timers = {
    Clock.AUTO_ANSWER: auto_answer,
    Clock.AUTO_HOLD: auto_hold,
    Clock.AUTO_DIVERT: auto_divert,
}
