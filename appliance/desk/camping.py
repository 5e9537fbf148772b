"""Camp-on: callers wait on hold until a busy extension is free, and are then sent there one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events, moving
from appliance.desk.events import Clock
from appliance.desk.state import CallState, ExtensionState

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.state import Call

_BUSY = (
    ExtensionState.RINGING,
    ExtensionState.BUSY,
    ExtensionState.HELD,
    ExtensionState.CONFERENCE,
)
_BUSY_ANSWERS = (486, 600)  # RFC 3261 section 21
_UNAVAILABLE = 480  # which some exchanges say for busy


def is_busy(board: Board, number: str) -> bool:
    """Return whether this is a monitored extension that cannot take a call now."""
    extension = board.extension(number)
    return extension is not None and extension.state in _BUSY


def is_busy_answer(board: Board, call: Call, code: int) -> bool:
    """Return whether a transfer failed because the extension is busy again."""
    return code in _BUSY_ANSWERS or (code == _UNAVAILABLE and is_busy(board, call.target))


def camp(board: Board, call: Call, target: str) -> None:
    """Hold a call until the extension is free."""
    if call.state is not CallState.HELD:
        board.act(actions.HoldCall(call.id))
    board.enter(call, CallState.CAMPED, target=target, camped=board.now)


def camp_again(board: Board, call: Call) -> None:
    """The extension was busy after all: the caller has its old place and its old limit."""
    if board.now >= call.camped + board.config.camp_patience:
        moving.bring_back(board, call, "was not free in time")
        return
    board.act(actions.HoldCall(call.id))
    board.enter(call, CallState.CAMPED, target=call.target, camped=call.camped, since=call.camped)


def serve(board: Board) -> None:
    """Send who is camped longest on each free extension.

    The lamp of an extension lags behind the call that was sent there. So the next one goes when nobody is on
    the way, and the lamp has changed since, or SERVE seconds have passed.
    """
    on_their_way = {call.target for call in board.desk.calls if call.state is CallState.TRANSFERRING}
    camped = (call for call in board.desk.calls if call.state is CallState.CAMPED)
    for call in sorted(camped, key=lambda call: call.camped):
        extension = board.extension(call.target)
        if extension is None or extension.state is not ExtensionState.AVAILABLE:
            continue
        if call.target not in on_their_way and call.target not in board.served:
            board.served[call.target] = board.now
            moving.move(board, call, CallState.TRANSFERRING, call.target, call.target, call.camped)


def camp_asked(board: Board, ask: events.Camp) -> None:
    """Camp a call on an extension, whatever that does now."""
    target = board.number(ask.target)
    call = board.movable(ask.call, "camped")
    if board.extension(target) is None:
        board.refuse(f"{target} is not monitored: nobody can tell when it is free")
    camp(board, call, target)


def uncamp(board: Board, ask: events.Uncamp) -> None:
    """Keep the caller on hold and send them nowhere."""
    camped = sorted((c for c in board.desk.calls if c.state is CallState.CAMPED), key=lambda c: c.camped)
    call = board.pick(ask.call, tuple(camped), "no call is camped")
    if call.state is not CallState.CAMPED:
        board.refuse("that call is not camped")
    board.enter(call, CallState.HELD)


def waited_too_long(board: Board, subject: str) -> None:
    """The extension was not free in time: the caller is back."""
    call = board.desk.call(subject)
    if call and call.state is CallState.CAMPED:
        moving.bring_back(board, call, "was not free in time")


def lamp_has_settled(board: Board, subject: str) -> None:
    """Trust the lamp of the extension again."""
    board.served.pop(subject, None)


HANDLERS: Handlers = {events.Camp: camp_asked, events.Uncamp: uncamp}
TIMERS: Timers = {Clock.CAMP: waited_too_long, Clock.SERVE: lamp_has_settled}
