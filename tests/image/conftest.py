"""The office that the tests of a module share."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.image import box
from tests.sip.namespace import missing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def office() -> Iterator[box.Office]:
    """Cards take some gigabytes, and are removed at the end."""
    if why := missing():
        pytest.skip(f"a network of their own: sudo, or unshare -Urn pytest tests/image: {why}")
    folder = Path(tempfile.mkdtemp(prefix="deskbell-office-", dir="/var/tmp"))
    try:
        with box.office(folder) as opened:
            yield opened
    finally:
        shutil.rmtree(folder)
