"""A park extension chooses the orbit and speaks it: which one it was, the lamps of the orbits tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.desk.board import Board


def destination(board: Board, wanted: str) -> tuple[str, str]:
    """Return the park extension; the orbit is not known before it is taken."""
    if wanted:
        board.refuse("this exchange chooses the orbit itself")
    if not board.config.park_extension:
        board.refuse("no park extension is set")
    return "", board.config.park_extension
