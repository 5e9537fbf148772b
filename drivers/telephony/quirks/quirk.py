"""What can be different about a device beyond what its report descriptor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.base import Kind


@dataclass(frozen=True, slots=True)
class Quirk:
    """`kind`: what the device is, where its descriptor calls itself something else; None to believe it."""

    kind: Kind | None = None
