"""What a check has found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["ok", "warning", "fault"]

_WORST_FIRST = ("fault", "warning", "ok")


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    `id` stays the same for as long as it is the same trouble, `check` is what was looked at, `what` was
    found, `remedy` is "" when all is well, and `page` names the page where it is mended, if there is one.
    Texts that a page can say in another language are phrases.
    """

    id: str
    check: str
    what: str
    remedy: str = ""
    severity: Severity = "ok"
    page: str = ""

    @property
    def well(self) -> bool:
        """True when there is nothing to do."""
        return self.severity == "ok"

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {
            "id": self.id,
            "check": self.check,
            "what": str(self.what),
            "remedy": str(self.remedy),
            "severity": self.severity,
            "page": self.page,
            "well": self.well,
        }


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings, faults first."""
    return sorted(found, key=lambda one: _WORST_FIRST.index(one.severity))
