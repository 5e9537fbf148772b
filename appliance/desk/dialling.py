"""Calls that this desk places: dialled, again, by speed dial, to the mailbox, and taken from others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk import actions, events, switching
from appliance.desk.state import (
    NOBODY,
    Call,
    CallState,
    Direction,
    ExtensionState,
    Party,
    Purpose,
    RegistrationState,
)

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers
    from appliance.desk.state import Extension


def place(
    board: Board,
    number: str,
    party: Party = NOBODY,
    *,
    called: str = "",
    line: str = "",
    retrieves: str = "",
    consults: str = "",
    replaces: str = "",
    purpose: Purpose = Purpose.TALK,
) -> None:
    """Place a call; the active one goes on hold. `called` is what it is shown as, where not the number."""
    for known in board.desk.lines:
        if known.id == line and known.registration.state is RegistrationState.UNSET:
            board.refuse(known.registration.reason or "no account is set up yet")
    switching.free_line(board)
    board.placed += 1
    called = called or number
    call = Call(
        f"out-{board.placed}",
        Direction.OUT,
        board.known(Party(called) if party == NOBODY else party),
        called,
        CallState.RINGING,
        arrived=board.now,
        since=board.now,
        line=line,
        retrieves=retrieves,
        consults=consults,
        purpose=purpose,
    )
    board.act(actions.PlaceCall(call.id, number, line, replaces))
    board.add(call)


def call_number(board: Board, number: str, *typed: str, line: str = "", consults: str = "") -> None:
    """Call a number that a person chose: it can be dialled again, and what was missed from there is seen."""
    purpose = Purpose.CONSULT if consults else Purpose.TALK
    place(board, number, line=line, consults=consults, purpose=purpose)
    board.redial = number
    board.count(outgoing=1)
    board.see(number, *typed)


def dial(board: Board, ask: events.Dial) -> None:
    """Call what was typed."""
    number = board.number(ask.number)
    if not any(line.id == ask.line for line in board.desk.lines):
        board.refuse(f"there is no line {ask.line}")
    call_number(board, number, ask.number, line=ask.line)


def redial(board: Board, ask: events.Redial) -> None:
    """Call whom the operator called last."""
    del ask
    if not board.redial:
        board.refuse("no number was dialled yet")
    call_number(board, board.redial)


def speed_dial(board: Board, ask: events.SpeedDial) -> None:
    """Call the number behind a key."""
    number = dict(board.desk.speed_dials).get(ask.key)
    if not number:
        board.refuse(f"no number is kept under {ask.key!r}")
    call_number(board, board.number(number), number)


def call_mailbox(board: Board, ask: events.CallMailbox) -> None:
    """Call the mailbox; its PIN is typed as digits."""
    del ask
    if not board.config.voicemail_number:
        board.refuse("no mailbox number is set")
    place(board, board.config.voicemail_number, purpose=Purpose.MAILBOX)


def pickup(board: Board, ask: events.Pickup) -> None:
    """Take a call that rings at a colleague's.

    Where the exchange names the ringing dialog, by its name (RFC 3891); else by feature code.
    """
    extension = _ringing(board, ask.extension)
    code = board.config.pickup_code
    if not extension.dialog and not code:
        board.refuse(f"this exchange does not tell how to take a call from {extension.number}")
    number = extension.number if extension.dialog else code + extension.number
    party = Party(extension.number, extension.name) if extension.party == NOBODY else extension.party
    place(board, number, party, called=extension.number, replaces=extension.dialog, purpose=Purpose.PICKUP)


def _ringing(board: Board, number: str) -> Extension:
    """Return the extension whose call is to be taken: that one, or the one that rings longest."""
    if not number:
        ringing = [e for e in board.desk.extensions if e.state is ExtensionState.RINGING]
        if not ringing:
            board.refuse("no extension is ringing")
        return min(ringing, key=lambda extension: extension.since)
    extension = board.extension(number)
    if extension is None:
        board.refuse(f"{number} is not monitored: nobody can tell whether it rings")
    if extension.state not in (ExtensionState.RINGING, ExtensionState.UNKNOWN):
        board.refuse(f"{number} is not ringing")
    return extension


HANDLERS: Handlers = {
    events.Dial: dial,
    events.Redial: redial,
    events.SpeedDial: speed_dial,
    events.CallMailbox: call_mailbox,
    events.Pickup: pickup,
}
