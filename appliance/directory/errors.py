"""What can go wrong with the directory."""

from __future__ import annotations


class DirectoryError(ValueError):
    """The directory cannot do it; the text names what is in the way."""


class Unknown(DirectoryError, LookupError):
    """No person, category or tab is there by that name or number."""


class Refused(DirectoryError, PermissionError):
    """It must not be done: what is read only, what another operator owns, what somebody else has."""
