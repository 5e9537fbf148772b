"""The orbit has a number: transfer the caller there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk.parking.free import free_orbit

if TYPE_CHECKING:
    from appliance.desk.board import Board


def destination(board: Board, wanted: str) -> tuple[str, str]:
    """Return the orbit and its number."""
    orbit = free_orbit(board, wanted)
    return orbit, orbit
