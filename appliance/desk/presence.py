"""What others may know of the operator: a pure function of the desk's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.desk.state import ExtensionState

if TYPE_CHECKING:
    from appliance.desk.state import Snapshot


def presence(desk: Snapshot) -> ExtensionState:
    """Return whether the operator is AVAILABLE, BUSY, AWAY, or in DND."""
    if desk.dnd:
        return ExtensionState.DND
    if desk.active:
        return ExtensionState.BUSY
    return ExtensionState.AWAY if desk.away else ExtensionState.AVAILABLE
