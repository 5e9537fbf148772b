"""Buttons with names of their own, bound to commands; and relays: a door opener, a bell, a sign at the door.

A button acts the moment it goes down, where nothing else is bound to it. With a long press bound it acts when
it comes up, or while it is still down; with a double press bound, when it was not pressed again in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.board import Push
from appliance.desk.config import Button
from appliance.desk.events import Clock
from appliance.desk.words import Toggle

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.config import Follows
    from appliance.desk.state import Snapshot
    from appliance.desk.words import Bound

_UNBOUND = Button()


# --- buttons


def pressed(board: Board, event: events.ButtonPressed) -> None:
    """Act at once, if this can only be one thing."""
    button = _bound(board, event.button)
    before = board.pushed.pop(event.button, None)
    if before and not before.down:
        _do(board, button.double)
    elif button.long or button.double:
        board.pushed[event.button] = Push(True, board.now)
    else:
        _do(board, button.press)


def released(board: Board, event: events.ButtonReleased) -> None:
    """End a press that was not long."""
    button = _bound(board, event.button)
    push = board.pushed.pop(event.button, None)
    if push and push.down:
        if button.double:
            board.pushed[event.button] = Push(False, board.now)
        else:
            _do(board, button.press)


def long_press(board: Board, name: str) -> None:
    """The button was down for long; where nothing is bound to that, it is a press like any other."""
    button = _bound(board, name)
    if button.long and board.pushed.pop(name, None):
        _do(board, button.long)


def not_again(board: Board, name: str) -> None:
    """The button was not pressed a second time."""
    if board.pushed.pop(name, None):
        _do(board, _bound(board, name).press)


def _bound(board: Board, button: str) -> Button:
    return board.config.buttons.get(button, _UNBOUND)


def _do(board: Board, bound: Bound | None) -> None:
    match bound:
        case None:
            pass
        case Toggle.DND:
            board.command(events.SetDnd(not board.desk.dnd))
        case Toggle.MUTE:
            board.command(events.Mute(not board.desk.muted))
        case _:
            board.command(bound)


# --- relays


def switch_relay(board: Board, ask: events.SwitchRelay) -> None:
    """Close a relay for its time."""
    relay = board.config.relays.get(ask.relay)
    if relay is None:
        known = ", ".join(board.config.relays) or "none"
        board.refuse(f"there is no relay {ask.relay!r}; known: {known}")
    board.act(actions.SwitchRelay(ask.relay, relay.seconds))


def settle(board: Board, before: Snapshot) -> None:
    """Close and open the relays that follow the desk."""
    for name, relay in board.config.relays.items():
        closed = _follows(relay.follows, board.desk)
        if closed != _follows(relay.follows, before):
            board.act(actions.SwitchRelay(name, relay.longest if closed else 0.0))


def _follows(what: Follows, desk: Snapshot) -> bool:
    return bool(desk.waiting if what == "ringing" else desk.active if what == "talking" else None)


HANDLERS: Handlers = {
    events.ButtonPressed: pressed,
    events.ButtonReleased: released,
    events.SwitchRelay: switch_relay,
}
TIMERS: Timers = {Clock.BUTTON_LONG: long_press, Clock.BUTTON_DOUBLE: not_again}
