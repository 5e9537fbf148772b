"""A feature code parks: transfer the caller to the code with the orbit behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk.parking.free import free_orbit

if TYPE_CHECKING:
    from appliance.desk.board import Board


def destination(board: Board, wanted: str) -> tuple[str, str]:
    """Return the orbit, and the code and the orbit."""
    orbit = free_orbit(board, wanted)
    return orbit, board.config.park_prefix + orbit
