"""The desk daemon, and the `deskbell` command that runs and steers it."""
