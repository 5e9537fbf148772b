"""What goes wrong in this room."""


class ScreeningError(ValueError):
    """A rule cannot be as it was written; the text says why, and what to write instead."""
