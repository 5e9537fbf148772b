"""Conference: three parties and more, mixed at this desk, held and resumed as one.

When one party is left besides the operator it is a call like any other. The operator may leave: two parties
are connected with each other, more than two are sent to a meeting room of the exchange, where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, events, moving
from appliance.desk.state import CallState

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers
    from appliance.desk.state import Call, Snapshot


def members(board: Board) -> tuple[Call, ...]:
    """Return the parties of the conference, also while it is on hold."""
    return tuple(call for call in board.desk.calls if call.member)


def mixed(desk: Snapshot) -> tuple[str, ...]:
    """Return the calls whose parties hear each other."""
    return tuple(call.id for call in desk.calls if call.state is CallState.CONFERENCE)


def settle(board: Board) -> None:
    """End a conference of one."""
    alone = members(board)
    if len(alone) == 1:
        (call,) = alone
        if call.state is CallState.CONFERENCE:
            board.enter(call, CallState.ANSWERED)
        else:
            if call.muted:
                board.act(actions.MuteCall(call.id, on=False))
            board.put(replace(call, member=False, muted=False))


def confer(board: Board, ask: events.Confer) -> None:
    """Take a held call to the active ones; if it belongs to a conference on hold, all of that."""
    call = board.pick(ask.call, board.desk.held, "no call is on hold")
    active = board.active
    if not active:
        board.refuse("no call is active")
    if any(each.dialling for each in active):
        board.refuse("nobody has answered yet")
    if call.state is not CallState.HELD:
        board.refuse("only a call on hold can be taken into the conference")
    on_hold = tuple(each for each in members(board) if each.state is CallState.HELD)
    if on_hold and not call.member:
        board.refuse("there is a conference on hold: take its parties, or resume it")
    joining = on_hold or (call,)
    size = board.config.conference_size
    if len(active) + len(joining) > size:
        board.refuse(f"a conference has {size} parties at most")
    for each in joining:
        board.act(actions.ResumeCall(each.id))
    for each in (*active, *joining):
        board.enter(each, CallState.CONFERENCE, member=True)


def leave(board: Board, ask: events.Leave) -> None:
    """Let the parties talk on without the operator."""
    del ask
    parties = members(board)
    room = board.config.conference_room
    if not parties:
        board.refuse("there is no conference")
    if len(parties) == 2:
        moving.join(board, *parties)
    elif room:
        for call in parties:
            moving.move(board, call, CallState.TRANSFERRING, room, room)
    else:
        board.refuse(
            "more than two parties can only talk on in a meeting room of the exchange, and none is set"
        )


def can_leave(board: Board) -> bool:
    """Return whether the parties can talk on without the operator."""
    return len(members(board)) == 2 or board.config.conference_room != ""


def mute_party(board: Board, ask: events.MuteParty) -> None:
    """Let nobody hear one party, or let them hear it again."""
    call = board.pick(ask.call, (), "name the party")
    if not call.member:
        board.refuse("that call is not in the conference")
    if call.muted != ask.on:
        board.act(actions.MuteCall(call.id, ask.on))
        board.put(replace(call, muted=ask.on))


HANDLERS: Handlers = {
    events.Confer: confer,
    events.Leave: leave,
    events.MuteParty: mute_party,
}
