"""The room's root exception, and what pjsua2's own exceptions say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pjsua2 as pj  # type: ignore[import-untyped]


class SipError(OSError):
    """The telephone line cannot be opened, or the SIP stack does not do as it must."""


class PortError(SipError):
    """The local SIP port cannot be opened."""


def words(error: pj.Error) -> str:
    """Return what a pjsua2 error says; its own `str()` is empty."""
    return str(error.reason or error.title or f"status {error.status}")
