"""Which orbit a caller can be parked in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk.state import CallState, OrbitState

if TYPE_CHECKING:
    from appliance.desk.board import Board


def free_orbit(board: Board, wanted: str) -> str:
    """Return the first free orbit, or one that may be free where the exchange does not tell."""
    if wanted and wanted not in board.config.orbits:
        board.refuse(f"{wanted} is not a park orbit")
    going = {call.target for call in board.desk.calls if call.state is CallState.PARKING}
    may_be_free = [
        orbit.number
        for state in (OrbitState.FREE, OrbitState.UNKNOWN)
        for orbit in board.desk.orbits
        if orbit.state is state and orbit.number not in going and wanted in ("", orbit.number)
    ]
    if not may_be_free:
        board.refuse(f"{wanted} is taken" if wanted else "no park orbit is free")
    return may_be_free[0]
