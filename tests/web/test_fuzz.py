"""Whatever is sent to the pages: never a fault of ours, and after a refusal everything is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.fuzz import Box, attack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_that_is_sent_is_a_fault_and_what_is_refused_changes_nothing(box: Box, seed: int) -> None:
    statuses = attack(box, 500, seed)
    assert {200, 303, 422} <= statuses.keys(), "it reached what is behind the forms"
