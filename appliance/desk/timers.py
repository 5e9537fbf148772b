"""Which timers run: a pure function of the desk's state, so that none is forgotten and none outlives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, keypad, touching
from appliance.desk.board import Span
from appliance.desk.events import Clock, Timer
from appliance.desk.state import CallState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.desk.board import Board
    from appliance.desk.state import Call

SERVE = 5.0  # seconds in which the lamp of an extension may lag behind the call that was sent there
RINGING = 180.0  # seconds that an exchange lets a telephone ring at most (RFC 3261 section 16.6: timer C)
GRACE = 5.0  # seconds in which the exchange ends the second of two calls that it has connected


def wanted(board: Board) -> dict[Timer, Span]:
    """Return the timers that this state of the desk wants."""
    spans = {timer: Span(press.at, board.config.long_press) for timer, press in board.pressed.items()}
    for button, push in board.pushed.items():
        if push.down:
            spans[Timer(Clock.BUTTON_LONG, button)] = Span(push.at, board.config.long_press)
        else:
            spans[Timer(Clock.BUTTON_DOUBLE, button)] = Span(push.at, board.config.double_press)
    for device, since in board.together.items():
        spans[Timer(Clock.TOGETHER, device)] = Span(since, touching.HELD)
    if board.desk.touched:
        spans[Timer(Clock.TOUCHED, "")] = Span(board.touched_at, touching.SHOWN)
    if board.desk.typed.number:
        spans[Timer(Clock.TYPED, "")] = Span(board.desk.typed.at, keypad.patience(board.desk.typed))
    for extension, since in board.served.items():
        spans[Timer(Clock.SERVE, extension)] = Span(since, SERVE)
    for call in board.desk.calls:
        for clock, since, seconds in _of(call, board):
            if seconds > 0:
                spans[Timer(clock, call.id)] = Span(since, seconds)
    if board.config.away_after > 0 and not board.desk.calls and not board.desk.away:
        spans[Timer(Clock.AWAY, "")] = Span(board.idle_since, board.config.away_after)
    return spans


def _of(call: Call, board: Board) -> Iterator[tuple[Clock, float, float]]:
    config = board.config
    if call.waiting:
        yield Clock.AUTO_ANSWER, call.arrived, config.auto_answer
        yield Clock.AUTO_HOLD, call.arrived, config.auto_hold
        if not call.returned:
            yield Clock.AUTO_DIVERT, call.arrived, config.divert_after
    elif call.state is CallState.HELD and not call.alert:
        yield Clock.HOLD_ALERT, call.since, config.hold_alert
    elif call.state is CallState.CAMPED:
        yield Clock.CAMP, call.camped, config.camp_patience
    elif call.moving:
        yield Clock.TRANSFER, *_patience(call, board)


def _patience(call: Call, board: Board) -> tuple[float, float]:
    """Return since when the exchange is waited for, and how long."""
    if call.joins and board.desk.call(call.joins) is None:
        return call.since, GRACE
    if call.rings:
        return call.rings, RINGING
    return call.since, board.config.transfer_patience


def keep(board: Board) -> None:
    """Start and stop timers, so that those run that are wanted."""
    spans = wanted(board)
    for timer in [timer for timer in board.timers if timer not in spans]:
        del board.timers[timer]
        if timer not in board.ended:
            board.act(actions.StopTimer(timer))
        board.ended.discard(timer)
    for timer, span in spans.items():
        if board.timers.get(timer) != span:
            board.timers[timer] = span
            board.ended.discard(timer)
            board.act(actions.StartTimer(timer, span.seconds - (board.now - span.since)))
