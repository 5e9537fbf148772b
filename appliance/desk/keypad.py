"""The keypad of a device: digits for whom the operator talks to, or a number to be dialled.

A number that is typed is dialled by #, by lifting the hook, or by the Answer or Flash key. Where the handset
was lifted before, it is dialled after a pause too. It is forgotten when the handset is put back, at the
Reject key, once a call is active, and after a longer pause. In a number that begins with * or #, such as the
codes of an exchange, # is a digit like any other.

What is typed may be a PIN: nothing here may reach a log.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import dialling, events, switching
from appliance.desk.keys import Key
from appliance.desk.state import NOTHING_TYPED, Typed

if TYPE_CHECKING:
    from appliance.desk.board import Board

PAUSE = 4.0  # seconds without a digit after which a number typed with the handset in the hand is whole
FORGET = 15.0  # seconds without a digit after which any other is not wanted any more
MOST = 32  # digits


def press(board: Board, device: str, key: Key) -> None:
    """Send a digit to whom the operator talks to, or type it."""
    if board.active:
        switching.send_digits(board, events.SendDigits(key))
        return
    number = board.desk.typed.number + key
    if len(number) <= MOST:
        lifted = any(known.id == device and known.lifted for known in board.desk.devices)
        board.set(typed=Typed(number, device, board.now, lifted))


def ends(board: Board, key: Key) -> bool:
    """Return whether this key says that the number typed is whole."""
    typed = board.desk.typed.number
    return key is Key.POUND and typed != "" and not typed.startswith(("*", "#"))


def dial(board: Board) -> None:
    """Call the number typed."""
    number = board.desk.typed.number
    forget(board)
    dialling.dial(board, events.Dial(number))


def forget(board: Board) -> None:
    """Nothing is typed any more."""
    board.set(typed=NOTHING_TYPED)


def put_back(board: Board, device: str, echo: bool) -> None:
    """Forget what was typed at a device whose hook was replaced; after an echo, only dial nothing unasked."""
    if board.desk.typed.device == device:
        board.set(typed=replace(board.desk.typed, lifted=False) if echo else NOTHING_TYPED)


def patience(typed: Typed) -> float:
    """Return the seconds after the last digit in which another is waited for."""
    return PAUSE if typed.lifted else FORGET
