"""What goes wrong with a backup."""


class BackupError(ValueError):
    """A backup cannot be made, read or put in place; the text says why, and the fix."""


class WrongPassphrase(BackupError):
    """The file is whole, but it is not opened by this passphrase."""
