"""Who has the operator's ear: hold, resume, and room for the next call; a conference moves as one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import actions, events
from appliance.desk.events import Clock
from appliance.desk.state import CallState, OrbitState, Outcome

if TYPE_CHECKING:
    from appliance.desk.board import Board, Handlers, Timers
    from appliance.desk.state import Call, Snapshot

_DIGITS = re.compile(r"[0-9*#A-D]{1,32}")


# --- steps


def hold(board: Board, call: Call, note: str = "", alert: bool = False) -> None:
    """Put a call on hold; of the conference, all of it."""
    for each in _together(board, call):
        board.act(actions.HoldCall(each.id))
        board.enter(each, CallState.HELD, member=each.member, note=note, alert=alert)


def resume(board: Board, call: Call, note: str = "") -> None:
    """Talk to a call again that the operator's audio is cut from; of the conference, to all of it."""
    free_line(board)
    for each in _together(board, call):
        board.act(actions.ResumeCall(each.id))
        state = CallState.CONFERENCE if each.member else CallState.ANSWERED
        board.enter(each, state, member=each.member, note=note)


def free_line(board: Board) -> None:
    """Make room for another active call: the present ones go on hold, one not answered yet ends."""
    for call in board.active:
        if call.dialling:
            board.act(actions.HangUpCall(call.id))
            board.remove(call, Outcome.UNANSWERED)
        elif (now := board.desk.call(call.id)) and now.active:  # not held yet with the first member
            hold(board, now)


def _together(board: Board, call: Call) -> tuple[Call, ...]:
    return tuple(each for each in board.desk.calls if each.member) if call.member else (call,)


# --- the exchange


def call_answered(board: Board, event: events.CallAnswered) -> None:
    """The far end took our call, or the exchange says that we took one."""
    call = board.desk.call(event.call)
    if call is None or call.state is not CallState.RINGING:
        return  # we answered it ourselves, and knew
    if call.waiting and board.active:
        hold(board, call)  # answered behind our back while the operator talks to somebody else
        return
    if call.retrieves:
        board.set_orbit(call.retrieves, OrbitState.FREE)
    board.enter(call, CallState.ANSWERED)


def party_changed(board: Board, event: events.PartyChanged) -> None:
    """Somebody else is at the other end now."""
    if call := board.desk.call(event.call):
        board.put(replace(call, party=board.known(event.party)))


# --- what a person asks for


def hold_asked(board: Board, ask: events.Hold) -> None:
    """Hold the active call, or the conference."""
    call = board.pick(ask.call, board.active, "no call is active")
    if call.dialling or not call.active:
        board.refuse("only an answered call can be held")
    hold(board, call)


def resume_asked(board: Board, ask: events.Resume) -> None:
    """Take a held or camped call back; any member takes the conference back.

    While the operator consults, the caller is meant.
    """
    callers = tuple(call for call in board.desk.held if any(c.consults == call.id for c in board.active))
    call = board.pick(ask.call, callers or board.desk.held, "no call is on hold")
    if call.state not in (CallState.HELD, CallState.CAMPED):
        board.refuse("that call is not on hold")
    resume(board, call)


def send_digits(board: Board, ask: events.SendDigits) -> None:
    """Send DTMF to whom the operator talks to; in a conference to every party."""
    if not _DIGITS.fullmatch(ask.digits):
        board.refuse("digits are 0 to 9, *, # and A to D, 32 at most")  # not which: they may be a PIN
    call = board.pick("", board.active, "no call is active")
    if call.dialling:
        board.refuse("nobody has answered yet")
    for each in board.active:
        board.act(actions.SendDtmf(each.id, ask.digits))


def mute_asked(board: Board, ask: events.Mute) -> None:
    """Switch the microphone off or on."""
    board.pick("", board.active, "no call is active")
    mute(board, ask.on)


def mute(board: Board, on: bool) -> None:
    """Switch the microphone off or on, if it is not so already."""
    if on != board.desk.muted:
        board.act(actions.MuteMicrophone(on))
        board.set(muted=on)


def settle(board: Board, before: Snapshot) -> None:
    """Nobody is muted for whom they did not mute themselves: it ends with the call, or the conference."""
    if not {call.id for call in board.active} & {call.id for call in before.calls if call.active}:
        mute(board, on=False)


# --- the clock


def held_for_long(board: Board, subject: str) -> None:
    """Let a caller who waits on hold be noticed."""
    call = board.desk.call(subject)
    if call and call.state is CallState.HELD:
        board.put(replace(call, alert=True))


HANDLERS: Handlers = {
    events.CallAnswered: call_answered,
    events.PartyChanged: party_changed,
    events.Hold: hold_asked,
    events.Resume: resume_asked,
    events.SendDigits: send_digits,
    events.Mute: mute_asked,
}
TIMERS: Timers = {Clock.HOLD_ALERT: held_for_long}
