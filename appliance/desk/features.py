"""Do-not-disturb, call-forward, away, and the calls of the day: what the desk is set to, and has seen.

The first two are kept in step with the exchange: a person's wish is dialled there as a feature code, and what
the exchange says by itself is only followed, so that the two never answer each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.events import Clock, Feature
from appliance.desk.state import Counters

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.state import Snapshot

_NAMES = {"dnd": "do-not-disturb", "forward": "call-forward"}


# --- do-not-disturb and call-forward


def set_dnd(board: Board, ask: events.SetDnd) -> None:
    """Let nobody ring; without a code, this desk alone knows of it."""
    if ask.on != board.desk.dnd:
        code = board.config.dnd_on_code if ask.on else board.config.dnd_off_code
        _switch(board, code, dnd=ask.on)


def set_forward(board: Board, ask: events.SetForward) -> None:
    """Have the exchange forward all calls, or no longer."""
    number = board.number(ask.number) if ask.number else ""
    code = board.config.forward_on_code if number else board.config.forward_off_code
    if not code:
        board.refuse("no code is set that tells the exchange to forward calls")
    if number != board.desk.forward:
        _switch(board, code + number, forward=number)


def _switch(board: Board, code: str, **change: bool | str) -> None:
    if code:
        board.asked[code] = {field: getattr(board.desk, field) for field in change}
        board.act(actions.DialCode(code))
    board.set(**change)


def code_dialled(board: Board, event: events.CodeDialled) -> None:
    """Take back what the exchange has refused."""
    if event.status < 200:
        return
    before = board.asked.pop(event.code, {})
    if event.status >= 300:
        board.set(**before)
        for field in before:
            board.set(notice=f"{_NAMES[field]}: {event.reason or event.status}")


def feature_changed(board: Board, event: events.FeatureChanged) -> None:
    """Follow the exchange."""
    field = "dnd" if event.feature is Feature.DND else "forward"
    board.asked = {code: before for code, before in board.asked.items() if field not in before}
    if event.feature is Feature.DND:
        board.set(dnd=event.on)
    else:
        board.set(forward=(event.target or board.desk.forward or "elsewhere") if event.on else "")


# --- away


def touched(board: Board) -> None:
    """Somebody is here."""
    board.idle_since = board.now
    board.set(away=False)


def settle(board: Board, before: Snapshot) -> None:
    """Who talks is not away; the desk is idle from the end of the last call on."""
    if board.active:
        touched(board)
    elif before.calls or not board.idle_since:
        board.idle_since = board.now


def nobody_touched(board: Board, subject: str) -> None:
    """Nobody has done anything for a while, and there is no call."""
    del subject
    board.set(away=not board.desk.calls)


# --- the calls of the day


def mark_seen(board: Board, ask: events.MarkSeen) -> None:
    """Missed calls were looked at."""
    if ask.number:
        board.see(ask.number)
    else:
        board.set(released=tuple(replace(call, seen=True) for call in board.desk.released))


def day_began(board: Board, event: events.DayBegan) -> None:
    """Count from nothing; what was missed stays so until somebody looks."""
    del event
    board.set(counters=Counters())


HANDLERS: Handlers = {
    events.SetDnd: set_dnd,
    events.SetForward: set_forward,
    events.CodeDialled: code_dialled,
    events.FeatureChanged: feature_changed,
    events.MarkSeen: mark_seen,
    events.DayBegan: day_began,
}
TIMERS: Timers = {Clock.AWAY: nobody_touched}
