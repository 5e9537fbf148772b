"""What can be wrong with what somebody asks about users."""

from __future__ import annotations


class UserError(ValueError):
    """It cannot be done; the text says what to do.

    `text` has %(name)s where `values` go, so that a page can say it in another language.
    """

    def __init__(self, text: str, **values: object) -> None:
        """Say it in English."""
        super().__init__(text % values)
        self.text, self.values = text, values
