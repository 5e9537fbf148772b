"""`deskbell directory sources` and `sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.commands.grammar import Commands


def add_words(group: Commands) -> None:
    """Add the words to `deskbell directory`."""
