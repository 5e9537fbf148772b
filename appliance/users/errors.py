"""What can be wrong with what somebody asks about users."""


class UserError(ValueError):
    """It cannot be done; the text is a phrase that says what to do."""
