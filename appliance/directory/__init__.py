"""People and their numbers: looked up, searched, imported, exported, kept in step with other places."""
