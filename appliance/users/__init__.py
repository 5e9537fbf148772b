"""Who may use the pages: users, their sessions, and the audit log."""
