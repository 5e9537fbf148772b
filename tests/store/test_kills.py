"""Given a desk that is killed while it writes, then the store is sound, and what it had kept is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.store_kills import kill

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_is_sound_and_every_acknowledged_record_is_there(tmp_path: Path) -> None:
    done = kill(tmp_path / "desk.db", 25)
    assert done.kills == 25
    assert done.acknowledged > 0
    assert done.lost == 0
    assert done.unsound == 0
