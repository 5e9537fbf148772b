"""What root's part of the program, which set this box up when it was switched on, has found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.box import troubles
from appliance.box.system import System
from appliance.checks.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def examine(system: System | None = None) -> Iterator[Finding]:
    """Tell each trouble of the box; on a computer that is none there are none."""
    for trouble in troubles.told((system or System()).notes):
        place = f"{trouble.source}, line {trouble.line}" if trouble.line else trouble.source
        yield Finding(
            f"box-{trouble.source}-{trouble.line or trouble.what[:40]}",
            "box",
            f"{place}: {trouble.what}",
            trouble.fix,
            "fault",
        )
