"""Park and retrieve: who is in which orbit, by whom and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.desk import dialling, events, moving
from appliance.desk.parking import announced, code, orbit
from appliance.desk.state import CallState, ExtensionState, OrbitState, Purpose, Return

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.desk.board import Board, Handlers
    from appliance.desk.config import ParkDialect
    from appliance.desk.state import Call, Orbit

LAMP_LAG = 10.0  # seconds after a park in which an orbit's lamp may still tell where the caller is
DIALECTS: dict[ParkDialect, Callable[[Board, str], tuple[str, str]]] = {
    "orbit": orbit.destination,
    "code": code.destination,
    "announced": announced.destination,
}
_STATES = {
    ExtensionState.AVAILABLE: OrbitState.FREE,
    ExtensionState.UNKNOWN: OrbitState.UNKNOWN,
}


# --- what a person asks for


def park(board: Board, ask: events.Park) -> None:
    """Move a caller to an orbit; it stays ours until the exchange says that it is there."""
    call = board.movable(ask.call, "parked")
    chosen, number = DIALECTS[board.config.park_dialect](board, ask.orbit)
    moving.move(board, call, CallState.PARKING, chosen or number, number)


def retrieve(board: Board, ask: events.Retrieve) -> None:
    """Fetch the caller from an orbit; one of which nothing is known is tried."""
    found = _occupied(board, ask.orbit)
    if any(call.retrieves == found.number for call in board.desk.calls):
        board.refuse(f"{found.number} is being retrieved already")
    dialling.place(board, found.number, found.party, retrieves=found.number, purpose=Purpose.RETRIEVE)


def _occupied(board: Board, wanted: str) -> Orbit:
    taken = [orbit for orbit in board.desk.orbits if orbit.state is OrbitState.TAKEN]
    if not wanted:
        if not taken:
            board.refuse("nobody is parked")
        return min(taken, key=lambda orbit: orbit.since)
    found = next((orbit for orbit in board.desk.orbits if orbit.number == wanted), None)
    if found is None:
        board.refuse(f"{wanted} is not a park orbit")
    if found.state is OrbitState.FREE:
        board.refuse(f"nobody is parked in {wanted}")
    return found


# --- the exchange


def parked(board: Board, call: Call) -> None:
    """Note where the exchange has put a caller of ours."""
    place = call.target if call.target in board.config.orbits else ""
    board.leave_trail(call, place, Return.PARK)
    if place:
        board.set_orbit(place, OrbitState.TAKEN, call.party, board.own_number(call.line))


def orbit_changed(board: Board, event: events.ExtensionChanged) -> None:
    """Note what the lamp of an orbit tells; one that was free and is taken may hold a caller of ours."""
    before = next((orbit for orbit in board.desk.orbits if orbit.number == event.number), None)
    if before is None:
        return
    state = _STATES.get(event.state, OrbitState.TAKEN)
    board.set_orbit(event.number, state, board.known(event.party), reason=event.reason)
    if before.state is OrbitState.FREE and state is OrbitState.TAKEN:
        _appeared(board, event.number)


def _appeared(board: Board, number: str) -> None:
    """Find out whether this is the orbit that the exchange chose for a caller."""
    for call in board.desk.calls:
        if call.state is CallState.PARKING and call.target not in board.config.orbits:
            board.put(replace(call, target=number))
            board.set_orbit(number, OrbitState.TAKEN, call.party, board.own_number(call.line))
            return
    for trail in board.trails:
        if trail.how is Return.PARK and not trail.place and board.now - trail.at <= LAMP_LAG:
            found = replace(trail, place=number)
            board.trails = tuple(found if other is trail else other for other in board.trails)
            board.set_orbit(number, OrbitState.TAKEN, trail.party, trail.by)
            return


HANDLERS: Handlers = {events.Park: park, events.Retrieve: retrieve}
