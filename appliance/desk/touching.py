"""Somebody holds two buttons of the box together for long, while nobody calls: they have it in their hands.

Who can do that may set a lost admin password anew. The lamps of the two buttons say that it was understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.events import Clock
from appliance.desk.keys import Key

if TYPE_CHECKING:
    from appliance.desk.board import Board, Timers
    from appliance.desk.events import Event

PAIR = (Key.ANSWER, Key.PARK)
HELD = 10.0  # seconds for which they are down together
SHOWN = 10.0  # seconds for which their lamps tell


def settle(board: Board, event: Event) -> None:
    """Note which of the two are down, and since when both are."""
    match event:
        case events.KeyPressed(device, key) if key in PAIR:
            board.down.add((device, key))
        case events.KeyReleased(device, key):
            board.down.discard((device, key))
        case events.DeviceDetached(device):
            board.down.difference_update([(device, key) for key in PAIR])
    both = {device for device, _ in board.down if all((device, key) in board.down for key in PAIR)}
    if board.desk.calls:  # the buttons, and their lamps, are for them
        board.together = {}
        if board.desk.touched:
            board.set(touched=False)
    else:
        board.together = {device: board.together.get(device, board.now) for device in both}


def held_long(board: Board, device: str) -> None:
    """Let the password be set anew; once, until the buttons are pressed again."""
    board.down.difference_update([(device, key) for key in PAIR])
    board.touched_at = board.now
    board.set(touched=True)
    board.act(actions.AllowReset())


def shown_long(board: Board, subject: str) -> None:
    """The lamps have told it."""
    del subject
    board.set(touched=False)


TIMERS: Timers = {Clock.TOGETHER: held_long, Clock.TOUCHED: shown_long}
