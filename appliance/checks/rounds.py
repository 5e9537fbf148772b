"""The quick round through everything that can be looked at while calls go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.backup.box import box
from appliance.checks import box as card
from appliance.checks import copies, desk, machine, network, software, wanted
from appliance.checks.finding import Finding
from appliance.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def examine(
    settings_path: Path,
    state: dict[str, Any] | None,
    reason: str = "",
    this_machine: machine.Machine | None = None,
) -> list[Finding]:
    """Return what there is to say of this box; `state` is the desk's, None where none runs.

    `reason` is what was said when the desk was asked. Each trouble is told once, though two may know of it.
    """
    found = _all(settings_path, state, reason, this_machine or machine.Machine())
    return list({one.id: one for one in found}.values())


def _all(
    settings_path: Path, state: dict[str, Any] | None, reason: str, this_machine: machine.Machine
) -> Iterator[Finding]:
    this = box(settings_path)
    if state is None:
        yield desk.away(reason)
    else:
        yield Finding("desk", "desk", phrase("the desk runs"))
        yield from desk.examine(state)
    yield from card.examine()
    yield from wanted.examine(settings_path)
    yield from copies.examine(this)
    yield from machine.examine(this_machine, (this.state, this.settings.parent))
    yield from network.examine(network.Network())
    yield from software.examine(this.state)
