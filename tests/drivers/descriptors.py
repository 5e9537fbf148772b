"""The report descriptors of real devices, from the shared folder beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "descriptors"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hex"))
TELEPHONES = [
    "anker",
    "dell",
    "epos_impact-d_",
    "epos_impact-dw",
    "jabra_biz",
    "jabra_evolve",
    "plantronics_blackwire-3220_047f_c056_0005",
    "plantronics_blackwire-c5220",
    "poly",
    "sennheiser",
]
NO_TELEPHONES = [
    "logitech_g535",
    "logitech_mx-brio",
    "microsoft",
    "razer",
    "plantronics_blackwire-3220_047f_c056_0001",
    "plantronics_blackwire-3220_047f_c056_0003",
]

MISSING = "needs ../shared/descriptors/*.hex, the collection of real report descriptors"
needs_descriptors = pytest.mark.skipif(not NAMES, reason=MISSING)


def descriptor(name: str) -> bytes:
    """The bytes of a real device's descriptor, by the first part of its file name."""
    if not NAMES:
        pytest.skip(MISSING)
    (path,) = FOLDER.glob(f"{name}*.hex")
    return bytes.fromhex(path.read_text())
