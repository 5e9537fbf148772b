"""The report descriptors of real devices, from the shared folder beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "descriptors"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hex"))

needs_descriptors = pytest.mark.skipif(
    not NAMES, reason="needs ../shared/descriptors/*.hex, the collection of real report descriptors"
)


def descriptor(name: str) -> bytes:
    """The bytes of a real device's descriptor, by the first part of its file name."""
    (path,) = FOLDER.glob(f"{name}*.hex")
    return bytes.fromhex(path.read_text())
