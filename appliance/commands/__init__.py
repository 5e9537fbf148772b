"""The `deskbell` command's parts that need no running desk, a module a word."""
