"""The factory reset: what makes this box this box is gone, and a new one can be set up.

Files are removed, not overwritten: a memory card keeps old blocks where no program reaches them. Who must be
sure destroys the card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import settings
from appliance.backup.box import CERTIFICATES, STAMP, TOKENS, WORK, named
from appliance.store import durable, snapshots
from appliance.store.durable import PART, Remove

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.backup.box import Box

WORD = "ERASE"
"""What a person types to confirm."""


def decide(box: Box) -> None:
    """Decide that `box.finish` erases this box. OSError: nothing has changed."""
    durable.begin(box.journal, [Remove(path) for path in _everything(box)])


def _everything(box: Box) -> list[Path]:
    """Return what there is of the box; the settings last, as they tell where the rest is."""
    state = box.state
    ours = [
        *sorted(state.glob(f"{box.store.name}*")),  # its log, and the damaged ones that were kept
        *(path for pattern in (TOKENS, *WORK) for path in sorted(state.glob(pattern))),
        *(state / name for name in (CERTIFICATES, STAMP)),
        snapshots.folder(box.store),
        box.staging,
        box.files,
    ]
    try:
        files = [path for _, path in named(settings.load(box.settings))]
    except settings.SettingsError:
        files = []
    beside = [path for path in files if path.parent in (state, box.settings.parent)]  # the system's own stay
    last = (box.secrets, box.settings)
    return [*ours, *beside, *(path.with_name(path.name + PART) for path in last), *last]
